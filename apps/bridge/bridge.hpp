#pragma once

#include "actors/call_app/call_app.hpp"

namespace tandem::apps {

/// Calls the route's target and connects the two: ringing, early media and the answer are passed
/// to the caller, a refusal with its status, and when one side hangs up the other is hung up.
[[nodiscard]] std::unique_ptr<actors::call_app> make_bridge(std::string_view saved);

} // namespace tandem::apps
