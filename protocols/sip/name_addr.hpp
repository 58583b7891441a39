#pragma once

#include "protocols/sip/parameters.hpp"
#include "protocols/sip/uri.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::sip {

/// name-addr or addr-spec with its header parameters, as in From, To, Contact, Route, Refer-To …
/// (RFC 3261 §20.10, §25.1).
struct name_addr {
  std::string_view text; ///< The element as written, without its list neighbours.
  /// Without the quotes and with its escapes, so that writing it between quotes restores it.
  std::string_view display_name;
  sip::uri uri;
  parameter_list parameters; ///< Of the header: what follows ">", or a URI without "<>".
  std::string_view tag;      ///< Of From and To; empty when absent.

  bool operator==(const name_addr&) const = default;
};

/// Contact with the parameters that RFC 3261 §20.10 defines.
struct contact {
  name_addr address;
  std::optional<std::uint16_t> q; ///< In thousandths, 0..1000.
  std::optional<std::uint32_t> expires;

  bool operator==(const contact&) const = default;
};

/// All Contact headers of a message: either "*" or a list.
struct contact_set {
  bool wildcard = false;
  boost::container::small_vector<contact, 1> list;
};

/// Reads the only element of a header value. DEVIATION RFC 3261 §25.1: "<" and ">" may have spaces
/// inside, and a display name may hold commas and other bytes that should have been quoted (both
/// allowed by RFC 4475 §3.1.2.14 and §3.1.2.15).
[[nodiscard]] std::optional<name_addr> parse_name_addr(std::string_view);
/// The same into a fresh `name_addr`.
[[nodiscard]] bool read_name_addr(std::string_view, name_addr&);

/// Take the first element off `list` (the rest follows its comma, if any) into a fresh value;
/// false: malformed.
[[nodiscard]] bool take_name_addr(std::string_view& list, name_addr&);
[[nodiscard]] bool take_contact(std::string_view& list, contact&);

} // namespace tandem::sip
