#pragma once

#include "protocols/sdp/session.hpp"

#include <optional>
#include <string_view>

namespace tandem::sdp {

/// Who sends, as seen by the writer of the description (RFC 8866 §6.7).
enum class direction : std::uint8_t { sendrecv, sendonly, recvonly, inactive };

[[nodiscard]] std::string_view to_string(direction);
[[nodiscard]] std::optional<direction> parse_direction(std::string_view);

[[nodiscard]] constexpr bool sends(direction d) {
  return d == direction::sendrecv || d == direction::sendonly;
}
[[nodiscard]] constexpr bool receives(direction d) {
  return d == direction::sendrecv || d == direction::recvonly;
}
[[nodiscard]] constexpr direction make_direction(bool sending, bool receiving) {
  if (sending)
    return receiving ? direction::sendrecv : direction::sendonly;
  return receiving ? direction::recvonly : direction::inactive;
}
/// The same stream as its other end sees it (RFC 3264 §6.1).
[[nodiscard]] constexpr direction mirrored(direction d) {
  return make_direction(receives(d), sends(d));
}

/// The first attribute of that name, or null. Names are case-sensitive (RFC 8866 §5.13).
[[nodiscard]] const attribute* find_attribute(const attributes&, std::string_view name);

/// The direction attribute of the media, else of the session, else sendrecv (RFC 8866 §6.7).
[[nodiscard]] direction direction_of(const session&, const media_section&);
/// Writes `d` in the place of the direction attributes of the media, or behind the others.
void set_direction(media_section&, direction);

/// a=rtpmap (RFC 8866 §6.6).
struct rtp_map {
  std::uint8_t payload_type = 0;
  std::string encoding; ///< as written; compare without case
  std::uint32_t clock_rate = 0;
  std::uint16_t channels = 1;

  bool operator==(const rtp_map&) const = default;
};

/// The mapping of a format: its a=rtpmap, or the static table of RFC 3551 §6 for the formats that
/// phones offer without one (0, 3, 4, 8, 9, 18). Nullopt if it has none, or not a valid one.
[[nodiscard]] std::optional<rtp_map> rtp_map_of(const media_section&, std::string_view format);
/// What follows the format in its a=fmtp (RFC 8866 §6.15); the view lives as long as the section.
[[nodiscard]] std::optional<std::string_view> fmtp_of(const media_section&,
                                                      std::string_view format);
/// a=ptime in milliseconds (RFC 8866 §6.4), if there is a sane one (1 to 1000).
[[nodiscard]] std::optional<std::uint16_t> ptime_ms_of(const media_section&);

/// Why there is nowhere to send media to.
enum class target_errc : std::uint8_t {
  no_such_media,  ///< the index is past the last m= line
  rejected,       ///< port 0
  no_connection,  ///< no c= line applies
  not_an_address, ///< c= has a name or multicast: DEVIATION RFC 8866 §5.7, never resolved
};
[[nodiscard]] std::string_view to_string(target_errc);

/// Where the writer of the description wants its media.
struct remote_endpoints {
  ip_endpoint rtp;
  ip_endpoint rtcp; ///< a=rtcp (RFC 3605 §2.1) or port + 1; port 0: no RTCP is possible
  sdp::direction direction = sdp::direction::sendrecv;

  bool operator==(const remote_endpoints&) const = default;
};

/// The media's c= overrides the session's (RFC 8866 §5.7). An address of 0.0.0.0 or :: (hold as in
/// RFC 3264 §8.4) is returned as it is, with the direction already saying that nobody listens.
[[nodiscard]] tl::expected<remote_endpoints, target_errc> remote_media(const session&,
                                                                       std::size_t index);

/// True if the writer of the description wants no media from us: sendonly, inactive, or the old
/// way of RFC 3264 §8.4, the address 0.0.0.0. A rejected stream is not held.
[[nodiscard]] bool is_held(const session&, std::size_t index);

} // namespace tandem::sdp
