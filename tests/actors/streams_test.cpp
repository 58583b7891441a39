// RFC 3261 §18: calls over TCP, and what a connection may do to the node.
#include "actors/transport/limits.hpp"
#include "protocols/sip/message.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <algorithm>

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::test;

namespace {

std::string header(const sip::message_ptr& m, sip::header_id id) {
  REQUIRE(m);
  return std::string(m->header(id).value_or(""));
}

std::uint64_t opened(const world& w, const char* by) {
  return w.figure("tandem_sip_connections_opened_total", {{"by", by}});
}

std::uint64_t closed(const world& w, const char* why) {
  return w.figure("tandem_sip_connections_closed_total", {{"reason", why}});
}

std::string options(int number, std::string_view more = "Content-Length: 0\r\n\r\n") {
  const auto n = std::to_string(number);
  return "OPTIONS sip:node@127.0.0.1 SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5099;branch=z9hG4bKo" + n
         + "\r\nMax-Forwards: 70\r\nFrom: <sip:x@127.0.0.1>;tag=1\r\nTo: <sip:node@127.0.0.1>\r\n"
         + "Call-ID: o" + n + "\r\nCSeq: 1 OPTIONS\r\n" + std::string(more);
}

} // namespace

TEST_CASE("streams: a caller by TCP is answered and called back over his connection (§18.2.2)",
          "[actors][streams]") {
  const auto family = GENERATE(ip_family::v4, ip_family::v6);
  world w{{.everywhere = true}};
  w.net().set_conditions({.latency = 1ms, .segment_bytes = 100});
  auto& a = w.add_tcp_phone(5090, family);
  a.invite("7100");
  w.pass(100ms);
  w.callee.respond(180);
  w.pass(100ms);
  w.callee.respond(200);
  w.pass(3s);
  CHECK(a.heard() == strings{"180 INVITE", "200 INVITE"}); // one each: the transport is reliable
  CHECK(header(a.last("200 INVITE"), sip::header_id::contact).ends_with(";transport=tcp>"));
  CHECK(header(w.callee.last("INVITE"), sip::header_id::via).starts_with("SIP/2.0/UDP 127.0.0.1"));
  w.callee.bye();
  w.pass(100ms);
  CHECK(a.count("BYE") == 1);
  CHECK(header(a.last("BYE"), sip::header_id::via).starts_with("SIP/2.0/TCP "));
  CHECK(opened(w, "peer") == 1);
  CHECK(opened(w, "node") == 0); // although his Contact names another port
  w.over({"200 callee bye"});
}

TEST_CASE("streams: a callee by TCP: one connection for all that is said to him (§18.1.1)",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& b = w.add_tcp_phone(5081);
  w.caller.invite("5100");
  w.settle();
  CHECK(header(b.last("INVITE"), sip::header_id::via).starts_with("SIP/2.0/TCP 127.0.0.1:5060"));
  CHECK(header(b.last("INVITE"), sip::header_id::contact).ends_with("5060;transport=tcp>"));
  b.respond(200);
  w.settle();
  w.caller.bye();
  w.settle();
  w.caller.invite("5100");
  w.pass(5s);
  b.respond(486);
  w.settle();
  CHECK(b.heard() == strings{"INVITE", "ACK", "BYE", "INVITE", "ACK"});
  CHECK(opened(w, "node") == 1);
  CHECK(w.has_row("127.0.0.1:5081"));
  w.over({"200 caller bye", "486 callee rejected"});
}

TEST_CASE("streams: a callee who says nothing is asked once, and given up after 64*T1 (§17.1.1.2)",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& b = w.add_tcp_phone(5081);
  w.caller.invite("5100");
  w.pass(33s);
  CHECK(b.count("INVITE") == 1);
  CHECK(w.caller.heard() == strings{"100 INVITE", "408 INVITE"});
  w.over({"408 node no response"});
}

