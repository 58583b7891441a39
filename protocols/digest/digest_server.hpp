#pragma once

#include "protocols/digest/challenge.hpp"
#include "protocols/digest/credentials.hpp"
#include "protocols/digest/nonce_table.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/writer.hpp"
#include "runtime/base/hash.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <vector>

namespace tandem::sip {

/// What proves a password: the password itself, or H(user:realm:password) by some algorithms.
struct login_secret {
  std::optional<std::string_view> password;
  std::optional<std::string_view> ha1_md5;
  std::optional<std::string_view> ha1_sha256;
};

/// What we challenge with.
struct digest_offer {
  std::string realm;
  std::vector<hash_algorithm> algorithms; ///< strongest first; at least one
  duration nonce_lifetime = std::chrono::seconds{300};
};

/// The server's side of digest authentication (RFC 7616, RFC 8760, RFC 3261 §22) of one shard.
///
/// Sans-IO. Not durable: what it holds are nonces of its own process (nonce_table).
///
/// Assumptions. A nonce that is not ours, or too old, is answered stale=true whatever its response
/// is: checking that would cost hashes and give a stranger an oracle that no count of failed
/// logins sees, since he needs no true nonce for it. An nc that was used is answered likewise.
/// No Authentication-Info is sent (RFC 3261 §22.4 item 6 makes it optional).
class digest_server {
public:
  digest_server(const hash_functions& hash, std::uint8_t issuer)
    : hash_(hash), mint_(hash, issuer), nonces_(offer_.nonce_lifetime) {}

  /// Before the first challenge.
  void set_offer(digest_offer);
  [[nodiscard]] const digest_offer& offer() const { return offer_; }

  /// One WWW-Authenticate for each algorithm, all with the same nonce (RFC 8760 §2.4).
  enum class reason : std::uint8_t { none, stale };
  /// `strongest`: for a peer that fails at a response which offers anything stronger; it is offered
  /// the rest, or all if nothing is left.
  void write_challenges(message_writer&, const ip_address& client, reason, hash_algorithm strongest,
                        time_point now);

  /// The credentials for our realm; nullopt: there are none, and a challenge is due. The error is
  /// that of credentials which cannot be read: 400.
  [[nodiscard]] tl::expected<std::optional<credentials>, digest_error>
  find_credentials(const message&) const;

  enum class verdict : std::uint8_t {
    passed,
    repeated,   ///< passed before: a retransmission
    stale,      ///< challenge anew with stale=true
    wrong,      ///< user or password: challenge anew
    wrong_uri,  ///< the credentials are for another Request-URI: 400 (RFC 7616 §3.4.6)
    not_offered ///< by an algorithm that we do not offer: challenge anew
  };
  /// `secret`: of the user that the credentials name; nullopt if there is none, which takes as long
  /// to find out as that a password is wrong.
  [[nodiscard]] verdict verify(const credentials&, const std::optional<login_secret>& secret,
                               const message& request, const ip_address& client, time_point now);

private:
  [[nodiscard]] hash_text expected_response(const credentials&, const login_secret&,
                                            std::string_view method) const;

  const hash_functions& hash_;
  digest_offer offer_;
  nonce_mint mint_;
  nonce_table nonces_;
};

/// Whether the "uri" of credentials means this Request-URI. DEVIATION RFC 7616 §3.4.6: scheme, user
/// and host are compared; port and parameters are not, since phones differ in writing them.
[[nodiscard]] bool is_same_resource(std::string_view uri, std::string_view request_uri);

} // namespace tandem::sip
