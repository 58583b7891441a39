#pragma once

#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace tandem::actors {

/// A call as somebody before us left it.
struct stored_call {
  key128 key;
  std::string_view record; ///< for decode_record(); empty if the bytes are not even stamped
  std::string_view bytes;  ///< as they are stored
  duration absent{};       ///< since it was committed
  wall_time written{};     ///< when that was
};

/// The calls that stood when the process, or the supervisor of its calls, ended.
class call_archive {
public:
  virtual ~call_archive() = default;

  /// How long nobody was there. The last sign of life is the newest record or a mark that is
  /// written now and then while there are calls.
  [[nodiscard]] virtual duration downtime() const = 0;
  using visitor = std::function<void(const stored_call&)>;
  [[nodiscard]] virtual tl::expected<void, std::string> visit(const visitor&) const = 0;
  /// That call alone, if it is stored.
  virtual void visit(const key128&, const visitor&) const = 0;
  /// It is about to be brought to life. Returns how often that was tried before without an end: the
  /// node died of it.
  [[nodiscard]] virtual std::uint32_t begin_attempt(const key128&) = 0;
  /// All attempts have come to an end.
  virtual void end_attempts() = 0;
  /// Takes it out of the way, for somebody to look at.
  virtual void set_aside(const key128&, std::string_view bytes) = 0;
  /// Its CDR is written, or on its way.
  [[nodiscard]] virtual bool has_detail(const key128&, wall_time started) const = 0;
};

} // namespace tandem::actors
