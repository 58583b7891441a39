#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace tandem::actors::limits {

/// Inputs that wait while a call commits; beyond it they are dropped, as a network would.
constexpr std::size_t waiting_inputs = 64;

/// Words among the children of a call that one input may lead to: beyond it they talk in circles.
constexpr std::size_t visits_per_input = 1000;

/// Children of one call at a time, its transactions included.
constexpr std::size_t children_per_call = 128;

/// As many children, and a request of a peer makes no transaction any more: it is answered 500. The
/// rest is there to end the call with.
constexpr std::size_t children_by_wire = 96;

/// Transactions that BYE and CANCEL may make beyond that.
constexpr std::size_t children_to_end = 16;

/// How much later than due a call that is over may wake up.
constexpr std::chrono::milliseconds linger_granularity{256};

/// How long a change that nobody outside can see waits for a commit to carry it.
constexpr std::chrono::seconds commit_patience{10};

/// Inputs of such changes that are kept, to be given again if the call fails first.
constexpr std::size_t uncommitted_inputs = 16;

/// Inputs that may fail before the call hangs up.
constexpr std::uint32_t faults_per_call = 3;

/// Requests set aside in one call.
constexpr std::size_t quarantined_per_call = 16;

} // namespace tandem::actors::limits
