#pragma once

#include "config/configuration.hpp"

#include <string>
#include <vector>

namespace tandem {

/// What a reload of the configuration does, for the operator to read.
struct reload_report {
  /// "users: added 1004, 1005; changed 1001; removed 1002": what is in force now. Never a secret.
  std::vector<std::string> changes;
  /// "media, sip.listen: changed, in force at the next start". A reload cannot change these.
  std::vector<std::string> later;

  bool operator==(const reload_report&) const = default;
};

/// The difference that `next` makes to a node that runs with `running`.
[[nodiscard]] reload_report compare_settings(const configuration& running,
                                             const configuration& next);

/// What a reload puts in force: auth, users, trunks and routes of `next`, all else as it runs.
[[nodiscard]] configuration reloaded(const configuration& running, const configuration& next);

} // namespace tandem
