#include "runtime/io/asio_reactor.hpp"

#include "runtime/io/asio_core.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tandem {

namespace {

int open_bell() {
  const int fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  if (fd < 0)
    throw std::system_error{errno, std::generic_category(), "eventfd"};
  return fd;
}

} // namespace

asio_reactor::core::core() : keep_running(context.get_executor()), door(context, open_bell()) {
  await_bell();
}

void asio_reactor::core::await_bell() {
  door.async_wait(door.wait_read, [this](const boost::system::error_code& failed) {
    if (failed)
      return; // the reactor ends
    std::uint64_t rings = 0;
    (void) !::read(door.native_handle(), &rings, sizeof rings); // else it would ring for ever
    await_bell();
  });
}

void asio_reactor::core::run_posted() {
  std::vector<std::function<void()>> tasks;
  {
    const std::lock_guard hold{posted_mutex};
    tasks.swap(posted);
  }
  for (const auto& task : tasks)
    task();
}

asio_reactor::asio_reactor() : core_(std::make_unique<core>()) {
}

asio_reactor::~asio_reactor() = default;

void asio_reactor::poll(std::optional<duration> at_most) {
  auto& c = *core_;
  std::size_t turns = 0; // poll() would go on for as long as a flood does
  while (turns < max_turns_per_poll && c.context.poll_one() > 0)
    ++turns;
  if (turns == 0 && at_most != duration::zero()) {
    auto position = core::bell::awake;
    // If it was rung since the caller looked at his queues, there is no sleep.
    if (c.state.compare_exchange_strong(position, core::bell::asleep)) {
      if (at_most)
        c.context.run_one_for(*at_most);
      else
        c.context.run_one();
    }
  }
  // A ring up to here is answered by the caller's next look at his queues.
  c.state.store(core::bell::awake);
  c.run_posted();
}

void asio_reactor::wake() {
  if (core_->state.exchange(core::bell::rung) != core::bell::asleep)
    return;
  const std::uint64_t one = 1;
  // Fails only when the counter is full, and then the bell rings already.
  (void) !::write(core_->door.native_handle(), &one, sizeof one);
}

void asio_reactor::post(std::function<void()> task) {
  {
    const std::lock_guard hold{core_->posted_mutex};
    core_->posted.push_back(std::move(task));
  }
  wake();
}

} // namespace tandem
