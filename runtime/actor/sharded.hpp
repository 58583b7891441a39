#pragma once

#include "runtime/actor/close_mailbox.hpp"
#include "runtime/actor/outcome.hpp"
#include "runtime/actor/shard.hpp"
#include "runtime/actor/tree.hpp"
#include "runtime/base/check.hpp"

#include <caf/actor_config.hpp>
#include <caf/exit_reason.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/result.hpp>
#include <caf/scheduled_actor.hpp>

#include <exception>
#include <string>
#include <utility>

namespace tandem {

/// The text of an exit reason: what the exception said, "user_shutdown", …; empty for a normal end.
[[nodiscard]] std::string exit_text(const caf::error&);

/// The text of the exception in flight, as an exit reason that keeps it.
[[nodiscard]] caf::error exit_reason_of(const std::exception_ptr&);

/// Default handler: an error for a request, nothing for anything else.
[[nodiscard]] caf::result<caf::message> refuse_unexpected(caf::scheduled_actor*,
                                                          caf::message_view&);

/// Makes a CAF actor live on one shard: it runs on that shard's thread only, whoever sends to it,
/// stands in the tree, counts its messages, and keeps the text of an exception as its exit reason.
///
///     class registrar : public sharded<caf::event_based_actor> {
///       registrar(caf::actor_config& c, shard& s, tree_place p) : sharded(c, s, std::move(p)) {}
///     system.spawn<registrar, caf::lazy_init>(shard, tree_place{tree.root(), "registrar",
///     "registrar"});
///
/// What it may not use: delayed_send, request time-outs, streams (all of them CAF's clock); timers
/// come from home().timers(), requests are sent with caf::infinite. Its timers must be gone when
/// on_exit() returns. Whoever spawns it keeps a handle until it has ended.
template <class Base>
class sharded : public Base, public shard_resident {
public:
  sharded(caf::actor_config& cfg, shard& home, tree_place place)
    : Base(cfg), home_(home), door_(&home.door()), kind_(place.kind),
      entry_(std::move(place), home.now_anywhere(), caf::actor_control_block::from(this)) {
    this->set_exception_handler(
        [](caf::scheduled_actor*, std::exception_ptr& e) { return exit_reason_of(e); });
    // CAF's defaults print what strangers send to the terminal.
    this->set_default_handler(caf::scheduled_actor::default_handler{&refuse_unexpected});
    this->set_down_handler([](caf::scheduled_actor*, caf::down_msg&) {});
  }

  const char* name() const override { return kind_; }
  [[nodiscard]] shard& home() const { return home_; }
  [[nodiscard]] tree_entry& entry() { return entry_; }

  /// Runs the own behaviour on `values` at once, as if they had come through the mailbox: how a
  /// timer's callback or a socket's handler enters its actor. Not from within a handler.
  template <class... Ts>
  outcome run_self(Ts&... values) {
    caf::mailbox_element_view<Ts...> element{nullptr, caf::make_message_id(), {}, values...};
    return run_element(element);
  }

  // -- CAF's side --------------------------------------------------------------------------------

  using Base::enqueue;
  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    entry_.mailbox_grew();
    Base::enqueue(std::move(what), door_);
  }

  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    Base::launch(door_, lazy, hide);
    if (!home_.admit(*this))
      end_here(caf::exit_reason::user_shutdown);
  }

  caf::resumable::resume_result resume(caf::execution_unit* unit, std::size_t n) override {
    home_.run_here();
    return Base::resume(unit, n);
  }

  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    const auto result = Base::consume(what);
    if (result != caf::invoke_message_result::skipped) {
      entry_.count_message();
      if (!in_place_)
        entry_.mailbox_shrank();
    }
    return result;
  }
  using Base::consume;

  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override;

protected:
  outcome run_element(caf::mailbox_element& what) {
    home_.run_here();
    using result = caf::scheduled_actor::activation_result;
    in_place_ = true;
    const auto r = this->activate(&home_, what);
    in_place_ = false;
    switch (r) {
      case result::success:
      case result::dropped: return {};
      case result::skipped: return {outcome::kind::skipped, {}};
      case result::terminated: break;
    }
    return {outcome::kind::terminated, exit_text(this->fail_state())};
  }

  void end_here(caf::error reason) {
    this->context(&home_);
    this->quit(std::move(reason));
    this->finalize();
  }

private:
  bool hold() final;
  void evict() final;

  shard& home_;
  caf::execution_unit* const door_; // not home_.door(): an ended actor may outlive its shard
  const char* const kind_;
  tree_entry entry_;
  bool in_place_ = false;
};

// CAF's own cleanup cancels time-outs in its clock, which wakes the clock's thread for every actor
// that dies (18 µs per call of 12 actors). This one does all else that 0.17.6 does there, in the
// same order; sharded actors have nothing in that clock. tests/runtime/actor/caf_guard_test.cpp
// fails when the library's internals change their meaning.
template <class Base>
bool sharded<Base>::cleanup(caf::error&& reason, caf::execution_unit* unit) {
  entry_.reset();
  home_.dismiss(*this);
  this->awaited_responses_.clear();
  this->multiplexed_responses_.clear();
  close_mailbox(*this, reason);
  this->unregister_from_system();
  return caf::monitorable_actor::cleanup(std::move(reason), unit);
}

template <class Base>
bool sharded<Base>::hold() {
  return caf::intrusive_ptr_upgrade_weak(this->ctrl());
}

template <class Base>
void sharded<Base>::evict() {
  const caf::strong_actor_ptr held{this->ctrl(), false}; // the reference that hold() took
  end_here(caf::exit_reason::user_shutdown);
}

} // namespace tandem
