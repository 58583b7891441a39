#include "protocols/rtp/packet.hpp"
#include "protocols/rtp/stream_statistics.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace tandem;
using test::require;

// Bytes as one packet, and the same bytes as a sequence of packets for the statistics.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const rtp::bytes_view bytes{data, size};
  if (const auto p = rtp::packet_view::parse(bytes)) {
    std::size_t seen = rtp::fixed_header_bytes + 4 * p->csrc_count() + p->padding_bytes();
    if (const auto e = p->extension())
      seen += 4 + e->body.size();
    require(seen + p->payload().size() == size); // every byte belongs to one part
    for (std::size_t i = 0; i < p->csrc_count(); ++i)
      (void) p->csrc(i);
  }
  rtp::stream_statistics s{8000};
  time_point now{};
  std::uint64_t given = 0;
  for (std::size_t i = 0; i + 4 <= size; i += 4, ++given) {
    now += std::chrono::milliseconds(data[i]);
    const auto sequence = static_cast<std::uint16_t>(data[i + 1] << 8 | data[i + 2]);
    s.on_packet(data[i + 3] & 3U, sequence, std::uint32_t{data[i]} << 24, now);
    require(s.received() <= given + 1 && s.expected() <= (given + 1) * 65536);
    const rtp::stream_statistics restored{s.snapshot_at(now), now};
    require(restored.snapshot_at(now) == s.snapshot_at(now));
  }
  return 0;
}
