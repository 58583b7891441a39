#include "apps/tandem/full_screen.hpp"

#include <poll.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <csignal>

namespace tandem {

namespace {

// xterm's private modes: 1049 the other screen buffer, 25 the cursor, H is home, J erases below.
constexpr std::string_view enter = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[J";
constexpr std::string_view leave = "\x1b[?25h\x1b[?1049l";

void write_all(std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(STDOUT_FILENO, text.data(), text.size());
    if (written <= 0)
      return; // nobody reads any more
    text.remove_prefix(static_cast<std::size_t>(written));
  }
}

/// Signals come by a descriptor, so no handler runs and every end passes the destructor.
class live_screen final : public full_screen {
public:
  live_screen() {
    tcgetattr(STDIN_FILENO, &before_);
    auto raw = before_;
    raw.c_lflag &= ~static_cast<tcflag_t>(ICANON | ECHO);
    raw.c_cc[VMIN] = 0; // a read never waits
    raw.c_cc[VTIME] = 0;
    sigset_t set;
    sigemptyset(&set);
    for (const auto s : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGWINCH})
      sigaddset(&set, s);
    sigprocmask(SIG_BLOCK, &set, &mask_);
    signals_ = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &raw);
    write_all(enter);
  }
  live_screen(const live_screen&) = delete;
  live_screen& operator=(const live_screen&) = delete;
  ~live_screen() override {
    write_all(leave);
    tcsetattr(STDIN_FILENO, TCSADRAIN, &before_);
    if (signals_ >= 0)
      ::close(signals_);
    sigprocmask(SIG_SETMASK, &mask_, nullptr);
  }

  void draw(std::string_view picture) override { write_all(picture); }

  wake wait(std::chrono::milliseconds time) override {
    std::array<pollfd, 2> sources{{{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}}};
    if (::poll(sources.data(), sources.size(), static_cast<int>(time.count())) <= 0)
      return {};
    if (signalfd_siginfo signal{};
        sources[1].revents != 0 && ::read(signals_, &signal, sizeof signal) == sizeof signal)
      return {signal.ssi_signo == SIGWINCH ? wake::kind::resized : wake::kind::ended};
    char key = 0;
    if (::read(STDIN_FILENO, &key, 1) == 1)
      return {wake::kind::key, key};
    return {wake::kind::ended}; // the terminal is gone
  }

  terminal_view view() const override { return look_at_terminal(); }

private:
  termios before_{};
  sigset_t mask_{};
  int signals_ = -1;
};

} // namespace

std::unique_ptr<full_screen> open_full_screen() {
  if (isatty(STDIN_FILENO) != 1 || isatty(STDOUT_FILENO) != 1)
    return nullptr;
  return std::make_unique<live_screen>();
}

} // namespace tandem
