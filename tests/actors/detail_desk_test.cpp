// CDRs on their way to their file: the record of a call stays until its CDR is there.
#include "actors/node/detail_desk.hpp"

#include "actors/node/limits.hpp"
#include "tests/support/deterministic_shard.hpp"

#include <catch2/catch.hpp>

#include <utility>

using namespace tandem;
using namespace tandem::actors;

namespace {

/// A writer that takes its time: the test says when it is done.
struct slow_writer {
  std::vector<std::size_t> batches;
  std::vector<std::function<void()>> done;
  detail_writer write = [this](std::vector<call_detail> all, std::function<void()> written) {
    batches.push_back(all.size());
    done.push_back(std::move(written));
  };
};

struct desk_of_one_shard {
  test::deterministic_shard host;
  slow_writer writer;
  std::vector<key128> erased;
  detail_desk desk{host.home, writer.write, [this](const key128& k) { erased.push_back(k); }};

  void add(std::uint64_t key) {
    call_detail d;
    d.key = {0, key};
    desk.add(std::move(d));
  }
  void finish(std::size_t batch) {
    writer.done.at(batch)();
    host.settle();
  }
};

using keys = std::vector<key128>;

} // namespace

TEST_CASE("CDR desk: many go together, within the delay", "[actors]") {
  desk_of_one_shard d;
  d.add(1);
  d.host.pass(limits::detail_delay / 2);
  d.add(2);
  CHECK(d.writer.batches.empty());
  d.host.pass(limits::detail_delay / 2);
  CHECK(d.writer.batches == std::vector<std::size_t>{2});
  d.host.pass(10 * limits::detail_delay);
  d.add(3);
  d.desk.hand_over();
  d.host.pass(10 * limits::detail_delay);
  CHECK(d.writer.batches == std::vector<std::size_t>{2, 1});
}

TEST_CASE("CDR desk: a record is erased when its CDR is written, not before", "[actors]") {
  desk_of_one_shard d;
  CHECK_FALSE(d.desk.puts_off_erasing({0, 1})); // nothing to wait for
  d.add(1);
  d.add(2);
  CHECK(d.desk.puts_off_erasing({0, 1}));
  d.desk.hand_over();
  d.host.pass(limits::detail_delay);
  CHECK(d.erased == keys{});
  CHECK(d.desk.holds({0, 1}));
  d.finish(0);
  CHECK(d.erased == keys{{0, 1}}); // nobody asked for the other
  CHECK_FALSE(d.desk.holds({0, 1}));
  CHECK_FALSE(d.desk.puts_off_erasing({0, 1}));
}

TEST_CASE("CDR desk: a record that is another call's by now is not erased", "[actors]") {
  desk_of_one_shard d;
  d.add(1);
  CHECK(d.desk.puts_off_erasing({0, 1}));
  d.desk.lives_again({0, 1});
  d.desk.hand_over();
  d.finish(0);
  CHECK(d.erased == keys{});
}

TEST_CASE("CDR desk: two calls of one key wait for both CDRs", "[actors]") {
  desk_of_one_shard d;
  d.add(1);
  d.desk.hand_over();
  d.desk.lives_again({0, 1});
  d.add(1);
  CHECK(d.desk.puts_off_erasing({0, 1}));
  d.desk.hand_over();
  d.finish(0);
  CHECK(d.erased == keys{});
  d.finish(1);
  CHECK(d.erased == keys{{0, 1}});
}
