#pragma once

#include "runtime/base/hash.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

/// Who issued a nonce, when, and which of his it was.
struct nonce_identity {
  std::int64_t issued_ms = 0; ///< of the issuer's clock
  std::uint32_t serial = 0;
  std::uint8_t issuer = 0; ///< shard

  [[nodiscard]] time_point issued() const {
    return time_point{std::chrono::milliseconds{issued_ms}};
  }
  bool operator==(const nonce_identity&) const = default;
};

/// Issues nonces that prove themselves (RFC 7616 §3.3): time, serial and issuer, and behind them
/// the MAC of these, the realm and the client's address under the node's secret. Nothing is stored
/// for a challenge. The port is not bound: NATs change it, and so does a new connection.
class nonce_mint {
public:
  nonce_mint(const hash_functions& hash, std::uint8_t issuer) : hash_(hash), issuer_(issuer) {}

  [[nodiscard]] std::string make(std::string_view realm, const ip_address& client, time_point now);
  /// Nullopt: not a nonce of this node for this realm and client, or one of a former run.
  [[nodiscard]] std::optional<nonce_identity> read(std::string_view nonce, std::string_view realm,
                                                   const ip_address& client) const;
  [[nodiscard]] std::uint8_t issuer() const { return issuer_; }

private:
  [[nodiscard]] hash_text seal(std::string_view identity, std::string_view realm,
                               const ip_address& client) const;

  const hash_functions& hash_;
  std::uint8_t issuer_;
  std::uint32_t next_serial_ = 0;
};

} // namespace tandem::sip
