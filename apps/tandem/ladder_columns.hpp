#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstddef>
#include <string>
#include <vector>

namespace tandem {

/// Who stands where in a ladder.
struct ladder_columns {
  std::vector<std::string> titles; ///< Peers by address, and "node".
  std::size_t node = 0;            ///< Which column is the node's.

  /// The column of an address; every address of the node itself is in `node`.
  [[nodiscard]] std::size_t of(const std::string& address) const;
};

/// Finds the node's own addresses and orders the peers. A call begins with a request that the node
/// receives, and every message has the node at one end: so the node is at the end that earlier
/// lines have shown to be its own, or, in the first line of a further leg, at the sending end. A
/// line with "direction" ("in" or "out") says it itself.
[[nodiscard]] ladder_columns find_columns(const nlohmann::json& lines);

} // namespace tandem
