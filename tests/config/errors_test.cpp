// Every mistake that a configuration can hold, with the whole line that reports it.
#include "config/configuration.hpp"

#include <catch2/catch.hpp>

using namespace tandem;

namespace {

struct row {
  std::string text, error; ///< the error without the file name
};

/// Checks that each text has exactly the one error.
void check(const std::vector<row>& table) {
  for (const auto& r : table) {
    INFO(r.text);
    const auto c = parse_configuration(r.text, "t.toml");
    REQUIRE_FALSE(c);
    std::string all;
    for (const auto& e : c.error())
      all += (all.empty() ? "" : "\n") + to_string(e);
    CHECK(all == "t.toml:" + r.error);
  }
}

const std::string node = "[node]\nname = \"a\"\n"; // lines 1, 2
const std::string listen =
    "[[sip.listen]]\ntransport = \"udp\"\naddress = \"127.0.0.1:5060\"\n"; // 3 to 5
const std::string media = "[media]\naddress = \"127.0.0.1\"\n";            // 6, 7
const std::string least = node + listen + media;
const std::string auth = least + "[auth]\nrealm = \"r\"\n"; // 8, 9

std::string user(const std::string& lines) {
  return auth + "[[users]]\n" + lines; // 10
}
std::string trunk(const std::string& address) {
  return least + "[[trunks]]\nname = \"t\"\naddress = " + address + "\n"; // 8 to 10
}
std::string to(const std::string& uri) {
  return least + "[[routes]]\nmatch = \"^7(.*)\"\napp = \"bridge\"\nto = \"" + uri
         + "\"\n"; // 8 to 11
}
std::string ports(const std::string& value) {
  return least + "ports = " + value + "\n"; // 8
}

} // namespace

TEST_CASE("config errors: syntax", "[config]") {
  check({
      {"[node]\nname = \n", "2: syntax: Error while parsing key-value pair: expected value, saw "
                            "'\\n'; TOML 1.0, see toml.io"},
      {"[node]\nname = \"a\"\nname = \"b\"\n",
       "3: syntax: Error while parsing key-value pair: cannot redefine existing string 'name'; "
       "TOML 1.0, see toml.io"},
      // What breaks the parser that we use is an error like any other.
      {"[node]\nname = é\n",
       "2: syntax: a character beyond ASCII outside quotes; TOML 1.0, see toml.io"},
      {"# é\n'é' = \"\\\"é\" # é\nx = \"\"\"\né\"\"\"\"\"\n\u00A0\n",
       "5: syntax: a character beyond ASCII outside quotes; TOML 1.0, see toml.io"},
      {"[&", "1: syntax: malformed table header; TOML 1.0, see toml.io"},
      {least + "[[[users]]]\n" + least, "8: syntax: malformed table header; TOML 1.0, see toml.io"},
      {least + "[\nname = 1\n", "8: syntax: malformed table header; TOML 1.0, see toml.io"},
  });
}

TEST_CASE("config errors: unknown keys and tables name the nearest known one", "[config]") {
  check({
      {least + "[adminn]\n", "8: adminn: unknown table; did you mean admin?"},
      {least + "[[user]]\n", "8: user: unknown table; did you mean users?"},
      {"nam = 1\n" + least,
       "1: nam: unknown key; known here: node, auth, sip, registrar, restore, admin, media, "
       "users, trunks, routes"},
      {least + "[cluster]\nx = 1\n",
       "8: cluster: unknown table; known here: node, auth, sip, registrar, "
       "restore, admin, media, users, trunks, routes"},
      {least + "adress6 = \"::1\"\n",
       "8: media.adress6: unknown key; did you mean media.address6?"},
      {least + "[sip]\nsharts = 1\n", "9: sip.sharts: unknown key; did you mean sip.shards?"},
      {least + "[admin]\ntls = true\n",
       "9: admin.tls: unknown key; known here: listen, token, fault_injection"},
      {trunk("\"192.0.2.1\"") + "trust = true\n",
       "11: trunks[1].trust: unknown key; did you mean trunks[1].trusted?"},
      {user("name = \"1\"\nha1 = { md4 = \"x\", md5 = \"00000000000000000000000000000000\" }\n"),
       "12: users[1].ha1.md4: unknown key; did you mean users[1].ha1.md5?"},
      {least + "\"a b\\n\" = 1\n",
       "8: media.a?b?: unknown key; known here: address, address6, ports, "
       "workers, rtp_timeout_s, kernel_interfaces"},
      {least + "'' = 1\n", "8: media.'': unknown key; known here: address, address6, ports, "
                           "workers, rtp_timeout_s, kernel_interfaces"},
      {"'' = 1\n" + least, "1: '': unknown key; known here: node, auth, sip, registrar, restore, "
                           "admin, media, users, trunks, routes"},
  });
}

