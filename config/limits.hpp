#pragma once

#include <cstddef>

namespace tandem {

// Bounds of a configuration file; one more is an error that names the key.
constexpr std::size_t max_config_bytes = std::size_t{32} << 20;
constexpr std::size_t max_sip_listens = 64;
constexpr std::size_t max_kernel_interfaces = 16;
constexpr std::size_t max_users = 100'000;
constexpr std::size_t max_bindings_per_user = 32;
constexpr std::size_t max_trunks = 10'000;
constexpr std::size_t max_routes = 10'000;
constexpr std::size_t max_config_string_bytes = 256; ///< of any string in it
constexpr std::size_t max_pattern_bytes = 256;       ///< of a route's `match`
constexpr std::size_t max_pattern_memory_bytes = std::size_t{1} << 20;

constexpr std::size_t max_config_errors = 50;  ///< reported at once
constexpr std::size_t max_names_reported = 10; ///< of each kind of change, after a reload

/// A caller's user part longer than this (after unescaping) matches no route.
constexpr std::size_t max_routed_user_bytes = 256;

} // namespace tandem
