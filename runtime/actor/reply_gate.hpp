#pragma once

#include <caf/actor_config.hpp>
#include <caf/actor_control_block.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/monitorable_actor.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace tandem {

/// What one owner's children have said to strangers and the owner has not let go yet; and how many
/// messages of strangers wait. Shared by the owner, its children and their gates; any thread.
class stranger_desk {
public:
  /// False: max_waiting_parcels wait already.
  [[nodiscard]] bool admit_parcel();
  void parcel_done() { waiting_.fetch_sub(1, std::memory_order_relaxed); }

  void gate_made();
  /// From now on replies are held.
  void hold();
  /// Sends what is held and holds no more.
  void release();
  /// Tells the requesters that the answer is lost, and holds no more.
  void drop();

  /// Holds the reply or sends it.
  void pass(const caf::strong_actor_ptr& to, caf::mailbox_element_ptr);

private:
  struct reply {
    caf::strong_actor_ptr to;
    caf::mailbox_element_ptr content;
  };
  std::vector<reply> take();

  std::atomic<std::uint32_t> waiting_{0};
  std::atomic<bool> gated_{false}; // some stranger may wait for a reply
  std::mutex lock_;
  std::vector<reply> held_;
  bool holding_ = false;
};

/// Stands in for a stranger as the sender of his message to a nested child, so that what the child
/// answers passes the owner's desk. A child that monitors its sender would watch the gate.
class reply_gate final : public caf::monitorable_actor {
public:
  reply_gate(caf::actor_config&, caf::strong_actor_ptr stranger, std::shared_ptr<stranger_desk>);

  using abstract_actor::enqueue;
  void enqueue(caf::mailbox_element_ptr, caf::execution_unit*) override;
  const char* name() const override { return "reply_gate"; }

private:
  const caf::strong_actor_ptr stranger_;
  const std::shared_ptr<stranger_desk> desk_;
};

} // namespace tandem