TEST_CASE("config errors: missing tables and keys", "[config]") {
  check({
      {listen + media, "1: node: missing; add a table [node]"},
      {"[node]\n" + listen + media, "1: node.name: missing; for example name = \"a\""},
      {node + media,
       "1: sip.listen: missing; add [[sip.listen]] with transport = \"udp\" and address = "
       "\"192.0.2.1:5060\""},
      {node + listen, "1: media: missing; add a table [media]"},
      {node + listen + "[media]\n",
       "6: media.address: missing, but sip.listen[1] (127.0.0.1:5060) needs "
       "it; for example address = \"127.0.0.1\""},
      {least + "[[sip.listen]]\ntransport = \"udp\"\naddress = \"[::1]:5060\"\n",
       "6: media.address6: missing, but sip.listen[2] ([::1]:5060) needs it; for example address6 "
       "= "
       "\"::1\""},
      {node + "[[sip.listen]]\naddress = \"127.0.0.1:5060\"\n" + media,
       "3: sip.listen[1].transport: missing; for example transport = \"udp\""},
      {node + "[[sip.listen]]\ntransport = \"udp\"\n" + media,
       "3: sip.listen[1].address: missing; for example address = \"192.0.2.1:5060\""},
      {least + "[[users]]\nname = \"1\"\npassword = \"x\"\n",
       "1: auth: missing; add a table [auth]"},
      {least + "[auth]\n[[users]]\nname = \"1\"\npassword = \"x\"\n",
       "8: auth.realm: missing; for example realm = \"example.test\""},
      {user("password = \"x\"\n"), "10: users[1].name: missing; for example name = \"1001\""},
      {user("name = \"1\"\n"),
       "10: users[1].password: missing; password = \"…\" or ha1 = { sha256 = "
       "\"…\" }"},
      {user("name = \"1\"\nha1 = {}\n"),
       "12: users[1].ha1.md5: missing, as is sha256; give one or both"},
      {least + "[[trunks]]\naddress = \"192.0.2.1\"\n",
       "8: trunks[1].name: missing; for example name = \"carrier\""},
      {least + "[[trunks]]\nname = \"t\"\n",
       "8: trunks[1].address: missing; for example address = \"192.0.2.1\""},
      {least + "[[routes]]\napp = \"echo\"\n",
       "8: routes[1].match: missing; for example match = \"^7(.*)\""},
      {least + "[[routes]]\nmatch = \"1\"\n",
       "8: routes[1].app: missing; for example app = \"bridge\""},
      {least + "[[routes]]\nmatch = \"1\"\napp = \"bridge\"\n",
       "8: routes[1].to: missing, and \"bridge\" calls somebody; for example to = "
       "\"sip:{user}@192.0.2.1:5060\""},
  });
}

TEST_CASE("config errors: values of another type", "[config]") {
  check({
      {"[node]\nname = 1\n" + listen + media,
       "2: node.name: is an integer; a string such as \"a\""},
      {"[node]\nname = [\"a\"]\n" + listen + media,
       "2: node.name: is an array; a string such as \"a\""},
      {"node = 1\n" + listen + media, "1: node: is an integer; a table, written [node]"},
      {least + "[sip]\nshards = \"1\"\n", "9: sip.shards: is a string; an integer from 1 to 64"},
      {least + "[sip]\nshards = 1.5\n", "9: sip.shards: is a float; an integer from 1 to 64"},
      {least + "workers = 2026-01-01\n",
       "8: media.workers: is a date or time; an integer from 0 to 64"},
      {ports("20000"), "8: media.ports: is an integer; two integers such as [20000, 29999]"},
      {trunk("\"192.0.2.1\"") + "trusted = \"yes\"\n",
       "11: trunks[1].trusted: is a string; true or false"},
      {"users = 1\n" + auth, "1: users: is an integer; tables, each written [[users]]"},
      {"users = [1]\n" + auth, "1: users[1]: is an integer; tables, each written [[users]]"},
      {"[users]\n" + auth, "1: users: is a table; tables, each written [[users]]"},
      {user("name = \"1\"\nha1 = \"x\"\n"), "12: users[1].ha1: is a string; a table, written "
                                            "[users[1].ha1]"},
  });
}

