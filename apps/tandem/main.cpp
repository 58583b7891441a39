#include "apps/tandem/console.hpp"

#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <iostream>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

/// $XDG_STATE_HOME/tandem/history, made as far as its folder; "" without a home.
std::string history_file() {
  const auto state = variable("XDG_STATE_HOME"), home = variable("HOME");
  if (state.empty() && home.empty())
    return {};
  const auto folder =
      std::filesystem::path{state.empty() ? home + "/.local/state" : state} / "tandem";
  std::error_code ec;
  std::filesystem::create_directories(folder, ec);
  return ec ? std::string{} : (folder / "history").string();
}

/// False: Ctrl-C came where it is blocked (in `console`; elsewhere it ends the program), or nobody
/// reads any more.
bool pause_for(std::chrono::milliseconds time) {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  timespec wait{};
  wait.tv_sec = static_cast<time_t>(time.count() / 1000);
  wait.tv_nsec = static_cast<long>(time.count() % 1000 * 1'000'000);
  return sigtimedwait(&set, nullptr, &wait) != SIGINT && bool{std::cout};
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, ""); // what is typed and shown may be UTF-8
  tandem::console_environment env{std::cout, std::cerr};
  env.view = tandem::look_at_terminal();
  env.error_view = tandem::look_at_terminal(STDERR_FILENO);
  env.admin = variable("TANDEM_ADMIN");
  env.token = variable("TANDEM_TOKEN");
  env.pause = pause_for;
  env.look = [] { return tandem::look_at_terminal(); };
  env.open_screen = tandem::open_full_screen;
  env.open_lines = [](tandem::completer offers) {
    return isatty(STDIN_FILENO) == 1 ? tandem::edit_lines(history_file(), std::move(offers))
                                     : tandem::read_lines(std::cin);
  };
  return tandem::run_console({argv + 1, argv + argc}, env);
}
