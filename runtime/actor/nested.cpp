#include "runtime/actor/nested.hpp"

#include <caf/actor_system.hpp>
#include <caf/detail/default_invoke_result_visitor.hpp>
#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/make_actor.hpp>
#include <caf/sec.hpp>

#include <algorithm>

namespace tandem {

// -- parcel --------------------------------------------------------------------------------------

parcel::parcel(caf::strong_actor_ptr child, caf::mailbox_element_ptr content)
  : child_(std::move(child)), content_(std::move(content)),
    admitted_(this->child().desk_->admit_parcel()) {
  if (admitted_)
    this->child().entry().mailbox_grew();
}

parcel::~parcel() {
  if (!content_)
    return;
  const caf::detail::sync_request_bouncer bounce{caf::make_error(caf::sec::request_receiver_down)};
  bounce(*content_);
  finish();
}

void parcel::finish() {
  content_.reset();
  if (!std::exchange(admitted_, false))
    return;
  child().entry().mailbox_shrank();
  child().desk_->parcel_done();
}

nested_actor& parcel::child() const {
  return *static_cast<nested_actor*>(child_->get());
}

// -- nested_actor --------------------------------------------------------------------------------

nested_actor::nested_actor(caf::actor_config& cfg, nested_place at)
  : extended_base(cfg), kind_(at.place.kind), owner_(std::move(at.owner)),
    desk_(std::move(at.desk)),
    entry_(std::move(at.place), at.home.now(), caf::actor_control_block::from(this)) {
}

/// Any thread: the message goes to the owner's mailbox.
void nested_actor::enqueue(caf::mailbox_element_ptr what, caf::execution_unit* unit) {
  parcel p{ctrl(), std::move(what)};
  const auto owner = owner_.lock();
  if (owner == nullptr || ended() || !p.admitted_)
    return; // bounced
  owner->enqueue(
      caf::make_mailbox_element(nullptr, caf::make_message_id(), {},
                                msg::parcel_arrived{std::make_shared<parcel>(std::move(p))}),
      unit);
}

void nested_actor::launch(caf::execution_unit*, bool, bool) {
  // Its owner runs it; it is neither scheduled nor registered as running.
}

void nested_actor::quit(caf::error reason) {
  if (getf(is_shutting_down_flag))
    return;
  setf(is_shutting_down_flag);
  fail_state_ = std::move(reason);
}

caf::invoke_message_result nested_actor::consume(caf::mailbox_element& what) {
  auto& content = what.content();
  if (reads_parcel_ && what.mid.is_response())
    return caf::invoke_message_result::dropped;
  if (reads_parcel_ && content.match_elements<caf::exit_msg>()) {
    auto& exit = content.get_mutable_as<caf::exit_msg>(0);
    unlink_from(exit.source);
    if (exit.reason)
      quit(std::move(exit.reason));
    return caf::invoke_message_result::consumed;
  }
  if (!behavior_)
    behavior_ = make_behavior();
  caf::detail::default_invoke_result_visitor<nested_actor> answer{this};
  switch (behavior_(answer, content)) {
    case caf::match_case::match: break;
    case caf::match_case::skip: return caf::invoke_message_result::skipped;
    case caf::match_case::no_match:
      if (!reads_parcel_)
        throw check_failure{std::string{name()} + " has no handler for what its owner gave it"};
      if (what.mid.is_request())
        make_response_promise().deliver(caf::make_error(caf::sec::unexpected_message));
  }
  entry_.count_message();
  return caf::invoke_message_result::consumed;
}

/// What scheduled_actor::activate of CAF 0.17.6 does, for one message and without time-outs.
outcome nested_actor::run_element(shard& home, caf::mailbox_element& what) {
  home.run_here();
  if (!ended()) {
    context(&home);
    current_mailbox_element(&what);
    try {
      if (consume(what) == caf::invoke_message_result::skipped)
        return {outcome::kind::skipped, {}};
    } catch (...) {
      auto reason = exit_reason_of(std::current_exception());
      if (what.mid.is_request())
        make_response_promise().deliver(reason);
      quit(std::move(reason));
    }
    if (!getf(is_shutting_down_flag))
      return {};
    finish();
  }
  return {outcome::kind::terminated, exit_text(fail_state())};
}

void nested_actor::end_here(shard& home, caf::error reason) {
  context(&home);
  quit(std::move(reason));
  finish();
}

void nested_actor::finish() {
  on_exit();
  behavior_ = {};
  cleanup(std::move(fail_state_), context());
}

/// Past local_actor's, which cancels time-outs in CAF's clock (see sharded::cleanup). There is no
/// mailbox to close, and it was never counted as running.
bool nested_actor::cleanup(caf::error&& reason, caf::execution_unit* unit) {
  entry_.reset();
  return caf::monitorable_actor::cleanup(std::move(reason), unit);
}

// -- nested_owner --------------------------------------------------------------------------------

nested_owner::nested_owner(caf::local_actor& self, shard& home, tree_branch place)
  : self_(self), home_(home), branch_(std::move(place)), desk_(std::make_shared<stranger_desk>()) {
}

nested_place nested_owner::place_for(const tree_branch& parent, const char* kind,
                                     std::string name) {
  home_.run_here();
  TANDEM_CHECK(children_.size() < max_nested_children);
  return {home_, {parent, kind, std::move(name), 0, {}}, self_.ctrl(), desk_};
}

void nested_owner::adopt(nested_actor& child) {
  children_.emplace_back(child);
}

void nested_owner::forget(const nested_actor& child) {
  const auto at = std::ranges::find(children_, &child, [](const auto& c) { return &*c; });
  if (at != children_.end())
    children_.erase(at);
}

outcome nested_owner::run_input(nested_actor& child, caf::mailbox_element& what) {
  TANDEM_CHECK(!child.running_);
  desk_->hold();
  const nested_ptr<nested_actor> keep{child}; // it may end, and its owner forget it
  child.running_ = true;
  auto result = child.run_element(home_, what);
  child.running_ = false;
  if (result.terminated())
    forget(child);
  return result;
}

outcome nested_owner::run(parcel& p) {
  TANDEM_CHECK(p.content_ != nullptr);
  auto& child = p.child();
  if (auto& sender = p.content_->sender; sender != nullptr && !p.gated_) {
    caf::actor_config cfg{&home_};
    auto& system = self_.system();
    sender = caf::make_actor<reply_gate, caf::strong_actor_ptr>(
        system.next_actor_id(), system.node(), &system, cfg, std::move(sender), desk_);
    p.gated_ = true;
  }
  if (child.ended()) {
    const parcel bounced{std::move(p)};
    return {outcome::kind::terminated, exit_text(child.fail_state())};
  }
  child.reads_parcel_ = true;
  auto result = run_input(child, *p.content_);
  child.reads_parcel_ = false;
  if (!result.skipped())
    p.finish();
  return result;
}

void nested_owner::rest() {
  for (const auto& child : children_)
    if (!child->running_)
      child->behavior_ = {};
  if (children_.capacity() >= 2 * children_.size())
    children_.shrink_to_fit();
}

void nested_owner::end(nested_actor& child, caf::error reason) {
  TANDEM_CHECK(!child.running_);
  if (child.ended())
    return;
  const nested_ptr<nested_actor> keep{child};
  forget(child);
  child.end_here(home_, std::move(reason));
}

void nested_owner::end_children(const caf::error& reason) {
  while (!children_.empty())
    end(*children_.back(), reason);
  desk_->drop();
}

void nested_owner::release_replies() {
  desk_->release();
}

void nested_owner::drop_replies() {
  desk_->drop();
}

} // namespace tandem
