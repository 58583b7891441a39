#include "actors/node/stamp.hpp"

#include <algorithm>
#include <array>
#include <cstring>

namespace tandem::actors {

namespace {

/// The last of the four numbers; another format gets another one.
constexpr std::uint64_t mark = 0x31706d6174736474; // "tdstamp1"

using numbers = std::array<std::uint64_t, 4>;
static_assert(sizeof(numbers) == stamp_bytes);

} // namespace

std::uint64_t boot_number(std::string_view boot_id) {
  if (boot_id.empty())
    return 0;
  std::uint64_t n = 0xcbf29ce484222325; // FNV-1a: the same in every build
  for (const unsigned char c : boot_id)
    n = (n ^ c) * 0x100000001b3;
  return std::max<std::uint64_t>(n, 1);
}

duration time_between(const stamp& before, const stamp& now) {
  const bool same_boot = before.boot != 0 && before.boot == now.boot && before.at <= now.at;
  const auto passed =
      same_boot ? now.at - before.at : std::chrono::duration_cast<duration>(now.wall - before.wall);
  return std::max(passed, duration{});
}

void append_stamp(std::string& record, const stamp& s) {
  const numbers all = {s.boot, static_cast<std::uint64_t>(s.at.time_since_epoch().count()),
                       static_cast<std::uint64_t>(
                           std::chrono::duration_cast<duration>(s.wall.time_since_epoch()).count()),
                       mark};
  std::array<char, stamp_bytes> bytes{};
  std::memcpy(bytes.data(), all.data(), bytes.size());
  record.append(bytes.data(), bytes.size());
}

std::optional<stamp> stamp_of(std::string_view stored) {
  if (stored.size() < stamp_bytes)
    return std::nullopt;
  numbers all{};
  std::memcpy(all.data(), stored.data() + stored.size() - stamp_bytes, stamp_bytes);
  constexpr auto negative = std::uint64_t{1} << 63U;
  // No clock of ours says a negative time, and with one the differences could overflow.
  if (all.back() != mark || all[1] >= negative || all[2] >= negative)
    return std::nullopt;
  const auto time = [](std::uint64_t n) { return duration{static_cast<std::int64_t>(n)}; };
  return stamp{all[0], time_point{time(all[1])},
               wall_time{std::chrono::duration_cast<wall_time::duration>(time(all[2]))}};
}

std::string_view record_of(std::string_view stored) {
  return stamp_of(stored) ? stored.substr(0, stored.size() - stamp_bytes) : std::string_view{};
}

} // namespace tandem::actors
