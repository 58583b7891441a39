#pragma once

#include "runtime/base/key.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Every branch, tag, Contact user and Call-ID that we issue says whose it is:
/// key "." number "." node, the number in decimal, the node a hint at where the call is homed.
/// So any node can tell at once whose a message is, and an operator can search a capture for a key.
namespace tandem::actors {

struct identity {
  key128 key;
  std::uint32_t number = 0; ///< branch: of the transaction; tag and Contact: of the leg
  std::string_view node;

  bool operator==(const identity&) const = default;
};

/// With the magic cookie of RFC 3261 §8.1.1.7.
[[nodiscard]] std::string make_branch(const identity&);
/// A tag (§19.3), Contact user or Call-ID.
[[nodiscard]] std::string make_tag(const identity&);

/// Nullopt: not one of ours.
[[nodiscard]] std::optional<identity> parse_branch(std::string_view);
[[nodiscard]] std::optional<identity> parse_tag(std::string_view);

} // namespace tandem::actors
