#pragma once

#include "actors/call_app/call_app.hpp"

namespace tandem::apps {

/// Answers at once and sends the caller's media back to her.
[[nodiscard]] std::unique_ptr<actors::call_app> make_echo(std::string_view saved);

} // namespace tandem::apps
