// RFC 3261 §10: phones that register with a whole node, and calls that find them.
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

namespace {

/// A REGISTER of `user` with these header lines, each without CRLF.
std::string register_text(const sip_phone& phone, const std::string& user, unsigned cseq,
                          const strings& headers, const std::string& host = "example.test",
                          const std::string& call_id = "reg") {
  const auto self = to_string(phone.local());
  std::string out = "REGISTER sip:" + host + " SIP/2.0\r\nVia: SIP/2.0/UDP " + self
                    + ";branch=z9hG4bK-r" + std::to_string(cseq) + user
                    + "\r\nMax-Forwards: 70\r\nFrom: <sip:" + user + "@" + host
                    + ">;tag=f\r\nTo: <sip:" + user + "@" + host + ">\r\nCall-ID: " + call_id + user
                    + "\r\nCSeq: " + std::to_string(cseq) + " REGISTER\r\n";
  for (const auto& h : headers)
    out += h + "\r\n";
  return out + "Content-Length: 0\r\n\r\n";
}

/// One phone of a node, registering.
struct subscriber {
  world& w;
  sip_phone& phone;
  std::string user;
  unsigned cseq = 0;

  /// The answer: "200", "423".
  std::string put(const strings& headers, const std::string& host = "example.test") {
    phone.say(register_text(phone, user, ++cseq, headers, host));
    w.settle();
    return phone.heard().empty() ? "" : phone.heard().back().substr(0, 3);
  }
  [[nodiscard]] std::string contact() const {
    return "Contact: <sip:" + user + "@" + to_string(phone.local()) + ">";
  }
  /// Contact lines of the last 200, in order.
  [[nodiscard]] strings listed() const {
    strings out;
    for (const auto& h : phone.last("200 REGISTER")->headers(sip::header_id::contact))
      out.emplace_back(h.value);
    return out;
  }
};

/// What over() is to see outside of calls: each request and its answer.
strings outside(const std::vector<std::pair<std::string, int>>& answers) {
  strings out;
  for (const auto& [label, times] : answers)
    for (int i = 0; i < times; ++i) {
      out.push_back(label);
      if (label.find(' ') != std::string::npos)
        out.push_back(label.substr(label.find(' ') + 1));
    }
  return out;
}

} // namespace

TEST_CASE("registrar node: a REGISTER is answered with all bindings, after the commit (§10.3)",
          "[actors]") {
  world w{{.users = {"1001", "1002"}}};
  subscriber a{w, w.callee, "1001"};
  CHECK(a.put({}) == "200"); // a fetch of nothing
  CHECK(a.listed().empty());
  CHECK(w.registrations() == 0);
  CHECK(a.put({a.contact(), "Expires: 120"}) == "200");
  CHECK(a.listed() == strings{"<sip:1001@127.0.0.1:5080>;expires=120"});
  CHECK(w.callee.last("200 REGISTER")->has(sip::header_id::date));
  CHECK(w.registrations() == 1);
  w.pass(20s);
  CHECK(a.put({"Contact: <sip:1001@127.0.0.1:5090>;q=0.25"}) == "200");
  CHECK(a.listed()
        == strings{"<sip:1001@127.0.0.1:5080>;expires=100",
                   "<sip:1001@127.0.0.1:5090>;expires=3600;q=0.25"});
  CHECK(w.level("tandem_registrar_bindings") == 2);
  CHECK(w.level("tandem_registrar_users") == 1);
  CHECK(a.put({a.contact() + ";+sip.instance=\"<urn:uuid:7>\";expires=90"}) == "200");
  CHECK(a.listed().front()
        == "<sip:1001@127.0.0.1:5080>;expires=90;+sip.instance=\"<urn:uuid:7>\"");
  CHECK(a.put({"Contact: *", "Expires: 0"}) == "200");
  CHECK(a.listed().empty());
  CHECK(w.registrations() == 0);
  CHECK(w.level("tandem_registrar_bindings") == 0);
  bool committed = false;
  for (const auto& h : w.happenings()) { // commit before visible
    committed |= h.what == happening::kind::registered;
    if (h.what == happening::kind::sent && h.bytes.find(";expires=") != std::string::npos)
      CHECK(committed);
  }
  CHECK(w.row("registrar").state == "open");
  w.over({}, outside({{"200 REGISTER", 5}}));
}

