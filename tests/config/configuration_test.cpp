#include "config/configuration.hpp"

#include "config/limits.hpp"

#include <catch2/catch.hpp>

#include <filesystem>

using namespace tandem;
using namespace std::chrono_literals;

namespace {

/// The least that a node needs; 9 lines.
const std::string least = "[node]\n"                       // 1
                          "name = \"a\"\n"                 // 2
                          "[[sip.listen]]\n"               // 3
                          "transport = \"udp\"\n"          // 4
                          "address = \"127.0.0.1:5060\"\n" // 5
                          "[media]\n"                      // 6
                          "address = \"127.0.0.1\"\n"      // 7
                          "[auth]\n"                       // 8
                          "realm = \"example.test\"\n";    // 9

configuration read(const std::string& text, const std::filesystem::path& name = "/etc/t/t.toml") {
  const auto c = parse_configuration(text, name);
  if (!c)
    for (const auto& e : c.error())
      UNSCOPED_INFO(to_string(e));
  REQUIRE(c);
  return *c;
}

std::string errors_of(const std::string& text) {
  const auto c = parse_configuration(text, "t.toml");
  REQUIRE_FALSE(c);
  std::string out;
  for (const auto& e : c.error())
    out += to_string(e) + '\n';
  return out;
}

} // namespace

TEST_CASE("configuration: the least file and the defaults that docs/CONFIG.md names", "[config]") {
  const auto c = read(least);
  CHECK(c.node.name == "a");
  CHECK(c.node.data == "/etc/t/var/a");
  CHECK(c.node.level == log_level::info);
  CHECK(c.node.ladder == 10min);
  REQUIRE(c.sip.listens.size() == 1);
  CHECK(to_string(c.sip.listens[0].address) == "127.0.0.1:5060");
  CHECK(c.sip.shards == 1);
  CHECK(c.sip.ring_timeout == 180s);
  CHECK(c.registrar == registrar_settings{60s, 7200s, 3600s, 10});
  CHECK(c.restore == restore_settings{120s, resume_mode::go_on});
  CHECK(read(least + "[restore]\nresume = \"reinvite\"\nmax_downtime_s = 0\n").restore
        == restore_settings{0s, resume_mode::reinvite});
  CHECK(c.sip.t1 == 500ms);
  CHECK(c.sip.connections == 4096);
  CHECK(c.sip.connections_per_peer == 256);
  CHECK(c.sip.connection_idle == 3900s);
  CHECK(to_string(c.admin.listen) == "127.0.0.1:8080");
  CHECK_FALSE(c.admin.token);
  CHECK(c.media.address == parse_ip_address("127.0.0.1"));
  CHECK_FALSE(c.media.address6);
  CHECK(c.media.first_port == 20000);
  CHECK(c.media.last_port == 29999);
  CHECK(c.media.workers == 0);
  CHECK(c.media.kernel_interfaces.empty());
  CHECK(c.media.rtp_timeout == 60s);
  CHECK(c.users.empty());
  CHECK(c.trunks.empty());
  CHECK(c.routes.empty());
}

