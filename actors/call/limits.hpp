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

/// Restart intensity (OTP: MaxR in MaxT): one more fault within the period, and the call hangs up.
constexpr std::size_t faults_per_call = 5;
constexpr std::chrono::seconds faults_period{10};

/// When a deadline or a word of the media worker is given again that has made a call throw. Being
/// due, it would fail again and again at once.
constexpr std::chrono::milliseconds retry_after_fault{500};

/// Requests set aside in one call.
constexpr std::size_t quarantined_per_call = 16;

} // namespace tandem::actors::limits
