#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sdp {

/// o= (RFC 8866 §5.2). Numbers as RFC 3264 §5 asks for. The address is a name or an IP address.
struct origin {
  std::string username = "-";
  std::uint64_t session_id = 0;
  std::uint64_t version = 0;
  ip_family family = ip_family::v4;
  std::string address;

  bool operator==(const origin&) const = default;
};

/// An origin whose address is one of ours.
[[nodiscard]] origin make_origin(std::uint64_t session_id, std::uint64_t version,
                                 const ip_address&);

/// c= (RFC 8866 §5.7). The address is text, since it may be a name or multicast with a TTL.
struct connection {
  ip_family family = ip_family::v4;
  std::string address;

  bool operator==(const connection&) const = default;
};

[[nodiscard]] connection make_connection(const ip_address&);

/// b= (RFC 8866 §5.8), for example {"AS", "64"}.
struct bandwidth {
  std::string type;
  std::string value;

  bool operator==(const bandwidth&) const = default;
};

/// "a=name" or "a=name:value" (RFC 8866 §5.13); the value is verbatim.
struct attribute {
  std::string name;
  std::optional<std::string> value;

  bool operator==(const attribute&) const = default;
};

using attributes = std::vector<attribute>;

/// A line kept as it came: the letter and what follows "=".
struct raw_line {
  char type = 0;
  std::string value;

  bool operator==(const raw_line&) const = default;
};

/// One m= line with what belongs to it (RFC 8866 §5.14).
struct media_section {
  std::string kind;                 ///< "audio", "video", …
  std::uint16_t port = 0;           ///< 0: rejected or disabled (RFC 3264 §5.1, §6)
  std::uint16_t port_count = 1;     ///< the "/2" of "49170/2"
  std::string proto;                ///< "RTP/AVP", …
  std::vector<std::string> formats; ///< payload types for RTP; at least one unless port is 0
  std::optional<std::string> information;
  std::optional<sdp::connection> connection; ///< overrides the session's
  std::vector<bandwidth> bandwidths;
  sdp::attributes attributes;

  bool operator==(const media_section&) const = default;
};

/// A session description (RFC 8866 §5). It owns its strings; a k= line is not kept (§5.12).
struct session {
  sdp::origin origin;
  std::string name = "-";            ///< s=
  std::vector<raw_line> descriptive; ///< i=, u=, e=, p=, in order
  std::optional<sdp::connection> connection;
  std::vector<bandwidth> bandwidths;
  std::vector<raw_line> timing{{'t', "0 0"}}; ///< t=, r=, z=, in order
  sdp::attributes attributes;
  std::vector<media_section> media;

  bool operator==(const session&) const = default;
};

struct sdp_error {
  std::size_t line = 0; ///< from 1; 0 when the text as a whole is wrong
  std::string what;

  bool operator==(const sdp_error&) const = default;
};

/// "line 3: the port of m= is not a number"
[[nodiscard]] std::string to_string(const sdp_error&);

/// Reads a description. Lenient where real phones need it (README.md lists it), strict where
/// guessing could send media to the wrong place. Never more than limits.hpp allows.
[[nodiscard]] tl::expected<session, sdp_error> parse_session(std::string_view text);

/// The description in the order of RFC 8866 §5, lines ended by CRLF.
[[nodiscard]] std::string to_text(const session&);

} // namespace tandem::sdp