TEST_CASE("configuration: the example file is read, every value of it", "[config]") {
  const auto c =
      load_configuration(std::filesystem::path{TANDEM_SOURCE_DIR} / "config/example.toml");
  REQUIRE(c);
  CHECK(c->node.data == std::filesystem::path{TANDEM_SOURCE_DIR} / "config/var/a");
  CHECK(c->auth.realm == "example.test");
  CHECK(c->auth == auth_settings{.realm = "example.test"}); // the defaults
  REQUIRE(c->sip.listens.size() == 3);
  CHECK(c->sip.listens[1].transport == listen_transport::tcp);
  CHECK(c->sip.listens[0].address == c->sip.listens[1].address); // side by side
  CHECK(c->media.address_for(ip_family::v6) == parse_ip_address("::1"));
  REQUIRE(c->users.size() == 2);
  CHECK(c->users[0] == user_settings{"1001", "secret", std::nullopt});
  CHECK(find_user(*c, "1002")->ha1->md5->size() == 32);
  CHECK(find_user(*c, "1002")->ha1->sha256->size() == 64);
  CHECK(find_user(*c, "1003") == nullptr);
  CHECK(find_trunk(*c, *parse_ip_endpoint("127.0.0.1:9"))->name == "carrier");
  CHECK(c->trunks[0].login == trunk_login{"tandem", "secret"});
  CHECK(offered_algorithms(*c) == std::vector{hash_algorithm::sha256, hash_algorithm::md5});
  CHECK(find_trunk(*c, *parse_ip_endpoint("127.0.0.2:9")) == nullptr);
  CHECK(expand_route(c->routes, "9196") == route_match{"echo", "", 0});
  CHECK(expand_route(c->routes, "7123") == route_match{"bridge", "sip:7123@127.0.0.1:5080", 1});
  CHECK(expand_route(c->routes, "1001") == std::nullopt);
}

TEST_CASE("configuration: media are anchored unless their route says direct", "[config]") {
  const auto c = read(least
                      + "[[routes]]\nmatch = \"^1\"\napp = \"time_limit\"\n"
                        "to = \"sip:{user}@h\"\nmedia = \"direct\"\n"
                        "[[routes]]\nmatch = \"^2\"\napp = \"bridge\"\n"
                        "to = \"sip:{user}@h\"\nmedia = \"anchored\"\n"
                        "[[routes]]\nmatch = \"^3\"\napp = \"echo\"\n");
  CHECK(expand_route(c.routes, "1")->media == media_path::direct);
  CHECK(expand_route(c.routes, "2")->media == media_path::anchored);
  CHECK(expand_route(c.routes, "3")->media == media_path::anchored);
}

TEST_CASE("configuration: values at the ends of their ranges", "[config]") {
  const auto c = read("[node]\nname = \"a-b_c.D9\"\ndata = \"/srv/a\"\nlog_level = \"trace\"\n"
                      "ladder_minutes = 0\n[sip]\nshards = 64\nring_timeout_s = 3600\n"
                      "t1_ms = 4000\n"
                      "[[sip.listen]]\ntransport = \"udp\"\naddress = \"[::1]:65535\"\n"
                      "[admin]\nlisten = \"0.0.0.0:1\"\ntoken = \"0123456789abcdef\"\n"
                      "[media]\naddress6 = \"::1\"\nports = [1024, 1025]\nworkers = 64\n"
                      "kernel_interfaces = [\"eth0\", \"lo\"]\n"
                      "rtp_timeout_s = 86400\n");
  CHECK(c.node.data == "/srv/a");
  CHECK(c.node.level == log_level::trace);
  CHECK(c.node.ladder == 0min);
  CHECK(c.sip.shards == 64);
  CHECK(c.sip.ring_timeout == 1h);
  CHECK(c.sip.t1 == 4s);
  CHECK(c.admin.token == "0123456789abcdef");
  CHECK_FALSE(c.media.address);
  CHECK(c.media.first_port == 1024);
  CHECK(c.media.last_port == 1025);
  CHECK(c.media.workers == 64);
  CHECK(c.media.kernel_interfaces == std::vector<std::string>{"eth0", "lo"});
  CHECK(c.media.rtp_timeout == 24h);
  CHECK(read(least + "[admin]\nlisten = \"[::1]:8080\"\n").admin.listen.port == 8080);
}

