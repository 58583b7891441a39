#include "runtime/telemetry/metrics.hpp"

#include "runtime/base/check.hpp"
#include "runtime/telemetry/limits.hpp"

#include <prometheus/check_names.h>
#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>
#include <mutex>
#include <utility>
#include <variant>

namespace tandem {

histogram::histogram(std::vector<double> bounds)
  : bounds_(std::move(bounds)), counts_(bounds_.size() + 1) {
  TANDEM_CHECK(std::ranges::adjacent_find(bounds_, std::greater_equal<>{}) == bounds_.end());
}

void histogram::observe(double value) {
  const auto range = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(range)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::uint64_t histogram::count(std::size_t i) const {
  return counts_.at(i).load(std::memory_order_relaxed);
}

namespace {

// Values live behind pointers, so that a reference stays good while the tables grow.
using cell = std::variant<std::unique_ptr<counter>, std::unique_ptr<gauge>,
                          std::unique_ptr<histogram>, std::function<double()>>;

struct series_family {
  std::string help;
  prometheus::MetricType type = prometheus::MetricType::Untyped;
  std::map<metric_labels, cell> series;
  std::string label{};                              ///< with `each`
  std::function<metrics::labelled_values()> each{}; ///< as many as there are when asked
};

prometheus::MetricType type_of_sample(std::string_view name) {
  return name.ends_with("_total") ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge;
}

prometheus::ClientMetric read(double value) {
  prometheus::ClientMetric m;
  m.counter.value = m.gauge.value = value; // the family's type says which is written
  return m;
}

prometheus::ClientMetric read(const histogram& h) {
  prometheus::ClientMetric m;
  std::uint64_t below = 0; // Prometheus's buckets are cumulative, ours are not
  for (std::size_t i = 0; i <= h.bounds().size(); ++i) {
    below += h.count(i);
    const auto bound =
        i < h.bounds().size() ? h.bounds()[i] : std::numeric_limits<double>::infinity();
    m.histogram.bucket.push_back({below, bound});
  }
  m.histogram.sample_count = below;
  m.histogram.sample_sum = h.sum();
  return m;
}

prometheus::ClientMetric read(const cell& c) {
  prometheus::ClientMetric m;
  if (const auto* count = std::get_if<std::unique_ptr<counter>>(&c))
    m.counter.value = static_cast<double>((*count)->value());
  else if (const auto* level = std::get_if<std::unique_ptr<gauge>>(&c))
    m.gauge.value = static_cast<double>((*level)->value());
  else if (const auto* ranges = std::get_if<std::unique_ptr<histogram>>(&c))
    m = read(**ranges);
  else
    m = read(std::get<std::function<double()>>(c)());
  return m;
}

prometheus::MetricFamily read(const std::string& name, const series_family& f) {
  prometheus::MetricFamily out{name, f.help, f.type, {}};
  for (const auto& [labels, value] : f.series) {
    auto m = read(value);
    for (const auto& [key, text] : labels)
      m.label.push_back({key, text});
    out.metric.push_back(std::move(m));
  }
  if (f.each)
    for (const auto& [text, value] : f.each()) {
      out.metric.push_back(read(value));
      out.metric.back().label.push_back({f.label, text});
    }
  return out;
}

} // namespace

class metrics::registry {
public:
  /// The cell of this series, made by `make` if there is none.
  template <class Make>
  cell& find_or_add(std::string_view name, std::string_view help, prometheus::MetricType type,
                    const metric_labels& labels, Make make) {
    TANDEM_CHECK(prometheus::CheckMetricName(std::string{name}));
    for (const auto& [key, text] : labels)
      TANDEM_CHECK(prometheus::CheckLabelName(key));
    const std::lock_guard hold{mutex_};
    auto& family = families_.try_emplace(std::string{name}, series_family{std::string{help}, type})
                       .first->second;
    TANDEM_CHECK(family.type == type);
    if (const auto known = family.series.find(labels); known != family.series.end())
      return known->second;
    TANDEM_CHECK(count_ < max_series);
    ++count_;
    return family.series.emplace(labels, make()).first->second;
  }

  void add_each(std::string_view name, std::string_view help, std::string_view label,
                std::function<labelled_values()> read_all) {
    TANDEM_CHECK(prometheus::CheckMetricName(std::string{name}));
    TANDEM_CHECK(prometheus::CheckLabelName(std::string{label}));
    const std::lock_guard hold{mutex_};
    const auto [at, is_new] = families_.try_emplace(
        std::string{name}, series_family{std::string{help}, type_of_sample(name)});
    TANDEM_CHECK(is_new);
    at->second.label = label;
    at->second.each = std::move(read_all);
  }

  [[nodiscard]] std::string serialize() const {
    const std::lock_guard hold{mutex_};
    std::vector<prometheus::MetricFamily> all;
    all.reserve(families_.size());
    for (const auto& [name, family] : families_)
      all.push_back(read(name, family));
    return prometheus::TextSerializer{}.Serialize(all);
  }

private:
  mutable std::mutex mutex_;
  std::map<std::string, series_family> families_;
  std::size_t count_ = 0;
};

metrics::metrics() : registry_(std::make_unique<registry>()) {
}

metrics::~metrics() = default;

counter& metrics::make_counter(std::string_view name, std::string_view help,
                               const metric_labels& labels) {
  auto& c = registry_->find_or_add(name, help, prometheus::MetricType::Counter, labels,
                                   [] { return cell{std::make_unique<counter>()}; });
  return *std::get<std::unique_ptr<counter>>(c);
}

gauge& metrics::make_gauge(std::string_view name, std::string_view help,
                           const metric_labels& labels) {
  auto& c = registry_->find_or_add(name, help, prometheus::MetricType::Gauge, labels,
                                   [] { return cell{std::make_unique<gauge>()}; });
  auto* found = std::get_if<std::unique_ptr<gauge>>(&c);
  TANDEM_CHECK(found != nullptr); // else it is sampled
  return **found;
}

histogram& metrics::make_histogram(std::string_view name, std::string_view help,
                                   std::vector<double> bounds, const metric_labels& labels) {
  auto& c = registry_->find_or_add(name, help, prometheus::MetricType::Histogram, labels, [&] {
    return cell{std::make_unique<histogram>(std::move(bounds))};
  });
  return *std::get<std::unique_ptr<histogram>>(c);
}

void metrics::sample(std::string_view name, std::string_view help, std::function<double()> read,
                     const metric_labels& labels) {
  registry_->find_or_add(name, help, type_of_sample(name), labels,
                         [&] { return cell{std::move(read)}; });
}

void metrics::sample_each(std::string_view name, std::string_view help, std::string_view label,
                          std::function<labelled_values()> read) {
  registry_->add_each(name, help, label, std::move(read));
}

std::string metrics::serialize() const {
  return registry_->serialize();
}

} // namespace tandem
