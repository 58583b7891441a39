#pragma once

#include "actors/call/scope.hpp"
#include "actors/call/snapshots.hpp"
#include "runtime/actor/nested.hpp"

#include <caf/behavior.hpp>

#include <optional>
#include <stdexcept>
#include <utility>

namespace tandem::actors {

/// What an actor says that was made to throw (fault_plan.hpp).
constexpr const char* injected_fault = "injected fault";

/// A child of a call, as the call sees it: an actor that it runs in place.
class call_child : public nested_actor {
public:
  using nested_actor::nested_actor;

  /// The next message makes it throw, as a bug in its handler would.
  void fail_next() { fails_next_ = true; }
  using nested_actor::consume;
  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    if (std::exchange(fails_next_, false))
      throw std::runtime_error{injected_fault};
    return nested_actor::consume(what);
  }

  [[nodiscard]] virtual std::optional<time_point> next_deadline() const = 0;
  [[nodiscard]] virtual child_record record_at(time_point) const = 0;
  [[nodiscard]] virtual const char* state_text() const = 0;
  /// The last word before it leaves the tree.
  virtual void removed() = 0;

private:
  bool fails_next_ = false;
};

/// Makes a plain class such a child. `State` is brought to life from its record and nothing else.
template <class State>
class in_place final : public call_child {
public:
  template <class Record>
  in_place(caf::actor_config& cfg, nested_place place, const Record& record, call_scope& call)
    : call_child(cfg, std::move(place)) {
    state_.emplace(record, call);
  }

  caf::behavior make_behavior() override { return state_->make_behavior(); }
  void on_exit() override { state_.reset(); }

  [[nodiscard]] std::optional<time_point> next_deadline() const override {
    return state_->next_deadline();
  }
  [[nodiscard]] child_record record_at(time_point now) const override {
    return state_->record_at(now);
  }
  [[nodiscard]] const char* state_text() const override { return state_->state(); }
  void removed() override { state_->on_removed(); }

private:
  std::optional<State> state_;
};

} // namespace tandem::actors
