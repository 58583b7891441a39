#include "apps/tandem/state_ink.hpp"

#include <algorithm>
#include <array>

namespace tandem {

namespace {

// A state is words ("waiting for ACK"); the first that says something decides.
constexpr std::array failed = {"fail", "error", "lost", "quarantin", "timed out", "down"};
constexpr std::array under_way = {"ring",     "call",       "wait",   "early",
                                  "ending",   "proceeding", "trying", "restor",
                                  "starting", "stopping",   "held"};
constexpr std::array well = {"talk",   "answer",  "bridged", "confirmed", "established",
                             "listen", "running", "active",  "relay",     "echo"};

template <class Words>
bool says_any(std::string_view state, const Words& words) {
  return std::ranges::any_of(
      words, [&](const char* w) { return state.find(w) != std::string_view::npos; });
}

} // namespace

ink state_ink(std::string_view state) {
  if (says_any(state, failed))
    return ink::red;
  if (says_any(state, under_way))
    return ink::yellow;
  return says_any(state, well) ? ink::green : ink::plain;
}

} // namespace tandem
