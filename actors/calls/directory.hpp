#pragma once

#include "actors/call/call.hpp"
#include "runtime/base/key.hpp"

#include <caf/actor.hpp>

#include <memory>
#include <unordered_map>

namespace tandem::actors {

/// The calls of one shard by key, in its thread.
struct call_directory {
  struct entry {
    caf::actor address;
    call* here = nullptr;                ///< kept alive by the address
    std::shared_ptr<const void> claim{}; ///< its caller's
  };
  std::unordered_map<key128, entry> entries;

  [[nodiscard]] const entry* find(const key128& key) const {
    const auto found = entries.find(key);
    return found == entries.end() ? nullptr : &found->second;
  }
};

} // namespace tandem::actors
