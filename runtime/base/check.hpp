#pragma once

#include <stdexcept>
#include <string>

namespace tandem {

/// A bug was found: the actor in which it is thrown is restarted or ended by its supervisor.
class check_failure : public std::logic_error {
public:
  using std::logic_error::logic_error;
};

[[noreturn]] inline void fail_check(const char* what, const char* file, int line) {
  throw check_failure{std::string(file) + ":" + std::to_string(line) + ": " + what};
}

} // namespace tandem

/// States an invariant. Never used on the packet path, where nothing throws.
#define TANDEM_CHECK(condition)                                                                    \
  ((condition) ? void(0) : ::tandem::fail_check(#condition, __FILE__, __LINE__))