TEST_CASE("registrar node: what is refused says why and changes nothing (§10.3, §21.4)",
          "[actors]") {
  world w{{.users = {"1001"}, .registrar = "bindings_per_user = 2"}};
  subscriber a{w, w.callee, "1001"};
  REQUIRE(a.put({a.contact()}) == "200");
  const auto reason = [&] { return std::string(w.callee.last(w.callee.heard().back())->reason()); };
  CHECK(a.put({a.contact(), "Expires: 59"}) == "423");
  CHECK(w.callee.last("423 REGISTER")->header(sip::header_id::min_expires) == "60");
  CHECK(a.put({"Contact: *"}) == "400");
  CHECK(reason() == "Contact * Needs Expires 0 And No Other");
  CHECK(a.put({"Contact: <sip:b@h>, <sip:c@h>"}) == "403");
  CHECK(reason() == "Too Many Contacts For This User");
  CHECK(a.put({a.contact(), "Require: path, gruu"}) == "420"); // step 2
  CHECK(w.callee.last("420 REGISTER")->header(sip::header_id::unsupported) == "path, gruu");
  CHECK(a.put({a.contact()}, "elsewhere.test") == "404");
  CHECK(subscriber{w, w.callee, "1009"}.put({a.contact()}) == "404");
  CHECK(a.put({}, "127.0.0.1") == "200"); // our address is our domain, too
  CHECK(a.listed().size() == 1);
  CHECK(w.level("tandem_registrar_bindings") == 1);
  w.over({}, outside({{"200 REGISTER", 2},
                      {"423 REGISTER", 1},
                      {"400 REGISTER", 1},
                      {"403 REGISTER", 1},
                      {"420 REGISTER", 1},
                      {"404 REGISTER", 2}}));
}

TEST_CASE("registrar node: a retransmission is answered the same, without a commit (§8.2.7)",
          "[actors]") {
  world w{{.users = {"1001"}}};
  subscriber a{w, w.callee, "1001"};
  REQUIRE(a.put({a.contact()}) == "200");
  const auto commits = w.figure("tandem_call_commits_total");
  a.cseq = 0;
  REQUIRE(a.put({a.contact()}) == "200");
  CHECK(a.listed().size() == 1);
  CHECK(w.figure("tandem_call_commits_total") == commits);
  w.over({}, outside({{"200 REGISTER", 2}}));
}

TEST_CASE("registrar node: bindings of a node at the limit and one more", "[actors]") {
  world w{{.users = {"1001", "1002", "1003"}, .bindings_per_node = 2}};
  subscriber a{w, w.callee, "1001"}, b{w, w.caller, "1002"}, c{w, w.add_phone(5090), "1003"};
  CHECK(a.put({a.contact()}) == "200");
  CHECK(b.put({b.contact()}) == "200");
  CHECK(c.put({c.contact()}) == "503");
  CHECK(c.phone.last("503 REGISTER")->reason() == "Too Many Registrations");
  CHECK(a.put({a.contact()}) == "200"); // a refresh is not one more
  CHECK(b.put({b.contact() + ";expires=0"}) == "200");
  CHECK(c.put({c.contact()}) == "200");
  w.over({}, outside({{"200 REGISTER", 5}, {"503 REGISTER", 1}}));
}

