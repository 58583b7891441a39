#pragma once

#include "apps/tandem/terminal.hpp"

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>

namespace tandem {

/// The tree of supervised actors, one a line. Of the children of one node at most `limit` are shown
/// (0: all); the others are counted, with those among them that have an error.
[[nodiscard]] std::string render_tree(const nlohmann::json& root, const terminal_view&,
                                      std::size_t limit);

} // namespace tandem
