#include "actors/admission/waiting_room.hpp"

#include "actors/admission/limits.hpp"
#include "protocols/sip/parser.hpp"
#include "tests/actors/admission/newcomers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;
using tandem::test::newcomer_of;

namespace {

using ids = std::vector<std::uint64_t>;

ids all_of(waiting_room& room) {
  ids out;
  while (auto next = room.next())
    out.push_back(next->who.id);
  return out;
}

void fill(waiting_room& room, std::string_view source, std::size_t count, std::uint64_t from) {
  for (std::uint64_t id = from; id < from + count; ++id)
    REQUIRE_FALSE(room.add(newcomer_of(id, source), 1, {}));
}

} // namespace

TEST_CASE("waiting room: one source is served in its order") {
  waiting_room room;
  fill(room, "192.0.2.1", 3, 1);
  CHECK(room.holds(2));
  CHECK(all_of(room) == ids{1, 2, 3});
  CHECK_FALSE(room.holds(2));
  CHECK(room.empty());
  CHECK(room.sources() == 0);
}

TEST_CASE("waiting room: sources take turns, however much one sends") {
  waiting_room room;
  fill(room, "192.0.2.1", 5, 1);
  fill(room, "192.0.2.2", 1, 10);
  fill(room, "2001:db8::1", 1, 20);
  fill(room, "2001:db8::2", 1, 21); // of the same site
  fill(room, "2001:db8:0:1::1", 1, 30);
  CHECK(room.sources() == 4);
  CHECK(all_of(room) == ids{1, 10, 20, 30, 2, 21, 3, 4, 5});
}

TEST_CASE("waiting room: a source with a share of three has three in a row") {
  waiting_room room;
  for (std::uint64_t id = 1; id <= 7; ++id)
    REQUIRE_FALSE(room.add(newcomer_of(id, "192.0.2.1"), 3, {}));
  fill(room, "192.0.2.2", 3, 10);
  CHECK(all_of(room) == ids{1, 2, 3, 10, 4, 5, 6, 11, 7, 12});
}

TEST_CASE("waiting room: those who came first go first when they have waited too long") {
  waiting_room room;
  const time_point start{1h};
  REQUIRE_FALSE(room.add(newcomer_of(1, "192.0.2.1"), 1, start));
  REQUIRE_FALSE(room.add(newcomer_of(2, "192.0.2.2"), 1, start + 1ms));
  REQUIRE_FALSE(room.add(newcomer_of(3, "192.0.2.1"), 1, start + 2ms));
  CHECK_FALSE(room.older_than(start));
  CHECK(room.older_than(start + 2ms)->id == 1);
  CHECK(room.older_than(start + 2ms)->id == 2);
  CHECK_FALSE(room.older_than(start + 2ms));
  CHECK(room.sources() == 1);
  CHECK(room.next()->since == start + 2ms);
}

TEST_CASE("waiting room: as many as the limit, and one more of the same source") {
  waiting_room room;
  fill(room, "192.0.2.1", limits::waiting_requests, 1);
  CHECK(room.add(newcomer_of(9999), 1, {})->id == 9999);
  CHECK(room.size() == limits::waiting_requests);
  CHECK_FALSE(room.holds(9999));
}

TEST_CASE("waiting room: when it is full the greediest source makes room") {
  waiting_room room;
  fill(room, "192.0.2.1", limits::waiting_requests - 10, 1);
  fill(room, "192.0.2.2", 10, 5000);
  const auto gone = room.add(newcomer_of(9999, "192.0.2.3"), 1, {});
  REQUIRE(gone);
  CHECK(gone->id == limits::waiting_requests - 10); // its newest
  CHECK_FALSE(room.holds(gone->id));
  CHECK(room.holds(9999));
  CHECK(room.size() == limits::waiting_requests);
  CHECK(room.add(newcomer_of(9998, "192.0.2.1"), 1, {})->id == 9998);
}

TEST_CASE("waiting room: with a request of each source the last one is sent away") {
  waiting_room room;
  for (std::size_t i = 0; i < limits::waiting_requests; ++i) {
    const auto source = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    REQUIRE_FALSE(room.add(newcomer_of(i, source), 1, {}));
  }
  CHECK(room.sources() == limits::waiting_requests);
  CHECK(room.add(newcomer_of(9999, "192.0.2.1"), 1, {})->id == 9999);
  CHECK(room.sources() == limits::waiting_requests);
}

TEST_CASE("waiting room: what waits has a limit in bytes, too") {
  waiting_room room;
  std::string text = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
                     "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
                     "Content-Length: 32768\r\n\r\n";
  text.append(32'768, 'x');
  const auto message = sip::parse_message(text).value();
  const auto fits = (limits::waiting_bytes + text.size() - 1) / text.size();
  for (std::uint64_t id = 0; id <= fits; ++id) {
    auto who = newcomer_of(id);
    who.in.message = message;
    CHECK(room.add(std::move(who), 1, {}).has_value() == (id == fits));
  }
  CHECK(room.size() == fits);
  CHECK(room.next());
  CHECK_FALSE(room.add(newcomer_of(9999), 1, {}));
}
