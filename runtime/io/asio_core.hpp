#pragma once

// Private to this folder: the only header here that shows Asio.
#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/limits.hpp"

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <sys/socket.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace tandem {

/// What recvmmsg(2) reads into. One set per reactor: its sockets are read one after the other, and
/// a handler is done with the bytes when it returns. Pages are touched only as they are needed.
struct read_slots {
  std::unique_ptr<std::byte[]> bytes =
      std::make_unique_for_overwrite<std::byte[]>(max_datagrams_per_batch * datagram_slot_bytes);
  std::array<sockaddr_storage, max_datagrams_per_batch> from{};
  std::array<iovec, max_datagrams_per_batch> vectors{};
  std::array<mmsghdr, max_datagrams_per_batch> headers{};
};

struct asio_reactor::core {
  core();

  /// Listens to the door bell; re-armed by its own handler.
  void await_bell();
  void run_posted();

  // The doorbell's three positions. Whoever finds `asleep` writes to the eventfd; `rung` and
  // `awake` mean that the shard will look at its queues anyway before it sleeps.
  enum class bell : int { awake, asleep, rung };

  boost::asio::io_context context{1}; // one thread runs it: no locks between handlers
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> keep_running;
  boost::asio::posix::stream_descriptor door; // an eventfd
  std::atomic<bell> state{bell::awake};
  std::mutex posted_mutex;
  std::vector<std::function<void()>> posted;
  read_slots slots;
};

} // namespace tandem