TEST_CASE(
    "configuration: offered are the algorithms by which every user can log in (RFC 8760 §2.4)",
    "[config]") {
  const std::string md5 = "md5 = \"" + std::string(32, '0') + "\"";
  const std::string sha256 = "sha256 = \"" + std::string(64, '0') + "\"";
  const auto user = [](const std::string& name, const std::string& secret) {
    return "[[users]]\nname = \"" + name + "\"\n" + secret + "\n";
  };
  const auto offered = [](const std::string& auth, const std::string& users) {
    auto text = least + users;
    text.insert(text.find("realm"), auth + "\n");
    return offered_algorithms(read(text));
  };
  const auto password = user("1", "password = \"x\"");
  using all = std::vector<hash_algorithm>;
  constexpr auto strongest = hash_algorithm::sha512_256, strong = hash_algorithm::sha256,
                 weak = hash_algorithm::md5;
  CHECK(offered("", "") == all{strongest, strong, weak});
  CHECK(offered("", password) == all{strongest, strong, weak});
  CHECK(offered("", password + user("2", "ha1 = { " + md5 + ", " + sha256 + " }"))
        == all{strong, weak});
  CHECK(offered("", password + user("2", "ha1 = { " + md5 + " }")) == all{weak});
  CHECK(offered("algorithms = [\"MD5\", \"SHA-512-256\"]", password) == all{strongest, weak});
  CHECK(offered("algorithms = [\"MD5\"]", password) == all{weak});
}

TEST_CASE("configuration: users are sorted, hashes are lower case, several trunks match in order",
          "[config]") {
  const auto c = read(least
                      + "[[users]]\nname = \"b\"\npassword = \"x\"\n[[users]]\nname = \"a\"\n"
                        "ha1 = { md5 = \"ABCDEF00112233445566778899aabbcc\" }\n"
                        "[[trunks]]\nname = \"one\"\naddress = \"192.0.2.1:5060\"\n"
                        "[[trunks]]\nname = \"two\"\naddress = \"192.0.2.0/24\"\ntrusted = true\n");
  CHECK(c.users[0].name == "a");
  CHECK(c.users[0].ha1->md5 == "abcdef00112233445566778899aabbcc");
  CHECK_FALSE(c.users[0].password);
  CHECK(find_user(c, "b")->password == "x");
  CHECK(find_trunk(c, *parse_ip_endpoint("192.0.2.1:5060"))->name == "one");
  CHECK_FALSE(c.trunks[0].trusted);
  CHECK(find_trunk(c, *parse_ip_endpoint("192.0.2.1:5061"))->name == "two");
  CHECK(c.trunks[1].trusted);
}

TEST_CASE("configuration: equal texts read as equal values", "[config]") {
  const auto routes =
      least + "[[routes]]\nmatch = \"^7(.*)\"\napp = \"bridge\"\nto = \"sip:{1}@h\"\n";
  CHECK(read(routes) == read(routes + "# a comment\n"));
  CHECK_FALSE(read(routes) == read(least));
}

TEST_CASE("configuration: a missing or unreadable file is an error, not an exception", "[config]") {
  const auto missing = load_configuration("/nonexistent/t.toml");
  REQUIRE_FALSE(missing);
  CHECK(to_string(missing.error().at(0))
        == "/nonexistent/t.toml:0: file: cannot be read (No such file or directory); "
           "give the path of a readable TOML file");
  const auto folder = load_configuration("/");
  REQUIRE_FALSE(folder);
  CHECK(to_string(folder.error().at(0))
        == "/:0: file: cannot be read (Is a directory); give the path of a readable TOML file");
}

TEST_CASE("configuration: every error is reported, in order of line", "[config]") {
  CHECK(
      errors_of("[node]\nnmae = \"a\"\n[media]\nports = [1, 2]\n[sip]\nshards = 0\n")
      == "t.toml:1: node.name: missing; for example name = \"a\"\n"
         "t.toml:2: node.nmae: unknown key; did you mean node.name?\n"
         "t.toml:4: media.ports: a port is out of range; [20000, 29999]: an even and an odd port "
         "from 1024 to 65535\n"
         "t.toml:5: sip.listen: missing; add [[sip.listen]] with transport = \"udp\" and address = "
         "\"192.0.2.1:5060\"\n"
         "t.toml:6: sip.shards: 0 is out of range; an integer from 1 to 64\n");
}

