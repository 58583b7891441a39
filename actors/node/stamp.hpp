#pragma once

#include "runtime/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::actors {

/// A moment as it can be compared across restarts of the process and of the machine.
struct stamp {
  std::uint64_t boot = 0; ///< boot_number() of the machine's boot; 0: not known
  time_point at;          ///< since that boot
  wall_time wall;

  bool operator==(const stamp&) const = default;
};

/// Of the text that the kernel gives each boot; 0 for none.
[[nodiscard]] std::uint64_t boot_number(std::string_view boot_id);

/// Exact within one boot, whatever happened to the wall clock; else by the wall clock, and never
/// negative.
[[nodiscard]] duration time_between(const stamp& before, const stamp& now);

/// What stands behind each record on disk: when it was written.
constexpr std::size_t stamp_bytes = 32;
void append_stamp(std::string& record, const stamp&);
/// Nullopt: these bytes do not end in a stamp.
[[nodiscard]] std::optional<stamp> stamp_of(std::string_view stored);
/// The record that was stored; of bytes that have no stamp, nothing.
[[nodiscard]] std::string_view record_of(std::string_view stored);

} // namespace tandem::actors
