#include "protocols/sip/message.hpp"

#include "protocols/sip/grammar.hpp"

namespace tandem::sip {

std::optional<std::string_view> message::header(header_id id) const {
  const auto first = first_[index(id)];
  if (first == none)
    return std::nullopt;
  return field(entries_[first]).value;
}

std::optional<std::string_view> message::header(std::string_view name) const {
  const auto id = parse_header_id(name);
  if (id != header_id::unknown)
    return header(id);
  for (const auto& f : headers(header_id::unknown))
    if (same_word(f.name, name))
      return f.value;
  return std::nullopt;
}

std::size_t message::count(header_id id) const {
  std::size_t n = 0;
  for (auto at = first_[index(id)]; at != none; at = entries_[at].next)
    ++n;
  return n;
}

message::header_range message::headers() const {
  return {{this, entries_.empty() ? none : std::uint8_t{0}, true}, {}};
}

message::header_range message::headers(header_id id) const {
  return {{this, first_[index(id)], false}, {}};
}

} // namespace tandem::sip
