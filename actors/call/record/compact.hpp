#pragma once

#include <optional>
#include <string>
#include <string_view>

/// Bytes that will lie for long, made smaller (LZ4): four bytes that no Cap'n Proto message begins
/// with, the size before as four bytes, one block.
namespace tandem::actors {

/// `bytes` as they are, if they would not become smaller.
[[nodiscard]] std::string compacted(std::string bytes);

[[nodiscard]] bool is_compacted(std::string_view bytes);

/// As they were before; nullopt: damaged, or longer than limits::record_bytes.
[[nodiscard]] std::optional<std::string> expanded(std::string_view bytes);

} // namespace tandem::actors
