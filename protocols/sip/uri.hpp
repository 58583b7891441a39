#pragma once

#include "protocols/sip/parameters.hpp"
#include "runtime/base/ip_endpoint.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

enum class uri_scheme : std::uint8_t { sip, sips, tel, other };

enum class uri_error : std::uint8_t {
  bad_scheme,
  bad_user,
  bad_host,
  bad_port,
  bad_parameter,
  bad_header,
  bad_character, ///< In a URI of another scheme: a space, control or "<>\"".
};

/// A URI as views into the text it was parsed from; nothing is unescaped (RFC 3261 §19.1.1).
/// For `tel` and `other` only scheme_name and opaque are set.
struct uri {
  std::string_view text; ///< All of it.
  std::string_view scheme_name;
  std::string_view user;     ///< Everything before "@" or ":password"; may contain ";" and "?".
  std::string_view password; ///< Empty when absent.
  std::string_view host;     ///< As written; an IPv6 reference keeps its brackets.
  uri_parameter_list parameters;
  std::string_view headers; ///< After "?": "name=value&name=value".
  std::string_view opaque;  ///< After "scheme:" of a URI that is not SIP.
  std::uint16_t port = 0;   ///< 0: not given.
  uri_scheme scheme = uri_scheme::other;

  [[nodiscard]] bool is_sip() const {
    return scheme == uri_scheme::sip || scheme == uri_scheme::sips;
  }
  [[nodiscard]] std::string unescaped_user() const { return unescape_percent(user); }

  bool operator==(const uri&) const = default;
};

/// Reads a whole URI: no surrounding space, no "<>".
[[nodiscard]] tl::expected<uri, uri_error> parse_uri(std::string_view);
/// The same into a fresh `uri`, which saves a copy where it is part of something larger.
[[nodiscard]] std::optional<uri_error> read_uri(std::string_view, uri&);

/// The equality of RFC 3261 §19.1.4 for SIP and SIPS; other schemes are equal when their texts are
/// (the scheme without case). Not transitive, by the RFC's own design.
[[nodiscard]] bool equivalent(const uri&, const uri&);

/// "192.0.2.1" and "[2001:db8::1]" as addresses; a name is nullopt.
[[nodiscard]] std::optional<ip_address> host_address(std::string_view host);

} // namespace tandem::sip
