#include "apps/tandem/figures.hpp"

#include "apps/tandem/metrics_json.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tandem {

figures::figures(std::string_view text) {
  for (const auto& s : metrics_to_json(text)) {
    sample read{{}, number_of(s, "value")};
    for (const auto& [name, value] : s.at("labels").items())
      read.where.emplace(name, value.get<std::string>());
    samples_[text_of(s, "name")].push_back(std::move(read));
  }
}

bool figures::has(std::string_view name) const {
  return samples_.contains(name);
}

double figures::sum(std::string_view name, const labels& wanted) const {
  const auto found = samples_.find(name);
  double total = 0;
  if (found != samples_.end())
    for (const auto& s : found->second)
      if (std::ranges::includes(s.where, wanted))
        total += s.value;
  return total;
}

std::map<std::string, double> figures::by(std::string_view name, const std::string& label) const {
  std::map<std::string, double> out;
  if (const auto found = samples_.find(name); found != samples_.end())
    for (const auto& s : found->second)
      if (const auto at = s.where.find(label); at != s.where.end())
        out[at->second] += s.value;
  return out;
}

} // namespace tandem
