// A call is brought to life from its record: in every state, on another clock, and from then on it
// does what the call that was never interrupted did, to the byte and to the millisecond.
#include "actors/call/record/record_codec.hpp"
#include "tests/actors/lone_call.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <functional>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using kind = happening::kind;

namespace {

struct seen {
  std::int64_t at_us;
  kind what;
  std::string bytes;

  bool operator==(const seen&) const = default;
};

std::ostream& operator<<(std::ostream& out, const seen& s) {
  constexpr const char* names[]{"received", "sent", "committed", "erased"};
  const bool text = s.what == kind::sent;
  return out << s.at_us << " " << names[static_cast<int>(s.what)] << " "
             << (text ? s.bytes : std::to_string(std::hash<std::string>{}(s.bytes))) << "\n";
}

seen seen_of(const happening& h, duration since) {
  using namespace std::chrono;
  return {duration_cast<microseconds>(h.at - since).count(), h.what, h.bytes};
}

/// What the world's call did after `since`.
std::vector<seen> after(const world& w, duration since) {
  std::vector<seen> out;
  for (const auto& h : w.happenings())
    if (h.at > since && h.what != kind::received)
      out.push_back(seen_of(h, since));
  return out;
}

/// Restores the record that was committed last at this moment of the test, and gives the restored
/// call what the other one is given until it is over.
class twin {
public:
  explicit twin(const world& w) : key_(w.key()), slots_(w.media().in_use()) {
    for (std::size_t i = 0; i < w.happenings().size(); ++i) {
      const auto& h = w.happenings()[i];
      if (h.what == kind::committed) {
        record_ = h.bytes;
        since_ = h.at;
        unseen_ = i + 1;
      }
    }
  }

  [[nodiscard]] const key128& key() const { return key_; }
  [[nodiscard]] const std::string& record() const { return record_; }

  void compare(const world& w) const {
    const auto decoded = actors::decode_record(record_);
    REQUIRE(decoded);
    CHECK(actors::encode_record(*decoded) == record_);

    // Another host, but in step: lingering calls wake at multiples of 256 ms of its clock.
    lone_call restored{key_, record_, {5000h + since_, w.wall_at(since_), slots_}};
    for (std::size_t i = unseen_; i < w.happenings().size(); ++i)
      if (const auto& h = w.happenings()[i]; h.what == kind::received && !restored.is_gone()) {
        restored.pass_until(h.at - since_);
        restored.receive(h);
      }
    restored.pass_until(w.elapsed() - since_);
    std::vector<seen> did;
    for (const auto& h : restored.lines)
      did.push_back(seen_of(h, {}));
    CHECK(did == after(w, since_));
    CHECK(restored.is_gone());
    CHECK(restored.details == w.detail_lines());
  }

private:
  key128 key_;
  std::size_t slots_;
  std::string record_;
  duration since_{};
  std::size_t unseen_ = 0; ///< what happened from here on is not in the record
};

} // namespace

TEST_CASE("restore: a leg that a trunk has challenged, in each state (§22.2)", "[actors]") {
  world w{{.settings = "[[trunks]]\nname = \"callee\"\naddress = \"127.0.0.1:5080\"\n"
                       "username = \"tandem\"\npassword = \"trunk-secret\"\n"}};
  std::vector<twin> twins;
  const auto snap = [&] {
    w.pass(1s);
    twins.emplace_back(w);
    w.pass(1s);
  };
  const auto challenge = [](const char* nonce, const char* more = "") {
    return sip_extras{.headers = std::string("WWW-Authenticate: Digest realm=\"r\", qop=\"auth\""
                                             ", nonce=\"")
                                 + nonce + "\"" + more + "\r\n",
                      .body = ""};
  };
  w.callee.habits.answers_bye = false;
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.settle();
  w.callee.respond(401, challenge("n1"));
  snap(); // calling again
  w.callee.respond(401, challenge("n2", ", stale=true"));
  snap(); // and again
  w.callee.respond(200);
  snap(); // established: the ACK had the credentials
  w.caller.bye();
  snap(); // the BYE waits

  w.callee.respond_to("BYE", 401, challenge("n3"));
  snap(); // a BYE with credentials
  w.callee.respond_to("BYE", 200);
  w.settle();
  w.over({"200 caller bye"});
  for (std::size_t i = 0; i < twins.size(); ++i) {
    INFO("state " << i);
    twins[i].compare(w);
  }
}

