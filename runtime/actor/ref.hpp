#pragma once

#include "runtime/actor/local_message.hpp"
#include "runtime/actor/tree.hpp"

#include <caf/actor.hpp>
#include <caf/actor_cast.hpp>
#include <caf/local_actor.hpp>
#include <caf/send.hpp>
#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <utility>

namespace tandem {

/// Names an actor without holding it: node, place in the tree and generation. What any state or
/// message stores instead of a handle; resolved again at every use.
struct ref {
  std::string node;
  std::string path;             ///< "calls/7f3a…/leg 0"
  std::uint64_t generation = 0; ///< 0: whoever stands there

  bool operator==(const ref&) const = default;
};

/// The one who stands in this entry now.
[[nodiscard]] ref ref_to(const tree&, const tree_entry&);

[[nodiscard]] tl::expected<caf::actor, unresolved> resolve(const tree&, const ref&);

/// At most once: either the message is in the mailbox of that very actor, or the error says why
/// not. (It may still end before it reads the message.)
template <class... Ts>
[[nodiscard]] tl::expected<void, unresolved> send_to(const tree& t, const ref& to,
                                                     Ts&&... message) {
  const auto found = resolve(t, to);
  if (!found)
    return tl::unexpected(found.error());
  caf::anon_send(*found, std::forward<Ts>(message)...);
  return {};
}

namespace msg {
/// A watched actor is dead, or was already; `reason` is its last error in words.
struct ref_down {
  using stays_local = void;
  ref who;
  std::string reason;
};
} // namespace msg

/// Keeps a watch; the destructor ends it. A ref_down already sent may still arrive.
class ref_watch {
public:
  ref_watch() = default;
  ref_watch(caf::weak_actor_ptr target, const void* mark)
    : target_(std::move(target)), mark_(mark) {}
  ref_watch(ref_watch&& other) noexcept
    : target_(std::move(other.target_)), mark_(std::exchange(other.mark_, nullptr)) {}
  ref_watch& operator=(ref_watch&&) noexcept;
  ~ref_watch() { stop(); }
  void stop();

private:
  caf::weak_actor_ptr target_;
  const void* mark_ = nullptr;
};

/// Sends msg::ref_down to `watcher` when the actor dies; at once when the ref leads nowhere.
[[nodiscard]] ref_watch monitor(const tree&, const ref&, const caf::actor& watcher);

} // namespace tandem
