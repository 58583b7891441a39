#pragma once

#include "actors/call/events.hpp"
#include "runtime/base/key.hpp"

#include <cstdint>

namespace tandem::actors {

/// A request that would begin something: an INVITE, REGISTER or other one outside any dialog.
struct newcomer {
  key128 key;           ///< by its Call-ID and From tag, or its user
  std::uint64_t id = 0; ///< the same in its retransmissions and its CANCEL, and in no other request
  msg::sip_input in;
};

} // namespace tandem::actors
