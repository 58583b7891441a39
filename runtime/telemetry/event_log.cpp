#include "runtime/telemetry/event_log.hpp"

#include "runtime/telemetry/limits.hpp"
#include "runtime/telemetry/line_text.hpp"

#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/base_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>

#include <array>
#include <map>
#include <mutex>
#include <utility>

namespace tandem {

namespace {

spdlog::level::level_enum to_spdlog(log_level l) {
  switch (l) {
    case log_level::trace: return spdlog::level::trace;
    case log_level::debug: return spdlog::level::debug;
    case log_level::info: return spdlog::level::info;
    case log_level::warning: return spdlog::level::warn;
    case log_level::error: return spdlog::level::err;
    case log_level::off: return spdlog::level::off;
  }
  return spdlog::level::off;
}

/// Hands whole lines to a function.
class function_sink final : public spdlog::sinks::base_sink<std::mutex> {
public:
  explicit function_sink(std::function<void(std::string_view)> f) : f_(std::move(f)) {}

protected:
  void sink_it_(const spdlog::details::log_msg& m) override {
    spdlog::memory_buf_t line;
    formatter_->format(m, line);
    f_({line.data(), line.size()});
  }
  void flush_() override {}

private:
  std::function<void(std::string_view)> f_;
};

/// UTC, so that the lines of several nodes can be merged; "\n" only where a terminal needs it.
std::unique_ptr<spdlog::formatter> make_formatter(const char* end_of_line) {
  return std::make_unique<spdlog::pattern_formatter>("%Y-%m-%dT%H:%M:%S.%eZ %^%-7l%$ %n %v",
                                                     spdlog::pattern_time_type::utc, end_of_line);
}

spdlog::sink_ptr make_sink(const log_settings& s) {
  spdlog::sink_ptr sink;
  if (s.sink)
    sink = std::make_shared<function_sink>(s.sink);
  else
    sink = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
  sink->set_formatter(make_formatter(s.sink ? "" : "\n"));
  return sink;
}

} // namespace

class event_log::backend {
public:
  backend(const clock& time, const log_settings& s)
    : time_(time), allowance_(s.lines_per_cause_and_second) {
    const auto sink = make_sink(s);
    if (s.writer == log_writer::own_thread) {
      writer_ = std::make_shared<spdlog::details::thread_pool>(max_log_queue, 1);
      // A shard never waits for a terminal or a disk: the oldest lines give way.
      logger_ = std::make_shared<spdlog::async_logger>(
          s.node, sink, writer_, spdlog::async_overflow_policy::overrun_oldest);
    } else {
      logger_ = std::make_shared<spdlog::logger>(s.node, sink);
    }
    logger_->set_level(spdlog::level::trace); // event_log decides
  }

  void write(log_level l, std::string_view cause, std::string_view text,
             const std::optional<key128>& call) {
    std::uint64_t unwritten = 0;
    if (!admit(cause, unwritten))
      return;
    std::string line = call ? to_string(*call).substr(0, 8) : "-";
    line.append(1, ' ').append(cause).append(": ");
    append_one_line(line, text);
    if (unwritten > 0)
      line += " (" + std::to_string(unwritten) + " more like this were not written)";
    logger_->log(time_.wall(), spdlog::source_loc{}, to_spdlog(l), line);
  }

  [[nodiscard]] std::uint64_t suppressed() const {
    return limited_.load(std::memory_order_relaxed) + (writer_ ? writer_->overrun_counter() : 0);
  }

private:
  struct account {
    time_point since{};
    std::size_t written = 0;
    std::uint64_t unwritten = 0;
  };

  /// May this cause write now? `unwritten`: how many could not since it last did.
  bool admit(std::string_view cause, std::uint64_t& unwritten) {
    const auto now = time_.now();
    const std::lock_guard hold{mutex_};
    auto& a = account_of(cause);
    if (now - a.since >= std::chrono::seconds{1}) {
      a.since = now;
      a.written = 0;
    }
    if (a.written >= allowance_) {
      ++a.unwritten;
      limited_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    ++a.written;
    unwritten = std::exchange(a.unwritten, 0);
    return true;
  }

  account& account_of(std::string_view cause) {
    if (const auto known = accounts_.find(cause); known != accounts_.end())
      return known->second;
    if (accounts_.size() >= max_log_causes)
      return shared_account_;
    return accounts_.emplace(std::string{cause}, account{time_.now(), 0, 0}).first->second;
  }

  const clock& time_;
  const std::size_t allowance_;
  std::mutex mutex_;
  std::map<std::string, account, std::less<>> accounts_;
  account shared_account_;
  std::atomic<std::uint64_t> limited_{0};
  std::shared_ptr<spdlog::details::thread_pool> writer_; // its destructor writes what is queued
  std::shared_ptr<spdlog::logger> logger_;
};

event_log::event_log(const clock& time, const log_settings& s)
  : levels_(s.level), backend_(std::make_unique<backend>(time, s)) {
}

event_log::~event_log() = default;

void event_log::write(log_level l, std::string_view cause, std::string_view text,
                      const std::optional<key128>& call) {
  if (levels_.is_written(l, cause, call))
    backend_->write(l, cause, text, call);
}

std::uint64_t event_log::suppressed() const {
  return backend_->suppressed();
}

} // namespace tandem
