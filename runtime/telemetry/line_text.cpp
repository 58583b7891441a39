#include "runtime/telemetry/line_text.hpp"

#include "runtime/telemetry/limits.hpp"

namespace tandem {

namespace {

constexpr std::string_view hex = "0123456789abcdef";

/// The longest prefix of at most `size` bytes that ends between two UTF-8 characters.
std::string_view cut(std::string_view text, std::size_t size) {
  while (size > 0 && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80)
    --size;
  return text.substr(0, size);
}

} // namespace

void append_one_line(std::string& out, std::string_view text) {
  const bool too_long = text.size() > max_log_text;
  if (too_long)
    text = cut(text, max_log_text);
  unsigned char before = 0;
  for (const char c : text) {
    const auto code = static_cast<unsigned char>(c);
    const bool c1 = before == 0xc2 && code >= 0x80 && code < 0xa0; // as UTF-8; RFC 3629 §3
    before = code;
    if (c1)
      out.replace(out.size() - 1, 1, "\\xc2");
    if (c == '\n')
      out += "\\n";
    else if (c == '\r')
      out += "\\r";
    else if (c == '\t')
      out += "\\t";
    else if (c == '\\')
      out += "\\\\";
    else if (code < 0x20 || code == 0x7f || c1)
      out.append("\\x").append(1, hex[code >> 4]).append(1, hex[code & 15]);
    else
      out += c;
  }
  if (too_long)
    out += "…";
}

} // namespace tandem
