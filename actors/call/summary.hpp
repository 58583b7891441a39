#pragma once

#include "media/statistics.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <optional>
#include <string>
#include <vector>

namespace tandem::actors {

/// One leg as the console shows it.
struct leg_summary {
  struct media_view {
    ip_endpoint local;
    std::optional<ip_endpoint> remote;
    media::slot_statistics counters;
  };
  std::string name;
  bool incoming = false;
  std::string state;
  std::string remote;
  ip_endpoint peer;
  std::optional<media_view> media;
};

/// One call as the console shows it.
struct call_summary {
  key128 key;
  std::string state;
  std::string from;
  std::string to;
  std::string app;
  duration age{};
  std::optional<duration> talking;
  std::vector<leg_summary> legs;
};

} // namespace tandem::actors
