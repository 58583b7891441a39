#include "runtime/telemetry/metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <string>

namespace tandem {

namespace {

/// proc(5): the second number of /proc/self/statm is the resident set in pages.
double resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  double total = 0;
  double resident = 0;
  in >> total >> resident;
  return resident * static_cast<double>(sysconf(_SC_PAGESIZE));
}

double entries_of(const char* folder) {
  const auto close = [](DIR* d) { ::closedir(d); };
  const std::unique_ptr<DIR, decltype(close)> d{::opendir(folder), close};
  double count = 0;
  while (d && ::readdir(d.get()) != nullptr)
    ++count;
  return count < 2 ? 0 : count - 2; // "." and ".."
}

double cpu_seconds() {
  rusage u{};
  getrusage(RUSAGE_SELF, &u);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(u.ru_utime) + seconds(u.ru_stime);
}

} // namespace

void sample_process(metrics& m) {
  m.sample("process_resident_memory_bytes", "Resident memory.", resident_bytes);
  m.sample("process_open_fds", "Open file descriptors.",
           [] { return entries_of("/proc/self/fd") - 1; }); // less the one that lists them
  m.sample("process_threads", "Threads.", [] { return entries_of("/proc/self/task"); });
  m.sample("process_cpu_seconds_total", "User and system time.", cpu_seconds);
}

} // namespace tandem
