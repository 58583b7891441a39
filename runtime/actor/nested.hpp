#pragma once

#include "runtime/actor/limits.hpp"
#include "runtime/actor/local_message.hpp"
#include "runtime/actor/reply_gate.hpp"
#include "runtime/actor/sharded.hpp"

#include <caf/behavior.hpp>
#include <caf/extend.hpp>
#include <caf/invoke_message_result.hpp>
#include <caf/local_actor.hpp>
#include <caf/mixin/sender.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace tandem {

class nested_actor;
class nested_owner;

/// A stranger's message to a child, on its way through the child's owner. Destroying it unread
/// bounces a request with sec::request_receiver_down, so that no requester waits for the dead.
class parcel {
public:
  parcel(caf::strong_actor_ptr child, caf::mailbox_element_ptr content);
  parcel(parcel&&) noexcept = default;
  parcel& operator=(parcel&&) = delete;
  ~parcel();

  /// For whom it is; he may have ended meanwhile.
  [[nodiscard]] nested_actor& child() const;
  [[nodiscard]] bool is_request() const { return content_ && content_->mid.is_request(); }

private:
  friend class nested_owner;
  friend class nested_actor;

  /// The message has been read, or is bounced.
  void finish();

  caf::strong_actor_ptr child_;
  caf::mailbox_element_ptr content_;
  bool admitted_ = false; ///< counted at the owner's desk
  bool gated_ = false;    ///< its sender is a reply_gate
};

/// Makes a nested_actor; only nested_owner::start() has one.
struct nested_place {
  shard& home;
  tree_place place;
  caf::weak_actor_ptr owner;
  std::shared_ptr<stranger_desk> desk;
};

/// A child that its owner runs in place: a CAF actor with address, behaviour, exit reason and a
/// line in the tree, but without a mailbox of its own. Strangers may send to it, monitor it, link
/// to it and end it; what they send reaches it as a parcel through its owner.
///
///     class leg final : public nested_actor {
///     public:
///       leg(caf::actor_config& c, nested_place p, int number);
///       caf::behavior make_behavior() override { return {[this](visit& v) { … }}; }
///     };
///
/// Not caf::scheduled_actor, most of whose 900 bytes are a mailbox and handlers that it would never
/// use. It asks nobody, so what claims to be an answer is dropped; of system messages it knows
/// exit.
class nested_actor : public caf::extend<caf::local_actor, nested_actor>::with<caf::mixin::sender>,
                     public caf::dynamically_typed_actor_base {
public:
  using signatures = caf::none_t;
  using behavior_type = caf::behavior;

  nested_actor(caf::actor_config&, nested_place);

  /// Its handlers. Asked for again after each rest of its owner: they keep nothing themselves.
  virtual caf::behavior make_behavior() = 0;

  const char* name() const override { return kind_; }
  [[nodiscard]] tree_entry& entry() { return entry_; }
  [[nodiscard]] bool ended() const { return getf(is_cleaned_up_flag); }

  /// Within a handler: the child ends when it has returned.
  void quit(caf::error reason = {});

  using extended_base::enqueue;
  void enqueue(caf::mailbox_element_ptr, caf::execution_unit*) final;
  void launch(caf::execution_unit*, bool lazy, bool hide) final;
  bool cleanup(caf::error&& reason, caf::execution_unit*) final;

protected:
  virtual caf::invoke_message_result consume(caf::mailbox_element&);

private:
  friend class nested_owner;
  friend class parcel;

  outcome run_element(shard&, caf::mailbox_element&);
  void end_here(shard&, caf::error reason);
  void finish();

  const char* const kind_;
  const caf::weak_actor_ptr owner_;
  const std::shared_ptr<stranger_desk> desk_;
  tree_entry entry_;
  caf::behavior behavior_; ///< empty while its owner rests
  bool running_ = false;
  bool reads_parcel_ = false;
};

/// Counted pointer to a nested child, which may have ended.
template <class Child>
class nested_ptr {
public:
  nested_ptr() = default;
  explicit nested_ptr(Child& child)
    : keep_(caf::actor_control_block::from(&child)), child_(&child) {}

  Child* operator->() const { return child_; }
  Child& operator*() const { return *child_; }
  explicit operator bool() const { return child_ != nullptr; }
  void reset() { *this = {}; }
  /// What strangers may be given.
  [[nodiscard]] caf::actor address() const { return caf::actor_cast<caf::actor>(keep_); }

private:
  caf::strong_actor_ptr keep_;
  Child* child_ = nullptr;
};

