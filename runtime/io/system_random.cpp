#include "runtime/io/system_random.hpp"

#include <sys/random.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace tandem {

std::uint64_t system_random::next() {
  if (used_ == pool_.size()) {
    // getrandom(2): up to 256 bytes are never cut short, and a signal interrupts only longer reads
    // or an uninitialised pool; so 512 bytes may need a second call.
    auto* at = reinterpret_cast<std::uint8_t*>(pool_.data());
    std::size_t left = sizeof pool_;
    while (left > 0) {
      const auto got = getrandom(at, left, 0);
      if (got < 0 && errno != EINTR)
        throw std::system_error{errno, std::generic_category(), "getrandom"};
      if (got > 0) {
        at += got;
        left -= static_cast<std::size_t>(got);
      }
    }
    used_ = 0;
  }
  return std::exchange(pool_[used_++], 0); // handed out once, and not left lying in memory
}

} // namespace tandem
