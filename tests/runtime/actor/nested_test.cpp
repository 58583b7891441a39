#include "runtime/actor/nested.hpp"

#include "tests/support/deterministic_shard.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/send.hpp>
#include <catch2/catch.hpp>

#include <deque>
#include <functional>
#include <string>
#include <vector>

using namespace std::chrono_literals;
using tandem::nested_actor;
using tandem::nested_place;
using tandem::nested_ptr;
using tandem::parcel;
using tandem::shard;
using tandem::tree_place;

namespace tandem::msg {

/// What the owner gives a child: the child writes what it did.
struct visit {
  using stays_local = void;
  std::string text;
  std::vector<std::string>& done;
};
struct unknown {
  using stays_local = void;
};

} // namespace tandem::msg

namespace {

using lines = std::vector<std::string>;
using tandem::msg::visit;

class child final : public nested_actor {
public:
  child(caf::actor_config& c, nested_place p, lines* ended) : nested_actor(c, p), ended_(ended) {}
  caf::behavior make_behavior() override {
    ++made;
    return {
        [this](visit& v) {
          if (v.text == "throw")
            throw std::runtime_error{"boom"};
          if (v.text == "quit")
            return quit();
          v.done.push_back(std::string{name()} + " did " + v.text);
          v.text = "changed";
        },
        [this](int n) -> caf::result<int> {
          if (n < 0)
            throw std::runtime_error{"negative"};
          if (n == 0)
            return caf::skip();
          if (n == 100) {
            later = make_response_promise();
            return caf::delegated<int>{};
          }
          return n * 2;
        },
        [this](const std::string& s) { send(caf::actor_cast<caf::actor>(current_sender()), s); },
    };
  }
  void on_exit() override { ended_->push_back(entry().path()); }
  caf::response_promise later;
  int made = 0; ///< behaviours

private:
  lines* ended_;
};

class owner final : public tandem::nesting<caf::event_based_actor> {
public:
  using nesting::nesting;
  void on_parcel(parcel p) override {
    if (refuse)
      throw std::runtime_error{"no parcels"};
    waiting.push_back(std::move(p));
  }
  caf::behavior make_behavior() override {
    return {[](const std::function<void()>& f) { f(); }};
  }

  std::deque<parcel> waiting;
  bool refuse = false;
};

/// An owner "call" on a shard that the test steps, with two children, and a stranger.
class fixture {
public:
  fixture() {
    handle = world.system().spawn<owner, caf::lazy_init>(
        world.home, tree_place{world.nodes.root(), "call", "7f3a"});
    call = static_cast<owner*>(caf::actor_cast<caf::abstract_actor*>(handle));
    world.home.bind();
    first = call->start<child>("leg", "leg 0", &ended);
    second = call->start<child>("app", "app", &ended);
  }
  ~fixture() {
    call->waiting.clear();
    world.home.close();
  }

  tandem::outcome visit_child(child& c, const std::string& text) {
    visit v{text, done};
    return call->run(c, v);
  }

  tandem::test::deterministic_shard world;
  caf::scoped_actor stranger{world.system()};
  lines done;
  lines ended;
  caf::actor handle;
  owner* call = nullptr;
  nested_ptr<child> first;
  nested_ptr<child> second;
};

/// The answer that waits in the stranger's mailbox; the error's words; "nothing".
template <class Handle>
std::string answer(Handle& request) {
  std::string text = "nothing";
  request.receive([&](int n) { text = std::to_string(n); },
                  [&](caf::error& e) { text = tandem::exit_text(e); });
  return text;
}

} // namespace

