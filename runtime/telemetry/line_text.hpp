#pragma once

#include <string>
#include <string_view>

namespace tandem {

/// Appends `text` so that it stays on one line and cannot steer a terminal: control characters
/// (C0, DEL, C1) become "\n", "\r", "\t" or "\x1b", and a backslash is doubled. Cut at
/// `max_log_text` bytes, not within a UTF-8 character, with "…" behind.
void append_one_line(std::string& out, std::string_view text);

} // namespace tandem
