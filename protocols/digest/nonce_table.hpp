#pragma once

#include "protocols/digest/limits.hpp"
#include "protocols/digest/nonce.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <unordered_map>

namespace tandem::sip {

/// Which requests have come under which nonce, so that none is accepted twice (RFC 7616 §5.12, nc
/// of §3.4). A nonce stands here from its first successful login until it is too old to be used.
///
/// Sans-IO, of one shard. It is not durable: nonces do not outlive the process that can prove
/// them. Bounded: the oldest nonce makes room, and what was issued no later than it is stale from
/// then on, so that forgetting never lets a request in twice.
class nonce_table {
public:
  /// `lifetime`: how long a nonce may be used after it was issued.
  explicit nonce_table(duration lifetime, std::size_t at_most = max_nonces_in_use)
    : lifetime_(lifetime), at_most_(at_most) {}

  void set_lifetime(duration d) { lifetime_ = d; }
  /// Too old, from the future, or of a time that is forgotten: ask for a new one.
  [[nodiscard]] bool is_stale(const nonce_identity&, time_point now) const;

  enum class verdict : std::uint8_t {
    fresh,    ///< never seen
    repeated, ///< the very same request, retransmitted: answer it again
    replayed, ///< this nc was used by another request, or is far below the highest
  };
  /// A request with correct credentials. `request` tells requests apart: a hash of what a
  /// retransmission repeats. `repeats_for`: how long retransmissions may come (RFC 3261 §17).
  [[nodiscard]] verdict on_login(const nonce_identity&, std::uint32_t nc, std::uint64_t request,
                                 time_point now, duration repeats_for);

  [[nodiscard]] std::size_t size() const { return used_.size(); }

private:
  struct accepted {
    std::uint32_t nc = 0; ///< 0: none
    std::uint64_t request = 0;
    time_point at{};
  };
  struct usage {
    std::uint32_t highest = 0;
    std::uint64_t below = 0; ///< bit i: highest - 1 - i was used
    std::array<accepted, repeatable_requests> latest{};
    std::uint8_t next = 0; ///< in `latest`
  };
  static key128 key_of(const nonce_identity& n) {
    return {static_cast<std::uint64_t>(n.issued_ms), n.serial};
  }
  void make_room(time_point now);
  static bool take(usage&, std::uint32_t nc);

  duration lifetime_;
  std::size_t at_most_;
  std::int64_t forgotten_ms_ = -1; ///< nonces issued until then are stale
  std::unordered_map<key128, usage> used_;
  std::deque<key128> in_order_; ///< of first use
};

} // namespace tandem::sip