TEST_CASE("config errors: [node], [auth] and [sip]", "[config]") {
  const std::string names = "1 to 64 letters, digits, dots, hyphens and underscores";
  const auto named = [](const std::string& n) {
    return "[node]\nname = \"" + n + "\"\n" + listen + media;
  };
  const auto at = [](const std::string& a) {
    return node + "[[sip.listen]]\ntransport = \"udp\"\naddress = \"" + a + "\"\n" + media;
  };
  const std::string shape = " is not an address with a port; for example \"192.0.2.1:5060\" or "
                            "\"[::1]:5060\"";
  check({
      {named(""), "2: node.name: \"\" is not a node name; " + names},
      {named("a b"), "2: node.name: \"a b\" is not a node name; " + names},
      {named("a\\nb"), "2: node.name: \"a?b\" is not a node name; " + names},
      {named(std::string(65, 'a')),
       "2: node.name: \"" + std::string(65, 'a') + "\" is not a node name; " + names},
      {node + "data = \"\"\n" + listen + media,
       "3: node.data: is empty; a folder, such as \"var/a\""},
      {node + "log_level = \"loud\"\n" + listen + media,
       "3: node.log_level: \"loud\" is not a level; trace, debug, info, warning, error or off"},
      {node + "ladder_minutes = -1\n" + listen + media,
       "3: node.ladder_minutes: -1 is out of range; an integer from 0 to 1440"},
      {node + "ladder_minutes = 1441\n" + listen + media,
       "3: node.ladder_minutes: 1441 is out of range; an integer from 0 to 1440"},
      {least + "[auth]\nrealm = \"a\\\"b\"\n", "9: auth.realm: \"a\"b\" is not a realm; visible "
                                               "ASCII without quotes, backslash and colon, such "
                                               "as \"example.test\""},
      {least + "[auth]\nrealm = \"\"\n",
       "9: auth.realm: \"\" is not a realm; visible ASCII without "
       "quotes, backslash and colon, such as \"example.test\""},
      {auth + "nonce_lifetime_s = 9\n",
       "10: auth.nonce_lifetime_s: 9 is out of range; an integer from 10 to 86400"},
      {auth + "nonce_lifetime_s = 86401\n",
       "10: auth.nonce_lifetime_s: 86401 is out of range; an integer from 10 to 86400"},
      {auth + "requests_per_second = 100001\n",
       "10: auth.requests_per_second: 100001 is out of range; an integer from 0 to 100000"},
      {auth + "failures_per_minute = -1\n",
       "10: auth.failures_per_minute: -1 is out of range; an integer from 0 to 10000"},
      {auth + "ban_s = 0\n", "10: auth.ban_s: 0 is out of range; an integer from 1 to 86400"},
      {auth + "algorithms = [\"MD5\", \"SHA-1\"]\n",
       "10: auth.algorithms: hold a name that is none of ours; of [\"SHA-512-256\", \"SHA-256\", "
       "\"MD5\"]"},
      {auth + "algorithms = [\"MD5\", 5]\n",
       "10: auth.algorithms: is not a list of strings; such as [\"SHA-512-256\", \"SHA-256\", "
       "\"MD5\"]"},
      {auth + "algorithms = []\n",
       "10: auth.algorithms: is not a list of strings; such as [\"SHA-512-256\", \"SHA-256\", "
       "\"MD5\"]"},
      {auth + "algorithms = \"MD5\"\n",
       "10: auth.algorithms: is a string; a list such as [\"SHA-512-256\", \"SHA-256\", \"MD5\"]"},
      {least + "[sip]\nshards = 0\n", "9: sip.shards: 0 is out of range; an integer from 1 to 64"},
      {least + "[registrar]\nmin_expires_s = 3601\n",
       "9: registrar.min_expires_s: 3601 is out of range; an integer from 1 to 3600"},
      {least + "[registrar]\nbindings_per_user = 33\n",
       "9: registrar.bindings_per_user: 33 is out of range; an integer from 1 to 32"},
      {least + "[registrar]\nmax_expires_s = 59\n",
       "9: registrar.max_expires_s: is below min_expires_s; at least 60"},
      {least + "[registrar]\ndefault_expires_s = 59\n",
       "9: registrar.default_expires_s: 59 is not between min_expires_s and max_expires_s; 60 to "
       "7200"},
      {least + "[registrar]\nmax_expires_s = 600\n",
       "8: registrar.default_expires_s: 3600 is not between min_expires_s and max_expires_s; 60 to "
       "600"},
      {least + "[restore]\nmax_downtime_s = -1\n",
       "9: restore.max_downtime_s: -1 is out of range; an integer from 0 to 86400"},
      {least + "[restore]\nresume = \"again\"\n",
       "9: restore.resume: \"again\" is not known; \"continue\" or \"reinvite\""},
      {least + "[sip]\nshards = 65\n",
       "9: sip.shards: 65 is out of range; an integer from 1 to 64"},
      {least + "[sip]\nring_timeout_s = 0\n",
       "9: sip.ring_timeout_s: 0 is out of range; an integer from 1 to 3600"},
      {least + "[sip]\nring_timeout_s = 3601\n",
       "9: sip.ring_timeout_s: 3601 is out of range; an integer from 1 to 3600"},
      {least + "[sip]\nt1_ms = 49\n",
       "9: sip.t1_ms: 49 is out of range; an integer from 50 to 4000"},
      {least + "[sip]\nt1_ms = 4001\n",
       "9: sip.t1_ms: 4001 is out of range; an integer from 50 to 4000"},
      {node + "[[sip.listen]]\ntransport = \"sctp\"\naddress = \"127.0.0.1:5060\"\n" + media,
       "4: sip.listen[1].transport: \"sctp\" is not supported; \"udp\" or \"tcp\""},
      {least + "[sip]\nconnections = 0\n",
       "9: sip.connections: 0 is out of range; an integer from 1 to 1000000"},
      {least + "[sip]\nconnections_per_peer = 1000001\n",
       "9: sip.connections_per_peer: 1000001 is out of range; an integer from 1 to 1000000"},
      {least + "[sip]\nconnection_idle_s = 86401\n",
       "9: sip.connection_idle_s: 86401 is out of range; an integer from 1 to 86400"},
      {at("127.0.0.1"), "5: sip.listen[1].address: \"127.0.0.1\"" + shape},
      {at("localhost:5060"), "5: sip.listen[1].address: \"localhost:5060\"" + shape},
      {at("127.0.0.1:0"), "5: sip.listen[1].address: \"127.0.0.1:0\"" + shape},
      {at("127.0.0.1:65536"), "5: sip.listen[1].address: \"127.0.0.1:65536\"" + shape},
      {at("0.0.0.0:5060"),
       "5: sip.listen[1].address: \"0.0.0.0:5060\" cannot stand in Via and Contact; "
       "one [[sip.listen]] for each address of this host"},
      {node + listen + listen + media,
       "8: sip.listen[2].address: 127.0.0.1:5060 is listened on already; each address once"},
  });
}

