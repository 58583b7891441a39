#pragma once

#include "actors/call/events.hpp"
#include "protocols/sip/address_of_record.hpp"
#include "runtime/base/time.hpp"

#include <string_view>

namespace tandem::actors {

struct register_reply {
  sip::register_answer answer;
  std::string_view to_tag;
  const std::vector<sip::binding>* bindings = nullptr; ///< 200: all of them
  std::uint32_t min_expires_s = 0;                     ///< 423
  time_point now{};
  wall_time wall{};
};

/// The response to a REGISTER: RFC 3261 §10.3 step 8 for a 200, with the Date that it SHOULD have;
/// Min-Expires in a
/// 423 (§21.4.17), Unsupported in a 420 (§8.2.2.3).
[[nodiscard]] msg::wire_bytes write_reply(const msg::sip_input&, const register_reply&);

} // namespace tandem::actors