TEST_CASE("streams: nobody listens: the caller is told at once (§18.4)", "[actors][streams]") {
  world w{{.everywhere = true}};
  w.caller.invite("5100");
  w.settle();
  REQUIRE(w.caller.heard().size() == 1);
  CHECK(w.caller.heard().front() != "408 INVITE");
  CHECK(closed(w, "failed") == 1);
  CHECK(w.figure("tandem_sip_undeliverable_total") == 1);
  w.over({"500 node unreachable"}, {"never sent: INVITE"});
}

TEST_CASE("streams: a host that does not answer our connect is given up after 5 s",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  w.net().set_cut(parse_ip_address("::2").value(), true);
  w.caller.invite("4100");
  w.pass(4900ms);
  CHECK(w.caller.heard() == strings{"100 INVITE"});
  w.pass(200ms);
  CHECK(w.caller.heard().size() == 2);
  CHECK(closed(w, "failed") == 1);
  w.over(w.details(), {"never sent: INVITE"});
}

TEST_CASE("streams: the callee vanishes in a call: a BYE that cannot leave ends his leg",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& b = w.add_tcp_phone(5081);
  w.caller.invite("5100");
  w.settle();
  b.respond(200);
  w.settle();
  w.switch_off(b);
  w.pass(2s);
  w.caller.bye();
  w.settle();
  CHECK(w.call_rows().size() == 1);
  CHECK(w.call_rows().front().state == "over");
  w.over({"200 caller bye"}, {"never sent: BYE"});
}

TEST_CASE("streams: a response whose connection is gone goes to sent-by (§18.2.2)",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& a = w.add_tcp_phone(5090);
  a.invite("7100");
  w.settle();
  w.line_of(a).socket.reset();
  w.pass(2s);
  CHECK_FALSE(w.line_of(a).socket);
  w.callee.respond(200);
  w.settle();
  CHECK(a.count("200 INVITE") == 1);
  CHECK(opened(w, "node") == 1);
  a.bye();
  w.settle();
  CHECK(a.count("200 BYE") == 1);
  w.over({"200 caller bye"});
}

TEST_CASE("streams: IPv6: calls within it and to IPv4, each leg describes its own family",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& six = w.add_phone(5082, ip_family::v6);
  w.caller.invite("6100");
  w.settle();
  const auto invite = six.last("INVITE");
  CHECK(header(invite, sip::header_id::via).starts_with("SIP/2.0/UDP [::1]:5060;"));
  CHECK(header(invite, sip::header_id::contact).find("@[::1]:5060>") != std::string::npos);
  CHECK(invite->body().find("c=IN IP6 ::1\r\n") != std::string_view::npos);
  CHECK(invite->body().find(" IN IP6 ::1\r\ns=") != std::string_view::npos);
  six.respond(200);
  w.settle();
  CHECK(w.caller.last("200 INVITE")->body().find("c=IN IP4 127.0.0.1\r\n")
        != std::string_view::npos);
  w.caller.bye();
  w.settle();

  auto& other = w.add_phone(5083, ip_family::v6);
  other.invite("6100");
  w.settle();
  six.respond(200);
  w.settle();
  CHECK(header(other.last("200 INVITE"), sip::header_id::via).find(";received=::1;rport=5083")
        != std::string::npos);
  CHECK(other.last("200 INVITE")->body().find("c=IN IP6 ::1\r\n") != std::string_view::npos);
  six.bye();
  w.settle();
  w.over({"200 caller bye", "200 callee bye"});
}

TEST_CASE("streams: keep-alives are answered, single line ends are not (RFC 5626 §4.4.1)",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& s = w.open_stream();
  s.say("\r\n");
  w.settle();
  CHECK(s.got.empty());
  s.say("\r\n");
  w.settle();
  CHECK(s.got == "\r\n");
  s.say("\r\n\r\n\r\n\r\n");
  w.settle();
  CHECK(s.got == "\r\n\r\n\r\n");
  CHECK(s.ends.empty());
  w.over({});
}