TEST_CASE("config errors: [admin] and [media]", "[config]") {
  const auto admin = [](const std::string& lines) { return least + "[admin]\n" + lines; };
  const std::string no_interfaces =
      "8: media.kernel_interfaces: is not a list of network interfaces; 1 to 16 names of at most "
      "15 characters, each once, such as [\"eth0\", \"lo\"]";
  const auto interfaces = [](std::size_t n) {
    std::string list;
    for (std::size_t i = 0; i < n; ++i)
      list += (i == 0 ? "[\"eth" : ", \"eth") + std::to_string(i) + '"';
    return list + "]";
  };
  const std::string range = "; [20000, 29999]: an even and an odd port from 1024 to 65535";
  const std::string v4 = "; the IPv4 address that phones send media to, for example \"192.0.2.1\"";
  const std::string v6 =
      "; the IPv6 address that phones send media to, for example \"2001:db8::1\"";
  const auto address = [](const std::string& a) {
    return node + listen + "[media]\naddress = \"" + a + "\"\n";
  };
  check({
      {admin("listen = \"0.0.0.0:8080\"\n"), "9: admin.listen: 0.0.0.0:8080 is not loopback and "
                                             "there is no admin.token; add a token or listen "
                                             "on \"127.0.0.1:8080\""},
      {admin("listen = \"[2001:db8::1]:80\"\n"),
       "9: admin.listen: [2001:db8::1]:80 is not loopback and there is no admin.token; add a token "
       "or "
       "listen on \"127.0.0.1:8080\""},
      {admin("listen = \"8080\"\n"),
       "9: admin.listen: \"8080\" is not an address with a port; for example "
       "\"127.0.0.1:8080\" or \"[::1]:5060\""},
      {admin("fault_injection = true\nlisten = \"0.0.0.0:1\"\ntoken = \"0123456789abcdef\"\n"),
       "9: admin.fault_injection: is refused while admin.listen, 0.0.0.0:1, is not loopback; "
       "listen on \"127.0.0.1:8080\", or leave it out"},
      {admin("fault_injection = 1\n"), "9: admin.fault_injection: is an integer; true or false"},
      {admin("token = \"0123456789abcde\"\n"),
       "9: admin.token: is too weak; at least 16 visible ASCII characters without blanks"},
      {admin("listen = \"0.0.0.0:1\"\ntoken = \"0123456789abcde f\"\n"),
       "10: admin.token: is too weak; at least 16 visible ASCII characters without blanks"},
      {address("host"), "7: media.address: \"host\" is not an IPv4 address" + v4},
      {address("::1"), "7: media.address: \"::1\" is not an IPv4 address" + v4},
      {address("127.0.0.1:1"), "7: media.address: \"127.0.0.1:1\" is not an IPv4 address" + v4},
      {address("0.0.0.0"), "7: media.address: \"0.0.0.0\" cannot stand in SDP" + v4},
      {least + "address6 = \"127.0.0.1\"\n",
       "8: media.address6: \"127.0.0.1\" is not an IPv6 address" + v6},
      {least + "address6 = \"::\"\n", "8: media.address6: \"::\" cannot stand in SDP" + v6},
      {ports("[20001, 29999]"), "8: media.ports: 20001 is odd" + range},
      {ports("[20000, 30000]"), "8: media.ports: 30000 is even" + range},
      {ports("[20000, 19999]"),
       "8: media.ports: there is no pair of ports from 20000 to 19999" + range},
      {ports("[1022, 29999]"), "8: media.ports: a port is out of range" + range},
      {ports("[20000, 65537]"), "8: media.ports: a port is out of range" + range},
      {ports("[20000]"), "8: media.ports: is not two integers; such as [20000, 29999]"},
      {ports("[20000, 1, 2]"), "8: media.ports: is not two integers; such as [20000, 29999]"},
      {ports("[20000, \"x\"]"), "8: media.ports: is not two integers; such as [20000, 29999]"},
      {ports("[5060, 5061]"),
       "8: media.ports: contain the port of sip.listen[1] (127.0.0.1:5060); a range "
       "that no other socket uses"},
      {least + "workers = 65\n", "8: media.workers: 65 is out of range; an integer from 0 to 64"},
      {least + "workers = -1\n", "8: media.workers: -1 is out of range; an integer from 0 to 64"},
      {least + "kernel_interfaces = [\"eth0\", \"eth0\"]\n", no_interfaces},
      {least + "kernel_interfaces = [\"sixteen_letters_\"]\n", no_interfaces},
      {least + "kernel_interfaces = [\"a/b\"]\n", no_interfaces},
      {least + "kernel_interfaces = " + interfaces(17) + "\n", no_interfaces},
      {least + "rtp_timeout_s = 0\n",
       "8: media.rtp_timeout_s: 0 is out of range; an integer from 1 to "
       "86400"},
      {least + "rtp_timeout_s = 86401\n",
       "8: media.rtp_timeout_s: 86401 is out of range; an integer from 1 "
       "to 86400"},
  });
}

