#pragma once

#include "actors/call_app/call_app.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::apps {

/// What a bridge remembers of the legs that it dialled: RFC 3261 §16.6 and §16.7 as far as a
/// back-to-back user agent forks. A value; the bridge acts.
struct call_fork {
  enum class stage : char { calling = 'c', ringing = 'r', answered = 'a', over = 'o' };

  stage now = stage::calling;
  std::uint8_t dialled = 0;           ///< legs so far
  std::uint8_t callee = 0;            ///< the leg that answered
  std::uint8_t heard = 0;             ///< whose early media the caller hears; 0: nobody's
  std::uint16_t told = 0;             ///< the last provisional status that the caller was told
  std::uint16_t refusal = 0;          ///< the best one so far; 0: none
  std::string reason;                 ///< of it
  std::vector<std::string> moved_to;  ///< Contacts of it, when it is a 3xx
  std::vector<std::uint8_t> open;     ///< legs dialled that are neither over nor given up
  std::vector<actors::contact> later; ///< not yet dialled, the best first

  bool operator==(const call_fork&) const = default;

  [[nodiscard]] bool is_open(actors::leg_number) const;
  void close(actors::leg_number);
  /// Keeps the better one (§16.7 step 6).
  void note_refusal(const actors::leg_end&);
  /// Takes the contacts that are to ring next, at once: those of the highest q, §16.6.
  [[nodiscard]] std::vector<actors::contact> take_group();
};

/// Those that a call tries, in the order of q; equal ones as they came.
[[nodiscard]] std::vector<actors::contact> by_preference(std::vector<actors::contact>);

[[nodiscard]] std::string to_text(const call_fork&);
/// What to_text() wrote; from anything else whatever can be read of it.
[[nodiscard]] call_fork parse_fork(std::string_view);

} // namespace tandem::apps
