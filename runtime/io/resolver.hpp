#pragma once

#include "runtime/base/ip_endpoint.hpp"
#include "runtime/io/reactor.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace tandem {

/// What a name stands for, in the order of preference that the system gave (RFC 6724), and how
/// long that may be remembered.
struct host_addresses {
  std::vector<ip_address> addresses;
  std::chrono::seconds ttl{};

  bool operator==(const host_addresses&) const = default;
};

/// An error is a sentence: "cannot resolve sip.example.test: Domain name not found".
using address_answer = tl::expected<host_addresses, std::string>;
using address_handler = std::function<void(address_answer)>;

/// Which records are asked for: A (RFC 1035), AAAA (RFC 3596) or both.
enum class address_question : std::uint8_t { a, aaaa, both };

/// Names to addresses. NAPTR and SRV (RFC 3263 §4) are further questions of the same shape: each
/// has its own method, answer and handler. Two implementations: `system_resolver` (c-ares) and
/// `simulated_resolver`.
class resolver {
public:
  virtual ~resolver() = default;
  /// Asks, and later calls `handler` once, inside a `poll()` of that reactor; never from here. A
  /// literal address is its own answer. The reactor outlives the resolver; what is unanswered when
  /// the resolver ends is forgotten.
  virtual void addresses_of(reactor&, const std::string& host, address_question,
                            address_handler) = 0;
};

} // namespace tandem
