#pragma once

#include "runtime/telemetry/metrics.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace tandem::actors {

/// What became of a MESSAGE outside any dialog whose sender was let in.
enum class message_result : std::uint8_t {
  delivered,  ///< a phone or trunk took it: 2xx
  refused,    ///< all that answered refused it
  silent,     ///< nobody answered in time: 480
  too_large,  ///< 513: for us, or to go over UDP
  nobody,     ///< 404: no such user, no route
  absent,     ///< 480: the user is not registered
  no_reader,  ///< 405: the route leads to an application
  over_limit, ///< 503: the sender, or the shard, has too many
  failed,     ///< 500: its actor died
  count
};

/// Of all shards.
class message_figures {
public:
  explicit message_figures(metrics&);

  void count(message_result r) { results_[static_cast<std::size_t>(r)]->add(); }

  gauge& waiting; ///< for an answer

private:
  std::array<counter*, static_cast<std::size_t>(message_result::count)> results_;
};

} // namespace tandem::actors
