#include "tests/e2e/rtp_probe/streams.hpp"

#include <sys/epoll.h>

#include <algorithm>
#include <array>

namespace tandem::test {

namespace {

using namespace std::chrono_literals;
using packet = std::array<std::uint8_t, 172>; // RTP header and 20 ms of G.711

constexpr std::uint32_t magic = 0x74616e64, intruder_magic = 0x6576696c;
constexpr std::uint64_t intruder_event = 1ULL << 62, rtcp_event = 1ULL << 61;

void put(std::span<std::uint8_t> out, std::size_t at, std::uint32_t value) {
  for (int i = 0; i < 4; ++i)
    out[at + static_cast<std::size_t>(i)] = static_cast<std::uint8_t>(value >> (24 - 8 * i));
}

std::uint32_t get(std::span<const std::uint8_t> in, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i)
    value = value << 8 | in[at + i];
  return value;
}

std::uint32_t ssrc_of(std::size_t call, int side) {
  return 0x10000u + static_cast<std::uint32_t>(2 * call) + static_cast<std::uint32_t>(side);
}

/// RFC 3550 §5.1: version 2, payload type 0; then what the receiver checks.
packet rtp_packet(std::uint32_t ssrc, std::uint32_t number, std::uint32_t mark) {
  packet p{};
  p.fill(0xff); // G.711 silence
  put(p, 0, 0x80000000u | (number & 0xffff));
  put(p, 4, 160 * number);
  put(p, 8, ssrc);
  put(p, 12, mark);
  put(p, 16, ssrc);
  put(p, 20, number);
  return p;
}

/// RFC 3550 §6.4.1 and §6.5: a sender report without blocks, then the CNAME "probe".
std::array<std::uint8_t, 44> rtcp_packet(std::uint32_t ssrc, std::uint32_t number) {
  std::array<std::uint8_t, 44> p{};
  put(p, 0, 0x80c80006);
  put(p, 4, ssrc);
  put(p, 8, 0xe0000000u + number);
  put(p, 16, 8000 * number);
  put(p, 20, 50 * number);
  put(p, 24, 50 * 160 * number);
  put(p, 28, 0x81ca0003);
  put(p, 32, ssrc);
  put(p, 36, 0x01057072);
  put(p, 40, 0x6f626500);
  return p;
}

} // namespace

streams::streams(std::vector<probe_call>& calls, std::uint16_t first_port)
  : calls_{calls}, epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
  const auto watch = [&](const udp_socket& s, std::uint64_t event) {
    epoll_event e{EPOLLIN, {.u64 = event}};
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, s.fd(), &e) != 0)
      fail("epoll_ctl failed");
  };
  auto port = first_port;
  for (std::size_t i = 0; i < 2 * calls.size(); ++i) {
    streams_.push_back({udp_socket{port}, udp_socket{static_cast<std::uint16_t>(port + 1)}, {}});
    calls[i / 2].media_port[i % 2] = port;
    port = static_cast<std::uint16_t>(port + 2);
    watch(streams_[i].rtp, i);
    watch(streams_[i].rtcp, i | rtcp_event);
  }
  watch(intruder_, intruder_event);
}

void streams::send_rtp(std::size_t call, int side, std::uint32_t number) {
  const auto port = calls_[call].remote_port[side];
  streams_[2 * call + static_cast<std::size_t>(side)].rtp.send(
      port, rtp_packet(ssrc_of(call, side), number, magic));
  ++tally_.sent;
}

void streams::send_rtcp(std::size_t call, int side, std::uint32_t number) {
  const auto port = static_cast<std::uint16_t>(calls_[call].remote_port[side] + 1);
  streams_[2 * call + static_cast<std::size_t>(side)].rtcp.send(
      port, rtcp_packet(ssrc_of(call, side), number));
  ++tally_.rtcp_sent;
}

/// Alternately under a name of its own and under the phone's, with the number that comes next.
void streams::intrude(std::size_t call, int side, std::uint32_t number) {
  const auto ssrc = number % 2 == 0 ? 0xbad00000u : ssrc_of(call, side);
  intruder_.send(calls_[call].remote_port[side], rtp_packet(ssrc, number + 1, intruder_magic));
  ++tally_.intruder_sent;
}