TEST_CASE("restore: a call in each state goes on as if nothing had happened", "[actors]") {
  const std::string dialled = GENERATE("7100", "3100"); // anchored, direct
  CAPTURE(dialled);
  world w;
  std::vector<twin> twins;
  const auto snap = [&] {
    w.pass(1s);
    twins.emplace_back(w);
    w.pass(1s);
  };
  w.caller.habits.acknowledges = false;
  w.callee.habits.answers_bye = false;
  w.caller.invite(dialled);
  w.settle();
  snap(); // calling
  w.callee.respond(180);
  snap(); // ringing
  w.callee.respond(183);
  snap(); // with early media
  w.callee.respond(200);
  snap(); // answered: no ACK yet
  w.caller.ack();
  snap(); // established
  w.callee.request("OPTIONS");
  snap(); // with a transaction inside the dialog
  w.caller.bye();
  snap(); // ending: the callee has not answered our BYE
  w.callee.respond_to("BYE", 200);
  snap(); // over: transactions linger
  w.over({"200 caller bye"});
  REQUIRE(twins.size() == 8);
  for (std::size_t i = 0; i < twins.size(); ++i) {
    INFO("state " << i);
    twins[i].compare(w);
  }
}

TEST_CASE("restore: a call that is cancelled, forked or refused", "[actors]") {
  world w;
  std::vector<twin> twins;
  const auto snap = [&] {
    w.pass(1s);
    twins.emplace_back(w);
    w.pass(1s);
  };
  SECTION("cancelled (§9.1)") {
    w.callee.habits.obeys_cancel = false;
    w.caller.habits.acknowledges_failures = false;
    w.caller.invite("7100");
    w.settle();
    w.callee.respond(180);
    w.settle();
    w.caller.cancel();
    snap();
    w.callee.respond_to("CANCEL", 200);
    snap();
    w.callee.respond(487);
    snap();
    w.over({"487 caller cancelled"});
  }
  SECTION("cancelled before it rang (§9.1)") {
    w.caller.invite("7100");
    w.settle();
    w.caller.cancel();
    snap();
    w.callee.respond(180);
    snap();
    w.over({"487 caller cancelled"});
  }
  SECTION("answered twice (§13.2.2.4)") {
    w.callee.habits.answers_bye = false;
    w.connect();
    w.callee.respond(200, {.tag = "two"});
    snap();
    w.callee.respond_to("BYE", 200);
    snap();
    w.callee.habits.answers_bye = true;
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
  SECTION("at three phones (§16.7)") {
    auto& second = w.add_phone(5081);
    auto& third = w.add_phone(5082);
    w.caller.invite("phones_1_then_2");
    w.settle();
    snap(); // one rings
    w.callee.respond(486, {.headers = "Retry-After: 5\r\n"});
    snap(); // the others do
    second.respond(183);
    snap(); // one is heard
    third.habits.obeys_cancel = false;
    third.respond(180);
    w.settle();
    second.respond(200);
    snap(); // it has answered: the other one is cancelled
    third.respond(200);
    snap(); // too late
    third.respond_to("CANCEL", 200);
    w.caller.bye();
    snap();
    w.over({"200 caller bye"});
  }
  SECTION("at two phones that refuse (§16.7 step 6)") {
    auto& second = w.add_phone(5081);
    w.caller.invite("phones_2");
    w.settle();
    w.callee.respond(302);
    snap(); // the best so far stands in the record
    second.respond(486);
    snap();
    w.over({"302 callee rejected"});
  }
  SECTION("with an application that waits") {
    w.caller.invite("slow_echo");
    snap();
    w.pass(10s);
    snap();
    w.pass(30s);
    w.over({"200 node hung up"});
  }
  SECTION("without ACK to the refusal (§17.2.1)") {
    w.caller.habits.acknowledges_failures = false;
    w.caller.invite("7100");
    w.settle();
    w.callee.respond(486);
    snap();
    w.over({"486 callee rejected"});
  }
  for (std::size_t i = 0; i < twins.size(); ++i) {
    INFO("state " << i);
    twins[i].compare(w);
  }
  CHECK(!twins.empty());
}

TEST_CASE("restore: a call in the middle of each change of its session", "[actors]") {
  const std::string dialled = GENERATE("7100", "3100"); // anchored, direct
  CAPTURE(dialled);
  world w;
  std::vector<twin> twins;
  const auto snap = [&] {
    w.pass(100ms);
    twins.emplace_back(w);
    w.pass(100ms);
  };
  const auto hold = w.caller.described(2, "a=sendonly\r\n");
  SECTION("offers that go through, meet and are late") {
    w.caller.invite(dialled, {.headers = "Supported: timer\r\nSession-Expires: 300\r\n"});
    w.settle();
    w.callee.respond(200);
    w.settle();
    w.caller.reinvite({.body = hold});
    snap(); // offered, and offering
    w.callee.respond(180, {.body = ""});
    snap(); // heard
    w.callee.respond(491, {.body = ""});
    snap(); // backing off
    w.pass(4s);
    w.caller.habits.acknowledges = false;
    w.callee.respond(200, {.body = w.callee.described(2, "a=recvonly\r\n")});
    snap(); // our 2xx waits for its ACK
    w.caller.ack();
    w.settle();
    w.caller.update({.body = w.caller.described(3)});
    snap(); // an UPDATE that became a re-INVITE
    w.callee.respond(488, {.body = ""});
    w.settle();
    w.caller.request("INFO", "", "x");
    snap(); // an INFO on its way
    w.callee.respond_to("INFO", 200);
    w.settle();
    w.caller.reinvite({.body = ""});
    w.settle();
    w.callee.respond(200);
    snap(); // an ACK is held
    w.caller.ack({.body = w.caller.described(4)});
    w.settle();
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
  SECTION("an INVITE without offer") {
    w.caller.habits.acknowledges = false;
    w.caller.invite(dialled, {.body = ""});
    snap();
    w.callee.respond(200);
    snap();
    w.caller.ack({.body = w.caller.described(1)});
    snap();
    w.caller.bye();
    w.settle();
    w.over({"200 caller bye"});
  }
  for (std::size_t i = 0; i < twins.size(); ++i) {
    INFO("state " << i);
    twins[i].compare(w);
  }
  CHECK(!twins.empty());
}

TEST_CASE("restore: the CDR has what was counted before", "[actors]") {
  world w;
  std::vector<twin> twins;
  w.connect();
  w.callee.habits.answers_bye = false;
  w.media().set_statistics({0, 0, 1}, {.rtp_packets_received = 7, .rtp_packets_sent = 8});
  w.media().set_statistics({0, 1, 1}, {.rtp_packets_received = 9, .rtp_packets_lost = -1});
  w.pass(70s);
  w.caller.bye();
  w.pass(1s);
  twins.emplace_back(w); // the caller's ports are given back
  w.callee.respond_to("BYE", 200);
  w.pass(1s);
  twins.emplace_back(w); // over
  w.over({"200 caller bye"});
  CHECK(w.detail_lines().at(0).find("\"packets_in\":9") != std::string::npos);
  lone_call over{twins.back().key(), twins.back().record(), {5000h, w.wall_at(0s)}};
  CHECK(over.details == w.detail_lines()); // at once: it is known
  twins.back().compare(w);
}

TEST_CASE("restore: what fell due while nobody was there is due at once", "[actors]") {
  world w{{.ring_timeout = 60s}};
  w.caller.invite("7100");
  w.settle();
  w.callee.respond(180);
  w.pass(10s);
  const twin ringing{w};
  const auto did = [&](duration absent) {
    lone_call restored{w.key(), ringing.record(), {5000h, w.wall_at(0s), 2, absent}};
    restored.pass_until(1ms);
    std::string out;
    for (const auto& h : restored.lines)
      if (h.what == kind::sent)
        out += h.bytes.substr(0, h.bytes.find(' ') + 4) + ",";
    return out;
  };
  CHECK(did(0s) == "");
  CHECK(did(59s) == "");
  CHECK(did(60s) == "CANCEL sip,SIP/2.0 408,");
  w.caller.cancel();
  w.settle();
  w.over({"487 caller cancelled"});
}

TEST_CASE("restore: what made the call throw stays set aside, and is counted", "[actors]") {
  world w;
  w.caller.invite("throw_end");
  w.settle();
  w.callee.respond(200);
  w.settle();
  w.caller.bye(); // it throws
  w.settle();
  REQUIRE(w.caller.count("500 BYE") == 1);
  const twin wounded{w};
  lone_call restored{w.key(), wounded.record(), {5000h, w.wall_at(0s), 2}};
  const auto bye = std::ranges::find_if(w.happenings(), [](const happening& h) {
    return h.what == kind::received && h.bytes.starts_with("BYE");
  });
  REQUIRE(bye != w.happenings().end());
  restored.receive(*bye);
  REQUIRE(restored.lines.size() == 1); // no commit
  CHECK(restored.lines.at(0).bytes.starts_with("SIP/2.0 500"));
  const auto record = actors::decode_record(wounded.record());
  REQUIRE(record);
  CHECK(record->root.faults == 1);
  w.over({"200 node internal failure"});
}
