#pragma once

#include "apps/tandem/line_source.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// Words that only the node knows, by what the command line calls them: "KEY", "NAME", "PATH".
using word_lookup = std::function<std::vector<std::string>(std::string_view kind)>;

/// What the last word of the line may become: commands, options, and what the node knows.
[[nodiscard]] completion complete_line(std::string_view line, const word_lookup&);

} // namespace tandem
