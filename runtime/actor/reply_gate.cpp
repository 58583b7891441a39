#include "runtime/actor/reply_gate.hpp"

#include "runtime/actor/limits.hpp"

#include <caf/error.hpp>
#include <caf/sec.hpp>

#include <utility>

namespace tandem {

bool stranger_desk::admit_parcel() {
  if (waiting_.fetch_add(1, std::memory_order_relaxed) < max_waiting_parcels)
    return true;
  parcel_done();
  return false;
}

void stranger_desk::gate_made() {
  gated_.store(true, std::memory_order_relaxed);
}

void stranger_desk::hold() {
  if (!gated_.load(std::memory_order_relaxed))
    return; // no stranger waits for any reply
  const std::lock_guard guard{lock_};
  holding_ = true;
}

auto stranger_desk::take() -> std::vector<reply> {
  if (!gated_.load(std::memory_order_relaxed))
    return {};
  const std::lock_guard guard{lock_};
  holding_ = false;
  return std::exchange(held_, {});
}

void stranger_desk::release() {
  for (auto& r : take())
    r.to->enqueue(std::move(r.content), nullptr);
}

void stranger_desk::drop() {
  for (const auto& r : take())
    if (r.content->mid.is_response())
      r.to->enqueue(caf::make_mailbox_element(nullptr, r.content->mid, {},
                                              caf::make_error(caf::sec::request_receiver_down)),
                    nullptr);
}

void stranger_desk::pass(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr content) {
  {
    const std::lock_guard guard{lock_};
    if (holding_) {
      held_.push_back({to, std::move(content)});
      return;
    }
  }
  to->enqueue(std::move(content), nullptr);
}

reply_gate::reply_gate(caf::actor_config& cfg, caf::strong_actor_ptr stranger,
                       std::shared_ptr<stranger_desk> desk)
  : caf::monitorable_actor(cfg), stranger_(std::move(stranger)), desk_(std::move(desk)) {
  desk_->gate_made();
}

void reply_gate::enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) {
  desk_->pass(stranger_, std::move(what));
}

} // namespace tandem
