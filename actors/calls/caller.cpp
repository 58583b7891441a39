#include "actors/calls/caller.hpp"

#include "actors/auth/source_limits.hpp"

namespace tandem::actors {

caller_claim caller_of(const configuration& settings, const limits::caller_allowances& may,
                       const ip_endpoint& source, std::string_view proved) {
  if (const auto* trunk = find_trunk(settings, source))
    return {"trunk " + trunk->name, may.trunk};
  if (!proved.empty())
    return {"user " + std::string(proved), may.user};
  return {to_string(site_of(source.address).address), may.address};
}

} // namespace tandem::actors
