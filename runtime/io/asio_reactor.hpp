#pragma once

#include "runtime/io/reactor.hpp"

#include <functional>
#include <memory>

namespace tandem {

/// A reactor on one Asio io_context that only its own thread runs. `wake()` costs one atomic
/// exchange while the thread is awake and one write to an eventfd while it sleeps.
class asio_reactor final : public reactor {
public:
  asio_reactor();
  ~asio_reactor() override;

  void poll(std::optional<duration> at_most) override;
  void wake() override;

  /// Has `task` run inside a later `poll()`. Any thread.
  void post(std::function<void()> task);

  /// The io_context and the read slots, for the sockets of this folder.
  struct core;
  [[nodiscard]] core& shared_core() { return *core_; }

private:
  std::unique_ptr<core> core_;
};

} // namespace tandem
