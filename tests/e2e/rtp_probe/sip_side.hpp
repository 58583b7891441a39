#pragma once

#include "tests/e2e/rtp_probe/udp.hpp"

#include <chrono>
#include <string>
#include <string_view>

namespace tandem::test {

/// What the probe needs to know of one call's signalling and where its media goes.
struct probe_call {
  std::string user;    ///< dialled number; tells the callee which call an INVITE belongs to
  std::string call_id; ///< of the caller's leg
  std::string to;      ///< the caller's To, with the tag of the answer
  std::string target;  ///< Contact of the answer
  std::string invite;  ///< as the callee got it
  std::uint16_t media_port[2]{};  ///< where caller and callee receive RTP
  std::uint16_t remote_port[2]{}; ///< where the peer told caller and callee to send RTP
};

/// Caller and callee of a probe in one object: it places calls through a node to itself, one after
/// the other, with just enough of RFC 3261 to get a 200, an ACK, a BYE. It repeats nothing: on
/// loopback a datagram is lost only by a fault that the test should show.
class sip_side {
public:
  /// `node_port` takes the calls; `callee_port` is where the node sends them on.
  sip_side(std::uint16_t node_port, std::uint16_t callee_port);

  void establish(probe_call&) const;
  void hang_up(const probe_call&) const;
  /// From the other side.
  void hang_up_by_callee(const probe_call&) const;

private:
  using deadline = std::chrono::steady_clock::time_point;

  [[nodiscard]] std::string next(const udp_socket&, deadline) const;
  void send_request(std::string_view method, int cseq, const probe_call&,
                    const std::string& sdp) const;
  static void reply_ok(const udp_socket& from, const std::string& request, const std::string& sdp);
  void expect_at_callee(std::string_view method, const probe_call&, std::string& got) const;
  void expect_answer(const udp_socket&, std::string_view cseq, const probe_call&) const;

  std::uint16_t node_port_;
  udp_socket caller_, callee_;
};

} // namespace tandem::test
