#pragma once

#include "runtime/base/time.hpp"
#include "runtime/io/simulated/simulated_network.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace tandem::test {

constexpr unsigned phone_count = 6;
/// Numbers that begin with it lead to the same, with direct media.
constexpr const char* direct_prefix = "d";
/// The test applications phones_2 and phones_3 ring the first phones.
constexpr unsigned first_free_phone = 3;

enum class call_kind : std::uint8_t { bridge, early_media, echo, fork, busy, no_answer, cancel };

/// Something that one side does while they talk.
struct planned_act {
  enum class what : std::uint8_t { reinvite, update, info };
  what is = what::info;
  bool by_caller = true;
  duration after{}; ///< since the ACK
};

enum class hanging_up : std::uint8_t { caller, callee, both };

/// What one callee of a call does.
struct callee_plan {
  enum class answer : std::uint8_t { accepts, is_busy, only_rings };
  unsigned phone = 0;
  answer does = answer::accepts;
  bool early_media = false;
  duration rings{}; ///< until the answer
};

struct call_plan {
  unsigned number = 0;
  call_kind kind = call_kind::bridge;
  unsigned caller = 0;
  std::string dialled;
  std::vector<callee_plan> callees;
  duration start{};
  duration cancel_after{}; ///< of kind cancel
  duration talks{};
  hanging_up ends_by = hanging_up::caller;
  bool late_offer = false; ///< the INVITE describes nothing, its ACK does (RFC 3264 §5)
  bool routes = false;     ///< proxies on both sides have put Record-Routes in
  bool direct = false;     ///< media go from phone to phone
  bool timed = false;      ///< the node has to refresh the session (RFC 4028)
  std::vector<planned_act> acts;
};

/// The node dies.
struct planned_crash {
  enum class moment : std::uint8_t { between_turns, handler, turn_point };
  duration at{};
  moment when = moment::between_turns;
  unsigned countdown = 0; ///< so many handlers or points after `at`
  duration down{};
  std::size_t torn = 0; ///< commits that the disk never got: the power failed
};

/// Handlers of calls throw.
struct planned_throws {
  double chance = 0;     ///< of each handler's entry
  unsigned per_call = 2; ///< and not more often in one call
};

/// The node does nothing for a while, as when its host is busy.
struct planned_stall {
  duration at{};
  duration lasts{};
};

/// All that one seed draws before anything happens. What is drawn later comes from the same seed.
struct run_plan {
  std::uint64_t seed = 0;
  std::uint32_t shards = 1;
  path_conditions network;
  duration faults_end{}; ///< from here on nothing goes wrong any more
  std::vector<call_plan> calls;
  std::vector<planned_crash> crashes;
  planned_throws throws;
  std::vector<planned_stall> stalls;
};

[[nodiscard]] run_plan draw_plan(std::uint64_t seed);
/// For people: one line each.
[[nodiscard]] std::string to_text(const run_plan&);

} // namespace tandem::test
