#include "actors/admission/waiting_room.hpp"

#include "actors/admission/limits.hpp"
#include "protocols/sip/parser.hpp"
#include "tests/actors/admission/newcomers.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <utility>
#include <vector>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::actors;
using tandem::test::newcomer_of;

namespace {

using ids = std::vector<std::uint64_t>;

ids ids_of(const std::vector<newcomer>& them) {
  ids out;
  for (const auto& one : them)
    out.push_back(one.id);
  return out;
}

/// Of those that have waited too long.
ids late_of(waiting_room& room, time_point now) {
  ids out;
  while (auto late = room.overdue(now))
    out.push_back(late->id);
  return out;
}

ids all_of(waiting_room& room) {
  ids out;
  while (auto next = room.next())
    out.push_back(next->who.id);
  return out;
}

sip::message_ptr message_with(std::size_t body_bytes) {
  auto text = "OPTIONS sip:a@b SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx\r\n"
              "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"
              "Content-Length: "
              + std::to_string(body_bytes) + "\r\n\r\n";
  text.append(body_bytes, 'x');
  return sip::parse_message(text).value();
}

newcomer newcomer_with(sip::message_ptr message, std::uint64_t id, std::string_view source) {
  auto out = newcomer_of(id, source);
  out.in.message = std::move(message);
  return out;
}

void fill(waiting_room& room, std::string_view source, std::size_t count, std::uint64_t from) {
  for (std::uint64_t id = from; id < from + count; ++id)
    REQUIRE(room.add(newcomer_of(id, source), 1, {}).empty());
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
    REQUIRE(room.add(newcomer_of(id, "192.0.2.1"), 3, {}).empty());
  fill(room, "192.0.2.2", 3, 10);
  CHECK(all_of(room) == ids{1, 2, 3, 10, 4, 5, 6, 11, 7, 12});
}

TEST_CASE("waiting room: who waits longer than patience goes, first who came first") {
  waiting_room room;
  const time_point start{1h};
  REQUIRE(room.add(newcomer_of(1, "192.0.2.1"), 1, start).empty());
  REQUIRE(room.add(newcomer_of(2, "192.0.2.2"), 1, start).empty());
  REQUIRE(room.add(newcomer_of(3, "192.0.2.2"), 1, start + 360ms).empty());
  CHECK(late_of(room, start + limits::patient_wait).empty());
  CHECK(late_of(room, start + limits::patient_wait + 1ns) == ids{1, 2});
  CHECK(room.sources() == 1);
  CHECK(room.next()->since == start + 360ms);
}

TEST_CASE("waiting room: who comes to a standing queue waits for less") {
  struct row {
    duration came;
    bool is_empty_between;
    duration may_wait;
  };
  for (const auto& r : {row{limits::standing_queue, false, limits::patient_wait},
                        row{limits::standing_queue + 1ns, false, limits::overload_wait},
                        row{limits::standing_queue + 1ns, true, limits::patient_wait}}) {
    waiting_room room;
    const time_point start{1h};
    REQUIRE(room.add(newcomer_of(1), 1, start).empty());
    if (!r.is_empty_between)
      REQUIRE(room.add(newcomer_of(2), 1, start + r.came - 1ms).empty());
    CHECK(room.next()->who.id == 1);
    REQUIRE(room.add(newcomer_of(3), 1, start + r.came).empty());
    (void) late_of(room, start + r.came + r.may_wait);
    CHECK(room.holds(3));
    (void) late_of(room, start + r.came + r.may_wait + 1ns);
    CHECK(room.empty());
  }
}

TEST_CASE("waiting room: the queue of one source does not make another one's stand") {
  waiting_room room;
  const time_point start{1h};
  for (std::uint64_t id = 0; id < 60; ++id)
    REQUIRE(room.add(newcomer_of(id), 1, start + id * 10ms).empty());
  REQUIRE(room.add(newcomer_of(99, "192.0.2.2"), 1, start + 310ms).empty());
  const auto late = late_of(room, start + 600ms);
  CHECK(late.size() == 55); // those of the last 50 ms stay
  CHECK(late.back() == 54);
  CHECK(room.holds(99));
  CHECK(late_of(room, start + 311ms + limits::patient_wait).size() == 6);
  CHECK(room.empty());
}

TEST_CASE("waiting room: who may wait longer goes with one behind him who may not") {
  waiting_room room;
  const time_point start{1h};
  REQUIRE(room.add(newcomer_of(1), 1, start + 0ms).empty());
  REQUIRE(room.add(newcomer_of(2), 1, start + 100ms).empty());
  REQUIRE(room.add(newcomer_of(3, "192.0.2.2"), 1, start + 150ms).empty());
  REQUIRE(room.add(newcomer_of(4), 1, start + 310ms).empty());
  CHECK(late_of(room, start + 360ms).empty());
  CHECK(late_of(room, start + 361ms) == ids{1, 2, 4});
  CHECK(all_of(room) == ids{3});
}

TEST_CASE("waiting room: as many as the limit, and one more of the same source") {
  waiting_room room;
  fill(room, "192.0.2.1", limits::waiting_requests, 1);
  CHECK(ids_of(room.add(newcomer_of(9999), 1, {})) == ids{9999});
  CHECK(room.size() == limits::waiting_requests);
  CHECK_FALSE(room.holds(9999));
}

TEST_CASE("waiting room: when it is full the greediest source makes room") {
  waiting_room room;
  fill(room, "192.0.2.1", limits::waiting_requests - 10, 1);
  fill(room, "192.0.2.2", 10, 5000);
  const auto gone = room.add(newcomer_of(9999, "192.0.2.3"), 1, {});
  CHECK(ids_of(gone) == ids{limits::waiting_requests - 10}); // its newest
  CHECK_FALSE(room.holds(gone.front().id));
  CHECK(room.holds(9999));
  CHECK(room.size() == limits::waiting_requests);
  CHECK(ids_of(room.add(newcomer_of(9998, "192.0.2.1"), 1, {})) == ids{9998});
}

TEST_CASE("waiting room: with a request of each source the last one is sent away") {
  waiting_room room;
  for (std::size_t i = 0; i < limits::waiting_requests; ++i) {
    const auto source = "10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250);
    REQUIRE(room.add(newcomer_of(i, source), 1, {}).empty());
  }
  CHECK(room.sources() == limits::waiting_requests);
  CHECK(ids_of(room.add(newcomer_of(9999, "192.0.2.1"), 1, {})) == ids{9999});
  CHECK(room.sources() == limits::waiting_requests);
}

TEST_CASE("waiting room: what waits has a limit in bytes, too") {
  const auto message = message_with(32'768);
  const auto fits = limits::waiting_bytes / message->raw().size();
  waiting_room room;
  for (std::uint64_t id = 0; id <= fits; ++id)
    CHECK(room.add(newcomer_with(message, id, "192.0.2.1"), 1, {}).empty() == (id < fits));
  CHECK(room.size() == fits);
  CHECK(room.next());
  CHECK(room.add(newcomer_of(9999), 1, {}).empty());
}

TEST_CASE("waiting room: for a long request as many short ones go as take its place") {
  const auto message = message_with(32'768);
  waiting_room room;
  fill(room, "192.0.2.1", limits::waiting_requests, 1);
  const auto each = message->raw().size() / limits::least_waiting_bytes + 1;
  const auto gone = room.add(newcomer_with(message, 9999, "192.0.2.2"), 1, {});
  CHECK(gone.size() == each);
  CHECK(gone.front().id == limits::waiting_requests);
  CHECK(room.holds(9999));
  CHECK(room.size() == limits::waiting_requests - each + 1);
}
