#include "runtime/actor/tree.hpp"

#include "runtime/actor/limits.hpp"
#include "runtime/base/check.hpp"

#include <catch2/catch.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;
using tandem::node_view;
using tandem::time_point;
using tandem::tree;
using tandem::tree_branch;
using tandem::tree_entry;

namespace {

tree_entry make(const tree_branch& parent, std::string name, const char* kind = "test") {
  return {{parent, kind, std::move(name)}, time_point{1s}, {}};
}

std::vector<std::string> names(const std::vector<node_view>& views) {
  std::vector<std::string> all;
  for (const auto& v : views)
    all.push_back(v.name);
  return all;
}

} // namespace

TEST_CASE("tree: a snapshot shows all that an entry says about itself", "[actor][tree]") {
  tree t{"a"};
  const auto calls = make(t.root(), "calls", "supervisor");
  tree_entry call{{calls.branch(), "call", "7f3a", 2, "boom"}, time_point{5s}, {}};
  call.set_state("ringing");
  call.count_message();
  call.count_message();
  call.mailbox_grew();
  call.mailbox_grew();
  call.mailbox_shrank();

  const auto all = t.snapshot(time_point{8s});
  REQUIRE(names(all) == std::vector<std::string>{"a", "calls", "7f3a"});
  CHECK(all[0].kind == "node");
  CHECK(all[1].parent_id == all[0].id);
  const auto& v = all[2];
  CHECK(v.parent_id == all[1].id);
  CHECK(v.id == call.id());
  CHECK(v.kind == "call");
  CHECK(v.state == "ringing");
  CHECK(v.age == 3s);
  CHECK(v.messages == 2);
  CHECK(v.mailbox == 1);
  CHECK(v.restarts == 2);
  CHECK(v.last_error == "boom");
  CHECK(t.size() == 2);

  call.set_restarts(3, "bang");
  const auto again = t.snapshot(time_point{8s}, "calls/7f3a");
  REQUIRE(again.size() == 1);
  CHECK(again[0].restarts == 3);
  CHECK(again[0].last_error == "bang");
}

TEST_CASE("tree: parents stand before children, siblings in order of birth", "[actor][tree]") {
  tree t{"a"};
  const auto one = make(t.root(), "one");
  auto gone = make(t.root(), "gone");
  const auto two = make(t.root(), "two");
  const auto below_one = make(one.branch(), "below one");
  const auto three = make(t.root(), "three");
  gone.reset(); // moves the last child into its place, which must not show
  CHECK(names(t.snapshot(time_point{}))
        == std::vector<std::string>{"a", "one", "below one", "two", "three"});
}

TEST_CASE("tree: a path finds exactly what stands there", "[actor][tree]") {
  tree t{"a"};
  const auto calls = make(t.root(), "calls");
  const auto call = make(calls.branch(), "7f3a");
  const auto leg = make(call.branch(), "leg 0");
  CHECK(leg.path() == "calls/7f3a/leg 0");
  CHECK(t.find(leg.path()) == leg.branch());
  CHECK(t.find("calls") == calls.branch());
  CHECK(t.find("") == t.root());
  for (const auto* wrong : {"call", "calls/7f3", "calls/7f3a/leg 0/x", "/calls", "leg 0", "//"})
    CHECK(t.find(wrong) == nullptr);
  // A branch's memory stays while children or readers use it; the path is gone at once.
}

TEST_CASE("tree: an entry that left is not found, though its memory is still in use",
          "[actor][tree]") {
  tree t{"a"};
  auto parent = make(t.root(), "parent");
  const auto branch = parent.branch();
  auto child = make(branch, "child");
  parent.reset();
  parent.reset();
  CHECK(t.find("parent") == nullptr);
  CHECK(t.find("parent/child") == nullptr);
  CHECK(names(t.snapshot(time_point{})) == std::vector<std::string>{"a"});
  child.set_state("still allowed");
  const auto orphan = make(branch, "late child");
  CHECK(t.find("parent/late child") == nullptr);
}