TEST_CASE("config errors: [[users]]", "[config]") {
  const std::string marks = "; letters, digits and -_.!~*'()&=+$,;?/";
  const std::string md5 = std::string(32, '0'), sha256 = std::string(64, '0');
  const auto hashed = [](const std::string& hashes) {
    return user("name = \"1\"\nha1 = { " + hashes + " }\n");
  };
  check({
      {user("name = \"1\"\npassword = \"x\"\n[[users]]\nname = \"1\"\npassword = \"y\"\n"),
       "14: users[2].name: \"1\" stands on line 11 already; each name once"},
      {user("name = \"\"\npassword = \"x\"\n"),
       "11: users[1].name: \"\" is not a SIP user part" + marks},
      {user("name = \"a:b\"\npassword = \"x\"\n"),
       "11: users[1].name: \"a:b\" is not a SIP user part" + marks},
      {user("name = \"a@b\"\npassword = \"x\"\n"),
       "11: users[1].name: \"a@b\" is not a SIP user part" + marks},
      {user("name = \"1\"\npassword = \"\"\n"), "12: users[1].password: is empty; a secret"},
      {user("name = \"1\"\npassword = \"x\"\nha1 = { md5 = \"" + md5 + "\" }\n"),
       "13: users[1].ha1: stands beside a password; give one of the two"},
      {hashed("md5 = \"" + md5 + "0\""),
       "12: users[1].ha1.md5: is not 32 hex digits; MD5 of \"name:realm:password\""},
      {hashed("md5 = \"" + md5.substr(1) + "\""),
       "12: users[1].ha1.md5: is not 32 hex digits; MD5 of \"name:realm:password\""},
      {hashed("md5 = \"" + md5.substr(1) + "g\""),
       "12: users[1].ha1.md5: is not 32 hex digits; MD5 of \"name:realm:password\""},
      {hashed("sha256 = \"" + md5 + "\""),
       "12: users[1].ha1.sha256: is not 64 hex digits; SHA-256 of \"name:realm:password\""},
      {hashed("md5 = \"" + md5 + "\", sha256 = \"" + sha256 + "0\""),
       "12: users[1].ha1.sha256: is not 64 hex digits; SHA-256 of \"name:realm:password\""},
  });
}