void streams::receive_rtp(std::size_t call, int side, std::span<const std::uint8_t> bytes) {
  const auto expected = ssrc_of(call, 1 - side);
  if (bytes.size() >= 16 && get(bytes, 12) == intruder_magic) {
    ++tally_.intruder_heard;
    return;
  }
  if (bytes.size() != sizeof(packet) || get(bytes, 12) != magic || get(bytes, 8) != expected
      || get(bytes, 16) != expected || (get(bytes, 0) & 0xffff) != (get(bytes, 20) & 0xffff)) {
    ++tally_.wrong;
    return;
  }
  ++tally_.received;
  auto& mine = streams_[2 * call + static_cast<std::size_t>(side)];
  const auto now = std::chrono::steady_clock::now();
  if (mine.heard != decltype(now){})
    mine.gap = std::max(mine.gap, now - mine.heard);
  mine.heard = now;
  auto& seen = mine.seen;
  const auto number = get(bytes, 20);
  if (number >= seen.size())
    seen.resize(number + 1);
  seen[number] = static_cast<std::uint8_t>(std::min(seen[number] + 1, 255));
}

void streams::receive_rtcp(std::size_t call, int side, std::span<const std::uint8_t> bytes) {
  if (bytes.size() == 44 && get(bytes, 4) == ssrc_of(call, 1 - side))
    ++tally_.rtcp_received;
  else
    ++tally_.rtcp_wrong;
}

/// Takes all that waits, for a millisecond at most.
void streams::receive_all() {
  std::array<epoll_event, 256> events;
  std::array<std::uint8_t, 2048> buffer;
  const auto count = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 1);
  for (int e = 0; e < count; ++e) {
    const auto what = events[static_cast<std::size_t>(e)].data.u64;
    if (what == intruder_event) {
      while (intruder_.receive(buffer))
        ++tally_.stolen;
      continue;
    }
    const auto index = static_cast<std::size_t>(what & ~rtcp_event);
    const auto call = index / 2;
    const auto side = static_cast<int>(index % 2);
    const bool is_rtcp = (what & rtcp_event) != 0;
    const auto& socket = is_rtcp ? streams_[index].rtcp : streams_[index].rtp;
    while (const auto got = socket.receive(buffer))
      is_rtcp ? receive_rtcp(call, side, *got) : receive_rtp(call, side, *got);
  }
}

tally streams::run(std::chrono::seconds length, intruder third) {
  const auto start = std::chrono::steady_clock::now();
  const auto packets = static_cast<std::uint64_t>(length / 20ms);
  // Stream k sends packet n at 20 ms * n + 20 ms * k / streams: an even load, as of many phones.
  const auto total = packets * streams_.size();
  for (std::uint64_t next = 0; next < total;) {
    const auto elapsed = std::chrono::steady_clock::now() - start;
    const auto due = static_cast<std::uint64_t>(elapsed.count()) * streams_.size()
                     / static_cast<std::uint64_t>(std::chrono::nanoseconds(20ms).count());
    for (; next < std::min(due, total); ++next) {
      const auto number = static_cast<std::uint32_t>(next / streams_.size());
      const auto call = static_cast<std::size_t>(next % streams_.size()) / 2;
      const auto side = static_cast<int>(next % 2);
      send_rtp(call, side, number);
      if (number % 50 == 25)
        send_rtcp(call, side, number / 50);
      if (third == intruder::present && number >= 10) // by then every stream has its source
        intrude(call, side, number);
    }
    receive_all();
  }
  // Loopback delivers at once; a second is for a busy machine.
  for (const auto end = std::chrono::steady_clock::now() + 1s;
       std::chrono::steady_clock::now() < end && tally_.received < tally_.sent;)
    receive_all();
  receive_all();
  count_up(packets);
  return tally_;
}

void streams::count_up(std::uint64_t packets) {
  std::chrono::steady_clock::time_point last{};
  for (const auto& s : streams_)
    last = std::max(last, s.heard);
  for (auto& s : streams_) {
    tally_.silent += s.heard < last - 1s ? 1 : 0;
    tally_.gaps_ms.push_back(
        static_cast<int>(std::chrono::duration_cast<std::chrono::milliseconds>(s.gap).count()));
    s.seen.resize(packets);
    for (const auto times : s.seen) {
      tally_.lost += times == 0 ? 1 : 0;
      tally_.duplicated += times > 1 ? times - 1u : 0;
    }
  }
}

} // namespace tandem::test
