// What a call pays for its descriptions: each leg parses one and sends one, twice.
#include "protocols/sdp/anchor.hpp"
#include "protocols/sdp/negotiation.hpp"

#include <benchmark/benchmark.h>

using namespace tandem;
using namespace tandem::sdp;

namespace {

constexpr std::string_view offer_text = "v=0\r\n"
                                        "o=- 3724394400 3724394405 IN IP4 192.0.2.1\r\n"
                                        "s=call\r\n"
                                        "c=IN IP4 192.0.2.1\r\n"
                                        "t=0 0\r\n"
                                        "m=audio 49170 RTP/AVP 96 0 8 101\r\n"
                                        "a=rtpmap:96 opus/48000/2\r\n"
                                        "a=fmtp:96 stereo=0;useinbandfec=1\r\n"
                                        "a=rtpmap:0 PCMU/8000\r\n"
                                        "a=rtpmap:8 PCMA/8000\r\n"
                                        "a=rtpmap:101 telephone-event/8000\r\n"
                                        "a=fmtp:101 0-15\r\n"
                                        "a=ptime:20\r\n"
                                        "a=sendrecv\r\n";

const ip_address here = *parse_ip_address("198.51.100.5");
const local_media where{here, 20000, 20001};

void parse_offer(benchmark::State& state) {
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_session(offer_text));
}
BENCHMARK(parse_offer);

void write_offer(benchmark::State& state) {
  const auto s = parse_session(offer_text);
  for (auto _ : state)
    benchmark::DoNotOptimize(to_text(*s));
}
BENCHMARK(write_offer);

void anchor_offer(benchmark::State& state) {
  const auto s = parse_session(offer_text);
  const auto ours = make_origin(1, 1, here);
  for (auto _ : state)
    benchmark::DoNotOptimize(anchor(*s, where, ours));
}
BENCHMARK(anchor_offer);

/// From the offer's bytes to the answer's bytes through both legs of a relayed call.
void relay_exchange(benchmark::State& state) {
  for (auto _ : state) {
    negotiation a{make_origin(1, 1, here)};
    negotiation b{make_origin(2, 1, here)};
    (void) a.set_remote_offer(*parse_session(offer_text));
    const auto to_b = b.set_local_offer(anchor(*a.pending(), where, b.local_origin()));
    benchmark::DoNotOptimize(to_text(**to_b));
    (void) b.set_remote_answer(*parse_session(offer_text));
    const auto to_a = a.set_local_answer(anchor(*b.remote(), where, a.local_origin()));
    benchmark::DoNotOptimize(to_text(**to_a));
  }
}
BENCHMARK(relay_exchange);

} // namespace
