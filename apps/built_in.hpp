#pragma once

#include "actors/call_app/call_app.hpp"

namespace tandem::apps {

/// The call applications listed in apps/CMakeLists.txt.
[[nodiscard]] actors::app_catalogue built_in();
/// Their names, as in a sentence: "bridge, echo".
[[nodiscard]] const char* built_in_names();

} // namespace tandem::apps
