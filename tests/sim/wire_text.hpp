#pragma once

#include "protocols/sip/message.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How the phones of the simulation write SIP and read SDP: plain text, with nothing of the node's
/// own writers, so that a mistake there is not made on both sides.
namespace tandem::test {

/// What a side does with its media (RFC 3264 §5.1).
struct media_way {
  bool sends = true;
  bool receives = true;

  bool operator==(const media_way&) const = default;
};
[[nodiscard]] std::string_view to_text(media_way);

/// What matters here of a description.
struct description_facts {
  std::string origin; ///< o= without its version
  std::uint64_t version = 0;
  std::uint16_t port = 0; ///< of the first media
  media_way way;
};
/// Nullopt: no description, or one that cannot be read.
[[nodiscard]] std::optional<description_facts> read_description(std::string_view body);

struct request_text {
  std::string_view method;
  std::string uri;
  std::string via; ///< sent-by
  std::string branch;
  std::string from; ///< with its tag
  std::string to;   ///< perhaps with a tag
  std::string call_id;
  std::uint32_t cseq = 1;
  std::vector<std::string> routes;
  std::string headers; ///< more of them, whole lines
  std::string body;
  std::string_view content_type = "application/sdp";
};
[[nodiscard]] std::string write_request(const request_text&);

/// With Via, Record-Route, From, To, Call-ID and CSeq of the request (RFC 3261 §8.2.6.2, §12.1.1);
/// the tag is added if it has none.
[[nodiscard]] std::string write_response(const sip::message& request, unsigned status,
                                         std::string_view tag, std::string_view headers,
                                         std::string_view body);

[[nodiscard]] std::string_view header_of(const sip::message&, std::string_view name);
/// "INVITE", "200 INVITE"
[[nodiscard]] std::string label_of_message(const sip::message&);

} // namespace tandem::test
