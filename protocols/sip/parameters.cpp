#include "protocols/sip/parameters.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/take_parameters.hpp"

namespace tandem::sip {

std::optional<parameter> parameter_list::next() {
  cursor in{text};
  const auto taken = take_parameter(in);
  text = in.rest();
  return taken;
}

std::optional<parameter> parameter_list::find(std::string_view name) const {
  for (auto left = *this; auto p = left.next();)
    if (same_word(p->name, name))
      return p;
  return std::nullopt;
}

std::optional<parameter> uri_parameter_list::next() {
  if (text.empty())
    return std::nullopt;
  text.remove_prefix(1); // ";"
  const auto item = text.substr(0, text.find(';'));
  text.remove_prefix(item.size());
  const auto equal = item.find('=');
  if (equal == std::string_view::npos)
    return parameter{item, {}, parameter_form::flag};
  return parameter{item.substr(0, equal), item.substr(equal + 1), parameter_form::token};
}

std::optional<std::string_view> uri_parameter_list::find(std::string_view name) const {
  for (auto left = *this; auto p = left.next();)
    if (same_word(p->name, name))
      return p->value;
  return std::nullopt;
}

std::string unescape_quoted(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size())
      ++i;
    out.push_back(text[i]);
  }
  return out;
}

std::string unescape_percent(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      const int high = hex_digit(text[i + 1]), low = hex_digit(text[i + 2]);
      if (high >= 0 && low >= 0) {
        out.push_back(static_cast<char>(high * 16 + low));
        i += 2;
        continue;
      }
    }
    out.push_back(text[i]);
  }
  return out;
}

} // namespace tandem::sip
