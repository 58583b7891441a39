#pragma once

#include "actors/call/record/call_record.capnp.h"
#include "actors/call/record/limits.hpp"
#include "actors/call/record/wire_enums.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

/// Plain values as the schema has them.
namespace tandem::actors {

constexpr auto not_running = std::numeric_limits<std::int64_t>::min(); ///< of a timer

inline capnp::Text::Reader text(const std::string& s) {
  return {s.data(), s.size()};
}

inline std::string text(capnp::Text::Reader t) {
  return {t.begin(), t.size()};
}

inline capnp::Data::Reader blob(std::string_view s) {
  return {reinterpret_cast<const kj::byte*>(s.data()), s.size()};
}

inline std::string_view bytes(capnp::Data::Reader d) {
  return {reinterpret_cast<const char*>(d.begin()), d.size()};
}

unsigned count(const auto& list) {
  return static_cast<unsigned>(list.size());
}

inline std::int64_t ns(duration d) {
  return std::clamp(d, -limits::longest_remaining, limits::longest_remaining).count();
}

inline std::int64_t ns(const std::optional<duration>& timer) {
  return timer ? ns(*timer) : not_running;
}

inline std::int64_t ns(wall_time t) {
  return std::chrono::duration_cast<duration>(t.time_since_epoch()).count();
}

inline wall_time wall(std::int64_t ns) {
  return wall_time{std::chrono::duration_cast<wall_time::duration>(duration{ns})};
}

inline std::int64_t number(const std::optional<std::uint32_t>& cseq) {
  return cseq ? std::int64_t{*cseq} : -1;
}

inline EndCause cause_of(const std::optional<sip::end_cause>& c) {
  return c ? to_wire(*c) : EndCause::NONE;
}

} // namespace tandem::actors
