#pragma once

#include "protocols/sip/message.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

using strings = std::vector<std::string>;

/// What a phone writes into a message beyond the usual.
struct sip_extras {
  std::string headers;          ///< whole lines, each with CRLF
  std::string body = "default"; ///< "default": a description of the phone's own
  std::string content_type = "application/sdp";
  std::string tag = "callee"; ///< of To, in responses
  bool contact = true;
};

/// What a phone does by itself, as its transaction layer or its user would.
struct phone_habits {
  bool acknowledges = true;          ///< ACK to every 2xx of its INVITE
  bool acknowledges_failures = true; ///< ACK to every 3xx-6xx
  bool answers_bye = true;           ///< 200
  bool obeys_cancel = true;          ///< 200 to CANCEL, 487 to INVITE
};

/// A scripted phone: writes SIP as text, reads it with protocols/sip, keeps all that it heard, and
/// says what the test tells it to. One INVITE session at a time, as caller or as callee; no timers,
/// so nothing is sent again unless the test wants it.
class sip_phone {
public:
  using sender = std::function<void(const ip_endpoint& to, std::string bytes)>;
  using stopwatch = std::function<std::chrono::milliseconds()>;

  sip_phone(ip_endpoint local, ip_endpoint node, sender, stopwatch, std::string protocol = "UDP");

  phone_habits habits;

  // -- caller
  /// A new INVITE, in a new Call-ID.
  void invite(std::string_view user, const sip_extras& = {});
  /// As a phone does that was refused: the same Call-ID and From tag, the next CSeq number.
  void invite_again(const sip_extras& = {});
  void cancel();
  /// Of the 2xx to our INVITE heard last (RFC 3261 §13.2.2.4).
  void ack(const sip_extras& = {.body = ""});

  // -- callee
  /// To the INVITE heard last.
  void respond(std::uint16_t status, const sip_extras& = {});
  /// To the request of that method heard last.
  void respond_to(std::string_view method, std::uint16_t status,
                  const sip_extras& = {.body = "", .contact = false});

  // -- both
  /// A description of this phone's, of that version of o=, with more lines in its media.
  [[nodiscard]] std::string described(unsigned version, std::string_view lines = {},
                                      std::uint16_t port_above_sip = 1000) const;
  /// In the dialog, with a Contact. The body is as in `extras`: "default" repeats the description
  /// that every INVITE has.
  void reinvite(const sip_extras& = {});
  void update(const sip_extras& = {});
  /// Any other, with a body.
  void change(std::string_view method, const sip_extras&);
  /// In the dialog with the next CSeq number, without a body.
  void request(std::string_view method, std::string_view headers = {}, std::string_view body = {});
  void bye() { request("BYE"); }
  /// Outside of every dialog.
  void request_outside(std::string_view method, std::string_view user);
  /// The last bytes that were sent under this label, once more.
  void again(const std::string& label) { send_(node_, sent(label)); }
  [[nodiscard]] const std::string& sent(const std::string& label) const;
  void say(std::string bytes) { send_(node_, std::move(bytes)); }
  /// The CSeq number of the next request in the dialog.
  void set_cseq(std::uint32_t next) { cseq_ = next - 1; }

  /// "INVITE", "ACK", "180 INVITE", "200 BYE", in the order heard.
  [[nodiscard]] strings heard() const;
  [[nodiscard]] std::size_t count(std::string_view label) const;
  /// Null if there was none.
  [[nodiscard]] sip::message_ptr last(std::string_view label) const;
  /// When each of that label came, since the beginning of the test.
  [[nodiscard]] std::vector<std::int64_t> times_ms(std::string_view label) const;
  void forget() { heard_.clear(); }
  /// What was wrong with what it heard: must stay empty.
  [[nodiscard]] const strings& complaints() const { return complaints_; }

  [[nodiscard]] const ip_endpoint& local() const { return local_; }
  void take(std::string_view datagram);

private:
  struct session {
    std::string call_id, local, remote, target; ///< local, remote: with tags
  };
  struct entry {
    std::string label;
    sip::message_ptr message;
    std::int64_t at_ms;
  };

  void on_request(const sip::message&);
  void on_response(const sip::message&);
  void remember(const std::string& label, const std::string& bytes);
  [[nodiscard]] std::string fresh_branch();
  [[nodiscard]] std::string write(std::string_view method, std::string_view uri, const session&,
                                  std::uint32_t cseq, std::string_view branch,
                                  const sip_extras&) const;
  void answer(const sip::message& request, std::uint16_t status, const sip_extras&);

  [[nodiscard]] std::string contact() const;

  ip_endpoint local_;
  ip_endpoint node_;
  sender send_;
  stopwatch elapsed_;
  std::string protocol_;
  session session_;
  std::uint32_t cseq_ = 0;
  std::uint32_t invite_cseq_ = 0;
  std::uint32_t accepted_cseq_ = 0; ///< of the INVITE whose 2xx came last
  std::string invite_uri_;
  std::string invite_branch_;
  unsigned calls_ = 0;
  unsigned branches_ = 0;
  std::map<std::string, std::string> sent_;
  std::vector<entry> heard_;
  strings complaints_;
};

/// "INVITE", "180 INVITE".
[[nodiscard]] std::string label_of(const sip::message&);

} // namespace tandem::test
