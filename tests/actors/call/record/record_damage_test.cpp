// Bytes that nobody wrote so: damaged, of the future, or made to hurt. An error, never a throw.
#include "actors/call/record/limits.hpp"
#include "actors/call/record/record_codec.hpp"
#include "tests/actors/call/record/full_record.hpp"

#include <catch2/catch.hpp>

#include <cstring>
#include <functional>

using namespace tandem;
using namespace tandem::actors;
using namespace tandem::test;
using namespace std::chrono_literals;

namespace {

std::string error_of(std::string_view bytes) {
  const auto r = decode_record(bytes);
  return r ? "" : r.error();
}

call_record with(std::vector<child_record> children) {
  call_record r;
  for (auto& c : children)
    r.children.push_back({app_child, the_call, "child", std::move(c)});
  return r;
}

/// Puts `now` where the 64-bit number `before` stands in `bytes`: it must be there once.
std::string patched(std::string bytes, std::int64_t before, std::int64_t now) {
  std::string from(8, '\0'), to(8, '\0');
  std::memcpy(from.data(), &before, 8);
  std::memcpy(to.data(), &now, 8);
  const auto at = bytes.find(from);
  REQUIRE(at != bytes.npos);
  REQUIRE(bytes.find(from, at + 1) == bytes.npos);
  return bytes.replace(at, 8, to);
}

/// What is read from any bytes can be written, and is then read again as the same.
void check_closed(std::string_view bytes) {
  const auto r = decode_record(bytes);
  if (!r) {
    if (r.error().empty())
      FAIL("an error without a sentence");
    return;
  }
  const auto again = encode_record(*r);
  const auto twice = decode_record(again);
  if (!twice || encode_record(*twice) != again)
    FAIL("not the same when written again");
}

} // namespace

