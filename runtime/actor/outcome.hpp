#pragma once

#include <cstdint>
#include <string>

namespace tandem {

/// What became of a message that was run in place.
struct outcome {
  enum class kind : std::uint8_t {
    handled,
    skipped,    ///< the behaviour has no place for it now; the caller keeps it
    terminated, ///< the actor has ended, with this message or before
  };

  kind what = kind::handled;
  /// Only with terminated: what the exception said, or the exit reason in words; empty after a
  /// normal end.
  std::string error;

  [[nodiscard]] bool handled() const { return what == kind::handled; }
  [[nodiscard]] bool skipped() const { return what == kind::skipped; }
  [[nodiscard]] bool terminated() const { return what == kind::terminated; }
};

} // namespace tandem
