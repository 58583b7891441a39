#pragma once

#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace tandem::actors {

/// A SIP message of a call, as it passed. The bytes are those that were read or sent: kept, not
/// copied.
struct sip_line {
  bool received = false; ///< else we sent it
  ip_endpoint from;
  ip_endpoint to;
  std::string leg;     ///< "leg 0"; empty where no leg is concerned
  std::string summary; ///< "INVITE sip:1001@example.test", "180 Ringing"
  std::shared_ptr<const void> keeper;
  std::string_view message;
};

/// An actor of a call is in another state.
struct state_line {
  std::string actor;
  const char* state;
};

struct ladder_line {
  using content = std::variant<std::shared_ptr<const sip_line>, state_line>;

  duration at{}; ///< since the start of the call
  content what;  ///< most lines are states, and small

  /// Null: it is a state.
  [[nodiscard]] const sip_line* sip() const {
    const auto* line = std::get_if<std::shared_ptr<const sip_line>>(&what);
    return line != nullptr ? line->get() : nullptr;
  }
};

/// Every message and state change of one call, oldest first, bounded.
class ladder {
public:
  /// `held` is kept at the bytes of all ladders that are given it.
  ladder(const key128& key, time_point start, wall_time wall, gauge* held = nullptr)
    : key_(key), start_(start), wall_(wall), held_(held) {}
  /// To be read elsewhere: a copy shares the messages and is not counted.
  ladder(const ladder& other)
    : key_(other.key_), start_(other.start_), wall_(other.wall_), lines_(other.lines_),
      size_bytes_(other.size_bytes_), dropped_(other.dropped_) {}
  ladder& operator=(const ladder&) = delete;
  ~ladder();

  void add(time_point now, sip_line);
  void add(time_point now, state_line);

  [[nodiscard]] const key128& key() const { return key_; }
  [[nodiscard]] wall_time started() const { return wall_; }
  [[nodiscard]] const std::vector<ladder_line>& lines() const { return lines_; }
  /// Of the lines and the messages that they keep; not what the vector has to spare.
  [[nodiscard]] std::size_t size_bytes() const { return size_bytes_; }
  /// Lines that the limit cost.
  [[nodiscard]] std::size_t dropped() const { return dropped_; }

private:
  void add(time_point now, ladder_line::content, std::size_t bytes);

  key128 key_;
  time_point start_;
  wall_time wall_;
  std::vector<ladder_line> lines_;
  gauge* held_ = nullptr;
  std::size_t size_bytes_ = 0;
  std::size_t dropped_ = 0;
};

} // namespace tandem::actors
