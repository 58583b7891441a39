#pragma once

#include <cstddef>

namespace tandem {

/// Closures that wait in a shard's inbox; beyond it shard::post refuses.
constexpr std::size_t max_posted_tasks = 65'536;

/// Actors resumed in one turn before the shard looks at its sockets and timers again.
constexpr std::size_t max_resumes_per_turn = 4'096;

/// Messages that an actor handles before the next actor of its shard has its turn.
constexpr std::size_t max_messages_per_resume = 32;

/// Children run in place by one owner.
constexpr std::size_t max_nested_children = 1'024;

/// Messages of strangers that wait with one owner for its children; beyond it requests are bounced
/// and other messages dropped.
constexpr std::size_t max_waiting_parcels = 1'024;

/// Bytes of an actor's last error that the tree keeps.
constexpr std::size_t max_last_error_bytes = 512;

/// Bytes of a path that is resolved.
constexpr std::size_t max_path_bytes = 1'024;

} // namespace tandem