TEST_CASE("streams: what cannot be framed is answered 400 and ends the connection (§18.3)",
          "[actors][streams]") {
  world w{{.everywhere = true}};
  auto& s = w.open_stream();
  s.say(options(1) + options(2, "\r\n") + options(3));
  w.pass(2s);
  CHECK(s.got.find("SIP/2.0 200 ") != std::string::npos); // what came before loses nothing
  CHECK(s.got.find("SIP/2.0 400 Missing Content-Length") != std::string::npos);
  CHECK(s.got.find("o3") == std::string::npos);
  CHECK(s.ends == strings{""});
  CHECK(closed(w, "broken") == 1);
  auto& noise = w.open_stream();
  noise.say(std::string(70'000, 'x'));
  w.pass(2s);
  CHECK(noise.got.empty());
  CHECK(noise.ends.size() == 1);
  CHECK(w.dropped("malformed") == 2);
  w.over({}, {"200 OPTIONS", "400 OPTIONS", "OPTIONS", "OPTIONS", "malformed"});
}

TEST_CASE("streams: who keeps us waiting is cut", "[actors][streams]") {
  world w{{.everywhere = true, .sip_settings = "connection_idle_s = 60\n"}};
  auto& s = w.open_stream();
  SECTION("no message for 64*T1") {
    s.say("\r\n\r\n");
    w.pass(31900ms);
    CHECK(s.ends.empty());
    w.pass(200ms);
    CHECK(s.ends.size() == 1);
    CHECK(closed(w, "never_spoke") == 1);
    w.over({});
  }
  SECTION("half a message for 10 s") {
    s.say(options(1) + "OPTIONS sip:x");
    w.pass(9900ms);
    CHECK(s.ends.empty());
    w.pass(200ms);
    CHECK(s.ends.size() == 1);
    CHECK(closed(w, "half_message") == 1);
    w.over({}, {"200 OPTIONS", "OPTIONS"});
  }
  SECTION("idle for the time that the settings say") {
    s.say(options(1));
    w.pass(59900ms);
    CHECK(s.ends.empty());
    w.pass(200ms);
    CHECK(s.ends.size() == 1);
    CHECK(closed(w, "idle") == 1);
    w.over({}, {"200 OPTIONS", "OPTIONS"});
  }
}

TEST_CASE("streams: an idle connection stays while a call needs it", "[actors][streams]") {
  const auto shards = GENERATE(std::size_t{1}, std::size_t{3});
  world w{{.shards = shards, .everywhere = true, .sip_settings = "connection_idle_s = 60\n"}};
  auto& a = w.add_tcp_phone(5090);
  a.invite("9196");
  w.pass(300s);
  CHECK(w.line_of(a).ends.empty());
  w.end_call();
  w.settle();
  CHECK(a.count("BYE") == 1);
  w.pass(100s);
  CHECK(w.line_of(a).ends.size() == 1);
  CHECK(closed(w, "idle") == 1);
  w.over({"200 operator operator"});
}

TEST_CASE("streams: connections from one address and in all, at n and n + 1", "[actors][streams]") {
  world w{{.everywhere = true, .sip_settings = "connections = 3\nconnections_per_peer = 2\n"}};
  auto& first = w.open_stream();
  auto& second = w.open_stream();
  CHECK((first.socket && second.socket));
  CHECK_FALSE(w.open_stream().socket);
  CHECK(w.open_stream("127.0.0.2").socket);
  CHECK(closed(w, "limit") == 1);
  CHECK_FALSE(w.open_stream("127.0.0.2").socket); // he would have as many as who has most
  CHECK(closed(w, "limit") == 2);
  w.caller.invite("5100"); // nor do we open one
  w.settle();
  CHECK(closed(w, "limit") == 3);
  CHECK(w.caller.heard().size() == 1);
  first.socket.reset();
  w.pass(2s);
  CHECK(w.open_stream().socket); // there is room again
  w.over(w.details(), {"never sent: INVITE"});
}

TEST_CASE("streams: who takes all connections keeps nobody out", "[actors][streams][limits]") {
  world w{{.everywhere = true, .sip_settings = "connections = 4\nconnections_per_peer = 4\n"}};
  auto& a = w.add_tcp_phone(5090);
  auto& b = w.add_tcp_phone(5091);
  for (auto* phone : {&a, &b}) { // their calls need their connections
    phone->invite("9196");
    w.pass(1s);
  }
  auto& silent = w.open_stream();
  w.pass(1s);
  auto& newer = w.open_stream();
  w.pass(1s);
  silent.say("OPTIONS"); // is no message yet
  CHECK(w.open_stream("127.0.0.2").socket);
  w.settle();
  CHECK(closed(w, "crowded") == 1);
  CHECK(silent.ends.size() == 1);
  CHECK(newer.ends.empty());
  CHECK(w.open_stream("127.0.0.3").socket);
  w.settle();
  CHECK(newer.ends.size() == 1);
  CHECK_FALSE(w.open_stream("127.0.0.4").socket); // two are left, and needed
  CHECK(closed(w, "limit") == 1);
  a.bye();
  b.bye();
  w.pass(1s);
  CHECK(a.heard().back() == "200 BYE");
  w.over({"200 caller bye", "200 caller bye"});
}

TEST_CASE("streams: messages that wait for a connection, at n and n + 1",
          "[actors][streams][limits]") {
  constexpr auto most = tandem::actors::limits::waiting_for_connection;
  world w{{.media_pairs = 2 * most + 2, .everywhere = true}};
  w.net().set_conditions({.latency = 1s}); // and nobody listens there
  for (std::size_t i = 0; i <= most; ++i)
    w.add_phone(static_cast<std::uint16_t>(6000 + i)).invite("5100");
  w.pass(1500ms);
  CHECK(w.figure("tandem_sip_undeliverable_total") == 1);
  w.pass(6s);
  CHECK(w.figure("tandem_sip_undeliverable_total") == most + 1);
  CHECK(opened(w, "node") == 1);
  w.over(w.details(), strings(most + 1, "never sent: INVITE"));
}

TEST_CASE("streams: a peer who does not read is cut", "[actors][streams]") {
  world w{{.everywhere = true}};
  const auto far = parse_ip_address("127.0.0.2").value();
  auto& s = w.open_stream("127.0.0.2");
  w.net().set_path(parse_ip_address("127.0.0.1").value(), far, {.latency = 1h});
  std::string all;
  for (int i = 0; i < 2000; ++i)
    all += options(i);
  s.say(all);
  w.settle();
  CHECK(closed(w, "slow") == 1);
  CHECK(w.figure("tandem_sip_undeliverable_total") > 0);
  strings outside(2000, "OPTIONS");
  for (const auto& h : w.happenings())
    if (h.what == happening::kind::sent)
      outside.emplace_back("200 OPTIONS");
  w.over({}, outside);
}

TEST_CASE("streams: with several shards a call crosses to the connection's shard once",
          "[actors][streams]") {
  world w{{.shards = 3, .everywhere = true}};
  std::vector<sip_phone*> phones;
  strings details;
  for (std::uint16_t i = 0; i < 9; ++i) {
    phones.push_back(&w.add_tcp_phone(static_cast<std::uint16_t>(5100 + i)));
    phones.back()->invite("9196");
    w.settle();
    CHECK(phones.back()->count("200 INVITE") == 1);
    details.emplace_back("200 caller bye");
  }
  CHECK(w.figure("tandem_sip_crossed_total") > 0);
  for (auto* p : phones) {
    p->bye();
    w.settle();
    CHECK(p->count("200 BYE") == 1);
  }
  CHECK(opened(w, "node") == 0);
  w.over(details);
}
