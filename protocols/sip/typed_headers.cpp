#include "protocols/sip/typed_headers.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/take_media_type.hpp"
#include "protocols/sip/take_parameters.hpp"

#include <algorithm>
#include <utility>

namespace tandem::sip {

namespace {

auto fail(header_id id, header_errc code) {
  return tl::make_unexpected(header_error{id, code});
}

/// The value of a header that stands once.
header_result<std::string_view> only(const message& m, header_id id) {
  const auto value = m.header(id);
  if (!value)
    return fail(id, header_errc::missing);
  if (m.count(id) > 1)
    return fail(id, header_errc::repeated);
  return *value;
}

/// The elements of all lines of a header, into `out`; `take` takes one off the front of a list.
template <class List, class Take>
std::optional<header_errc> read_all(const message& m, header_id id, std::size_t most, List& out,
                                    Take take) {
  for (const auto& field : m.headers(id))
    for (auto list = field.value; !list.empty();) {
      if (out.size() == most)
        return header_errc::too_many;
      if (!take(list, out.emplace_back()))
        return header_errc::malformed;
    }
  return std::nullopt;
}

template <class List, class Take>
header_result<List> all(const message& m, header_id id, std::size_t most, Take take) {
  header_result<List> result;
  if (const auto error = read_all(m, id, most, *result, take))
    result = fail(id, *error);
  return result;
}

bool has_empty_line(const message& m, header_id id) {
  for (const auto& field : m.headers(id))
    if (field.value.empty())
      return true;
  return false;
}

/// As `all()`, for lists that cannot be empty.
template <class List, class Take>
header_result<List> some(const message& m, header_id id, std::size_t most, Take take) {
  if (has_empty_line(m, id))
    return fail(id, header_errc::malformed);
  return all<List>(m, id, most, take);
}

header_result<std::uint32_t> only_number(const message& m, header_id id, std::uint32_t max) {
  const auto value = only(m, id);
  if (!value)
    return tl::make_unexpected(value.error());
  if (value->empty() || !std::ranges::all_of(*value, is_digit))
    return fail(id, header_errc::malformed);
  const auto number = parse_number(*value, max);
  if (!number)
    return fail(id, header_errc::out_of_range);
  return *number;
}

bool take_token(std::string_view& list, std::string_view& token) {
  cursor in{list};
  in.skip_spaces();
  token = in.take_run(token_chars);
  in.skip_spaces();
  std::string_view element;
  if (token.empty() || (!in.at_end() && in.peek() != ',')
      || !end_element(in, in.at(), element, list))
    return false;
  return true;
}

bool take_reason(std::string_view& list, reason_value& r) {
  cursor in{list};
  in.skip_spaces();
  r.protocol = in.take_run(token_chars);
  parameter_list parameters;
  std::string_view element;
  const auto set = [&](const parameter& p) {
    if (same_word(p.name, "text"))
      r.text = p.value;
    if (!same_word(p.name, "cause"))
      return true;
    const auto cause = parse_number(p.value, 65'535);
    if (cause)
      r.cause = static_cast<std::uint16_t>(*cause);
    return cause.has_value();
  };
  if (r.protocol.empty() || !take_parameters(in, parameters, set)
      || !end_element(in, in.at(), element, list))
    return false;
  return true;
}

} // namespace

bool take_media_type(std::string_view& list, media_type& t) {
  cursor in{list};
  in.skip_spaces();
  t.type = in.take_run(token_chars);
  if (t.type.empty() || !in.take_separator('/'))
    return false;
  t.subtype = in.take_run(token_chars);
  std::string_view element;
  if (t.subtype.empty() || !take_parameters(in, t.parameters, [](const parameter&) { return true; })
      || !end_element(in, in.at(), element, list))
    return false;
  return true;
}

std::string header_error::reason() const {
  constexpr std::string_view words[] = {"Missing ", "Bad ", "Repeated ", "Bad ", "Too Many "};
  return std::string{words[static_cast<std::size_t>(code)]}.append(to_string(header));
}

header_result<via> read_top_via(const message& m) {
  header_result<via> result;
  const auto value = m.header(header_id::via);
  auto list = value.value_or(std::string_view{});
  if (!value)
    result = fail(header_id::via, header_errc::missing);
  else if (!take_via(list, *result))
    result = fail(header_id::via, header_errc::malformed);
  return result;
}

header_result<header_list<via, 2>> read_vias(const message& m) {
  if (!m.has(header_id::via))
    return fail(header_id::via, header_errc::missing);
  return some<header_list<via, 2>>(m, header_id::via, max_vias, take_via);
}

header_result<name_addr> read_from(const message& m) {
  return read_name_addr(m, header_id::from);
}

header_result<name_addr> read_to(const message& m) {
  return read_name_addr(m, header_id::to);
}

header_result<name_addr> read_name_addr(const message& m, header_id id) {
  header_result<name_addr> result;
  const auto value = only(m, id);
  if (!value)
    result = tl::make_unexpected(value.error());
  else if (!read_name_addr(*value, *result))
    result = fail(id, header_errc::malformed);
  return result;
}

header_result<cseq> read_cseq(const message& m) {
  const auto value = only(m, header_id::cseq);
  if (!value)
    return tl::make_unexpected(value.error());
  const auto space = std::ranges::find_if(*value, is_space);
  const auto digits = static_cast<std::size_t>(space - value->begin());
  cseq c;
  c.method_name = trim(value->substr(digits));
  if (digits == 0 || c.method_name.empty() || !all_in(c.method_name, token_chars)
      || !std::all_of(value->begin(), space, is_digit))
    return fail(header_id::cseq, header_errc::malformed);
  const auto number = parse_number(value->substr(0, digits), 0x7fff'ffffU); // §8.1.1.5
  if (!number)
    return fail(header_id::cseq, header_errc::out_of_range);
  c.number = *number;
  c.method = parse_method(c.method_name);
  return c;
}

header_result<std::string_view> read_call_id(const message& m) {
  const auto value = only(m, header_id::call_id);
  if (value && (value->empty() || !all_in(*value, word_chars)))
    return fail(header_id::call_id, header_errc::malformed);
  return value;
}

header_result<std::uint8_t> read_max_forwards(const message& m) {
  return only_number(m, header_id::max_forwards, 255).map([](std::uint32_t n) { // §20.22
    return static_cast<std::uint8_t>(n);
  });
}

header_result<contact_set> read_contacts(const message& m) {
  const auto first = m.header(header_id::contact);
  if (!first)
    return fail(header_id::contact, header_errc::missing);
  header_result<contact_set> result;
  if (*first == "*") { // STAR stands alone (§20.10)
    if (m.count(header_id::contact) > 1)
      return fail(header_id::contact, header_errc::malformed);
    result->wildcard = true;
    return result;
  }
  if (has_empty_line(m, header_id::contact))
    result = fail(header_id::contact, header_errc::malformed);
  else if (const auto error =
               read_all(m, header_id::contact, max_contacts, result->list, take_contact))
    result = fail(header_id::contact, *error);
  return result;
}

header_result<route_list> read_routes(const message& m) {
  return some<route_list>(m, header_id::route, max_routes, take_name_addr);
}

header_result<route_list> read_record_routes(const message& m) {
  return some<route_list>(m, header_id::record_route, max_routes, take_name_addr);
}

bool media_type::is(std::string_view a_type, std::string_view a_subtype) const {
  return same_word(type, a_type) && same_word(subtype, a_subtype);
}

header_result<media_type> read_content_type(const message& m) {
  const auto value = only(m, header_id::content_type);
  if (!value)
    return tl::make_unexpected(value.error());
  media_type t;
  auto list = *value;
  if (!take_media_type(list, t) || !list.empty())
    return fail(header_id::content_type, header_errc::malformed);
  return t;
}

header_result<header_list<media_type, 4>> read_accept(const message& m) {
  return all<header_list<media_type, 4>>(m, header_id::accept, max_media_types, take_media_type);
}

header_result<std::uint32_t> read_content_length(const message& m) {
  return only_number(m, header_id::content_length, most_message_bytes);
}

header_result<token_list> read_tokens(const message& m, header_id id) {
  return all<token_list>(m, id, max_tokens, take_token);
}

header_result<std::uint32_t> read_seconds(const message& m, header_id id) {
  auto number = only_number(m, id, 0xffff'ffffU);
  if (!number && number.error().code == header_errc::out_of_range)
    return 0xffff'ffffU; // RFC 4475 §3.1.2.4
  return number;
}

header_result<header_list<reason_value, 2>> read_reasons(const message& m) {
  return some<header_list<reason_value, 2>>(m, header_id::reason, max_reasons, take_reason);
}

} // namespace tandem::sip