TEST_CASE("registrar node: a call to a user reaches his phone (§16.6)", "[actors]") {
  struct row {
    const char* what;
    const char* dialled;
  };
  for (const auto& [what, dialled] :
       {row{"by his name", "1001"}, row{"by a route to our realm", "81001"}}) {
    INFO(what);
    world w{{.users = {"1001"}}};
    subscriber a{w, w.callee, "1001"};
    REQUIRE(a.put({a.contact()}) == "200");
    w.caller.invite(dialled);
    w.settle();
    REQUIRE(w.callee.count("INVITE") == 1);
    CHECK(w.callee.last("INVITE")->request_uri() == "sip:1001@127.0.0.1:5080");
    w.callee.respond(200);
    w.settle();
    CHECK(w.caller.count("200 INVITE") == 1);
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"}, outside({{"200 REGISTER", 1}}));
  }
}

TEST_CASE("registrar node: nobody there: 480, nobody of that name: 404 (§21.4.18, §21.4.5)",
          "[actors]") {
  world w{{.users = {"1001"}}};
  for (const auto* dialled : {"1001", "1009", "81001", "81009"}) {
    w.caller.invite(dialled);
    w.settle();
  }
  CHECK(w.caller.heard() == strings{"480 INVITE", "404 INVITE", "480 INVITE", "404 INVITE"});
  subscriber a{w, w.callee, "1001"};
  REQUIRE(a.put({a.contact() + ";expires=60"}) == "200");
  w.pass(60s); // and then he is gone again
  CHECK(w.registrations() == 0);
  w.caller.forget();
  w.caller.invite("1001");
  w.settle();
  CHECK(w.caller.heard() == strings{"480 INVITE"});
  auto seen = outside({{"200 REGISTER", 1}, {"480 INVITE", 3}, {"404 INVITE", 2}});
  seen.insert(seen.end(), 5, "ACK");
  w.over({}, seen);
}

TEST_CASE(
    "registrar node: a connection by which a phone is registered stays while its binding lives",
    "[actors]") {
  const auto shards = GENERATE(std::size_t{1}, std::size_t{3});
  world w{{.shards = shards,
           .users = {"1001"},
           .everywhere = true,
           .sip_settings = "connection_idle_s = 60\n"}};
  auto& phone = w.add_tcp_phone(5090);
  subscriber a{w, phone, "1001"};
  REQUIRE(a.put({a.contact() + ";expires=600"}) == "200");
  w.pass(500s);
  CHECK(w.line_of(phone).ends.empty());
  if (shards == 1)
    w.kill("signalling/registrar"); // it knows so from its store
  w.pass(90s);
  CHECK(w.line_of(phone).ends.empty());
  w.pass(90s);
  CHECK(w.line_of(phone).ends.size() == 1);
  w.over({}, outside({{"200 REGISTER", 1}}));
}

TEST_CASE("registrar node: bindings expire one by one, woken by one timer", "[actors]") {
  world w{{.users = {"1001", "1002"}}};
  subscriber a{w, w.callee, "1001"}, b{w, w.caller, "1002"};
  REQUIRE(a.put({"Contact: <sip:a@h>;expires=60, <sip:b@h>;expires=300"}) == "200");
  REQUIRE(b.put({"Contact: <sip:c@h>;expires=120"}) == "200");
  w.pass(59s);
  CHECK(w.level("tandem_registrar_bindings") == 3);
  w.pass(1s);
  CHECK(w.level("tandem_registrar_bindings") == 2);
  CHECK(w.registrations() == 2);
  w.pass(30s);
  REQUIRE(b.put({"Contact: <sip:c@h>;expires=300"}) == "200"); // in time
  w.pass(100s);
  CHECK(w.level("tandem_registrar_users") == 2);
  w.pass(110s);
  CHECK(w.level("tandem_registrar_users") == 1);
  CHECK(w.registrations() == 1);
  REQUIRE(b.put({"Contact: <sip:c@h>;expires=60"}) == "200"); // earlier than was planned
  w.pass(60s);
  CHECK(w.registrations() == 0);
  CHECK(w.level("tandem_registrar_bindings") == 0);
  w.over({}, outside({{"200 REGISTER", 4}}));
}

