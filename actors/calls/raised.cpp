#include "actors/calls/raised.hpp"

#include "actors/calls/limits.hpp"
#include "protocols/sip/dialog.hpp"

#include <algorithm>
#include <type_traits>

namespace tandem::actors {

namespace {

/// RFC 3261 §8.1.1.5: below 2**31.
void raise_cseq(std::uint32_t& number) {
  number += std::min(limits::numbers_skipped, sip::last_cseq - std::min(number, sip::last_cseq));
}

void raise_version(leg_media& media) {
  auto n = *media.negotiation;
  n.next_version_at_least =
      std::max<std::uint64_t>(n.next_version_at_least, n.ours.version + limits::numbers_skipped);
  media.negotiation = std::make_shared<const sdp::negotiation::snapshot>(std::move(n));
}

} // namespace

call_record raised(call_record r) {
  r.next_branch += limits::numbers_skipped;
  for (auto& c : r.children)
    std::visit(
        [](auto& child) {
          using T = std::decay_t<decltype(child)>;
          if constexpr (std::is_same_v<T, dialog_record>)
            raise_cseq(child.dialog.local_cseq);
          if constexpr (std::is_same_v<T, outgoing_leg_record>)
            raise_cseq(child.cseq);
          if constexpr (std::is_same_v<
                            T, outgoing_leg_record> || std::is_same_v<T, incoming_leg_record>)
            raise_version(child.media);
        },
        c.record);
  return r;
}

} // namespace tandem::actors