/// The owner's side: starts, runs and ends children in place. Called by the owner's own handlers
/// and timers, on its shard. Children that are left end with their owner, the youngest first.
class nested_owner {
public:
  /// A stranger's message for a child: queue it as an input and run() it in its turn. Dropping it
  /// bounces it. At most max_waiting_parcels are alive for one owner.
  virtual void on_parcel(parcel) = 0;

  /// Makes a child as Child(caf::actor_config&, nested_place, arguments...). `kind` is static text.
  template <class Child, class... Ts>
  nested_ptr<Child> start(const char* kind, std::string name, Ts&&... arguments) {
    return start_below<Child>(branch_, kind, std::move(name), std::forward<Ts>(arguments)...);
  }

  /// The same, standing in the tree below another child of this owner.
  template <class Child, class... Ts>
  nested_ptr<Child> start_below(const tree_branch& parent, const char* kind, std::string name,
                                Ts&&... arguments) {
    auto handle = self_.spawn<Child, caf::lazy_init + caf::hidden>(
        place_for(parent, kind, std::move(name)), std::forward<Ts>(arguments)...);
    nested_ptr<Child> child{*static_cast<Child*>(caf::actor_cast<caf::abstract_actor*>(handle))};
    adopt(*child);
    return child;
  }

  /// Runs the child's behaviour on `values` (one message), which its handler may take by reference
  /// and change; no allocation. A message for which it has no handler is a bug and ends it, as a
  /// throw does. Whatever happens to the child, its owner and siblings go on.
  template <class... Ts>
  outcome run(nested_actor& child, Ts&... values) {
    caf::mailbox_element_view<Ts...> element{nullptr, caf::make_message_id(), {}, values...};
    return run_input(child, element);
  }

  /// Runs a stranger's message for p.child(). Skipped: `p` is as before; otherwise it is used up.
  /// What the child answers waits for release_replies().
  outcome run(parcel& p);

  /// Nothing is to be done for some time: the children's handlers are given back.
  void rest();

  /// Ends the child at once: its monitors and links fire with `reason`. No-op when it has ended.
  void end(nested_actor& child, caf::error reason = caf::exit_reason::user_shutdown);

  /// After a commit: lets go of what children have answered to strangers since the last call.
  void release_replies();
  /// The commit failed: the requesters get sec::request_receiver_down instead.
  void drop_replies();

  /// Children that have not ended, the eldest first.
  [[nodiscard]] const std::vector<nested_ptr<nested_actor>>& children() const { return children_; }

protected:
  nested_owner(caf::local_actor& self, shard& home, tree_branch place);
  ~nested_owner() = default;

  void end_children(const caf::error& reason);

private:
  [[nodiscard]] nested_place place_for(const tree_branch& parent, const char* kind,
                                       std::string name);
  void adopt(nested_actor&);
  outcome run_input(nested_actor&, caf::mailbox_element&);
  void forget(const nested_actor&);

  caf::local_actor& self_;
  shard& home_;
  tree_branch branch_;
  std::shared_ptr<stranger_desk> desk_;
  std::vector<nested_ptr<nested_actor>> children_;
};

namespace msg {
/// From a nested child's address to its owner's mailbox; no behaviour ever sees it.
struct parcel_arrived {
  using stays_local = void;
  std::shared_ptr<parcel> content;
};
} // namespace msg

/// A sharded actor that owns nested children.
///
///     class call final : public nesting<caf::event_based_actor> {
///       void on_parcel(parcel p) override { inputs_.push_back(std::move(p)); … }
template <class Base>
class nesting : public sharded<Base>, public nested_owner {
public:
  nesting(caf::actor_config& cfg, shard& home, tree_place place)
    : sharded<Base>(cfg, home, std::move(place)),
      nested_owner(*this, home, this->entry().branch()) {}

  using sharded<Base>::consume;
  caf::invoke_message_result consume(caf::mailbox_element& what) override {
    if (!what.content().template match_elements<msg::parcel_arrived>())
      return sharded<Base>::consume(what);
    this->current_mailbox_element(&what); // what CAF answers to if on_parcel throws
    this->entry().mailbox_shrank();
    auto& arrived = what.content().template get_mutable_as<msg::parcel_arrived>(0);
    on_parcel(std::move(*arrived.content));
    return caf::invoke_message_result::consumed;
  }

  bool cleanup(caf::error&& reason, caf::execution_unit* unit) override {
    end_children(reason);
    return sharded<Base>::cleanup(std::move(reason), unit);
  }
};

} // namespace tandem
