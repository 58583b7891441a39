#pragma once

#include "protocols/sip/name_addr.hpp"
#include "protocols/sip/status.hpp"
#include "runtime/base/actions.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::sip {

/// What the operator allows (docs/CONFIG.md, [registrar]); min <= default <= max.
struct registrar_rules {
  std::uint32_t min_expires_s = 60; ///< at most 3600: §10.3 forbids 423 from an hour on
  std::uint32_t max_expires_s = 3600;
  std::uint32_t default_expires_s = 3600;
  std::size_t bindings = 10; ///< of one address-of-record, at most max_bindings

  bool operator==(const registrar_rules&) const = default;
};

/// How a REGISTER came: by which transport of the host, and from where. Kept, not interpreted.
struct register_source {
  std::uint8_t transport = 0;
  ip_endpoint peer;

  bool operator==(const register_source&) const = default;
};

/// A REGISTER as the machine needs it; views into the message.
struct registration {
  std::string_view call_id;
  std::uint32_t cseq = 0;
  bool wildcard = false;                ///< "Contact: *"
  std::span<const contact> contacts;    ///< empty: a fetch
  std::optional<std::uint32_t> expires; ///< the Expires header
  register_source source;
};

/// One way to reach the user.
struct binding {
  std::string uri; ///< of the Contact, as written
  std::string call_id;
  register_source source;
  time_point expires{};
  std::uint32_t granted_s = 0;
  std::uint32_t cseq = 0;
  std::optional<std::uint16_t> q; ///< thousandths; none was said: as good as 1000
  std::string parameters; ///< the other ones of the Contact, as written: ";+sip.instance=…"

  bool operator==(const binding&) const = default;
};

enum class register_verdict : std::uint8_t {
  unchanged,    ///< a fetch, or a retransmission: answer 200
  changed,      ///< commit, then answer 200
  bad_wildcard, ///< "*" without Expires: 0, or beside contacts
  too_brief,    ///< below min_expires_s: 423 with Min-Expires (§10.3 step 7)
  out_of_order, ///< a number that is not above that of the binding (§10.3 steps 6, 7)
  too_many,     ///< more bindings than the rules allow
  too_long,     ///< a Contact URI or Call-ID beyond limits.hpp
};

/// 200, or what the client did wrong, with the reason phrase that says it.
struct register_answer {
  status_code status;
  std::string_view reason; ///< empty: the usual one
};
[[nodiscard]] register_answer answer_for(register_verdict);

/// A binding has run out of time.
struct binding_expired {
  std::string uri;

  bool operator==(const binding_expired&) const = default;
};

/// The bindings of one address-of-record at its registrar: RFC 3261 §10.3, steps 6 to 8. Who may
/// register and for which address was decided before (steps 1 to 5).
///
/// A request is carried out as a whole or not at all. A retransmission (the same Call-ID and CSeq,
/// the same content) changes nothing and is answered like the first, so a host needs no transaction
/// (§8.2.7). Bindings are compared by §19.1.4.
///
/// Assumptions. A number that repeats with another content is out of order: 400. A removed binding
/// leaves no trace, so an old REGISTER that overtakes its own removal by more than the network's
/// delay would bring it back; digest's nonce count refuses that one. Path, GRUU and outbound
/// (RFC 3327, 5627, 5626) are not read; a Contact's further parameters are kept and given back. Of
/// contacts of one request that are equal the last one wins.
class address_of_record {
public:
  /// The same with times that mean something elsewhere.
  struct kept_binding {
    std::string uri, call_id;
    register_source source;
    duration remaining{};
    std::uint32_t granted_s = 0;
    std::uint32_t cseq = 0;
    std::optional<std::uint16_t> q;
    std::string parameters;

    bool operator==(const kept_binding&) const = default;
  };
  struct snapshot {
    std::vector<kept_binding> bindings;

    bool operator==(const snapshot&) const = default;
  };

  address_of_record() = default;
  /// What expired meanwhile is dropped.
  address_of_record(const snapshot&, time_point now);
  [[nodiscard]] snapshot snapshot_at(time_point now) const;

  [[nodiscard]] register_verdict on_register(const registration&, const registrar_rules&,
                                             time_point now);
  /// Late and spurious calls are harmless.
  [[nodiscard]] actions<binding_expired, 1> on_deadline(time_point now);
  [[nodiscard]] std::optional<time_point> next_deadline() const;

  /// In the order of their first registration; those that expired since the last call included.
  [[nodiscard]] const std::vector<binding>& bindings() const { return bindings_; }
  [[nodiscard]] bool empty() const { return bindings_.empty(); }

private:
  [[nodiscard]] register_verdict remove_all(const registration&);
  /// What the request would do; nothing is touched yet.
  [[nodiscard]] register_verdict judge(const registration&, const registrar_rules&) const;
  void carry_out(const registration&, const registrar_rules&, time_point now);
  [[nodiscard]] std::optional<std::size_t> find(const uri&) const;

  std::vector<binding> bindings_;
};

/// What of a Contact's parameters the 200 gives back beside q and expires (RFC 3840 §5, RFC 5626
/// §6): all others; none of them if they are longer than limits.hpp says.
[[nodiscard]] std::string kept_parameters(const contact&);

/// Seconds left, rounded up: what the 200 says (§10.3 step 8).
[[nodiscard]] std::uint32_t seconds_left(const binding&, time_point now);

} // namespace tandem::sip
