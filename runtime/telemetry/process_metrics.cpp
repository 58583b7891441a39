#include "runtime/telemetry/limits.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <dirent.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

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

std::vector<std::string> entries_of(const char* folder) {
  const auto close = [](DIR* d) { ::closedir(d); };
  const std::unique_ptr<DIR, decltype(close)> d{::opendir(folder), close};
  std::vector<std::string> names;
  while (const auto* entry = d ? ::readdir(d.get()) : nullptr)
    if (entry->d_name[0] != '.') // "." and ".."
      names.emplace_back(entry->d_name);
  return names;
}

double number_of_entries(const char* folder) {
  return static_cast<double>(entries_of(folder).size());
}

/// What proc(5) says in `stat` of a process or thread: its name, and the fields behind it, the
/// first being the third of the page.
struct proc_stat {
  std::string name;
  std::vector<std::string> fields;
};

proc_stat read_stat(const std::string& file) {
  std::ifstream in{file};
  std::string line;
  std::getline(in, line);
  const auto open = line.find('(');
  const auto close = line.rfind(')'); // a name may hold parentheses of its own
  proc_stat out;
  if (open == std::string::npos || close == std::string::npos)
    return out; // it has ended meanwhile
  out.name = line.substr(open + 1, close - open - 1);
  std::istringstream rest{line.substr(close + 1)};
  for (std::string field; rest >> field;)
    out.fields.push_back(std::move(field));
  return out;
}

double ticks(const proc_stat& s, std::size_t field_of_the_page) {
  const auto at = field_of_the_page - 3;
  return at < s.fields.size() ? std::stod(s.fields[at]) / static_cast<double>(sysconf(_SC_CLK_TCK))
                              : 0;
}

metrics::labelled_values cpu_by_thread() {
  metrics::labelled_values out;
  for (const auto& id : entries_of("/proc/self/task")) {
    const auto s = read_stat("/proc/self/task/" + id + "/stat");
    if (!s.name.empty() && (out.size() < max_thread_names || out.contains(s.name)))
      out[s.name] += ticks(s, 14) + ticks(s, 15); // utime, stime
  }
  return out;
}

/// Seconds since 1970: when the system was booted, and how long after that the process started.
double started_at() {
  std::ifstream in{"/proc/stat"};
  double booted = 0;
  for (std::string word; in >> word;)
    if (word == "btime")
      in >> booted;
  return booted + ticks(read_stat("/proc/self/stat"), 22);
}

double most_descriptors() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
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
           [] { return number_of_entries("/proc/self/fd") - 1; }); // less the one that lists them
  m.sample("process_max_fds", "Most file descriptors that may be open.", most_descriptors);
  m.sample("process_start_time_seconds", "When the process started, in seconds since 1970.",
           [at = started_at()] { return at; });
  m.sample("process_threads", "Threads.", [] { return number_of_entries("/proc/self/task"); });
  m.sample("process_cpu_seconds_total", "User and system time.", cpu_seconds);
  m.sample_each("tandem_thread_cpu_seconds_total",
                "User and system time by the name of the threads.", "thread", cpu_by_thread);
}

} // namespace tandem
