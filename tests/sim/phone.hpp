#pragma once

#include "protocols/sip/message.hpp"
#include "tests/sim/street.hpp"

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::test {

/// A phone of the simulation: its socket and its transactions (RFC 3261 §17), written on their own
/// so that the node's are tested against something else. What it says and when is its calls'.
///
/// A request is sent again after T1, 2*T1 … (never more than T2 apart, but for INVITE) until it is
/// answered or 64*T1 are over; a request that comes again is answered again.
class phone {
public:
  phone(street&, unsigned index);
  ~phone();

  void call(const call_plan&);

  // -- for its calls ---------------------------------------------------------------------------

  /// Sends a request and repeats it. Its responses go to `by`.
  void ask(phone_call& by, std::string_view method, const std::string& branch, std::string bytes);
  /// Sends the response to a request that is known by this name, and remembers it.
  void answer(const std::string& transaction, const sip::message& request, unsigned status,
              std::string_view tag, std::string_view headers = {}, std::string_view body = {});
  [[nodiscard]] bool is_answered(const std::string& transaction) const;
  void say(std::string bytes);

  [[nodiscard]] std::string fresh_branch();
  [[nodiscard]] const std::string& address() const { return address_; }
  [[nodiscard]] std::string contact() const { return "sip:p" + name_ + "@" + address_; }
  [[nodiscard]] const std::string& name() const { return name_; }

private:
  struct asked {
    std::string method;
    std::string bytes;
    phone_call* by = nullptr;
    bool heard = false; ///< a provisional response
    bool done = false;
  };
  struct answered {
    std::string request;
    unsigned call = 0;  ///< planned
    std::string last{}; ///< response; empty: none yet
    unsigned status = 0;
    bool acknowledged = false;
  };

  void take(std::string_view datagram);
  void on_request(const sip::message_ptr&);
  void on_fresh_request(const sip::message_ptr&, const std::string& transaction);
  void on_cancel(const sip::message&, const std::string& transaction);
  void on_response(const sip::message&);
  void acknowledge_refusal(const sip::message& response, const std::string& invite);
  void repeat_request(const std::string& transaction, duration pause, time_point until);
  void repeat_refusal(const std::string& transaction, duration pause, time_point until);
  [[nodiscard]] phone_call* find_call(const sip::message&, std::string_view local_tag);

  street& street_;
  unsigned index_;
  std::string name_;
  std::string address_;
  std::unique_ptr<udp_socket> socket_;
  std::map<std::string, asked, std::less<>> asked_;
  std::map<std::string, answered, std::less<>> answered_;
  std::deque<std::unique_ptr<phone_call>> calls_;
  unsigned branches_ = 0;
};

} // namespace tandem::test
