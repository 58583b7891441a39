#pragma once

#include "protocols/sip/grammar.hpp"
#include "runtime/base/hash.hpp"

#include <array>
#include <optional>
#include <string_view>

namespace tandem::sip {

/// Strongest first: the order of our challenges, and of our choice among a peer's (RFC 8760 §2.4).
constexpr std::array<hash_algorithm, hash_algorithm_count> algorithms_by_strength = {
    hash_algorithm::sha512_256, hash_algorithm::sha256, hash_algorithm::md5};

/// As RFC 7616 §6.1 registers it.
[[nodiscard]] constexpr std::string_view to_string(hash_algorithm a) {
  switch (a) {
    case hash_algorithm::md5: return "MD5";
    case hash_algorithm::sha256: return "SHA-256";
    case hash_algorithm::sha512_256: return "SHA-512-256";
  }
  return "";
}

/// In any case; -sess variants are not ours.
[[nodiscard]] constexpr std::optional<hash_algorithm> parse_algorithm(std::string_view text) {
  for (const auto a : algorithms_by_strength)
    if (same_word(text, to_string(a)))
      return a;
  return std::nullopt;
}

} // namespace tandem::sip
