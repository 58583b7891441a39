#pragma once

#include "runtime/base/hash.hpp"

#include <array>
#include <cstdint>
#include <memory>

namespace tandem {

/// MD5, SHA-256, SHA-512/256 and HMAC-SHA-256 on libcrypto. Any thread: what was looked up once is
/// only read, and each call has a context of its own.
class libcrypto_hash final : public hash_functions {
public:
  using secret = std::array<std::uint8_t, 32>;

  explicit libcrypto_hash(const secret&);
  ~libcrypto_hash() override;

  [[nodiscard]] hash_text hash(hash_algorithm,
                               std::span<const std::string_view> pieces) const override;
  [[nodiscard]] hash_text mac(std::span<const std::string_view> pieces) const override;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace tandem
