#pragma once

#include "runtime/base/key.hpp"
#include "runtime/base/log_level.hpp"
#include "runtime/base/time.hpp"
#include "runtime/telemetry/log_levels.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tandem {

/// Where lines are written: the thread that has the event waits for the sink, or a thread of the
/// log's own writes and the oldest lines are dropped when it cannot follow.
enum class log_writer : std::uint8_t { caller, own_thread };

struct log_settings {
  std::string node = "node";
  log_level level = log_level::info;
  log_writer writer = log_writer::own_thread;
  /// Lines of one cause written in one second; the rest of that second is only counted.
  std::size_t lines_per_cause_and_second = 20;
  /// Receives whole lines without the newline; none: stderr, coloured on a terminal.
  std::function<void(std::string_view)> sink{};
};

/// One line per event: time (UTC), level, node, first 8 digits of the call's key or "-", cause,
/// text.
///
///     2026-11-22T12:00:00.123Z warning a 7f3a1b2c sip.parse: from 127.0.0.1:5061: no Call-ID
///
/// Any thread. Control characters in `text` are escaped, so that no stranger writes lines of his
/// own; text beyond `max_log_text` is cut.
class event_log {
public:
  event_log(const clock&, const log_settings&);
  /// Writes what is queued.
  ~event_log();

  /// Ask before building an expensive text.
  [[nodiscard]] bool enabled(log_level l) const { return levels_.are_any_written(l); }
  [[nodiscard]] log_levels& levels() { return levels_; }

  /// `cause` is a short fixed name of the place ("sip.parse"), the unit of rate limiting.
  void write(log_level, std::string_view cause, std::string_view text,
             const std::optional<key128>& call = std::nullopt);

  void debug(std::string_view cause, std::string_view text,
             const std::optional<key128>& call = std::nullopt) {
    write(log_level::debug, cause, text, call);
  }
  void info(std::string_view cause, std::string_view text,
            const std::optional<key128>& call = std::nullopt) {
    write(log_level::info, cause, text, call);
  }
  void warning(std::string_view cause, std::string_view text,
               const std::optional<key128>& call = std::nullopt) {
    write(log_level::warning, cause, text, call);
  }
  void error(std::string_view cause, std::string_view text,
             const std::optional<key128>& call = std::nullopt) {
    write(log_level::error, cause, text, call);
  }

  /// Lines that were not written: over the rate, or the log's thread could not follow.
  [[nodiscard]] std::uint64_t suppressed() const;

private:
  class backend;
  log_levels levels_;
  std::unique_ptr<backend> backend_;
};

} // namespace tandem
