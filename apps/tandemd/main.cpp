// tandemd --config FILE: one node.
#include "actors/node/node.hpp"
#include "apps/built_in.hpp"
#include "config/unknown_apps.hpp"
#include "runtime/base/version.hpp"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

/// jemalloc's settings, by the name by which it asks for them (jemalloc(3)). One arena: shards
/// hardly contend, and media workers do not allocate. What a crowd of calls has left goes back to
/// the system within seconds, by a thread of its own.
extern "C" {
extern const char* const malloc_conf;
const char* const malloc_conf =
    "narenas:1,dirty_decay_ms:1000,muzzy_decay_ms:0,background_thread:true";
}

namespace {

/// Signals are taken by sigwait in this thread alone, so no handler runs anywhere.
sigset_t block_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const auto s : {SIGINT, SIGTERM, SIGHUP})
    sigaddset(&set, s);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  return set;
}

/// The settings of the file, in which every route names an application that is built in; or all
/// that is wrong with it, in order of line.
tandem::config_result load(const std::string& file, const tandem::actors::app_catalogue& apps) {
  auto settings = tandem::load_configuration(file);
  auto wrong = tandem::unknown_apps(
      file, [&](std::string_view name) { return apps.find(name) != nullptr; },
      tandem::apps::built_in_names());
  if (!settings)
    wrong.insert(wrong.begin(), settings.error().begin(), settings.error().end());
  std::ranges::stable_sort(wrong, {}, &tandem::config_error::line);
  if (!wrong.empty())
    return tl::unexpected(std::move(wrong));
  return settings;
}

/// SIGHUP: a file with a mistake changes nothing.
void reload(tandem::actors::node& node, const std::string& file,
            const tandem::actors::app_catalogue& apps) {
  auto& log = node.log();
  const auto settings = load(file, apps);
  if (!settings) {
    for (const auto& wrong : settings.error())
      log.error("config.reload", to_string(wrong));
    return log.error("config.reload", file + " has mistakes; nothing was changed");
  }
  const auto report = node.reload(*settings);
  for (const auto& line : report.changes)
    log.info("config.reload", line);
  for (const auto& line : report.later)
    log.warning("config.reload", line);
  if (report.changes.empty() && report.later.empty())
    log.info("config.reload", file + " says what is in force already");
}

} // namespace

int main(int argc, char** argv) {
  CLI::App cli{"tandemd: a node of Tandem"};
  std::string file;
  bool check_only = false;
  cli.add_option("--config", file, "Configuration (TOML), see docs/CONFIG.md")->required();
  cli.add_flag("--check", check_only, "Check the configuration and stop");
  cli.set_version_flag("--version", "tandemd " + std::string{tandem::version()});
  CLI11_PARSE(cli, argc, argv);

  const auto apps = tandem::apps::built_in();
  const auto settings = load(file, apps);
  if (!settings) {
    for (const auto& wrong : settings.error())
      fmt::print(stderr, "{}\n", to_string(wrong));
    const auto count = settings.error().size();
    fmt::print(stderr, "tandemd: {} mistake{} in {}: nothing was started\n", count,
               count == 1 ? "" : "s", file);
    return 2;
  }
  if (check_only) {
    fmt::print("{}: no errors\n", file);
    return 0;
  }

  const auto signals = block_signals();
  auto node = tandem::actors::node::start(*settings, apps);
  if (!node) {
    fmt::print(stderr, "tandemd: {}\n", node.error());
    return 1;
  }
  for (const auto& address : (*node)->sip_addresses())
    (*node)->log().info("node.start", "SIP on udp " + to_string(address));
  (*node)->log().info("node.start",
                      "admin API on http://" + to_string((*node)->admin_address()) + "/ — ready");
  int signal = 0;
  while (sigwait(&signals, &signal) == 0 && signal == SIGHUP)
    reload(**node, file, apps);
  (*node)->log().info("node.stop", signal == SIGINT ? "interrupted" : "asked to stop");
  node->reset();
  return 0;
}
