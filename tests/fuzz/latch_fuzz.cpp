// Any packets from any sources for one stream: once locked to a source no other is heard but after
// an SDP or a silence; packets are sent only to whom the SDP named or who was heard; a restore on
// another clock changes nothing.
#include "media/latch.hpp"

#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <set>

using namespace std::chrono_literals;
using namespace tandem;
using media::latch;
using test::require;

namespace {

ip_endpoint party(std::uint8_t n) {
  return {{ip_family::v4, {192, 0, 2, static_cast<std::uint8_t>(1 + n % 3)}},
          static_cast<std::uint16_t>(4000 + 2 * (n / 4 % 2))};
}
ip_endpoint beside(ip_endpoint e) {
  ++e.port;
  return e;
}

class subject {
public:
  void feed(test::choices& in) {
    const auto event = in.byte(), who = in.byte();
    switch (event % 8) {
      case 0: on_remote(who % 16 == 15 ? ip_endpoint{} : party(who)); break;
      case 1: wait(event * 1ms); break;
      case 2: wait(event * 20ms); break;
      case 3: on_rtcp(who & 64U ? party(who) : beside(party(who))); break;
      case 4:
        streams_.move(
            1h + 1h * event, [](const auto& l, time_point now) { return l.snapshot_at(now); },
            [](const auto& s, time_point now) {
              return latch{s, now};
            });
        break;
      case 5: ++sequence_; [[fallthrough]];
      default: on_rtp(party(who), who & 128U ? 2 : 1);
    }
    const auto to = stream().rtp_destination();
    require(!to || may_hear_.contains(to->address.bytes));
    require(stream().source().has_value() == (stream().current() == latch::state::locked));
    require(stream().current() != latch::state::closed || !to);
  }

private:
  [[nodiscard]] const latch& stream() const { return streams_.get(); }

  void on_remote(const ip_endpoint& rtp) {
    const auto rtcp = rtp.port == 0 ? rtp : beside(rtp);
    streams_.give([&](auto& l, time_point now) { l.on_remote(rtp, rtcp, now); });
    may_hear_.insert(rtp.address.bytes);
    silent_since_ = streams_.now();
  }

  void on_rtp(const ip_endpoint& from, std::uint32_t ssrc) {
    const auto before = stream().source();
    const auto said = streams_.give(
        [&](auto& l, time_point now) { return l.on_rtp(from, ssrc, sequence_, now); });
    const bool heard = said == latch::verdict::heard || said == latch::verdict::locked_now;
    if (said == latch::verdict::locked_now)
      require(stream().source() == from);
    if (before && *before != from && heard) // a stream that moved: it was silent for long
      require(streams_.now() - silent_since_ >= 2s);
    require(!heard || stream().current() != latch::state::closed);
    if (!heard)
      require(stream().source() == before);
    if (heard) {
      may_hear_.insert(from.address.bytes);
      if (stream().source() == from)
        silent_since_ = streams_.now();
    }
  }

  void on_rtcp(const ip_endpoint& from) {
    const auto before = stream().source();
    const auto said = streams_.give([&](auto& l, time_point) { return l.on_rtcp(from); });
    require(said != latch::verdict::locked_now && stream().source() == before);
    if (before && said == latch::verdict::heard)
      require(from.address.bytes == before->address.bytes); // of the party that is locked to
  }

  void wait(duration by) { streams_.wait(by); }

  test::twins<latch> streams_{latch{}};
  std::uint16_t sequence_ = 1;
  time_point silent_since_{};
  std::set<std::array<std::uint8_t, 16>> may_hear_;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::choices in{data, size};
  subject s;
  while (!in.empty())
    s.feed(in);
  return 0;
}
