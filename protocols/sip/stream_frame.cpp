#include "protocols/sip/grammar.hpp"
#include "protocols/sip/parser.hpp"

#include <algorithm>

namespace tandem::sip {

namespace {

/// Length of the line at the start of `head` with its folds, CRLF included.
std::size_t line_size(std::string_view head) {
  for (std::size_t from = 0;;) {
    const auto end = head.find("\r\n", from);
    if (end == std::string_view::npos)
      return head.size();
    from = end + 2;
    if (from == head.size() || !is_space(head[from]))
      return from;
  }
}

std::string_view trim_folds(std::string_view text) {
  const auto is_filler = [](char c) { return is_space(c) || c == '\r' || c == '\n'; };
  while (!text.empty() && is_filler(text.front()))
    text.remove_prefix(1);
  while (!text.empty() && is_filler(text.back()))
    text.remove_suffix(1);
  return text;
}

/// The one Content-Length among the lines of `head`; nullopt when absent, repeated or no number.
std::optional<std::uint32_t> content_length_of(std::string_view head) {
  std::optional<std::uint32_t> length;
  while (!head.empty()) {
    const auto line = head.substr(0, line_size(head));
    head.remove_prefix(line.size());
    const auto colon = line.find(':');
    if (colon == std::string_view::npos
        || parse_header_id(trim(line.substr(0, colon))) != header_id::content_length)
      continue;
    const auto value = parse_number(trim_folds(line.substr(colon + 1)));
    if (!value || length)
      return std::nullopt;
    length = value;
  }
  return length;
}

} // namespace

stream_frame next_frame(std::string_view received, const message_limits& limits) {
  using enum stream_frame::outcome;
  stream_frame f;
  const auto most = std::min(limits.message_bytes, most_message_bytes);
  while (received.substr(f.skip_bytes).starts_with("\r\n"))
    f.skip_bytes += 2;
  const auto message = received.substr(f.skip_bytes);
  const auto end = message.substr(0, most).find("\r\n\r\n");
  if (end == std::string_view::npos) {
    f.is = message.size() >= most ? broken : need_more;
    return f;
  }
  const auto head_size = end + 4;
  const auto length = content_length_of(message.substr(0, end + 2));
  if (!length || *length > most - head_size) {
    f.is = broken;
    return f;
  }
  f.size_bytes = head_size + *length;
  f.is = message.size() >= f.size_bytes ? complete : need_more;
  return f;
}

} // namespace tandem::sip
