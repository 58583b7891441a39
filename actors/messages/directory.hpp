#pragma once

#include "runtime/base/key.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <unordered_map>

namespace tandem::actors {

class message_exchange;

/// The messages of one shard by key, in its thread, and who begins them.
struct message_directory {
  struct entry {
    caf::actor address;
    message_exchange* here = nullptr;  ///< kept alive by the address
    std::shared_ptr<const void> claim; ///< its sender's
  };
  std::unordered_map<key128, entry> entries;
  caf::actor messages; ///< the supervisor; at each of its starts

  [[nodiscard]] const entry* find(const key128& key) const {
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : &found->second;
  }
};

} // namespace tandem::actors
