// What one INVITE costs: parse with typed reading, and writing the same message. Allocations are
// counted and reported per message.
#include "protocols/sip/check.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/writer.hpp"

#include <benchmark/benchmark.h>

#include <atomic>
#include <cstdlib>
#include <new>
#include <string>
#include <string_view>

using namespace tandem;
using namespace tandem::sip;

namespace {

std::atomic<std::uint64_t> allocations{0};

constexpr std::string_view sdp = "v=0\r\n"
                                 "o=alice 2890844526 2890844526 IN IP4 192.0.2.10\r\n"
                                 "s=-\r\n"
                                 "c=IN IP4 192.0.2.10\r\n"
                                 "t=0 0\r\n"
                                 "m=audio 49170 RTP/AVP 0\r\n";

const std::string invite = "INVITE sip:bob@biloxi.example SIP/2.0\r\n"
                           "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bKnashds8;rport\r\n"
                           "Max-Forwards: 70\r\n"
                           "From: \"Alice\" <sip:alice@atlanta.example>;tag=1928301774\r\n"
                           "To: \"Bob\" <sip:bob@biloxi.example>\r\n"
                           "Call-ID: a84b4c76e66710@192.0.2.10\r\n"
                           "CSeq: 314159 INVITE\r\n"
                           "Contact: <sip:alice@192.0.2.10:5060;transport=udp>\r\n"
                           "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE\r\n"
                           "Supported: replaces, timer, 100rel\r\n"
                           "User-Agent: phone/1.0\r\n"
                           "Content-Type: application/sdp\r\n"
                           "Content-Length: "
                           + std::to_string(sdp.size()) + "\r\n\r\n" + std::string{sdp};

/// Reports time per message and allocations per message.
class counted {
public:
  explicit counted(benchmark::State& state) : state_(state) {}
  counted(const counted&) = delete;
  counted& operator=(const counted&) = delete;
  ~counted() {
    state_.counters["allocations"] = benchmark::Counter(
        static_cast<double>(allocations.load() - before_), benchmark::Counter::kAvgIterations);
    state_.counters["bytes"] = static_cast<double>(invite.size());
  }

private:
  benchmark::State& state_;
  std::uint64_t before_ = allocations.load();
};

bool read_seven(const message& m) {
  const auto via = read_top_via(m);
  const auto from = read_from(m);
  const auto to = read_to(m);
  const auto cseq = read_cseq(m);
  const auto contact = read_contacts(m);
  const auto call_id = read_call_id(m);
  const auto max_forwards = read_max_forwards(m);
  benchmark::DoNotOptimize(via);
  benchmark::DoNotOptimize(from);
  benchmark::DoNotOptimize(to);
  benchmark::DoNotOptimize(contact);
  return via && from && to && cseq && contact && call_id && max_forwards
         && from->uri.user == "alice" && contact->list.size() == 1;
}

void write_invite(message_writer& w) {
  w.request_line(method::invite, "sip:bob@biloxi.example");
  w.header(header_id::via, "SIP/2.0/UDP ", "192.0.2.10:5060", ";branch=", "z9hG4bKnashds8",
           ";rport");
  w.header(header_id::max_forwards, 70U);
  w.header(header_id::from, quoted{"Alice"}, " <", "sip:alice@atlanta.example",
           ">;tag=", "1928301774");
  w.header(header_id::to, quoted{"Bob"}, " <", "sip:bob@biloxi.example", ">");
  w.header(header_id::call_id, "a84b4c76e66710@192.0.2.10");
  w.header(header_id::cseq, 314159U, " ", "INVITE");
  w.header(header_id::contact, "<", "sip:alice@192.0.2.10:5060;transport=udp", ">");
  w.header(header_id::allow, "INVITE, ACK, CANCEL, OPTIONS, BYE, UPDATE");
  w.header(header_id::supported, "replaces, timer, 100rel");
  w.header(header_id::user_agent, "phone/1.0");
  w.body("application/sdp", sdp);
}

void parse(benchmark::State& state) {
  const counted count{state};
  for (auto _ : state)
    benchmark::DoNotOptimize(parse_message(invite));
}

void parse_and_read_seven(benchmark::State& state) {
  const counted count{state};
  for (auto _ : state) {
    const auto m = parse_message(invite);
    if (!m || !read_seven(**m))
      state.SkipWithError("not what was sent");
  }
}

void parse_and_check(benchmark::State& state) {
  const counted count{state};
  for (auto _ : state) {
    const auto m = parse_message(invite);
    if (!m || !check_request(**m))
      state.SkipWithError("not what was sent");
  }
}

void serialize(benchmark::State& state) {
  const counted count{state};
  for (auto _ : state) {
    message_writer w;
    write_invite(w);
    const auto wire = w.finish();
    benchmark::DoNotOptimize(wire->data());
    if (*wire != invite)
      state.SkipWithError("not what was read");
  }
}

void respond_180(benchmark::State& state) {
  const counted count{state};
  const auto m = *parse_message(invite);
  const ip_endpoint source{*parse_ip_address("192.0.2.10"), 5060};
  for (auto _ : state) {
    message_writer w;
    begin_response(w, *m, {180, {}, "a6c85cf", source});
    w.header(header_id::contact, "<sip:bob@192.0.2.4>");
    benchmark::DoNotOptimize(w.finish());
  }
}

BENCHMARK(parse);
BENCHMARK(parse_and_read_seven);
BENCHMARK(parse_and_check);
BENCHMARK(serialize);
BENCHMARK(respond_180);

} // namespace

// Every allocation of this program passes here.
// Not inlined, or the compiler sees free() meet new.
[[gnu::noinline]] void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* p = std::malloc(size))
    return p;
  throw std::bad_alloc{};
}
[[gnu::noinline]] void operator delete(void* p) noexcept {
  std::free(p);
}
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept {
  std::free(p);
}
