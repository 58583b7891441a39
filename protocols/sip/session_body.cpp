#include "protocols/sip/session_body.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/take_media_type.hpp"

#include <algorithm>
#include <optional>
#include <string>

namespace tandem::sip {

namespace {

/// The text of one that could be used; nullopt: there is none, and nothing is amiss.
using found_text = tl::expected<std::optional<std::string_view>, std::uint16_t>;

/// A body or one of its parts.
struct entity {
  std::optional<media_type> type{};
  std::string_view disposition{}, encoding{}, text{};
  bool is_part = false;
};

constexpr std::uint16_t not_understood = 415;

bool is_session(const entity& e) {
  const auto kind = trim(e.disposition.substr(0, e.disposition.find(';')));
  return kind.empty() || same_word(kind, "session");
}

/// §20.11: "required" unless it says otherwise. RFC 5621 §8.2: a part of multipart/mixed too; but
/// many put things beside the description that they do not expect everybody to read.
bool may_be_left_alone(const entity& e) {
  const auto at = e.disposition.find(';');
  const auto handling = at == std::string_view::npos
                            ? std::nullopt
                            : parameter_list{e.disposition.substr(at)}.find("handling");
  return handling ? same_word(handling->value, "optional") : e.is_part;
}

found_text left_alone(const entity& e) {
  if (may_be_left_alone(e))
    return std::nullopt;
  return tl::unexpected(not_understood);
}

found_text read_entity(const entity&, std::size_t depth);

/// RFC 2046 §5.1.1: a line that begins with "--" and the boundary; nullopt: no further one.
struct delimiter {
  std::size_t begins; ///< with the line end before it, which belongs to it
  std::size_t ends;   ///< behind its own line end
  bool last;
};

std::optional<delimiter> find_delimiter(std::string_view text, std::string_view dashes,
                                        std::size_t from) {
  for (auto at = text.find(dashes, from); at != std::string_view::npos;
       at = text.find(dashes, at + 1)) {
    const bool begins_line = at == 0 || text[at - 1] == '\n';
    auto rest = text.substr(at + dashes.size());
    const bool last = rest.starts_with("--");
    rest.remove_prefix(last ? 2 : 0);
    const auto padding = rest.find_first_not_of(" \t");
    rest.remove_prefix(std::min(padding, rest.size()));
    if (!begins_line || !(rest.empty() || rest.starts_with("\r\n") || rest.starts_with('\n')))
      continue;
    const auto line_end = rest.empty() ? 0U : rest.starts_with('\n') ? 1U : 2U;
    auto begins = at;
    if (begins > 0) // text[at - 1] is '\n'
      begins -= begins > 1 && text[begins - 2] == '\r' ? 2 : 1;
    return delimiter{begins, text.size() - rest.size() + line_end, last};
  }
  return std::nullopt;
}

std::optional<media_type> type_of(std::string_view text) {
  std::optional<media_type> t{std::in_place};
  if (!take_media_type(text, *t) || !text.empty())
    t.reset();
  return t;
}

/// RFC 2046 §5.1: header lines, an empty line, the text.
std::optional<entity> read_part(std::string_view part) {
  entity e{.is_part = true};
  e.type = media_type{"text", "plain", {}}; // §5.1: the default
  while (!part.empty()) {
    const auto end = part.find('\n');
    auto line = part.substr(0, end);
    part.remove_prefix(end == std::string_view::npos ? part.size() : end + 1);
    if (line.ends_with('\r'))
      line.remove_suffix(1);
    if (line.empty()) {
      e.text = part;
      return e;
    }
    const auto colon = line.find(':');
    if (is_space(line.front()))
      continue; // a fold; none of these three needs one
    if (colon == std::string_view::npos)
      return std::nullopt;
    const auto name = trim(line.substr(0, colon));
    const auto value = trim(line.substr(colon + 1));
    if (same_word(name, "Content-Type"))
      e.type = type_of(value);
    else if (same_word(name, "Content-Disposition"))
      e.disposition = value;
    else if (same_word(name, "Content-Transfer-Encoding"))
      e.encoding =
          same_word(value, "binary") || same_word(value, "8bit") || same_word(value, "7bit")
              ? std::string_view{}
              : value;
  }
  return std::nullopt;
}

found_text read_multipart(const entity& e, std::size_t depth) {
  const auto boundary = e.type->parameters.find("boundary");
  if (depth == max_multipart_depth || !boundary || boundary->value.empty()
      || boundary->value.size() > max_boundary_bytes)
    return tl::unexpected(not_understood);
  const bool last_wins = same_word(e.type->subtype, "alternative");
  const auto dashes = std::string{"--"}.append(boundary->value);
  std::optional<std::string_view> found;
  auto from = find_delimiter(e.text, dashes, 0);
  while (from && !from->last) {
    const auto to = find_delimiter(e.text, dashes, from->ends);
    if (!to)
      return tl::unexpected(not_understood); // §5.1.2: cut off
    // The line end of a part without a byte is that of the delimiter before it.
    const auto size = std::max(to->begins, from->ends) - from->ends;
    const auto part = read_part(e.text.substr(from->ends, size));
    if (!part)
      return tl::unexpected(not_understood);
    const auto text = read_entity(*part, depth + 1);
    if (!text)
      return text;
    if (*text && (!found || last_wins))
      found = *text;
    from = to;
  }
  if (!from)
    return tl::unexpected(not_understood);
  return found ? found_text{found} : left_alone(e);
}

found_text read_entity(const entity& e, std::size_t depth) {
  if (e.text.empty())
    return std::nullopt;
  if (!e.type || !(e.encoding.empty() || same_word(e.encoding, "identity")))
    return left_alone(e);
  if (same_word(e.type->type, "multipart"))
    return read_multipart(e, depth);
  if (!e.type->is("application", "sdp"))
    return left_alone(e);
  // "render" and the like with handling=optional: what else would a description be for?
  return is_session(e) || may_be_left_alone(e) ? found_text{e.text} : left_alone(e);
}

} // namespace

tl::expected<std::string_view, std::uint16_t> session_body(const message& m) {
  entity whole;
  whole.text = m.body();
  if (auto type = read_content_type(m))
    whole.type = *type;
  whole.disposition = m.header(header_id::content_disposition).value_or("");
  if (const auto encoding = m.header(header_id::content_encoding))
    whole.encoding = encoding->empty() ? "?" : *encoding;
  return read_entity(whole, 0).map(
      [](const auto& text) { return text.value_or(std::string_view{}); });
}

std::uint16_t unfit_for_session(const message& invite) {
  if (!unsupported_options(invite).empty())
    return 420;
  const auto takes = [](const media_type& t) {
    return t.is("*", "*") || t.is("application", "*") || t.is("application", "sdp");
  };
  if (const auto accept = read_accept(invite); // what cannot be read forbids nothing
      invite.has(header_id::accept) && accept && std::ranges::none_of(*accept, takes))
    return 406;
  return session_body(invite) ? 0 : not_understood;
}

} // namespace tandem::sip