TEST_CASE("config errors: [[trunks]]", "[config]") {
  const std::string shapes =
      "; an address, a prefix or an address with a port, for example \"192.0.2.1\", "
      "\"192.0.2.0/24\" or \"192.0.2.1:5060\"";
  check({
      {trunk("\"192.0.2.1\"") + "username = \"me\"\n",
       "8: trunks[1].password: missing; give both, or none"},
      {trunk("\"192.0.2.1\"") + "password = \"x\"\n",
       "8: trunks[1].username: missing; give both, or none"},
      {trunk("\"192.0.2.1\"") + "username = \"a\\\"b\"\npassword = \"x\"\n",
       "11: trunks[1].username: is not a user name; printable ASCII without quotes and backslash"},
      {trunk("\"host\""), "10: trunks[1].address: \"host\" is not an address" + shapes},
      {trunk("\"192.0.2.1:0\""),
       "10: trunks[1].address: \"192.0.2.1:0\" is not an address" + shapes},
      {trunk("\"0.0.0.0\""), "10: trunks[1].address: \"0.0.0.0\" is nobody's address" + shapes},
      {trunk("\"192.0.2.0/33\""),
       "10: trunks[1].address: \"192.0.2.0/33\" has too long a prefix; a length of at most 32"},
      {trunk("\"192.0.2.1/24\""),
       "10: trunks[1].address: \"192.0.2.1/24\" has bits behind its prefix; \"192.0.2.0/24\""},
      {trunk("\"192.0.2.0/x\""), "10: trunks[1].address: \"192.0.2.0/x\" is not a prefix" + shapes},
      {least + "[[trunks]]\nname = \"a b\"\naddress = \"192.0.2.1\"\n",
       "9: trunks[1].name: \"a b\" is not a trunk name; letters, digits, dots, hyphens and "
       "underscores"},
      {trunk("\"192.0.2.1\"") + "[[trunks]]\nname = \"t\"\naddress = \"192.0.2.2\"\n",
       "12: trunks[2].name: \"t\" stands on line 9 already; each name once"},
  });
}

