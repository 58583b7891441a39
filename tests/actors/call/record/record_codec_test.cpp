// What is written is read again: every field, every alternative, every enumerator, shared parts.
#include "actors/call/record/record_codec.hpp"

#include "actors/call/record/limits.hpp"
#include "protocols/sip/parser.hpp"
#include "tests/actors/call/record/full_record.hpp"
#include "tests/actors/call/record/record_fields.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>
#include <iterator>

using namespace tandem;
using namespace tandem::actors;
using namespace tandem::test;
using namespace std::chrono_literals;

namespace {

call_record decoded(std::string_view bytes) {
  auto r = decode_record(bytes);
  INFO((r ? std::string{} : r.error()));
  REQUIRE(r);
  return std::move(*r);
}

call_record with(child_record child) {
  call_record r;
  r.children.push_back({app_child, the_call, "child", std::move(child)});
  return r;
}

std::string kept(const std::string& name) {
  const auto path = TANDEM_SOURCE_DIR "/tests/data/call_record/" + name + ".bin";
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  REQUIRE(bytes.size() > 500);
  return bytes;
}

/// Sends one child through bytes and gives it back.
template <class Record>
Record there_and_back(const Record& r) {
  return std::get<Record>(decoded(encode_record(with(r))).children.at(0).record);
}

} // namespace

TEST_CASE("record: a record in which every field is set comes back as it was", "[record]") {
  const auto full = full_record();
  REQUIRE(untouched(full) == ""); // or this test would not notice what is lost
  CHECK(difference(decoded(encode_record(full)), full) == "");
}

TEST_CASE("record: a record in which nothing is set comes back as it was", "[record]") {
  CHECK(difference(decoded(encode_record({})), call_record{}) == "");
  const child_record fresh[] = {
      app_record{},
      incoming_leg_record{},
      outgoing_leg_record{},
      dialog_record{},
      transaction_record{.machine = sip::invite_server_transaction::snapshot{}},
      transaction_record{.machine = sip::invite_client_transaction::snapshot{}},
      transaction_record{.machine = sip::non_invite_server_transaction::snapshot{}},
      transaction_record{.machine = sip::non_invite_client_transaction::snapshot{}},
      media_endpoint_record{}};
  for (const auto& child : fresh) {
    const auto r = with(child);
    CHECK(difference(decoded(encode_record(r)), r) == "");
  }
}

TEST_CASE("record: bytes that earlier programs wrote are read by every later one", "[record]") {
  CHECK(difference(decoded(kept("v1")), first_record()) == "");
  CHECK(difference(decoded(kept("v2")), second_record()) == "");
  CHECK(decoded(kept("v1")).newer == nullptr);
  CHECK(decoded(kept("v2")).newer == nullptr);
}

TEST_CASE("record: calls of phones that were kept are read by every later program", "[record]") {
  const auto count = [](const call_record& r, auto kind) {
    return std::ranges::count_if(r.children, [](const call_record::child& c) {
      return std::holds_alternative<decltype(kind)>(c.record);
    });
  };
  const auto ringing = decoded(kept("plain_ringing"));
  CHECK(count(ringing, transaction_record{}) == 2);
  CHECK(count(ringing, dialog_record{}) == 2);
  const auto established = decoded(kept("plain_established"));
  CHECK(count(established, transaction_record{}) == 0);
  CHECK(count(established, dialog_record{}) == 2);
  CHECK(count(established, media_endpoint_record{}) == 2);
  CHECK(established.root.account.answered);
  CHECK(established.root.legs.size() == 2);
}

/// Run by hand when the schema has grown, for a new name: what is kept is never written again.
TEST_CASE("record: write the bytes of today", "[.write]") {
  const auto* path = std::getenv("TANDEM_RECORD_FILE");
  REQUIRE(path != nullptr);
  REQUIRE_FALSE(std::ifstream(path));
  std::ofstream(path, std::ios::binary) << encode_record(full_record());
}

