#pragma once

#include "actors/call/snapshots.hpp"
#include "media/engine.hpp"
#include "runtime/base/key.hpp"

#include <tl/expected.hpp>

#include <vector>

namespace tandem::actors {

/// The media of a restored call, as this process has it.
struct reattached {
  std::vector<media::command> commands; ///< make the worker know what the one before knew
  std::vector<child_id> moved;          ///< legs with other ports than their peers know
};

/// Brings the media of a call back that another process left behind: takes the same socket pairs,
/// and where one is not to be had another, and names them everywhere in the record. The
/// descriptions of a leg that moved name its new ports; its peer has to be told (a re-INVITE).
/// Nothing is heard or sent before the commands are submitted.
///
/// The error: no pair was free for an endpoint. What was taken is given back, the record is
/// unchanged.
[[nodiscard]] tl::expected<reattached, media::error> reattach(call_record&, media::engine&,
                                                              const key128&);

} // namespace tandem::actors