TEST_CASE("config errors: [[routes]]", "[config]") {
  const std::string example = "; for example \"sip:{user}@192.0.2.1:5060\"";
  const std::string placeholders = "; placeholders are {user}, {1}, {2} …";
  const auto match = [](const std::string& m) {
    return least + "[[routes]]\nmatch = '" + m + "'\napp = \"echo\"\n";
  };
  const std::string syntax = "; for example \"^7(.*)\", syntax in re2_syntax(7)";
  check({
      {match("^(7"), "9: routes[1].match: not an RE2 pattern (missing ): ^(7)" + syntax},
      {match("(?=x)"),
       "9: routes[1].match: not an RE2 pattern (invalid perl operator: (?=)" + syntax},
      {match("((x{100}){100}){100}"),
       "9: routes[1].match: not an RE2 pattern (invalid repetition size: {100})" + syntax},
      {match("\\pL{1000}"),
       "9: routes[1].match: not an RE2 pattern (pattern too large - compile failed)" + syntax},
      {least + "[[routes]]\nmatch = \"1\"\napp = \"a b\"\n",
       "10: routes[1].app: \"a b\" is not the name of an application; such as \"bridge\" or "
       "\"echo\""},
      {to("sip:{user}@h") + "media = \"Direct\"\n",
       "12: routes[1].media: \"Direct\" is not known; \"anchored\" or \"direct\""},
      {match("1") + "media = \"direct\"\nto = \"sip:{user}@h\"\n",
       "11: routes[1].media: \"direct\" is from phone to phone, and \"echo\" calls nobody; "
       "\"anchored\", or an application that calls on, with a `to`"},
      {least + "[[routes]]\nmatch = \"1\"\napp = \"ivr\"\nmedia = \"direct\"\n",
       "11: routes[1].media: \"direct\" is from phone to phone, and \"ivr\" calls nobody; "
       "\"anchored\", or an application that calls on, with a `to`"},
      {to("{user}@h"), "11: routes[1].to: \"{user}@h\" does not begin with \"sip:\"" + example},
      {to("sips:{user}@h"),
       "11: routes[1].to: \"sips:{user}@h\" does not begin with \"sip:\"" + example},
      {to("sip:h"), "11: routes[1].to: \"sip:h\" has no user part" + example},
      {to("sip:@h"), "11: routes[1].to: \"sip:@h\" has no user part" + example},
      {to("sip:x@{1}"),
       "11: routes[1].to: \"sip:x@{1}\" has a brace behind the @; placeholders stand in "
       "the user part only"},
      {to("sip:x@"), "11: routes[1].to: \"sip:x@\" does not name a host and port" + example},
      {to("sip:x@h:0"), "11: routes[1].to: \"sip:x@h:0\" does not name a host and port" + example},
      {to("sip:x@1.2.3"),
       "11: routes[1].to: \"sip:x@1.2.3\" does not name a host and port" + example},
      {to("sip:x@::1"), "11: routes[1].to: \"sip:x@::1\" does not name a host and port" + example},
      {to("sip:x@[::1"),
       "11: routes[1].to: \"sip:x@[::1\" does not name a host and port" + example},
      {to("sip:x@[127.0.0.1]"),
       "11: routes[1].to: \"sip:x@[127.0.0.1]\" does not name a host and port" + example},
      {to("sip:x@h;;"), "11: routes[1].to: \"sip:x@h;;\" has malformed parameters; such as "
                        "\"sip:{user}@192.0.2.1;transport=udp\""},
      {to("sip:a b@h"), "11: routes[1].to: \"sip:a b@h\" has a character that a user part cannot "
                        "hold; write it as %HH"},
      {to("sip:a:b@h"), "11: routes[1].to: \"sip:a:b@h\" has a character that a user part cannot "
                        "hold; write it as %HH"},
      {to("sip:%4{1}@h"), "11: routes[1].to: \"sip:%4{1}@h\" has a character that a user part "
                          "cannot hold; write it as %HH"},
      {to("sip:{1@h"),
       "11: routes[1].to: \"sip:{1@h\" has a brace without its partner" + placeholders},
      {to("sip:1}@h"),
       "11: routes[1].to: \"sip:1}@h\" has a brace without its partner" + placeholders},
      {to("sip:{0}@h"),
       "11: routes[1].to: \"sip:{0}@h\" has an unknown placeholder {0}" + placeholders},
      {to("sip:{}@h"),
       "11: routes[1].to: \"sip:{}@h\" has an unknown placeholder {}" + placeholders},
      {to("sip:{User}@h"),
       "11: routes[1].to: \"sip:{User}@h\" has an unknown placeholder {User}" + placeholders},
      {to("sip:{2}@h"),
       "11: routes[1].to: \"sip:{2}@h\" uses {2} but the pattern has 1 group; add (…) to "
       "`match` or use {user}"},
  });
}

TEST_CASE("config errors: users whose secrets have no algorithm in common", "[config]") {
  const std::string md5 = std::string(32, '0'), sha256 = std::string(64, '0');
  check({{user("name = \"1\"\nha1 = { md5 = \"" + md5 + "\" }\n[[users]]\nname = \"2\"\n"
               + "ha1 = { sha256 = \"" + sha256 + "\" }\n"),
          "10: users: have no algorithm of auth.algorithms in common; give every user a password, "
          "or the same kinds of ha1"}});
}
