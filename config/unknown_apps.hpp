#pragma once

#include "config/configuration.hpp"

#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// Routes to applications that are not there, also of a file with other mistakes, so that all of
/// them are told at once. `names` lists those there are. Empty if it cannot be read as TOML.
[[nodiscard]] std::vector<config_error>
unknown_apps(const std::filesystem::path& file,
             const std::function<bool(std::string_view)>& is_known, const std::string& names);

} // namespace tandem
