#include "actors/media_endpoint/media_endpoint.hpp"

#include "runtime/base/check.hpp"

#include <type_traits>

namespace tandem::actors {

caf::behavior media_endpoint::make_behavior() {
  return {
      [this](const msg::begin&) { take_ports(); },
      [this](const msg::media_peer& m) { connect(m); },
      [this](const msg::media_join& m) {
        if (r_.slot)
          call_.tell(m.with, msg::media_peer{r_.slot->id});
      },
      [this](const msg::media_remote& m) { point_at(m); },
      [this](const msg::media_echo&) {
        r_.echo = true;
        call_.command(media::echo{r_.slot->id});
      },
      [this](const msg::media_event& m) { on_worker(m.what); },
  };
}

void media_endpoint::take_ports() {
  const auto taken = call_.allocate(r_.family);
  if (!taken)
    return call_.tell(r_.leg, msg::media_failed{taken.error()});
  r_.slot = *taken;
  call_.tell(r_.leg, msg::media_ready{*taken});
  if (r_.peer != the_call)
    call_.tell(r_.peer, msg::media_peer{taken->id, msg::media_peer::claim::if_first});
}

void media_endpoint::connect(const msg::media_peer& m) {
  TANDEM_CHECK(r_.slot);
  if (r_.connected == m.slot || (r_.connected && m.how == msg::media_peer::claim::if_first))
    return;
  r_.connected = m.slot;
  call_.command(media::connect{r_.slot->id, m.slot});
}

void media_endpoint::point_at(const msg::media_remote& m) {
  TANDEM_CHECK(r_.slot);
  media::set_remote remote{r_.slot->id, m.rtp, m.rtcp, m.allowed, m.clock_rate_hz};
  if (r_.remote == remote) // the 200 repeats the answer of the 183: the latch stays, and what was
    return call_.command(
        media::set_direction{r_.slot->id, m.allowed}); // silent till now is excused
  r_.remote = remote;
  call_.command(remote);
}

void media_endpoint::on_worker(const media::event& e) {
  if (!r_.slot || e.slot != r_.slot->id)
    return; // of an earlier use
  std::visit(
      [this](const auto& what) {
        using T = std::decay_t<decltype(what)>;
        if constexpr (std::is_same_v<
                          T, media::rtp_timeout> || std::is_same_v<T, media::endpoint_failed>)
          call_.tell(r_.leg, msg::media_silent{call_.self()});
        else if constexpr (std::is_same_v<T, media::latched>)
          on_latched(what);
        else
          heard_ = true;
      },
      e.what);
}

/// Durable: after a restart nobody else may take the stream over.
void media_endpoint::on_latched(const media::latched& l) {
  heard_ = true;
  r_.source = l.source;
  r_.ssrc = l.ssrc;
  call_.changed();
}

child_record media_endpoint::record_at(time_point) const {
  child_record out{r_};
  auto& r = std::get<media_endpoint_record>(out);
  if (r.slot)
    if (const auto counted = call_.statistics(r.slot->id))
      r.counted = counted->packets();
  return out;
}

void media_endpoint::on_removed() {
  if (!r_.slot)
    return;
  if (const auto s = call_.statistics(r_.slot->id))
    call_.note_media(r_.leg, *s);
  call_.command(media::release{r_.slot->id});
  r_.slot.reset();
}

const char* media_endpoint::state() const {
  if (!r_.slot)
    return "no ports";
  if (r_.echo)
    return heard_ ? "echoing" : "echo";
  if (!r_.connected && r_.peer == the_call)
    return heard_ ? "receiving" : "waiting";
  return heard_ ? "relaying" : "connected";
}

} // namespace tandem::actors
