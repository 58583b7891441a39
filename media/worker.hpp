#pragma once

#include "media/relay.hpp"
#include "runtime/base/time.hpp"

#include <tl/expected.hpp>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace tandem::media {

/// One thread around one relay: waits for sockets, for commands and for time. Joined by the
/// destructor.
class worker {
public:
  /// Fails when the kernel gives no epoll, event or thread; the sentence says which.
  [[nodiscard]] static tl::expected<std::unique_ptr<worker>, std::string>
  start(std::uint16_t number, const engine_settings&, const clock&, const event_sink&, slot_board&,
        std::vector<socket_pair>, flow_share);
  struct handles; // only start() has them, so only start() constructs
  worker(std::uint16_t number, const engine_settings&, const clock&, const event_sink&, slot_board&,
         std::vector<socket_pair>, flow_share, handles);
  ~worker();
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;

  /// There is something in the command queue. Any thread.
  void wake() noexcept;

private:
  void run() noexcept;
  [[nodiscard]] bool execute_waiting(time_point now) noexcept;
  void answer_bell() noexcept;

  const engine_settings& settings_;
  const clock& clock_;
  slot_board& board_;
  owned_fd epoll_, bell_;
  relay relay_;
  std::atomic<bool> is_rung_{false};
  std::atomic<bool> is_stopping_{false};
  std::thread thread_;
};

} // namespace tandem::media
