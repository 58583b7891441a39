#pragma once

#include "runtime/actor/tree.hpp"
#include "runtime/base/key.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::actors {

/// What the whole tree comes to, for a screen that is drawn again each second.
struct overview {
  struct waiting {
    std::string path; ///< "signalling/calls"
    std::uint32_t mailbox = 0;
  };
  std::vector<waiting> mailboxes;                 ///< the longest first; empty ones are left out
  std::map<std::string_view, std::size_t> states; ///< of live calls: how many are in each
  std::vector<key128> newest;                     ///< live calls, the youngest first
  std::size_t restarts = 0;                       ///< of all actors that stand
  std::size_t failed = 0;                         ///< actors that have a last error
};

/// `nodes` as tree::snapshot() gives them. At most `most` mailboxes and calls.
[[nodiscard]] overview look_over(const std::vector<node_view>& nodes, std::size_t most);

} // namespace tandem::actors
