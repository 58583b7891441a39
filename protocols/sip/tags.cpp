#include "protocols/sip/tags.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/take_parameters.hpp"

namespace tandem::sip {

namespace {

/// Steps over display name and URI, as read_name_addr() tells them apart: by the first of "<", ":".
bool skip_address(cursor& in) {
  in.skip_spaces();
  if (in.peek() == '"' && !in.take_quoted())
    return false;
  const auto start = in;
  while (!in.at_end() && in.peek() != '<' && in.peek() != ':')
    in.advance(1);
  if (in.peek() != '<') {
    in = start;
    return !in.take_run(value_chars).empty();
  }
  const auto end = in.rest().find('>');
  if (end == std::string_view::npos)
    return false;
  in.advance(end + 1);
  return true;
}

std::string_view tag_of(const message& m, header_id id) {
  cursor in{m.header(id).value_or(std::string_view{})};
  std::string_view tag;
  parameter_list all;
  const auto keep_tag = [&tag](const parameter& p) {
    if (same_word(p.name, "tag"))
      tag = p.value;
    return true;
  };
  return skip_address(in) && take_parameters(in, all, keep_tag) ? tag : std::string_view{};
}

} // namespace

std::string_view to_tag(const message& m) {
  return tag_of(m, header_id::to);
}

std::string_view from_tag(const message& m) {
  return tag_of(m, header_id::from);
}

} // namespace tandem::sip
