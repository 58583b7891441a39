#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// A sum that only grows. Adding is one relaxed atomic addition; any thread.
class counter {
public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::uint64_t> value_{0};
};

/// A value that goes up and down. Any thread.
class gauge {
public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  [[nodiscard]] std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

private:
  std::atomic<std::int64_t> value_{0};
};

/// How often a value fell into each range. Any thread; two relaxed additions and a search.
class histogram {
public:
  /// `bounds` rise strictly; a range for what exceeds the last is added.
  explicit histogram(std::vector<double> bounds);

  void observe(double value);
  [[nodiscard]] const std::vector<double>& bounds() const { return bounds_; }
  /// Observations in range `i`: up to and including bounds()[i], or beyond the last.
  [[nodiscard]] std::uint64_t count(std::size_t i) const;
  [[nodiscard]] double sum() const { return sum_.load(std::memory_order_relaxed); }

private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

using metric_labels = std::map<std::string, std::string>;

/// The node's figures, in Prometheus's text format. Asking again for the same name and labels gives
/// the same object; references stay good as long as `metrics` lives. A name that is malformed, has
/// been registered as another type, or exceeds `max_series` is a bug (TANDEM_CHECK). Any thread.
class metrics {
public:
  metrics();
  ~metrics();

  counter& make_counter(std::string_view name, std::string_view help, const metric_labels& = {});
  gauge& make_gauge(std::string_view name, std::string_view help, const metric_labels& = {});
  histogram& make_histogram(std::string_view name, std::string_view help,
                            std::vector<double> bounds, const metric_labels& = {});
  /// A value that is read when somebody looks: a counter if its name ends in "_total", as all
  /// counters' do, else a gauge. `read` runs in the thread of `serialize()`.
  void sample(std::string_view name, std::string_view help, std::function<double()> read,
              const metric_labels& = {});
  /// As many of them as there are at that time, by the text of one label.
  using labelled_values = std::map<std::string, double>;
  void sample_each(std::string_view name, std::string_view help, std::string_view label,
                   std::function<labelled_values()> read);

  /// Text format 0.0.4; content type "text/plain; version=0.0.4".
  [[nodiscard]] std::string serialize() const;

private:
  class registry;
  std::unique_ptr<registry> registry_;
};

/// Adds process_resident_memory_bytes, process_open_fds, process_max_fds,
/// process_start_time_seconds, process_cpu_seconds_total, tandem_thread_cpu_seconds_total (threads
/// of one name together) and process_threads, read from /proc when somebody looks.
void sample_process(metrics&);

} // namespace tandem
