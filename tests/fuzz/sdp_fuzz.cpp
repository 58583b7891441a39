#include "protocols/sdp/anchor.hpp"
#include "protocols/sdp/attributes.hpp"
#include "protocols/sdp/limits.hpp"
#include "protocols/sdp/negotiation.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace tandem;
using namespace tandem::sdp;
using test::require;

namespace {

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
  return 0;
}
