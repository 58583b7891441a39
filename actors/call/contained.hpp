#pragma once

#include <exception>
#include <string>

namespace tandem::actors {

/// Runs what may throw; the one place where a call catches. Returns what went wrong in a few words,
/// or nothing.
template <class F>
[[nodiscard]] std::string contained(const F& what) {
  try {
    what();
    return {};
  } catch (const std::exception& e) {
    const std::string text = e.what();
    return text.empty() ? "an exception without words" : text;
  }
}

} // namespace tandem::actors
