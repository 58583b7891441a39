#include "protocols/sdp/anchor.hpp"
#include "protocols/sdp/attributes.hpp"
#include "protocols/sdp/limits.hpp"
#include "protocols/sdp/negotiation.hpp"

#include <algorithm>
#include <cstdlib>

using namespace tandem;
using namespace tandem::sdp;

namespace {

void require(bool condition) {
  if (!condition)
    std::abort();
}

const ip_address here = *parse_ip_address("198.51.100.5");
const local_media where{here, 20000, 20003};

/// What we write is read back as what we meant: nothing that a peer sent can add a line.
void check_text(const session& s) {
  const auto text = to_text(s);
  if (text.size() > max_text_bytes || std::ranges::count(text, '\n') > std::ptrdiff_t{max_lines})
    return; // we add lines that the peer left out
  const auto again = parse_session(text);
  require(again && *again == s);
}

void check_reads(const session& s) {
  for (std::size_t i = 0; i <= s.media.size(); ++i) {
    const auto target = remote_media(s, i);
    require(!target || (i < s.media.size() && target->rtp.port == s.media[i].port));
    require(!target || !is_held(s, i) || !receives(target->direction));
    if (i == s.media.size())
      break;
    for (const auto& f : s.media[i].formats) {
      (void) rtp_map_of(s.media[i], f);
      (void) fmtp_of(s.media[i], f);
    }
    (void) ptime_ms_of(s.media[i]);
  }
}

void check_anchored(const session& peer) {
  const auto ours = make_origin(7, 1, here);
  const auto relayed = relayed_media(peer);
  const auto out = anchor(peer, where, ours);
  check_text(out);
  require(out.media.size() == peer.media.size() && relayed_media(out) == relayed);
  for (std::size_t i = 0; i < out.media.size(); ++i) {
    require((out.media[i].port != 0) == (i == relayed) && !out.media[i].connection);
    require(find_attribute(out.media[i].attributes, "candidate") == nullptr);
  }
  if (relayed) {
    const auto target = remote_media(out, *relayed);
    require(target && target->rtp == ip_endpoint{here, 20000});
    require(target->rtcp == ip_endpoint{here, 20003});
    require(!is_held(peer, *relayed) || is_held(out, *relayed));
  }
  negotiation n{ours};
  require(n.set_remote_offer(peer).has_value());
  require(n.set_local_answer(echo_answer(peer, where, n.local_origin())).has_value());
  const negotiation restored{n.take_snapshot()};
  require(restored.take_snapshot() == n.take_snapshot());
}

/// The bytes as inputs of one negotiation: versions never fall, states and offers agree.
void run_negotiation(const std::uint8_t* data, std::size_t size) {
  negotiation n{make_origin(7, 1, here)};
  std::uint64_t version = 1;
  for (std::size_t i = 0; i < size; ++i) {
    auto s = make_offer(where, n.local_origin());
    if ((data[i] & 8U) != 0)
      set_direction(s.media[0], static_cast<direction>(data[i] >> 4U & 3U));
    if ((data[i] & 64U) != 0)
      s.media.push_back(s.media[0]);
    const auto before = n.take_snapshot();
    bool is_refused = false;
    switch (data[i] & 7U) {
      case 0: is_refused = !n.set_local_offer(s); break;
      case 1: is_refused = !n.set_remote_offer(s); break;
      case 2: is_refused = !n.set_local_answer(s); break;
      case 3: is_refused = !n.set_remote_answer(s); break;
      case 4: is_refused = !n.preview_local_answer(s); break;
      case 5: is_refused = !n.preview_remote_answer(s); break;
      case 6: n.rollback(); break;
      default: n = negotiation{n.take_snapshot(), version}; break;
    }
    require(!is_refused || n.take_snapshot() == before);
    require(n.pending().has_value() == (n.current() != negotiation::state::stable));
    require(n.local().has_value() == n.remote().has_value());
    const auto now = n.local_origin().version;
    require(now >= version && now <= version + 1);
    version = now;
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  if (const auto s = parse_session(text)) {
    check_text(*s);
    check_reads(*s);
    check_anchored(*s);
  } else {
    require(!s.error().what.empty());
  }
  run_negotiation(data, std::min<std::size_t>(size, 16));
  return 0;
}
