#pragma once

#include "protocols/sip/message.hpp"

#include <cstdint>
#include <string>

namespace tandem::sip {

/// Whether a request would begin something here, so that it may have to wait or be refused when
/// more is asked for than can be served. All else belongs to something (§12.2), or is answered or
/// dropped without more ado (§9.2, §12.2.2).
[[nodiscard]] bool begins_something(const message& request);

/// What becomes of a request that belongs to no dialog, transaction or call of ours, as far as the
/// message alone says: RFC 3261 §8.2, §11, §12.2.2, §16.3.
struct outside_verdict {
  enum class kind : std::uint8_t {
    drop,        ///< an ACK: it is never answered (§17)
    answer,      ///< to anybody, with `status`
    refuse,      ///< with `status`, to who has proved who he is (§8.2: that comes first)
    begin_call,  ///< an INVITE; its leg sees to extensions and content
    deliver,     ///< a MESSAGE (RFC 3428) for somebody else
    registration ///< a REGISTER; the registrar sees to extensions
  };
  kind what;
  std::uint16_t status = 0;

  bool operator==(const outside_verdict&) const = default;
};
/// Of a request that check_request() has passed.
[[nodiscard]] outside_verdict judge_outside(const message& request);

/// The option tags of Require that no UA of ours knows, as Unsupported has them (§8.2.2.3); empty:
/// none. We know "timer" (RFC 4028).
[[nodiscard]] std::string unsupported_options(const message& request);

} // namespace tandem::sip
