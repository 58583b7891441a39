#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::actors {

/// The number behind limit= in a query, `most` at most and if there is none.
[[nodiscard]] std::size_t limit_in(std::string_view query, std::size_t most);

/// A user's name may hold characters that a path writes as %HH; nullopt: no such text.
[[nodiscard]] std::optional<std::string> unescaped(std::string_view text);

} // namespace tandem::actors