TEST_CASE("nested: the owner runs a child in place and sees what it changed", "[actor][nested]") {
  fixture f;
  visit v{"this", f.done};
  CHECK(f.call->run(*f.first, v).handled());
  CHECK(v.text == "changed");
  CHECK(f.done == lines{"leg did this"});
  const auto views = f.world.nodes.snapshot(f.world.clock.now(), "7f3a");
  REQUIRE(views.size() == 3);
  CHECK(views[1].kind == "leg");
  CHECK(views[1].name == "leg 0");
  CHECK(views[1].messages == 1);
  CHECK(views[1].mailbox == 0);
  CHECK(views[2].messages == 0);
}

TEST_CASE("nested: a throw ends that child with its text, owner and siblings go on",
          "[actor][nested]") {
  fixture f;
  const auto r = f.visit_child(*f.first, "throw");
  CHECK(r.terminated());
  CHECK(r.error == "boom");
  CHECK(f.first->ended());
  CHECK(f.ended == lines{"7f3a/leg 0"});
  CHECK(f.world.nodes.find("7f3a/leg 0") == nullptr);
  CHECK(f.call->children().size() == 1);
  CHECK(f.visit_child(*f.second, "go on").handled());
  CHECK(f.visit_child(*f.first, "again").terminated());
  CHECK(f.done == lines{"app did go on"});
}

TEST_CASE("nested: a child that quits has ended normally", "[actor][nested]") {
  fixture f;
  const auto r = f.visit_child(*f.first, "quit");
  CHECK(r.terminated());
  CHECK(r.error.empty());
}

TEST_CASE("nested: a message of the owner for which a child has no handler is a bug",
          "[actor][nested]") {
  fixture f;
  tandem::msg::unknown u;
  const auto r = f.call->run(*f.first, u);
  CHECK(r.terminated());
  CHECK(r.error == "leg has no handler for what its owner gave it");
}

TEST_CASE("nested: skipped stays with the owner", "[actor][nested]") {
  fixture f;
  int zero = 0;
  CHECK(f.call->run(*f.first, zero).skipped());
  CHECK(!f.first->ended());
}

TEST_CASE("nested: end fires monitors with the reason and is repeatable", "[actor][nested]") {
  fixture f;
  f.stranger->monitor(f.first.address());
  f.call->end(*f.first, caf::make_error(caf::sec::runtime_error, std::string{"hung up"}));
  f.call->end(*f.first);
  std::string reason;
  f.stranger->receive([&](caf::down_msg& d) { reason = tandem::exit_text(d.reason); });
  CHECK(reason == "hung up");
  CHECK(f.ended.size() == 1);
  CHECK(f.call->children().size() == 1);
}

TEST_CASE("nested: children end with their owner, the youngest first", "[actor][nested]") {
  fixture f;
  f.stranger->monitor(f.second.address());
  caf::anon_send_exit(f.handle, caf::exit_reason::user_shutdown);
  f.world.settle();
  CHECK(f.ended == lines{"7f3a/app", "7f3a/leg 0"});
  bool down = false;
  f.stranger->receive([&](caf::down_msg&) { down = true; });
  CHECK(down);
  CHECK(f.world.nodes.size() == 0);
}

TEST_CASE("nested: a stranger's message waits with the owner and runs in its turn",
          "[actor][nested][parcel]") {
  fixture f;
  auto request = f.stranger->request(f.first.address(), caf::infinite, 21);
  f.world.settle();
  REQUIRE(f.call->waiting.size() == 1);
  CHECK(&f.call->waiting.front().child() == &*f.first);
  CHECK(f.call->waiting.front().is_request());
  const auto waiting = f.world.nodes.snapshot(f.world.clock.now(), "7f3a/leg 0").at(0);
  CHECK(waiting.mailbox == 1);
  CHECK(waiting.messages == 0);

  CHECK(f.call->run(f.call->waiting.front()).handled());
  f.call->waiting.pop_front();
  f.call->release_replies();
  CHECK(answer(request) == "42");
  const auto view = f.world.nodes.snapshot(f.world.clock.now(), "7f3a/leg 0").at(0);
  CHECK(view.mailbox == 0);
  CHECK(view.messages == 1);
}

