#pragma once

#include "actors/auth/source_limits.hpp"
#include "actors/call/snapshots.hpp"
#include "config/configuration.hpp"
#include "protocols/digest/digest_server.hpp"
#include "protocols/sip/message.hpp"
#include "runtime/telemetry/metrics.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::actors {

/// Figures of all shards.
struct auth_counters {
  explicit auth_counters(metrics&);

  counter& passed;     ///< logins
  counter& trusted;    ///< requests of trusted trunks
  counter& challenged; ///< without credentials
  counter& stale;
  counter& failed;       ///< wrong password, or nobody's name
  counter& unreadable;   ///< credentials that are answered 400
  counter& not_his_name; ///< answered 403
  counter& banned;       ///< answered 403, unseen
  counter& dropped;      ///< over the rate of their source
};

/// What becomes of a request.
struct admission {
  enum class kind : std::uint8_t {
    passed, ///< `user` sent it, or a trunk, or the node asks nobody (both: `user` is empty)
    answer, ///< send `status`, and nothing else happens
    drop,
  };
  kind what = kind::passed;
  std::string user;
  std::uint16_t status = 0; ///< 400, 401, 403
  std::string_view reason;  ///< static; empty: the default one
  sip::digest_server::reason challenge = sip::digest_server::reason::none; ///< with 401
};

/// Decides who may ask something of this node: digest authentication (RFC 3261 §22, RFC 7616),
/// trusted trunks, and how much one source address may try. A value that a shard owns; only in its
/// thread.
///
/// As a B2BUA and registrar we are a user agent server to everybody, so every challenge is a 401
/// with WWW-Authenticate (RFC 3261 §22.2), never a 407. Requests inside a dialog carry a tag that
/// only its peer was told and come to their call without being asked; ACK and CANCEL cannot be
/// challenged (§22.1); OPTIONS gives nothing away. All else that would begin something is asked.
///
/// Without [[users]] the node is open: it asks nobody.
class authenticator {
public:
  authenticator(const hash_functions&, std::uint8_t shard, auth_counters);

  /// Users, trunks and [auth] of these from now on.
  void apply(std::shared_ptr<const configuration>);

  /// A request from outside any dialog: not ACK, CANCEL, OPTIONS.
  [[nodiscard]] admission judge(const sip::message&, const ip_endpoint& source, time_point now);
  /// The response to it, when it is to be answered.
  [[nodiscard]] wire_bytes refusal(const admission&, const sip::message&, const ip_endpoint& source,
                                   std::string_view to_tag, time_point now);

private:
  [[nodiscard]] admission ask(const sip::message&, const ip_endpoint& source, time_point now);
  [[nodiscard]] admission challenge(const ip_endpoint& source, time_point now, bool is_counted);
  [[nodiscard]] admission check(const sip::credentials&, const sip::message&,
                                const ip_endpoint& source, time_point now);

  sip::digest_server digest_;
  source_limits sources_;
  auth_counters count_;
  std::shared_ptr<const configuration> settings_;
};

/// Whether this user may say what the request says of its sender: the address-of-record of a
/// REGISTER (To, RFC 3261 §10.3 step 4; nobody registers for others), From of all else. Only the
/// user part counts: which domains are ours, nobody has told us. From may be anonymous (RFC 3323
/// §4.1.1.3).
[[nodiscard]] bool speaks_for_himself(const sip::message&, std::string_view user);

/// The strongest algorithm by which a peer may be challenged: some give up the whole response if a
/// stronger one stands anywhere in it. Told by their User-Agent.
[[nodiscard]] hash_algorithm strongest_bearable(const sip::message&);

} // namespace tandem::actors