namespace {

std::string repeated(std::size_t n, std::string (*entry)(std::size_t)) {
  std::string out = least;
  for (std::size_t i = 0; i < n; ++i)
    out += entry(i);
  return out;
}

} // namespace

TEST_CASE("configuration: 10,000 trunks and not one more", "[config][limits]") {
  const auto entry = [](std::size_t i) {
    return "[[trunks]]\nname=\"t" + std::to_string(i) + "\"\naddress=\"192.0.2.1\"\n";
  };
  CHECK(read(repeated(max_trunks, entry)).trunks.size() == max_trunks);
  CHECK(errors_of(repeated(max_trunks + 1, entry))
        == "t.toml:30010: trunks: 10001 entries; at most 10000\n");
}

TEST_CASE("configuration: 10,000 routes and not one more", "[config][limits]") {
  const auto entry = [](std::size_t) {
    return std::string{"[[routes]]\nmatch=\"1\"\napp=\"x\"\n"};
  };
  CHECK(read(repeated(max_routes, entry)).routes.size() == max_routes);
  CHECK(errors_of(repeated(max_routes + 1, entry))
        == "t.toml:30010: routes: 10001 entries; at most 10000\n");
}

TEST_CASE("configuration: 64 listens and not one more", "[config][limits]") {
  const auto entry = [](std::size_t i) {
    return "[[sip.listen]]\ntransport=\"udp\"\naddress=\"127.0.0.1:" + std::to_string(6000 + i)
           + "\"\n";
  };
  CHECK(read(repeated(max_sip_listens - 1, entry)).sip.listens.size() == max_sip_listens);
  CHECK(errors_of(repeated(max_sip_listens, entry))
        == "t.toml:199: sip.listen: 65 entries; at most 64\n");
}

TEST_CASE("configuration: 100,000 users and not one more", "[config][limits]") {
  const auto entry = [](std::size_t i) {
    return "[[users]]\nname=\"" + std::to_string(i) + "\"\npassword=\"x\"\n";
  };
  CHECK(read(repeated(max_users, entry)).users.size() == max_users);
  CHECK(errors_of(repeated(max_users + 1, entry))
        == "t.toml:300010: users: 100001 entries; at most 100000\n");
}

TEST_CASE("configuration: strings of 256 bytes and not one more", "[config][limits]") {
  const auto password = [](std::size_t n) {
    return least + "[[users]]\nname=\"1\"\npassword=\"" + std::string(n, 'x') + "\"\n";
  };
  CHECK(read(password(max_config_string_bytes)).users.size() == 1);
  CHECK(errors_of(password(max_config_string_bytes + 1))
        == "t.toml:12: users[1].password: has 257 bytes; at most 256\n");
}

TEST_CASE("configuration: 50 errors are reported, the others are not", "[config][limits]") {
  std::string faulty = least;
  for (std::size_t i = 0; i <= max_config_errors; ++i)
    faulty += "[x" + std::to_string(i) + "]\n";
  CHECK(parse_configuration(faulty, "t.toml").error().size() == max_config_errors);
}

TEST_CASE("configuration: a text of 32 MiB is read, one byte more is not", "[config][limits]") {
  // A mistake in the first line, so that reading it is quick.
  const auto text = [](std::size_t size) { return "=\n#" + std::string(size - 3, 'x'); };
  CHECK(errors_of(text(max_config_bytes)).starts_with("t.toml:1: syntax: "));
  CHECK(errors_of(text(max_config_bytes + 1))
        == "t.toml:0: file: is larger than 33554432 bytes; give the path of a TOML file\n");
}

TEST_CASE("configuration: characters beyond ASCII within strings and comments", "[config]") {
  const auto c = read("\xEF\xBB\xBF" + least
                      + "[[users]] # é\nname = '1'\npassword = \"\"\"\\\n  \\\"é\"\"\"\"\"\n"
                        "[[users]]\nname = \"2\"\npassword = '''é'''''\n");
  CHECK(c.users[0].password == "\"é\"\"");
  CHECK(c.users[1].password == "é''");
}
