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

/// The number in the tag of an answer that no leg gives and nobody remembers (RFC 3261 §8.2.7):
/// legs have lower ones. By it the ACK of such an answer is known.
constexpr std::uint32_t no_leg = 1000;

/// With the magic cookie of RFC 3261 §8.1.1.7.
[[nodiscard]] std::string make_branch(const identity&);
/// A tag (§19.3), Contact user or Call-ID.
[[nodiscard]] std::string make_tag(const identity&);

/// Nullopt: not one of ours.
[[nodiscard]] std::optional<identity> parse_branch(std::string_view);
[[nodiscard]] std::optional<identity> parse_tag(std::string_view);

/// The key of a further call with Call-ID and From tag of one that is still here: a phone that was
/// refused tries again with a higher CSeq (RFC 3261 §8.1.3.5). Its first half stays, and with it
/// the shard. The second need not be keyed: who can choose the number has chosen the Call-ID, too.
[[nodiscard]] key128 retry_key(const key128& first, std::uint32_t cseq);

/// The key of a MESSAGE outside any dialog, made of what a call with its Call-ID and From tag would
/// have: phones send one after the other in the same Call-ID (RFC 3428 §4), and each is alone.
/// Never that of a call, nor of a retry of one.
[[nodiscard]] key128 message_key(const key128& first, std::uint32_t cseq);

} // namespace tandem::actors
