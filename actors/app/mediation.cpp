// What connected legs say to each other once a session stands: new offers and their answers, INFO
// and MESSAGE. Every application gets this without a line of its own.
#include "actors/app/app.hpp"
#include "protocols/sip/status_mapping.hpp"

#include <utility>

namespace tandem::actors {

using event_kind = msg::leg_event::kind;
using command_kind = msg::leg_command::kind;

bool app::mediate(const msg::leg_event& e) {
  const leg_number leg{e.leg};
  switch (e.what) {
    case event_kind::offered: on_offer(e); return true;
    case event_kind::withdrawn:
      if (const auto partner = partner_of(leg); std::exchange(row(leg).asking, false) && partner)
        command(*partner, {.what = command_kind::withdraw});
      return true;
    case event_kind::offer_taken: on_offer_taken(e); return true;
    case event_kind::offer_refused: on_offer_refused(e); return true;
    case event_kind::late_answer:
      row(leg).description = e.description;
      if (const auto partner = partner_of(leg))
        command(*partner, {.what = command_kind::late_answer, .description = e.description});
      return true;
    case event_kind::relay: on_relay(e); return true;
    case event_kind::relay_answer:
      if (const auto partner = partner_of(leg))
        command(*partner, {.what = command_kind::relay_answer, .passing = e.passing});
      return true;
    case event_kind::incoming:
    case event_kind::progress:
    case event_kind::answered:
    case event_kind::ended: break;
  }
  return false;
}

void app::on_offer(const msg::leg_event& e) {
  const leg_number leg{e.leg};
  const auto partner = partner_of(leg);
  if (!partner) // nobody to share a new session with: it stays as it is (RFC 3261 §14.2)
    return command(leg, {.what = command_kind::answer_offer, .status = 488});
  row(leg).asking = true;
  row(leg).offered = e.description;
  command(*partner,
          {.what = command_kind::offer, .description = e.description, .by_update = e.by_update});
}

void app::on_offer_taken(const msg::leg_event& e) {
  const leg_number leg{e.leg};
  row(leg).description = e.description;
  const auto partner = partner_of(leg);
  if (!partner)
    return;
  auto& asker = row(*partner);
  if (!std::exchange(asker.asking, false)) {
    // The asker has withdrawn, but too late for this leg: back to what it had, once.
    if (std::exchange(row(leg).offered, nullptr) || !asker.description)
      return;
    row(leg).offered = asker.description;
    return command(leg, {.what = command_kind::offer, .description = asker.description});
  }
  if (const auto offered = std::exchange(asker.offered, nullptr))
    asker.description = offered;
  command(*partner,
          {.what = command_kind::answer_offer, .status = 200, .description = e.description});
  join(*partner, leg); // m= lines may have been added
}

void app::on_offer_refused(const msg::leg_event& e) {
  if (!row({e.leg}).asking)
    row({e.leg}).offered = nullptr;
  const auto partner = partner_of({e.leg});
  if (!partner || !std::exchange(row(*partner).asking, false))
    return;
  row(*partner).offered = nullptr;
  command(*partner, {.what = command_kind::answer_offer, .status = sip::offer_refusal(e.status)});
}

void app::on_relay(const msg::leg_event& e) {
  const leg_number leg{e.leg};
  if (const auto partner = partner_of(leg))
    return command(*partner, {.what = command_kind::relay, .passing = e.passing});
  // To an application: a tone is heard and ignored, a text has no reader.
  const bool info = e.passing.message->get_method() == sip::method::info;
  const auto status = static_cast<std::uint16_t>(info ? 200 : 480);
  command(leg,
          {.what = command_kind::relay_answer, .passing = {status, nullptr, e.passing.answer_to}});
}

void app::connect(leg_number a, leg_number b) {
  row(a).partner = b.value;
  row(b).partner = a.value;
}

std::optional<leg_number> app::partner_of(leg_number leg) {
  const auto partner = row(leg).partner;
  if (partner >= r_.legs.size() || r_.legs[partner].ended)
    return std::nullopt;
  return leg_number{partner};
}

} // namespace tandem::actors
