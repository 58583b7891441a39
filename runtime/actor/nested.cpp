#include "runtime/actor/nested.hpp"

#include <caf/actor_system.hpp>
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
  : sharded(cfg, at.home, std::move(at.place)), owner_(std::move(at.owner)),
    desk_(std::move(at.desk)) {
  set_default_handler(default_handler{
      [this](caf::scheduled_actor* self, caf::message_view& what) -> caf::result<caf::message> {
        if (reads_parcel_)
          return refuse_unexpected(self, what);
        throw check_failure{std::string{name()} + " has no handler for what its owner gave it"};
      }});
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

caf::resumable::resume_result nested_actor::resume(caf::execution_unit*, std::size_t) {
  TANDEM_CHECK(false && "a nested actor is run by its owner");
  return caf::resumable::done;
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
  auto result = child.run_element(what);
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

void nested_owner::end(nested_actor& child, caf::error reason) {
  TANDEM_CHECK(!child.running_);
  if (child.ended())
    return;
  const nested_ptr<nested_actor> keep{child};
  forget(child);
  child.end_here(std::move(reason));
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
