#pragma once

#include <nlohmann/json_fwd.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem {

/// 1234567 → "1,234,567".
[[nodiscard]] std::string grouped(std::int64_t);
/// 340 → "340 ms", 12345 → "12.3 s", 123000 → "2m 03s", 11520000 → "3h 12m", 187200000 → "2d 04h".
[[nodiscard]] std::string duration_words(std::int64_t ms);
/// "7f3a1b2c0000…" (32 digits) → "7f3a1b2c"; what is no key stays as it is.
[[nodiscard]] std::string short_key(std::string_view);
/// (2, "call") → "2 calls", (1, "call") → "1 call".
[[nodiscard]] std::string counted(std::int64_t, std::string_view noun);

// What a node says is read with tolerance: an older or newer one may leave something out.

/// A text made printable; "" when it is absent or no text.
[[nodiscard]] std::string text_of(const nlohmann::json&, const char* field);
/// 0 when it is absent or no number.
[[nodiscard]] std::int64_t count_of(const nlohmann::json&, const char* field);
[[nodiscard]] double number_of(const nlohmann::json&, const char* field);
[[nodiscard]] bool flag_of(const nlohmann::json&, const char* field);
/// The list, or an empty one.
[[nodiscard]] const nlohmann::json& list_of(const nlohmann::json&, const char* field);
/// Is the field there, and not null?
[[nodiscard]] bool has(const nlohmann::json&, const char* field);

} // namespace tandem
