#include "protocols/sip/stream_session.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::sip;
using namespace std::chrono_literals;

namespace {

constexpr stream_times times{.first_message = 32s, .whole_message = 10s, .idle = 600s};
const time_point start{1h};

const std::string options = "OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\nContent-Length: 0\r\n\r\n";
const std::string with_body = "MESSAGE sip:a@b SIP/2.0\r\nl: 5\r\n\r\nhello";

/// "ping", "broken", or the message itself.
std::vector<std::string> all_of(stream_session& s, time_point now = start) {
  std::vector<std::string> out;
  for (;;) {
    const auto item = s.next(now);
    switch (item.is) {
      case stream_item::kind::none: return out;
      case stream_item::kind::message: out.emplace_back(item.bytes); break;
      case stream_item::kind::ping: out.emplace_back("ping"); break;
      case stream_item::kind::broken: out.emplace_back("broken"); break;
    }
  }
}

using list = std::vector<std::string>;

} // namespace

TEST_CASE("stream session: RFC 3261 §18.3 messages in pieces of any size", "[sip][stream]") {
  const auto wire = options + with_body + "\r\n" + options;
  for (std::size_t piece = 1; piece <= wire.size(); ++piece) {
    stream_session s{stream_opener::peer, times, start};
    list got;
    for (std::size_t at = 0; at < wire.size(); at += piece) {
      s.on_bytes(std::string_view{wire}.substr(at, piece), start);
      for (auto& m : all_of(s))
        got.push_back(std::move(m));
    }
    INFO(piece);
    CHECK(got == list{options, with_body, options});
    CHECK(s.held_bytes() == 0);
  }
}

TEST_CASE("stream session: RFC 5626 §3.5.1 a double CRLF is a ping, one alone is not",
          "[sip][stream]") {
  struct row {
    std::string wire;
    list got;
  };
  for (const auto& r : std::vector<row>{
           {"\r\n", {}},
           {"\r\n\r\n", {"ping"}},
           {"\r\n\r\n\r\n", {"ping"}},
           {"\r\n\r\n\r\n\r\n", {"ping", "ping"}},
           {"\r\n" + options + "\r\n" + options, {options, options}},
           {options + "\r\n\r\n" + options, {options, "ping", options}},
       }) {
    INFO(r.wire);
    stream_session whole{stream_opener::peer, times, start};
    whole.on_bytes(r.wire, start);
    CHECK(all_of(whole) == r.got);
    stream_session drops{stream_opener::peer, times, start};
    list got;
    for (const char c : r.wire) {
      drops.on_bytes({&c, 1}, start);
      for (auto& m : all_of(drops))
        got.push_back(std::move(m));
    }
    CHECK(got == r.got);
  }
}

TEST_CASE("stream session: RFC 3261 §20.14 without a length there is no next message",
          "[sip][stream]") {
  for (const std::string wire : {"OPTIONS sip:a@b SIP/2.0\r\nCall-ID: 1\r\n\r\n",
                                 "OPTIONS sip:a@b SIP/2.0\r\nl: 0\r\nl: 0\r\n\r\n",
                                 "OPTIONS sip:a@b SIP/2.0\r\nl: 99999999\r\n\r\n"}) {
    INFO(wire);
    stream_session s{stream_opener::peer, times, start};
    s.on_bytes(options + wire + options, start);
    const auto first = s.next(start);
    CHECK(first.bytes == options);
    const auto second = s.next(start);
    CHECK(second.is == stream_item::kind::broken);
    CHECK(second.bytes.starts_with(wire)); // so that it can be answered
    CHECK(all_of(s).empty());
    s.on_bytes(options, start);
    CHECK(all_of(s).empty());
    CHECK_FALSE(s.next_deadline());
  }
}

TEST_CASE("stream session: a message of n bytes is taken, of n + 1 not", "[sip][stream]") {
  const message_limits limits{.message_bytes = options.size()};
  stream_session s{stream_opener::peer, times, start, limits};
  s.on_bytes(options, start);
  CHECK(all_of(s) == list{options});
  auto longer = options;
  longer.insert(longer.find("1\r"), "1");
  for (const char c : longer) // also when it comes in drops
    s.on_bytes({&c, 1}, start);
  CHECK(all_of(s) == list{"broken"});
  CHECK(s.held_bytes() <= longer.size());
}

TEST_CASE("stream session: only a whole message says something", "[sip][stream]") {
  stream_session s{stream_opener::peer, times, start};
  s.on_bytes(options.substr(0, 20), start + 1s);
  CHECK(all_of(s).empty());
  CHECK(s.last_message() == start);
  s.on_bytes(options.substr(20), start + 2s);
  CHECK(s.next(start + 2s).is == stream_item::kind::message);
  CHECK(s.last_message() == start + 2s);
}

TEST_CASE("stream session: who keeps us waiting is cut", "[sip][stream]") {
  stream_session s{stream_opener::peer, times, start};
  SECTION("it never says a whole message") {
    CHECK(s.next_deadline() == start + 32s);
    s.on_bytes("\r\n\r\n", start + 20s);
    CHECK(all_of(s) == list{"ping"});
    CHECK_FALSE(s.on_deadline(start + 32s - 1ms));
    CHECK(s.on_deadline(start + 32s) == stream_fault::never_spoke);
  }
  SECTION("we opened it: it need not speak first") {
    const stream_session ours{stream_opener::ourselves, times, start};
    CHECK(ours.next_deadline() == start + 600s);
  }
  SECTION("half a message: the time runs from its first byte, whatever else comes") {
    s.on_bytes(options + "OPT", start);
    CHECK(all_of(s, start) == list{options});
    CHECK(s.next_deadline() == start + 10s);
    s.on_bytes("IONS sip:a@b SIP/2.0\r\nl: 3\r\n\r\n", start + 9s);
    CHECK(all_of(s, start + 9s).empty());
    CHECK(s.on_deadline(start + 10s) == stream_fault::half_message);
  }
  SECTION("the rest came in time") {
    s.on_bytes(options.substr(0, 30), start);
    CHECK(all_of(s, start).empty());
    s.on_bytes(options.substr(30), start + 9s);
    CHECK(all_of(s, start + 9s) == list{options});
    CHECK(s.next_deadline() == start + 609s);
  }
  SECTION("idle: bytes either way put it off, and who needs it") {
    s.on_bytes(options, start);
    CHECK(all_of(s) == list{options});
    s.on_sent(start + 100s);
    CHECK(s.next_deadline() == start + 700s);
    s.keep(start + 900s);
    s.on_sent(start + 200s); // would be earlier
    CHECK(s.next_deadline() == start + 900s);
    CHECK_FALSE(s.on_deadline(start + 899s));
    CHECK(s.on_deadline(start + 900s) == stream_fault::idle);
  }
}
