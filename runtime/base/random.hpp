#pragma once

#include <cstdint>

namespace tandem {

/// Unpredictable bits. Two implementations: the system's generator (runtime/io) and a seeded one
/// (simulation).
class random_source {
public:
  virtual ~random_source() = default;
  [[nodiscard]] virtual std::uint64_t next() = 0;
};

} // namespace tandem
