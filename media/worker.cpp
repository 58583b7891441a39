#include "media/worker.hpp"

#include <pthread.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <system_error>

namespace tandem::media {

namespace {

constexpr std::uint64_t bell_token = ~std::uint64_t{0};

// How long commands that ring no bell (socket_engine) may wait where nothing else happens.
constexpr int idle_interval = 1000; // ms

std::string because(const char* what) {
  return std::string("media worker: ") + what + ": " + std::strerror(errno);
}

// Signals are for the main thread: a worker inherits the mask of whoever starts it.
class all_signals_blocked {
public:
  all_signals_blocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~all_signals_blocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  all_signals_blocked(const all_signals_blocked&) = delete;
  all_signals_blocked& operator=(const all_signals_blocked&) = delete;

private:
  sigset_t before_{};
};

} // namespace

struct worker::handles {
  owned_fd epoll, bell;
};

tl::expected<std::unique_ptr<worker>, std::string>
worker::start(std::uint16_t number, const engine_settings& settings, const clock& time,
              const event_sink& sink, slot_board& board, std::vector<socket_pair> pairs,
              flow_share flows) {
  owned_fd epoll{epoll_create1(EPOLL_CLOEXEC)};
  if (!epoll.is_open())
    return tl::unexpected(because("epoll_create1"));
  owned_fd bell{eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)};
  if (!bell.is_open())
    return tl::unexpected(because("eventfd"));
  epoll_event interest{};
  interest.events = EPOLLIN;
  interest.data.u64 = bell_token;
  if (epoll_ctl(epoll.get(), EPOLL_CTL_ADD, bell.get(), &interest) != 0)
    return tl::unexpected(because("epoll_ctl"));
  auto w = std::make_unique<worker>(number, settings, time, sink, board, std::move(pairs),
                                    std::move(flows), handles{std::move(epoll), std::move(bell)});
  try {
    const all_signals_blocked guard;
    w->thread_ = std::thread([raw = w.get()] { raw->run(); });
  } catch (const std::system_error& e) {
    return tl::unexpected(std::string("media worker: thread: ") + e.what());
  }
  pthread_setname_np(w->thread_.native_handle(),
                     (std::string("media/") + std::to_string(number)).c_str());
  return w;
}

worker::worker(std::uint16_t number, const engine_settings& settings, const clock& time,
               const event_sink& sink, slot_board& board, std::vector<socket_pair> pairs,
               flow_share flows, handles h)
  : settings_(settings), clock_(time), board_(board), epoll_(std::move(h.epoll)),
    bell_(std::move(h.bell)),
    relay_(number, settings, sink, board, std::move(pairs), epoll_.get(), std::move(flows)) {
}

worker::~worker() {
  if (!thread_.joinable())
    return;
  is_stopping_.store(true, std::memory_order_release);
  wake();
  thread_.join();
}

void worker::wake() noexcept {
  // One bell for many commands: who finds it rung knows that the worker will still look.
  if (is_rung_.exchange(true, std::memory_order_acq_rel))
    return;
  const std::uint64_t one = 1;
  while (write(bell_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
}

void worker::answer_bell() noexcept {
  std::uint64_t count = 0;
  (void) !read(bell_.get(), &count, sizeof count);
  is_rung_.exchange(false, std::memory_order_acq_rel); // before the queue is looked at
}

// True: there may be more.
bool worker::execute_waiting(time_point now) noexcept {
  for (std::size_t i = 0; i < limits::commands_per_turn; ++i) {
    const auto next = board_.commands.pop();
    if (!next)
      return false;
    relay_.execute(*next, now);
  }
  return true;
}

void worker::run() noexcept {
  std::array<epoll_event, limits::sockets_per_turn> ready;
  const auto interval = static_cast<int>(settings_.housekeeping.count());
  auto next_housekeeping = clock_.now() + settings_.housekeeping;
  bool is_more_waiting = false;
  while (!is_stopping_.load(std::memory_order_acquire)) {
    const int wait_ms = is_more_waiting ? 0 : relay_.is_idle() ? idle_interval : interval;
    const int n = epoll_wait(epoll_.get(), ready.data(), limits::sockets_per_turn, wait_ms);
    const auto now = clock_.now(); // one time for the whole batch
    for (int i = 0; i < n; ++i)
      if (ready[static_cast<std::size_t>(i)].data.u64 == bell_token)
        answer_bell();
    is_more_waiting = execute_waiting(now); // also what came without the bell
    for (int i = 0; i < n; ++i)
      if (const auto token = ready[static_cast<std::size_t>(i)].data.u64; token != bell_token)
        relay_.on_readable(token, now);
    if (n == 0 || now >= next_housekeeping) {
      relay_.on_housekeeping(now);
      next_housekeeping = now + settings_.housekeeping;
    }
  }
}

} // namespace tandem::media
