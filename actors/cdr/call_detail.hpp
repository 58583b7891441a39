#pragma once

#include "config/routes.hpp"
#include "protocols/sip/leg_action.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::actors {

/// Who ended a call.
enum class ended_by : std::uint8_t { calling_party, called_party, node, console };
[[nodiscard]] std::string_view to_string(ended_by);

/// How a record came to be written.
enum class closing : std::uint8_t {
  by_its_end, ///< the call has ended
  orphaned,   ///< nobody was there to end it; until then it is known to have stood
  unreadable  ///< nothing is known of it any more
};

struct leg_detail {
  std::string name; ///< "leg 0"
  bool incoming = false;
  std::string remote; ///< URI of the peer
  std::uint64_t packets_in = 0;
  std::uint64_t packets_out = 0;
  std::int64_t lost = 0;
};

/// What is to be charged and explained later: one record per call.
struct call_detail {
  key128 key;
  std::string node;
  std::string from;
  std::string to;
  std::string app;
  wall_time start{};
  std::optional<wall_time> answer;
  wall_time end{};
  duration length{}; ///< from start to end, by the monotonic clock
  sip::end_cause cause = sip::end_cause::failure;
  std::uint16_t status = 0; ///< final status that the caller saw; 200 for an answered call
  actors::ended_by by = ended_by::node;
  std::vector<leg_detail> legs;
  bool again = false; ///< of a call that was restored when it was over: it may stand there already
  closing closed = closing::by_its_end;
  media_path media = media_path::anchored; ///< direct: nobody has counted packets
};

/// "bye", "node was down", …
[[nodiscard]] std::string_view cause_text(const call_detail&);

/// One line of JSON, without the newline. Times are UTC with milliseconds.
[[nodiscard]] std::string to_json(const call_detail&);

/// "2026-11-22T12:00:00.123Z"
[[nodiscard]] std::string utc_text(wall_time);
/// "2026-11-22"
[[nodiscard]] std::string utc_date(wall_time);

} // namespace tandem::actors