TEST_CASE("record: every enumerator comes back", "[record]") {
  const auto each = [](auto last, auto check) {
    for (unsigned n = 0; n <= static_cast<unsigned>(last); ++n) {
      CAPTURE(n);
      check(static_cast<decltype(last)>(n));
    }
  };
  each(sip::incoming_leg::state::ended, [](auto s) {
    CHECK(there_and_back(incoming_leg_record{.machine = {.current = s}}).machine.current == s);
  });
  each(sip::end_cause::bad_description, [](auto c) {
    CHECK(there_and_back(incoming_leg_record{.machine = {.cause = c}}).machine.cause == c);
  });
  each(sip::outgoing_leg::state::ended, [](auto s) {
    CHECK(there_and_back(outgoing_leg_record{.machine = {.current = s}}).machine.current == s);
  });
  each(sdp::negotiation::state::remote_offer, [](auto s) {
    const auto r = negotiating({.current = s});
    CHECK(there_and_back(r).media.negotiation->current == s);
  });
  each(sip::dialog::state::terminated, [](auto s) {
    CHECK(there_and_back(dialog_record{.dialog = {.current = s}}).dialog.current == s);
  });
  each(sip::invite_usage::state::terminated, [](auto s) {
    CHECK(there_and_back(dialog_record{.usage = {.current = s}}).usage.current == s);
  });
  each(sip::invite_usage::role::uac, [](auto role) {
    CHECK(there_and_back(dialog_record{.usage = {.who = role}}).usage.who == role);
  });
  each(sip::session_exchange::role::uac, [](auto role) {
    CHECK(there_and_back(dialog_record{.exchange = {.who = role}}).exchange.who == role);
  });
  each(sip::session_exchange::ours::update, [](auto o) {
    CHECK(there_and_back(dialog_record{.exchange = {.of_us = o}}).exchange.of_us == o);
  });
  each(sip::session_exchange::theirs::update, [](auto t) {
    CHECK(there_and_back(dialog_record{.exchange = {.of_peer = t}}).exchange.of_peer == t);
  });
  each(sip::session_timer::refresher::peer, [](auto who) {
    CHECK(there_and_back(dialog_record{.timer = {.who = who}}).timer.who == who);
  });
  each(leg_change::theirs::late_answer, [](auto t) {
    CHECK(there_and_back(incoming_leg_record{.change = {.of_peer = t}}).change.of_peer == t);
  });
  each(leg_change::ours::held_ack, [](auto o) {
    CHECK(there_and_back(outgoing_leg_record{.change = {.of_us = o}}).change.of_us == o);
  });
  each(sip::method::unknown, [](auto m) {
    CHECK(there_and_back(transaction_record{.match = {.method = m}}).match.method == m);
  });
  each(ended_by::console, [](auto who) {
    const call_record r{.root = {.account = {.by = who}}};
    CHECK(decoded(encode_record(r)).root.account.by == who);
  });
  each(transaction_match::role::server, [](auto role) {
    CHECK(there_and_back(transaction_record{.match = {.who = role}}).match.who == role);
  });
  each(media::direction::inactive, [](auto way) {
    const media_endpoint_record r{.remote = media::set_remote{.allowed = way}};
    CHECK(there_and_back(r).remote == r.remote);
  });
  const auto machine = [&]<class Snapshot>(Snapshot s) {
    CHECK(std::get<Snapshot>(there_and_back(transaction_record{.machine = s}).machine) == s);
  };
  each(sip::transport_kind::reliable, [&](auto kind) {
    machine(sip::invite_server_transaction::snapshot{.transport = kind});
    machine(sip::invite_client_transaction::snapshot{.transport = kind});
    machine(sip::non_invite_server_transaction::snapshot{.transport = kind});
    machine(sip::non_invite_client_transaction::snapshot{.transport = kind});
  });
  each(sip::invite_server_transaction::state::terminated,
       [&](auto s) { machine(sip::invite_server_transaction::snapshot{.current = s}); });
  each(sip::invite_client_transaction::state::terminated,
       [&](auto s) { machine(sip::invite_client_transaction::snapshot{.current = s}); });
  each(sip::non_invite_server_transaction::state::terminated,
       [&](auto s) { machine(sip::non_invite_server_transaction::snapshot{.current = s}); });
  each(sip::non_invite_client_transaction::state::terminated,
       [&](auto s) { machine(sip::non_invite_client_transaction::snapshot{.current = s}); });
}

TEST_CASE("record: endpoints come back with family and port", "[record]") {
  for (const auto* text : {"0.0.0.0:0", "0.0.0.0:5060", "192.0.2.255:0", "255.255.255.255:65535",
                           "[::]:0", "[::]:5060", "[2001:db8::1]:65535"}) {
    INFO(text);
    const auto e = parse_ip_endpoint(text);
    REQUIRE(e);
    CHECK(there_and_back(incoming_leg_record{.source = *e}).source == *e);
  }
}

TEST_CASE("record: times come back to the nanosecond, up to ten years either way", "[record]") {
  constexpr auto most = limits::longest_remaining;
  struct row {
    duration in, out;
  };
  for (const auto [in, out] :
       {row{0ns, 0ns}, row{1ns, 1ns}, row{-1ns, -1ns}, row{32s, 32s}, row{most, most},
        row{-most, -most}, row{most + 1ns, most}, row{-most - 1ns, -most},
        row{duration::max(), most}, row{duration::min(), -most}}) {
    CAPTURE(in.count());
    const outgoing_leg_record r{.machine = {.timers = {in, std::nullopt}}};
    CHECK(there_and_back(r).machine.timers == decltype(r.machine.timers){out, std::nullopt});
    const app_record a{.timers = {{7, in}}};
    CHECK(there_and_back(a).timers.at(0).remaining == out);
  }
}

