#pragma once

#include <nlohmann/json_fwd.hpp>

#include <string_view>

namespace tandem {

/// Prometheus's text format as a list of {"name","labels":{…},"value"}. A value that JSON cannot
/// say (+Inf, NaN) is a text. Lines that are no samples are left out.
[[nodiscard]] nlohmann::json metrics_to_json(std::string_view text);

} // namespace tandem
