#pragma once

#include <string>
#include <string_view>

namespace tandem::sip {

/// A message as people may see it: with "-" for the response in Digest credentials, from which a
/// password can be guessed at leisure, and for all credentials of another scheme.
[[nodiscard]] std::string without_proofs(std::string_view message);

} // namespace tandem::sip
