#include "actors/app/app.hpp"

#include "actors/app/limits.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <string>

namespace tandem::actors {

using command_kind = msg::leg_command::kind;

app::app(const app_record& r, call_scope& call) : r_(r), call_(call) {
  const auto factory = call.node().apps.find(r.app);
  TANDEM_CHECK(factory != nullptr); // the configuration was checked against the catalogue
  app_ = factory(r.saved);
  for (const auto& t : r.timers)
    timers_.push_back({{t.number}, call.now() + t.remaining});
}

caf::behavior app::make_behavior() {
  return {
      [this](const msg::leg_event& e) { on_leg(e); },
      [this](const msg::deadline_reached&) { on_due(); },
  };
}

void app::on_leg(const msg::leg_event& e) {
  if (mediate(e))
    return;
  const leg_number leg{e.leg};
  auto& known = row(leg);
  if (e.description)
    known.description = e.description;
  if (e.endpoint != the_call)
    known.endpoint = e.endpoint;
  switch (e.what) {
    case msg::leg_event::kind::incoming: return app_->on_incoming(*this, r_.incoming);
    case msg::leg_event::kind::progress:
      return app_->on_progress(*this, leg, {e.status, e.reason, e.description != nullptr});
    case msg::leg_event::kind::answered: return app_->on_answer(*this, leg);
    case msg::leg_event::kind::ended:
      known.ended = true;
      return app_->on_end(*this, leg, {e.cause, e.status, e.reason, e.contacts});
    case msg::leg_event::kind::offered:
    case msg::leg_event::kind::withdrawn:
    case msg::leg_event::kind::offer_taken:
    case msg::leg_event::kind::offer_refused:
    case msg::leg_event::kind::late_answer:
    case msg::leg_event::kind::relay:
    case msg::leg_event::kind::relay_answer: break; // mediated
  }
}

void app::on_due() {
  const auto due = [this](const running& t) { return t.due <= call_.now(); };
  for (auto t = std::ranges::find_if(timers_, due); t != timers_.end();
       t = std::ranges::find_if(timers_, due)) {
    const auto number = t->number;
    timers_.erase(t);
    app_->on_timer(*this, number);
  }
}

void app::ring(leg_number leg, std::uint16_t status, std::string_view reason) {
  command(leg, {.what = command_kind::ring, .status = status, .reason = std::string(reason)});
}

void app::ring_with_media(leg_number leg, leg_number media_from, std::uint16_t status,
                          std::string_view reason) {
  command(leg, {.what = command_kind::ring,
                .status = status,
                .reason = std::string(reason),
                .description = row(media_from).description});
  join(leg, media_from);
}

void app::answer(leg_number leg, leg_number media_with) {
  connect(leg, media_with);
  command(leg, {.what = command_kind::answer, .description = row(media_with).description});
  join(leg, media_with);
}

void app::join(leg_number leg, leg_number with) {
  if (call_.is_direct())
    return;
  call_.tell(row(with).endpoint, msg::media_join{row(leg).endpoint});
  const auto describes_more = [](const app_record::leg_row& r) {
    return r.description && r.description->media.size() > 1;
  };
  if (describes_more(row(leg)) || describes_more(row(with)))
    call_.tell(row(with).leg, msg::join_streams{row(leg).leg});
}

void app::answer_with_echo(leg_number leg) {
  command(leg, {.what = command_kind::answer_echo});
}

void app::reject(leg_number leg, std::uint16_t status, std::string_view reason) {
  command(leg, {.what = command_kind::reject, .status = status, .reason = std::string(reason)});
}

void app::redirect(leg_number leg, std::vector<std::string> contacts) {
  command(leg, {.what = command_kind::reject, .status = 302, .contacts = std::move(contacts)});
}

leg_number app::dial(const dial_request& d) {
  TANDEM_CHECK(r_.legs.size() < limits::legs_per_call);
  const auto& with = row(d.media_with);
  const leg_number number{static_cast<std::uint8_t>(r_.legs.size())};
  const auto patience = d.ring_timeout > duration{} ? d.ring_timeout : call_.node().ring_timeout;
  outgoing_leg_record fresh;
  fresh.number = number.value;
  fresh.machine =
      sip::outgoing_leg{patience, call_.node().timers, call_.now()}.snapshot_at(call_.now());
  fresh.media_with = with.endpoint;
  fresh.to = d.to;
  fresh.from = r_.caller_identity;
  fresh.max_forwards = static_cast<std::uint8_t>(r_.incoming.max_forwards - 1); // as a proxy, §16.6
  fresh.offer = with.description;
  fresh.by = d.by;
  const auto leg = call_.spawn(the_call, "leg " + std::to_string(number.value), std::move(fresh));
  r_.legs.push_back({.leg = leg, .partner = d.media_with.value});
  call_.tell(leg, msg::begin{});
  return number;
}

void app::hang_up(leg_number leg, sip::end_cause cause) {
  row(leg).ended = true;
  call_.tell(row(leg).leg, msg::leg_command{.what = command_kind::hang_up, .cause = cause});
}

timer_number app::start_timer(duration in) {
  TANDEM_CHECK(timers_.size() < limits::timers_per_app);
  timers_.push_back({{r_.next_timer++}, call_.now() + in});
  return timers_.back().number;
}

void app::stop_timer(timer_number number) {
  std::erase_if(timers_, [number](const running& t) { return t.number == number; });
}

app_record::leg_row& app::row(leg_number leg) {
  TANDEM_CHECK(leg.value < r_.legs.size());
  return r_.legs[leg.value];
}

void app::command(leg_number leg, msg::leg_command c) {
  call_.tell(row(leg).leg, std::move(c));
}

std::optional<time_point> app::next_deadline() const {
  const auto first = std::ranges::min_element(timers_, {}, &running::due);
  return first == timers_.end() ? std::nullopt : std::optional{first->due};
}

child_record app::record_at(time_point now) const {
  child_record out{r_};
  auto& r = std::get<app_record>(out);
  r.saved = app_->save();
  r.timers.clear();
  for (const auto& t : timers_)
    r.timers.push_back({t.number.value, t.due - now});
  return out;
}

const char* app::state() const {
  return app_->state();
}

} // namespace tandem::actors
