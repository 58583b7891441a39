#pragma once

#include "media/flow_table.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace tandem::media {

/// Flows in the kernel: the program of relay.bpf.c at the ingress of interfaces.
struct kernel_flows {
  std::unique_ptr<flow_table> table;
  /// Of the process before this one, which was killed within limits::kernel_lease: still carried.
  std::vector<flow> inherited;
};

/// Which node this is: a filter of the same one is taken over, one of another left alone.
struct kernel_identity {
  ip_address address; ///< `[media] address`, or address6 where there is none
  std::uint16_t first_port = 0;
  std::uint16_t last_port = 0;
};

/// Loads the program and attaches it to each interface, in place of the one that a killed process
/// of the same identity has left. Destroying the table takes the filters away; the clsact qdisc,
/// which may have been there before, stays. Errors are sentences that say what is missing.
[[nodiscard]] tl::expected<kernel_flows, std::string>
open_kernel_flows(const std::vector<std::string>& interfaces, const kernel_identity&,
                  time_point now);

} // namespace tandem::media
