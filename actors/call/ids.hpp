#pragma once

#include "runtime/base/ip_endpoint.hpp"

#include <compare>
#include <cstdint>

namespace tandem::actors {

enum class child_kind : std::uint8_t { app, leg, dialog, transaction, media_endpoint };

/// "dialog", "media_endpoint": static text.
[[nodiscard]] constexpr const char* to_string(child_kind k) {
  switch (k) {
    case child_kind::app: return "app";
    case child_kind::leg: return "leg";
    case child_kind::dialog: return "dialog";
    case child_kind::transaction: return "transaction";
    case child_kind::media_endpoint: return "media_endpoint";
  }
  return "";
}

/// Names a child within its call, for the life of the call: numbers are never used again, and they
/// stand in snapshots. 0 is the call itself.
struct child_id {
  std::uint16_t value = 0;

  auto operator<=>(const child_id&) const = default;
};

constexpr child_id the_call{};

/// The application is the first child of every call.
constexpr child_id app_child{1};

/// The media endpoint of one m= line, counted from 0.
struct section_endpoint {
  std::uint8_t section = 0;
  child_id endpoint;

  bool operator==(const section_endpoint&) const = default;
};

/// Which of the node's listening transports a message came by or leaves by, in the order of
/// `[[sip.listen]]`.
struct transport_index {
  std::uint8_t value = 0;

  auto operator<=>(const transport_index&) const = default;
};

/// How a peer was heard: by which transport, and from where. Of a stream transport the address
/// names the connection, for as long as that stands.
struct flow {
  transport_index transport;
  ip_endpoint peer;

  bool operator==(const flow&) const = default;
};

} // namespace tandem::actors
