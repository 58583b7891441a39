#include "actors/registrar/used_flows.hpp"

namespace tandem::actors {

void used_flows::count(const sip::address_of_record& aor, int by) {
  for (const auto& b : aor.bindings()) {
    const auto& [transport, peer] = b.source;
    if (transport >= node_.transports.size()
        || node_.transports[transport].kind != sip::transport_kind::reliable)
      continue;
    const flow f{{transport}, peer};
    if ((counts_[f] += by) <= 0)
      counts_.erase(f);
  }
}

} // namespace tandem::actors