TEST_CASE("record: bytes that are no record are refused with a sentence", "[record][damage]") {
  const auto good = encode_record(full_record());
  CHECK(error_of("").find("cut off") != std::string::npos);
  CHECK(error_of("seven b").find("cut off") != std::string::npos);
  CHECK(error_of(std::string(8, '\0')) != "");
  const std::string null_root{"\0\0\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16};
  CHECK(error_of(null_root) == "these bytes are no call record");
  CHECK(error_of(std::string(4096, '\xff')).find("damaged") != std::string::npos);
  CHECK(error_of(good + std::string(8, '\0')).find("further bytes") != std::string::npos);
  for (std::size_t size = 0; size < good.size(); size += 8)
    if (error_of(good.substr(0, size)).empty())
      FAIL("taken although cut at " << size);
}

TEST_CASE("record: single bytes may be wrong", "[record][damage]") {
  const auto good = encode_record(full_record());
  const unsigned flips[] = {0x01, 0x80, 0xff};
  for (std::size_t i = 0; i < good.size(); i += 5) { // each byte of a word is met
    auto bad = good;
    bad[i] = static_cast<char>(static_cast<unsigned char>(bad[i]) ^ flips[i % 3]);
    check_closed(bad);
  }
}

TEST_CASE("record: a higher schema level is refused by name", "[record][damage]") {
  auto bytes = encode_record({});
  // Segment table and root pointer are a word each; the level is the first field of the root.
  REQUIRE(bytes[16] == 1);
  bytes[16] = 3;
  CHECK(error_of(bytes) == "the record has schema level 3, this program knows up to 2");
  bytes[16] = 0;
  CHECK(error_of(bytes) == "these bytes are no call record");
}

TEST_CASE("record: a call with direct media is refused by those who know only anchored ones",
          "[record][damage]") {
  call_record direct;
  direct.root.media = media_path::direct;
  CHECK(encode_record(direct)[16] == 2);
}

TEST_CASE("record: an enumerator that nobody has is refused", "[record][damage]") {
  using transaction = transaction_record;
  using invite_server = sip::invite_server_transaction;
  using invite_client = sip::invite_client_transaction;
  using non_invite_server = sip::non_invite_server_transaction;
  using non_invite_client = sip::non_invite_client_transaction;
  const auto offered = negotiating({.current = sdp::negotiation::state::local_offer});
  const auto v6_origin = negotiating({.ours = {.family = ip_family::v6}});
  const auto session = [](ip_family origin, ip_family connection) {
    sdp::session s;
    s.origin.family = origin;
    s.connection = sdp::connection{connection, "x"};
    return incoming_leg_record{.offer = std::make_shared<const sdp::session>(s)};
  };
  struct row {
    const char* what;
    child_record one, other; ///< differ in nothing but the enumerator, 0 and 1
  };
  const row rows[] = {
      {"incoming leg", incoming_leg_record{},
       incoming_leg_record{.machine = {.current = sip::incoming_leg::state::accepted}}},
      {"cause", incoming_leg_record{},
       incoming_leg_record{.machine = {.cause = sip::end_cause::bye}}},
      {"outgoing leg", outgoing_leg_record{},
       outgoing_leg_record{.machine = {.current = sip::outgoing_leg::state::proceeding}}},
      {"negotiation", incoming_leg_record{}, offered},
      {"family of o=", incoming_leg_record{}, v6_origin},
      {"session's o=", session(ip_family::v4, ip_family::v4),
       session(ip_family::v6, ip_family::v4)},
      {"session's c=", session(ip_family::v4, ip_family::v4),
       session(ip_family::v4, ip_family::v6)},
      {"dialog", dialog_record{},
       dialog_record{.dialog = {.current = sip::dialog::state::confirmed}}},
      {"role", dialog_record{}, dialog_record{.usage = {.who = sip::invite_usage::role::uac}}},
      {"usage", dialog_record{},
       dialog_record{.usage = {.current = sip::invite_usage::state::answered}}},
      {"method", transaction{.match = {.method = sip::method::invite}},
       transaction{.match = {.method = sip::method::ack}}},
      {"client or server", transaction{},
       transaction{.match = {.who = transaction_match::role::server}}},
      {"carrier", transaction{},
       transaction{.machine = invite_server::snapshot{sip::transport_kind::reliable}}},
      {"INVITE server", transaction{.machine = invite_server::snapshot{}},
       transaction{.machine = invite_server::snapshot{.current = invite_server::state::accepted}}},
      {"INVITE client", transaction{.machine = invite_client::snapshot{}},
       transaction{.machine =
                       invite_client::snapshot{.current = invite_client::state::proceeding}}},
      {"server", transaction{.machine = non_invite_server::snapshot{}},
       transaction{
           .machine =
               non_invite_server::snapshot{.current = non_invite_server::state::proceeding}}},
      {"client", transaction{.machine = non_invite_client::snapshot{}},
       transaction{
           .machine =
               non_invite_client::snapshot{.current = non_invite_client::state::proceeding}}},
      {"media family", media_endpoint_record{}, media_endpoint_record{.family = ip_family::v6}},
      {"direction", media_endpoint_record{.remote = media::set_remote{}},
       media_endpoint_record{.remote = media::set_remote{.allowed = media::direction::send_only}}},
  };
  for (const auto& [what, one, other] : rows) {
    INFO(what);
    auto bytes = encode_record(with({one}));
    const auto differs = encode_record(with({other}));
    REQUIRE(bytes.size() == differs.size());
    const auto at = std::ranges::mismatch(bytes, differs).in1;
    REQUIRE(at != bytes.end());
    *at = '\xc8';
    CHECK(error_of(bytes)
          == (std::string_view{what}.starts_with("session")
                  ? "a session description in the record is damaged"
                  : "a state or kind of the record has the unknown number 200"));
    *at = '\0';
    CHECK(error_of(bytes) == ""); // it was the enumerator, and nothing else is wrong
  }
}

TEST_CASE("record: kinds of children and machines that nobody has are refused",
          "[record][damage]") {
  call_record r;
  r.children.push_back({{0x5151}, {0x6161}, "leg", outgoing_leg_record{}});
  // The word of a child that holds its id, its parent and its kind.
  CHECK(error_of(patched(encode_record(r), 0x0002'6161'5151, 0x0006'6161'5151))
        == "a child of the call is of an unknown kind");

  const auto differs = encode_record(
      with({transaction_record{.machine = sip::non_invite_client_transaction::snapshot{}}}));
  auto bytes = encode_record(
      with({transaction_record{.machine = sip::non_invite_server_transaction::snapshot{}}}));
  *std::ranges::mismatch(bytes, differs).in1 = 4;
  CHECK(error_of(bytes) == "a transaction is of an unknown kind");
}

TEST_CASE("record: a timer years away would overflow the clock and is refused",
          "[record][damage]") {
  constexpr auto most = limits::longest_remaining;
  constexpr auto mark = std::int64_t{0x0012345678abcdef};
  const auto as_timer =
      encode_record(with({outgoing_leg_record{.machine = {.timers = {duration{mark}, {}}}}}));
  const auto as_interval =
      encode_record(with({dialog_record{.usage = {.resend_interval = duration{mark}}}}));
  const auto of_app = encode_record(with({app_record{.timers = {{1, duration{mark}}}}}));
  const auto refused = "a timer of the record is years away";
  // A timer's default, not running, is the least number; capnp stores the difference to it.
  const auto stored = [](std::int64_t ns) { return ns ^ std::numeric_limits<std::int64_t>::min(); };
  CHECK(error_of(patched(as_timer, stored(mark), stored(most.count()))) == "");
  CHECK(error_of(patched(as_timer, stored(mark), stored(most.count() + 1))) == refused);
  CHECK(error_of(patched(as_timer, stored(mark), stored(-most.count()))) == "");
  CHECK(error_of(patched(as_timer, stored(mark), stored(-most.count() - 1))) == refused);
  for (const auto& bytes : {as_interval, of_app}) {
    CHECK(error_of(patched(bytes, mark, most.count())) == "");
    CHECK(error_of(patched(bytes, mark, most.count() + 1)) == refused);
    CHECK(error_of(patched(bytes, mark, -most.count() - 1)) == refused);
  }
}

TEST_CASE("record: CSeq numbers have 32 bits", "[record][damage]") {
  constexpr auto mark = 0x7654321fU;
  const auto bytes = encode_record(with({dialog_record{.dialog = {.remote_cseq = mark}}}));
  const auto stored = [](std::int64_t n) { return ~n; }; // the default is -1
  CHECK(error_of(patched(bytes, stored(mark), stored(0xffffffff))) == "");
  CHECK(error_of(patched(bytes, stored(mark), stored(0x100000000))) != "");
  CHECK(error_of(patched(bytes, stored(mark), stored(-2))) != "");
}

TEST_CASE("record: lists are taken up to their limits", "[record][damage]") {
  distinct d;
  const auto session_of = [](std::size_t strings) { // 5 of the session, 4 and a format each of m=
    sdp::session s;
    s.timing.clear();
    s.media.resize(1);
    s.media[0].formats.assign(strings - 8, "0");
    return std::make_shared<const sdp::session>(s);
  };
  const auto sections = [](std::size_t n) {
    sdp::session s;
    s.media.resize(n);
    return with({incoming_leg_record{.offer = std::make_shared<const sdp::session>(s)}});
  };
  const auto sessions = [&](std::size_t n) { // five of each leg are different ones
    call_record r;
    for (; n >= 4; n -= 4) {
      incoming_leg_record leg;
      leg.media = d.leg_media();
      r.children.push_back({{1}, {}, "", leg});
    }
    for (; n > 0; --n)
      r.children.push_back({{1}, {}, "", incoming_leg_record{.offer = d.shared_session()}});
    return r;
  };
  struct row {
    const char* what;
    std::size_t most;
    std::function<call_record(std::size_t)> make;
  };
  const row rows[] = {
      {"children", limits::children_per_call,
       [](auto n) { return with(std::vector<child_record>(n)); }},
      {"legs", limits::legs_per_call,
       [](auto n) { return with({app_record{.legs = std::vector<app_record::leg_row>(n)}}); }},
      {"contacts", limits::contacts_per_call,
       [](auto n) {
         app_record r;
         r.incoming.contacts.resize(n);
         return with({r});
       }},
      {"streams", sdp::max_relayed_sections - 1,
       [](auto n) {
         incoming_leg_record r;
         r.media.video.resize(n);
         return with({r});
       }},
      {"timers", limits::timers_per_app,
       [](auto n) { return with({app_record{.timers = std::vector<app_record::timer_row>(n)}}); }},
      {"dialogs", limits::dialogs_per_leg,
       [](auto n) {
         outgoing_leg_record r;
         r.dialogs.resize(n);
         return with({r});
       }},
      {"relays", limits::relays_per_dialog,
       [](auto n) {
         dialog_record r{};
         r.relays.resize(n);
         return with({r});
       }},
      {"routes", sip::max_routes,
       [](auto n) {
         dialog_record r{};
         r.dialog.route_set.resize(n, "<sip:p;lr>");
         return with({r});
       }},
      {"sessions", limits::record_sessions, sessions},
      {"legs", limits::legs_per_call,
       [](auto n) { return call_record{.root = {.legs = std::vector<leg_detail>(n)}}; }},
      {"set aside", limits::quarantined_per_call,
       [](auto n) {
         return call_record{.root = {.quarantined = std::vector<transaction_match>(n)}};
       }},
      {"description", sdp::max_media_sections, sections},
      {"description", limits::session_strings,
       [&](auto n) { return with({incoming_leg_record{.offer = session_of(n)}}); }},
  };
  for (const auto& [what, most, make] : rows) {
    INFO(what << ", " << most);
    CHECK(error_of(encode_record(make(most))) == "");
    CHECK(error_of(encode_record(make(most + 1))).find(what) != std::string::npos);
  }
}

TEST_CASE("record: messages and buffers are taken up to their limits", "[record][damage]") {
  // More children than allowed are needed to make too many parts: parts are looked at first.
  distinct d;
  const auto messages = [&](std::size_t n) {
    call_record r;
    for (; n > 0; --n)
      r.children.push_back({{1}, {}, "", transaction_record{.request = d.message()}});
    return error_of(encode_record(r));
  };
  const auto buffers = [&](std::size_t n) {
    call_record r;
    for (; n > 0; --n)
      r.children.push_back({{1}, {}, "", transaction_record{.last = d.buffer()}});
    return error_of(encode_record(r));
  };
  CHECK(messages(limits::record_messages) == "");
  CHECK(messages(limits::record_messages + 1) == "the record has 129 messages, 128 are allowed");
  CHECK(buffers(limits::record_buffers) == "");
  CHECK(buffers(limits::record_buffers + 1) == "the record has 129 buffers, 128 are allowed");
}

TEST_CASE("record: a record is taken up to its limit of bytes", "[record][damage]") {
  app_record app{.saved = std::string(8, 's')};
  const auto with_app = [&app] { return with({app, transaction_record{}}); }; // not compressed
  const auto rest = encode_record(with_app()).size() - 8;
  // A second segment costs a word in the table and one to point there.
  app.saved.assign(limits::record_bytes - rest - 16, 's');
  const auto most = encode_record(with_app());
  REQUIRE(most.size() == limits::record_bytes);
  CHECK(error_of(most) == "");
  app.saved.append(8, 's');
  CHECK(error_of(encode_record(with_app())).find("longer than any call's") != std::string::npos);
}

TEST_CASE("record: many pointers to one large part do not multiply it", "[record][damage]") {
  constexpr unsigned size = 8000, count = 100;
  call_record r =
      with({transaction_record{.last = std::make_shared<const std::string>(size, 'b')}});
  for (unsigned i = 1; i < count; ++i)
    r.children.push_back(
        {{1}, {}, "", transaction_record{.last = std::make_shared<std::string>()}});
  auto bytes = encode_record(r);
  REQUIRE(error_of(bytes) == "");
  // A pointer to a list of `size` bytes: kind 1 and the offset in words, then count and width 2.
  const auto word = [&](std::size_t i) { return bytes.data() + i * 8; };
  std::size_t first = 0;
  std::uint32_t low = 0, high = 0;
  for (std::size_t i = 1; i < bytes.size() / 8 && high != (size << 3 | 2); ++i) {
    std::memcpy(&low, word(i), 4);
    std::memcpy(&high, word(i) + 4, 4);
    first = i;
  }
  REQUIRE(high == (size << 3 | 2));
  for (unsigned i = 1; i < count; ++i) {
    const auto nearer = low - (i << 2);
    std::memcpy(word(first + i), &nearer, 4);
    std::memcpy(word(first + i) + 4, &high, 4);
    if (i == 2) // twice or so is not yet an attack: the pointers are right
      CHECK(error_of(bytes) == "");
  }
  CHECK(error_of(bytes).find("damaged") != std::string::npos);
}
