#pragma once

#include "tests/e2e/rtp_probe/sip_side.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace tandem::test {

/// What became of the packets of all streams. Everything but sent and received must be 0.
struct tally {
  std::uint64_t sent = 0, received = 0; ///< RTP
  std::uint64_t lost = 0;               ///< never arrived
  std::uint64_t duplicated = 0;         ///< arrived more than once
  std::uint64_t wrong = 0;              ///< arrived at another call or side, or was changed
  std::uint64_t rtcp_sent = 0, rtcp_received = 0, rtcp_wrong = 0;
  std::uint64_t intruder_sent = 0;  ///< by a third source, to the node's media ports
  std::uint64_t intruder_heard = 0; ///< of these, what a phone received
  std::uint64_t stolen = 0;         ///< packets of a phone that arrived at the intruder
  std::vector<int> gaps_ms;         ///< of each stream: the longest time between two packets
  std::uint64_t silent = 0;         ///< streams that heard nothing in the last second
};

enum class intruder : std::uint8_t { absent, present };

/// RTP (50 packets a second) and RTCP (one report a second) both ways in every call. Each packet
/// names its call, side and number, so the receiver can tell what it is.
class streams {
public:
  /// Binds four ports a call from `first_port` on and enters the RTP ports in `calls`.
  streams(std::vector<probe_call>& calls, std::uint16_t first_port);

  [[nodiscard]] tally run(std::chrono::seconds, intruder);

private:
  struct stream { // one direction: from this side's sockets to the other side
    udp_socket rtp, rtcp;
    std::vector<std::uint8_t> seen; ///< by packet number: how often this side received it
    std::chrono::steady_clock::time_point heard{};
    std::chrono::steady_clock::duration gap{};
  };

  void send_rtp(std::size_t call, int side, std::uint32_t number);
  void send_rtcp(std::size_t call, int side, std::uint32_t number);
  void intrude(std::size_t call, int side, std::uint32_t number);
  void receive_all();
  void count_up(std::uint64_t packets);
  void receive_rtp(std::size_t call, int side, std::span<const std::uint8_t>);
  void receive_rtcp(std::size_t call, int side, std::span<const std::uint8_t>);

  const std::vector<probe_call>& calls_;
  std::vector<stream> streams_; ///< 2 * call + side
  udp_socket intruder_{0};
  int epoll_;
  tally tally_;
};

} // namespace tandem::test
