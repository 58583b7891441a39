#pragma once

#include "media/limits.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace tandem::media {

/// What [media] of the configuration says, and what tests shorten.
struct engine_settings {
  ip_address address;                 ///< a specific one: it stands in our SDP
  std::optional<ip_address> address6; ///< specific as well
  std::uint16_t first_port = 20000;   ///< both ends belong to the range
  std::uint16_t last_port = 29999;
  std::size_t workers = 1;
  duration rtp_timeout = std::chrono::seconds{60};
  /// Between release and the next use of a port.
  duration quarantine = std::chrono::seconds{2};
  /// How often time-outs and quarantines are looked at.
  std::chrono::milliseconds housekeeping{250};
  /// At whose ingress the kernel relays what is settled; empty: nowhere.
  std::vector<std::string> kernel_interfaces;
  std::uint32_t packets_per_second = limits::packets_per_second;
};

} // namespace tandem::media
