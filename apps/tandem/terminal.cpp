#include "apps/tandem/terminal.hpp"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>

namespace tandem {

namespace {

constexpr std::size_t narrowest = 40;
constexpr std::size_t widest = 1'000;

std::string_view variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string_view{} : value;
}

bool continues(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

/// Length of the UTF-8 character at the start of `text` (RFC 3629 §3), 0 if there is none.
std::size_t character_length(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t length = first < 0x80                     ? 1
                             : first >= 0xc2 && first < 0xe0  ? 2
                             : first >= 0xe0 && first < 0xf0  ? 3
                             : first >= 0xf0 && first <= 0xf4 ? 4
                                                              : 0;
  if (length == 0 || length > text.size()
      || !std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(length),
                      continues))
    return 0;
  return length;
}

bool is_control(std::string_view character) {
  const auto first = static_cast<unsigned char>(character[0]);
  if (character.size() == 1)
    return first < 0x20 || first == 0x7f;
  return first == 0xc2 && static_cast<unsigned char>(character[1]) < 0xa0; // C1, with CSI
}

} // namespace

terminal_view look_at_terminal(int descriptor) {
  terminal_view v;
  v.interactive = isatty(descriptor) == 1;
  if (!v.interactive)
    v.width = widest; // whoever reads a pipe wants all of it
  const auto columns = variable("COLUMNS");
  std::from_chars(columns.data(), columns.data() + columns.size(), v.width);
  winsize size{};
  if (v.interactive && ioctl(descriptor, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    v.width = size.ws_col;
    v.height = size.ws_row;
  }
  v.width = std::clamp(v.width, narrowest, widest);
  v.colour = v.interactive && variable("NO_COLOR").empty() && variable("TERM") != "dumb";
  return v;
}

std::string painted(const terminal_view& v, ink colour, std::string_view text) {
  // SGR of ISO 6429: 2 faint, 1 bold, 31 red, 32 green, 33 yellow, 36 cyan.
  constexpr std::array<std::string_view, 7> codes = {"", "2", "1", "31", "32", "33", "36"};
  if (!v.colour || colour == ink::plain || text.empty())
    return std::string{text};
  std::string out = "\x1b[";
  out.append(codes[static_cast<std::size_t>(colour)]).append("m").append(text);
  return out + "\x1b[0m";
}

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto length = character_length(text);
    const auto character = text.substr(0, std::max<std::size_t>(length, 1));
    if (length == 0 || is_control(character))
      out += "·";
    else
      out += character;
    text.remove_prefix(character.size());
  }
  return out;
}

std::size_t cells(std::string_view text) {
  return static_cast<std::size_t>(
      std::ranges::count_if(text, [](char c) { return !continues(c); }));
}

std::string clipped(std::string_view text, std::size_t width) {
  if (cells(text) <= width)
    return std::string{text};
  if (width == 0)
    return {};
  std::size_t end = 0;
  for (std::size_t kept = 1; kept < width; ++kept)
    do
      ++end;
    while (end < text.size() && continues(text[end]));
  return std::string{text.substr(0, end)} + "…";
}

std::string padded(std::string_view text, std::size_t width) {
  const auto used = cells(text);
  return std::string{text} + std::string(width > used ? width - used : 0, ' ');
}

std::string padded_left(std::string_view text, std::size_t width) {
  const auto used = cells(text);
  return std::string(width > used ? width - used : 0, ' ') + std::string{text};
}

} // namespace tandem