TEST_CASE("nested: a child's reply to a stranger waits for the commit", "[actor][nested][parcel]") {
  fixture f;
  const auto run_next = [&] {
    f.world.settle();
    auto r = f.call->run(f.call->waiting.front());
    f.call->waiting.pop_front();
    return r;
  };
  SECTION("a returned value") {
    auto request = f.stranger->request(f.first.address(), caf::infinite, 4);
    run_next();
    CHECK(!f.stranger->has_next_message());
    f.call->release_replies();
    CHECK(f.stranger->has_next_message());
    CHECK(answer(request) == "8");
  }
  SECTION("a promise kept by a later input waits for that input's commit") {
    auto request = f.stranger->request(f.first.address(), caf::infinite, 100);
    run_next();
    f.call->release_replies();
    int other = 1;
    CHECK(f.call->run(*f.first, other).handled());
    f.first->later.deliver(7);
    CHECK(!f.stranger->has_next_message());
    f.call->release_replies();
    CHECK(answer(request) == "7");
  }
  SECTION("a message sent to the sender") {
    f.stranger->send(f.first.address(), std::string{"hello"});
    run_next();
    CHECK(!f.stranger->has_next_message());
    f.call->release_replies();
    std::string got;
    f.stranger->receive([&](const std::string& s) { got = s; });
    CHECK(got == "hello");
  }
  SECTION("a failed commit answers with an error") {
    auto request = f.stranger->request(f.first.address(), caf::infinite, 4);
    run_next();
    f.call->drop_replies();
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("the owner dies before it commits") {
    auto request = f.stranger->request(f.first.address(), caf::infinite, 4);
    run_next();
    caf::anon_send_exit(f.handle, caf::exit_reason::kill);
    f.world.settle();
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("a throw reaches the requester with its text") {
    auto request = f.stranger->request(f.first.address(), caf::infinite, -1);
    const auto r = run_next();
    CHECK(r.terminated());
    CHECK(r.error == "negative");
    f.call->release_replies();
    CHECK(answer(request) == "negative");
  }
}

TEST_CASE("nested: a skipped parcel can be run again, with one answer", "[actor][nested][parcel]") {
  fixture f;
  auto request = f.stranger->request(f.first.address(), caf::infinite, 0);
  f.world.settle();
  CHECK(f.call->run(f.call->waiting.front()).skipped());
  CHECK(f.call->run(f.call->waiting.front()).skipped());
  f.call->release_replies();
  CHECK(!f.stranger->has_next_message());
  f.call->waiting.clear();
  CHECK(answer(request).find("request_receiver_down") != std::string::npos);
}

TEST_CASE("nested: no requester waits for the dead", "[actor][nested][parcel]") {
  fixture f;
  const auto ask = [&] { return f.stranger->request(f.first.address(), caf::infinite, 1); };
  SECTION("the child has ended") {
    f.call->end(*f.first);
    auto request = ask();
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("the child ends while the parcel waits") {
    auto request = ask();
    f.world.settle();
    f.call->end(*f.first);
    CHECK(f.call->run(f.call->waiting.front()).terminated());
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("the owner drops the parcel") {
    auto request = ask();
    f.world.settle();
    f.call->waiting.clear();
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("the owner throws in on_parcel") {
    f.call->refuse = true;
    auto request = ask();
    f.world.settle();
    CHECK(f.ended.size() == 2);
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("the owner has ended") {
    caf::anon_send_exit(f.handle, caf::exit_reason::kill);
    f.world.settle();
    auto request = ask();
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
  SECTION("the owner ends while the parcel is in its mailbox") {
    auto request = ask(); // not yet taken by the owner
    f.world.home.close();
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
  }
}

TEST_CASE("nested: strangers may end a child, through its owner", "[actor][nested][parcel]") {
  fixture f;
  caf::anon_send_exit(f.first.address(), caf::exit_reason::kill);
  f.world.settle();
  REQUIRE(f.call->waiting.size() == 1);
  CHECK(!f.first->ended());
  const auto r = f.call->run(f.call->waiting.front());
  CHECK(r.terminated());
  CHECK(!r.error.empty());
  CHECK(f.first->ended());
}

TEST_CASE("nested: a child goes with whom it is linked to, if that one fails",
          "[actor][nested][parcel]") {
  fixture f;
  f.first->link_to(f.second.address());
  SECTION("a failure") {
    f.call->end(*f.second, caf::make_error(caf::sec::runtime_error, std::string{"boom"}));
    f.world.settle();
    REQUIRE(f.call->waiting.size() == 1);
    const auto r = f.call->run(f.call->waiting.front());
    CHECK(r.terminated());
    CHECK(r.error == "boom");
  }
  SECTION("a normal end") {
    f.call->end(*f.second, caf::error{});
    f.world.settle();
    REQUIRE(f.call->waiting.size() == 1);
    CHECK(f.call->run(f.call->waiting.front()).handled());
    CHECK(!f.first->ended());
  }
}

TEST_CASE("nested: a child asks nobody, so what claims to be an answer is dropped",
          "[actor][nested][parcel]") {
  fixture f;
  const auto child = f.first.address();
  caf::actor_cast<caf::abstract_actor*>(child)->enqueue(
      caf::make_mailbox_element(nullptr, caf::make_message_id(7).response_id(), {}, 1), nullptr);
  f.world.settle();
  REQUIRE(f.call->waiting.size() == 1);
  CHECK(f.call->run(f.call->waiting.front()).handled());
  CHECK(f.first->made == 0); // no handler saw it
}

TEST_CASE("nested: a rest gives back the handlers, and the next message makes them anew",
          "[actor][nested]") {
  fixture f;
  CHECK(f.visit_child(*f.first, "one").handled());
  CHECK(f.visit_child(*f.first, "two").handled());
  CHECK(f.first->made == 1);
  f.call->rest();
  CHECK(f.visit_child(*f.first, "three").handled());
  CHECK(f.first->made == 2);
  CHECK(f.done == lines{"leg did one", "leg did two", "leg did three"});
}

TEST_CASE("nested: what a stranger sends by mistake is refused and harms nobody",
          "[actor][nested][parcel]") {
  fixture f;
  auto request = f.stranger->request(f.first.address(), caf::infinite, 1.5);
  f.world.settle();
  CHECK(f.call->run(f.call->waiting.front()).handled());
  f.call->release_replies();
  CHECK(answer(request).find("unexpected_message") != std::string::npos);
  CHECK(f.visit_child(*f.first, "goes on").handled());
}

TEST_CASE("nested: limits hold at n and n+1", "[actor][nested][limits]") {
  fixture f;
  SECTION("children") {
    while (f.call->children().size() < tandem::max_nested_children)
      (void) f.call->start<child>("leg", std::to_string(f.call->children().size()), &f.ended);
    CHECK_THROWS_AS(f.call->start<child>("leg", "one more", &f.ended), tandem::check_failure);
  }
  SECTION("parcels") {
    for (std::size_t i = 0; i < tandem::max_waiting_parcels; ++i)
      caf::anon_send(f.first.address(), 1);
    auto request = f.stranger->request(f.first.address(), caf::infinite, 1);
    CHECK(answer(request).find("request_receiver_down") != std::string::npos);
    f.world.settle();
    CHECK(f.call->waiting.size() == tandem::max_waiting_parcels);
    f.call->waiting.pop_front();
    auto next = f.stranger->request(f.first.address(), caf::infinite, 1);
    f.world.settle();
    CHECK(f.call->waiting.size() == tandem::max_waiting_parcels);
    f.call->waiting.clear();
    CHECK(answer(next).find("request_receiver_down") != std::string::npos);
  }
}