TEST_CASE("registrar node: a disk that fails loses nothing, and the node says so", "[actors]") {
  world w{{.users = {"1001", "1002"}}};
  subscriber a{w, w.callee, "1001"}, b{w, w.caller, "1002"};
  w.fail_registrations(2);
  REQUIRE(a.put({a.contact()}) == "200");
  CHECK(w.level("tandem_store_degraded") == 1);
  CHECK(w.registrations() == 0);
  REQUIRE(w.log().size() == 1);
  CHECK(w.log().front().find("the disk is full; degraded") != std::string::npos);
  REQUIRE(b.put({b.contact()}) == "200");
  w.caller.invite("1001"); // found all the same
  w.settle();
  REQUIRE(w.callee.count("INVITE") == 1);
  w.callee.respond(486);
  w.pass(30s); // the first retry fails, too
  CHECK(w.level("tandem_store_degraded") == 0);
  CHECK(w.registrations() == 2);
  CHECK(w.log().back().find("on disk again") != std::string::npos);
  w.over({"486 callee rejected"}, outside({{"200 REGISTER", 2}}));
}

TEST_CASE("registrar node: a registrar that dies is restored from its store", "[actors]") {
  world w{{.users = {"1001", "1002"}, .registrar = "min_expires_s = 10"}};
  subscriber a{w, w.callee, "1001"}, b{w, w.caller, "1002"};
  REQUIRE(a.put({a.contact() + ";expires=100"}) == "200");
  REQUIRE(b.put({b.contact() + ";expires=30"}) == "200");
  w.pass(10s);
  w.kill("signalling/registrar");
  CHECK(w.row("registrar").restarts == 1);
  CHECK(w.level("tandem_registrar_bindings") == 2);
  w.caller.invite("1001");
  w.settle();
  REQUIRE(w.callee.count("INVITE") == 1);
  w.callee.respond(486);
  w.pass(20s);
  CHECK(w.level("tandem_registrar_bindings") == 1); // the other expired in its time
  CHECK(a.put({}) == "200");
  CHECK(a.listed() == strings{"<sip:1001@127.0.0.1:5080>;expires=70"});
  w.over({"486 callee rejected"}, outside({{"200 REGISTER", 3}}));
}

TEST_CASE("registrar node: with two shards each user has one owner, whoever reads (§10)",
          "[actors]") {
  std::uint64_t crossed = 0;
  strings users;
  for (int i = 0; i < 8; ++i)
    users.push_back("20" + std::to_string(i));
  for (const auto& user : users) {
    INFO(user);
    world w{{.shards = 2, .users = users}};
    auto& phone = w.add_phone(6000);
    subscriber s{w, phone, user};
    REQUIRE(s.put({s.contact()}) == "200");
    CHECK(w.registrations() == 1);
    w.caller.invite(user);
    w.settle();
    REQUIRE(phone.count("INVITE") == 1);
    phone.respond(200);
    w.settle();
    CHECK(w.caller.count("200 INVITE") == 1);
    phone.bye();
    w.settle();
    crossed += w.figure("tandem_sip_crossed_total");
    CHECK(s.put({s.contact() + ";expires=0"}) == "200");
    w.over({"200 callee bye"}, outside({{"200 REGISTER", 2}}));
  }
  CHECK(crossed > 0);
}

TEST_CASE("registrar node: a call to a user is anchored, whatever its route says", "[actors]") {
  world w{{.settings = "[[routes]]\nmatch = \"^d(.*)\"\napp = \"bridge\"\nmedia = \"direct\"\n"
                       "to = \"sip:{1}@example.test\"\n",
           .users = {"1001"}}};
  subscriber a{w, w.callee, "1001"};
  REQUIRE(a.put({a.contact()}) == "200");
  w.caller.invite("d1001");
  w.settle();
  REQUIRE(w.callee.count("INVITE") == 1);
  CHECK(w.media().in_use() == 2);
  w.callee.respond(486);
  w.settle();
  w.over({"486 callee rejected"}, outside({{"200 REGISTER", 1}}));
}
