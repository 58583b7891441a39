#include "runtime/actor/ref.hpp"

#include "runtime/actor/sharded.hpp"

#include <caf/attachable.hpp>

#include <memory>

namespace tandem {

namespace {

/// Not one of CAF's own token types (attachable.hpp counts up from zero).
constexpr std::size_t watch_token = 0x74616e64;

class watch final : public caf::attachable {
public:
  watch(ref who, caf::weak_actor_ptr watcher)
    : who_(std::move(who)), watcher_(std::move(watcher)) {}

  void actor_exited(const caf::error& reason, caf::execution_unit*) override {
    if (const auto to = watcher_.lock())
      caf::anon_send(caf::actor_cast<caf::actor>(to), msg::ref_down{who_, exit_text(reason)});
  }
  bool matches(const token& what) override {
    return what.subtype == watch_token && what.ptr == this;
  }

private:
  const ref who_;
  const caf::weak_actor_ptr watcher_;
};

} // namespace

ref ref_to(const tree& t, const tree_entry& entry) {
  return {t.node_name(), entry.path(), entry.id()};
}

tl::expected<caf::actor, unresolved> resolve(const tree& t, const ref& to) {
  if (to.node != t.node_name())
    return tl::unexpected(unresolved::no_such_node);
  const auto found = t.find(to.path);
  if (found && to.generation != 0 && id_of(found) != to.generation)
    return tl::unexpected(unresolved::restarted);
  if (auto actor = actor_of(found))
    return caf::actor_cast<caf::actor>(std::move(actor));
  return tl::unexpected(unresolved::gone);
}

ref_watch& ref_watch::operator=(ref_watch&& other) noexcept {
  stop();
  target_ = std::move(other.target_);
  mark_ = std::exchange(other.mark_, nullptr);
  return *this;
}

void ref_watch::stop() {
  if (const auto* mark = std::exchange(mark_, nullptr); mark != nullptr)
    if (const auto target = target_.lock())
      target->get()->detach(caf::attachable::token{watch_token, mark});
  target_ = nullptr;
}

ref_watch monitor(const tree& t, const ref& who, const caf::actor& watcher) {
  const auto found = resolve(t, who);
  if (!found) {
    caf::anon_send(watcher, msg::ref_down{who, std::string{to_string(found.error())}});
    return {};
  }
  auto attached = std::make_unique<watch>(who, caf::actor_cast<caf::weak_actor_ptr>(watcher));
  const auto* mark = attached.get();
  const auto target = caf::actor_cast<caf::strong_actor_ptr>(*found);
  target->get()->attach(std::move(attached));
  return ref_watch{caf::actor_cast<caf::weak_actor_ptr>(target), mark};
}

} // namespace tandem