TEST_CASE("tree: of two of a name the newer is meant, as after a restart", "[actor][tree]") {
  for (const auto siblings : {0, 100}) { // below and above the size that needs a table
    INFO(siblings << " siblings");
    tree t{"a"};
    std::vector<tree_entry> others;
    for (int i = 0; i < siblings; ++i)
      others.push_back(make(t.root(), "other " + std::to_string(i)));
    const auto older = make(t.root(), "x");
    auto newer = make(t.root(), "x");
    for (int i = 0; i < siblings; ++i) // grows the table
      others.push_back(make(t.root(), "more " + std::to_string(i)));
    CHECK(t.find("x") == newer.branch());
    newer.reset();
    CHECK(t.find("x") == older.branch());
  }
}

TEST_CASE("tree: ten thousand siblings come, are found and go", "[actor][tree]") {
  tree t{"a"};
  const auto calls = make(t.root(), "calls");
  std::vector<tree_entry> all;
  all.reserve(10'000);
  for (int i = 0; i < 10'000; ++i)
    all.push_back(make(calls.branch(), std::to_string(i)));
  bool found = true;
  for (int i = 0; i < 10'000; ++i)
    found = found && t.find("calls/" + std::to_string(i)) == all[std::size_t(i)].branch();
  CHECK(found);
  CHECK(t.snapshot(time_point{}).size() == 10'002);
  for (std::size_t i = 0; i < all.size(); i += 2)
    all[i].reset();
  bool right = true;
  for (std::size_t i = 0; i < all.size(); ++i)
    right = right && (t.find("calls/" + std::to_string(i)) != nullptr) == (i % 2 == 1);
  CHECK(right);
  CHECK(t.size() == 5'001);
  all.clear();
  CHECK(t.size() == 1);
}

TEST_CASE("tree: names cannot contain the separator or be empty", "[actor][tree]") {
  tree t{"a"};
  CHECK_THROWS_AS(make(t.root(), "worker/0"), tandem::check_failure);
  CHECK_THROWS_AS(make(t.root(), ""), tandem::check_failure);
  CHECK(t.size() == 0);
}

TEST_CASE("tree: limits hold at n and n+1", "[actor][tree][limits]") {
  tree t{"a"};
  auto e = make(t.root(), "x");
  const auto error_of = [&] { return t.snapshot(time_point{}, "x").at(0).last_error; };
  e.set_restarts(1, std::string(tandem::max_last_error_bytes, 'e'));
  CHECK(error_of().size() == tandem::max_last_error_bytes);
  e.set_restarts(1, std::string(tandem::max_last_error_bytes + 1, 'e'));
  CHECK(error_of().size() == tandem::max_last_error_bytes);

  const auto longest = make(t.root(), std::string(tandem::max_path_bytes, 'n'));
  const auto too_long = make(t.root(), std::string(tandem::max_path_bytes + 1, 'n'));
  CHECK(t.find(longest.path()) == longest.branch());
  CHECK(t.find(too_long.path()) == nullptr);
}

TEST_CASE("tree: an entry outside any tree is harmless", "[actor][tree]") {
  tree_entry none;
  none.set_state("x");
  none.count_message();
  none.mailbox_grew();
  none.set_restarts(1, "x");
  none.reset();
  CHECK(none.branch() == nullptr);
  CHECK(none.path().empty());
}

TEST_CASE("tree: snapshots are sound while branches come and go", "[actor][tree][threads]") {
  tree t{"a"};
  const auto calls = make(t.root(), "calls");
  std::atomic<bool> stop{false};
  std::atomic<int> rounds{0};
  std::thread writer{[&] {
    while (!stop) {
      auto call = make(calls.branch(), "call");
      const auto leg0 = make(call.branch(), "leg 0");
      auto leg1 = make(call.branch(), "leg 1");
      call.set_state("talking");
      leg1.count_message();
      ++rounds;
    }
  }};
  bool sound = true;
  for (int reads = 0; reads < 2'000 || rounds < 100; ++reads) {
    const auto all = t.snapshot(time_point{2s});
    sound = sound && all.size() >= 2 && all.size() <= 6;
    for (std::size_t i = 1; i < all.size(); ++i) {
      bool parent_before = false;
      for (std::size_t k = 0; k < i; ++k)
        parent_before = parent_before || all[k].id == all[i].parent_id;
      sound = sound && parent_before;
    }
    if (const auto leg = t.find("calls/call/leg 0"))
      sound = sound && tandem::id_of(leg) != 0;
  }
  stop = true;
  writer.join();
  CHECK(sound);
}
