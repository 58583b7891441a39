#include "runtime/io/real_clock.hpp"

#include <ctime>

namespace tandem {

time_point real_clock::now() const {
  timespec t{};
  clock_gettime(CLOCK_BOOTTIME, &t); // cannot fail: the clock exists since Linux 2.6.39
  return time_point{std::chrono::seconds{t.tv_sec} + std::chrono::nanoseconds{t.tv_nsec}};
}

wall_time real_clock::wall() const {
  return std::chrono::system_clock::now();
}

} // namespace tandem