TEST_CASE("record: messages come back as they were parsed", "[record]") {
  std::string many = "OPTIONS sip:x@y SIP/2.0\r\n";
  for (int i = 0; i < 250; ++i)
    many += "Subject: " + std::to_string(i) + "\r\n";
  const std::string texts[] = {
      "OPTIONS sip:x@y SIP/2.0\r\n\r\n",
      "\r\n\r\nOPTIONS sip:x@y SIP/2.0\r\nSubject: I\r\n am\r\n\tfolded  \r\n\r\nbody",
      "SIP/2.0 183 \xc3\xa9t\xc3\xa9\r\nl: 4\r\n\r\nbody and what trails it",
      "OPTIONS sip:x@y SIP/2.0\r\nSubject: " + std::string(60'000, 's') + "\r\n\r\n",
      many + "\r\n",
  };
  const sip::message_limits wide{.headers = 254, .line_bytes = 65'535};
  for (const auto& text : texts) {
    INFO(text.substr(0, 80));
    const auto m = sip::parse_message(text, wide);
    REQUIRE(m);
    const auto back = there_and_back(transaction_record{.request = *m}).request;
    CHECK(back->raw() == (*m)->raw());
    CHECK(back->body() == (*m)->body());
    CHECK(back->is_request() == (*m)->is_request());
    CHECK(back->header("subject") == (*m)->header("subject"));
    CHECK(std::ranges::distance(back->headers()) == std::ranges::distance((*m)->headers()));
  }
}

TEST_CASE("record: a session description comes back even if no parser takes its text", "[record]") {
  // As long as may be, lines ended by LF, no s= and t=: longer when written.
  std::string text = "v=0\no=- 1 1 IN IP4 192.0.2.1\n";
  for (int i = 0; i < 200; ++i)
    text += "a=x:" + std::string(30, 'x') + "\n";
  text += "m=audio 40000 RTP/AVP 0\n";
  for (int i = 0; i < 229; ++i)
    text += "a=y:" + std::string(30, 'y') + "\n";
  text.append("a=z:").append(sdp::max_text_bytes - text.size() - 1, 'z').append("\n");
  REQUIRE(text.size() == sdp::max_text_bytes);
  const auto s = sdp::parse_session(text);
  REQUIRE(s);
  REQUIRE_FALSE(sdp::parse_session(sdp::to_text(*s))); // why records hold no text
  const auto shared = std::make_shared<const sdp::session>(*s);
  CHECK(*there_and_back(incoming_leg_record{.offer = shared}).offer == *s);
}

TEST_CASE("record: absent and empty differ in a session description", "[record]") {
  sdp::session s;
  s.name = "";
  s.timing.clear();
  s.media = {{.kind = "audio", .information = "", .attributes = {{"a", ""}, {"b", {}}}},
             {.kind = "video", .information = {}, .connection = sdp::connection{}}};
  const auto shared = std::make_shared<const sdp::session>(s);
  CHECK(*there_and_back(incoming_leg_record{.offer = shared}).offer == s);
}

TEST_CASE("record: what children share is written once and shared again", "[record]") {
  distinct d;
  const auto message = d.message();
  const auto buffer = d.buffer();
  const auto session = d.shared_session();
  auto leg = negotiating({.remote = *session}); // equal, not the same object
  leg.request = message;
  leg.offer = session;
  app_record app{.legs = {{.description = session}}};
  call_record r;
  r.children = {{{1}, {}, "app", app},
                {{2}, {}, "leg", leg},
                {{3}, {}, "transaction", transaction_record{.request = message, .last = buffer}},
                {{4}, {}, "dialog", dialog_record{.kept = buffer}}};
  const auto bytes = encode_record(r);
  for (const auto once :
       {message->raw(), std::string_view{*buffer}, std::string_view{session->origin.address}}) {
    const auto at = bytes.find(once);
    REQUIRE(at != bytes.npos);
    CHECK(bytes.find(once, at + 1) == bytes.npos);
  }
  const auto back = decoded(bytes);
  CHECK(difference(back, r) == "");
  const auto& new_app = std::get<app_record>(back.children[0].record);
  const auto& new_leg = std::get<incoming_leg_record>(back.children[1].record);
  const auto& new_transaction = std::get<transaction_record>(back.children[2].record);
  CHECK(new_leg.request == new_transaction.request);
  CHECK(std::get<dialog_record>(back.children[3].record).kept == new_transaction.last);
  CHECK(new_app.legs[0].description == new_leg.offer);
}

TEST_CASE("record: bytes may start at any address", "[record]") {
  const auto bytes = encode_record(full_record());
  for (std::size_t shift = 0; shift < 8; ++shift) {
    const auto moved = std::string(shift, ' ') + bytes;
    CHECK(difference(decoded(std::string_view{moved}.substr(shift)), full_record()) == "");
  }
}

TEST_CASE("record: a record beyond the first segment comes back", "[record]") {
  app_record app{.saved = std::string(100'000, 's')};
  CHECK(there_and_back(app).saved == app.saved);
  call_record r = full_record();
  for (int i = 0; i < 100; ++i)
    r.children.push_back(r.children[1]);
  CHECK(difference(decoded(encode_record(r)), r) == "");
}
