#pragma once

// Private to this folder.
#include "runtime/base/ip_endpoint.hpp"

#include <cstdint>
#include <string_view>

namespace tandem {

/// FNV-1a: any change of any bit of the trace changes it.
class simulated_trace {
public:
  void add(std::uint64_t value) {
    for (int shift = 0; shift < 64; shift += 8)
      add_byte(static_cast<std::uint8_t>(value >> shift));
  }
  void add(std::string_view bytes) {
    add(bytes.size());
    for (const char c : bytes)
      add_byte(static_cast<std::uint8_t>(c));
  }
  void add(const ip_endpoint& e) {
    for (const auto b : e.address.bytes)
      add_byte(b);
    add(e.port);
  }
  [[nodiscard]] std::uint64_t value() const { return hash_; }

private:
  void add_byte(std::uint8_t b) { hash_ = (hash_ ^ b) * 0x100000001b3U; }
  std::uint64_t hash_ = 0xcbf29ce484222325U;
};

} // namespace tandem
