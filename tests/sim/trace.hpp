#pragma once

#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

/// One thing that happened at the edge of the node, or to it.
struct trace_line {
  enum class kind : std::uint8_t {
    received,  ///< a datagram, read by the node
    sent,      ///< one that it wrote
    committed, ///< a record
    erased,    ///< a record
    detail,    ///< a CDR: its JSON
    log,
    fate ///< crash, start, stall: what the simulation did to it
  };
  kind is;
  duration at{}; ///< since the beginning of the run
  ip_endpoint peer;
  key128 key;
  std::string bytes;
};

/// All of a run, in its order. Two runs are the same run if and only if (to 64 bits) their hashes
/// agree.
class run_trace {
public:
  void add(trace_line);
  [[nodiscard]] const std::vector<trace_line>& lines() const { return lines_; }
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

private:
  std::vector<trace_line> lines_;
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

/// For people: "    1234.5 ms  127.0.0.1:5081 > INVITE sip:…  CSeq 1"
[[nodiscard]] std::string to_text(const trace_line&);

/// An invariant that does not hold.
struct violation {
  std::string invariant;
  std::string seen;
  duration at{};
};

/// Collects violations; what happened first is the cause of most others.
class verdict {
public:
  void fail(std::string invariant, std::string seen, duration at) {
    if (violations_.size() < most)
      violations_.push_back({std::move(invariant), std::move(seen), at});
  }
  [[nodiscard]] const std::vector<violation>& violations() const { return violations_; }
  [[nodiscard]] bool ok() const { return violations_.empty(); }

private:
  static constexpr std::size_t most = 50;
  std::vector<violation> violations_;
};

} // namespace tandem::test
