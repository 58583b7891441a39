#pragma once

#include "actors/call_app/call_app.hpp"

namespace tandem::apps {

/// Calls the route's target, and ends the call when the two have talked for three minutes. The
/// worked example of docs/CALL_APPS.md.
[[nodiscard]] std::unique_ptr<actors::call_app> make_time_limit(std::string_view saved);

} // namespace tandem::apps
