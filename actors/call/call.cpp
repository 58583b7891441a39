#include "actors/call/call.hpp"

#include "actors/app/app.hpp"
#include "actors/call/contained.hpp"
#include "actors/call/limits.hpp"
#include "actors/call/record/record_codec.hpp"
#include "actors/dialog/dialog.hpp"
#include "actors/leg/incoming.hpp"
#include "actors/leg/outgoing.hpp"
#include "actors/media_endpoint/media_endpoint.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/base/check.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>
#include <stdexcept>
#include <type_traits>
#include <utility>

namespace tandem::actors {

namespace {

time_point round_up(time_point t, duration step) {
  const auto since = t.time_since_epoch();
  return time_point{(since + step - duration{1}) / step * step};
}

/// For emplace_back: what `make` returns comes to be in its place. A child's record is long, and
/// a call has ten of them in every commit.
template <class Make>
struct made_here {
  Make make;
  operator std::invoke_result_t<Make>() const { return make(); } // NOLINT: implicit
};

} // namespace

call::call(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
           call_start start)
  : nesting(cfg, home, std::move(place)), services_(services), key_(start.key),
    next_child_(start.record.next_child), next_branch_(start.record.next_branch),
    recent_faults_({limits::faults_per_call, limits::faults_period}),
    pending_(std::move(start.pending)), timer_(timer::calling<&call::on_timer>(this)),
    ladder_(services.ladders.begin(start.key, home.now(), services.time.wall())),
    started_(home.now()) {
  detail_.key = key_;
  detail_.node = services.facts.name;
  detail_.start = ladder_->started();
  entry().set_state("starting");
  committed_at_ = home.now() - start.absent;
  restore(start.record, committed_at_);
  if (slots_.size() > 1) // else a fresh one: it has its application alone
    show_states();
  if (faults_ != 0)
    entry().set_restarts(faults_, "before it was brought back");
  if (over_) {
    entry().set_state("over");
    detail_.again = true;                                // its writer knows if it was written
    detail_given_ = !start.record.root.over.has_value(); // it was, before there was a root
    give_detail();
    archived_ = ladder_;
    services_.ladders.add(std::move(ladder_), home.now());
  }
  arm_timer();
}

call::~call() = default;

caf::behavior call::make_behavior() {
  return {
      [this](msg::sip_input& m) { take(std::move(m)); },
      [this](msg::undeliverable& m) { take(std::move(m)); },
      [this](msg::media_event& m) { take(media_input{m.what}); },
      [this](msg::end_call m) { take(m); },
      [this](msg::resume_call m) { take(m); },
      [this](msg::deadline_reached) { take(deadline_input{}); },
      [this](msg::committed) { on_committed(); },
      [this](msg::thawed) { take_waiting(); },
  };
}

void call::on_parcel(parcel p) {
  take(std::move(p));
}

void call::on_timer() {
  for (const auto& what : std::exchange(later_, {})) {
    msg::media_event again{what};
    (void) run_self(again);
  }
  msg::deadline_reached due;
  (void) run_self(due);
}

void call::take(input in) {
  if (takes_inputs() && waiting_.empty())
    return run(std::move(in));
  if (waiting_.size() < limits::waiting_inputs)
    waiting_.push_back(std::move(in));
  else
    services_.counters.input_dropped();
}

/// The course of one input: children, effects, commit, release. A throw of the call's own code is
/// contained like that of a child.
void call::run(input in) {
  noted_ = false;
  if (const auto error = contained([&] { work(in); }); !error.empty())
    recover(in, error);
  else if (effects_.later && !effects_.record)
    uncommitted_.push_back(std::move(in));
  commit_or_release();
}

void call::work(input& in) {
  running_ = the_call;
  if (passes_faults(the_call)) {
    route(in);
    cascade();
  }
  if (effects_.later && !can_wait(in))
    effects_.durable = true;
  conclude();
}

/// It changed what nobody outside can see: a later commit may carry it. If that is lost with the
/// process, the peer says it again or a timer does; if the call fails first, it is given again.
bool call::can_wait(const input& in) {
  // When all is over only the end of the last transaction is of interest, which erases the record.
  if (!commit_by_ && !over_)
    commit_by_ = now() + limits::commit_patience;
  // A parcel cannot be given twice.
  return !std::holds_alternative<parcel>(in) && uncommitted_.size() < limits::uncommitted_inputs;
}

/// Runs children until nobody has anything to say. Throws what the one that failed said.
void call::cascade() {
  for (std::size_t n = 0; !effects_.visits.empty(); ++n) {
    TANDEM_CHECK(n < limits::visits_per_input);
    auto next = std::move(effects_.visits.front());
    effects_.visits.pop_front();
    const auto* slot = find(next.to);
    if (slot == nullptr)
      continue; // it has left meanwhile
    running_ = next.to;
    if (!passes_faults(next.to))
      continue;
    const auto keep = slot->actor; // it may end in the course of this
    const auto result =
        std::visit([&](auto& message) { return nested_owner::run(*keep, message); }, next.what);
    if (!result.handled())
      throw std::runtime_error{result.error.empty() ? "unexpected message" : result.error};
    note_states();
    apply_endings();
  }
}

void call::apply_endings() {
  while (!effects_.endings.empty()) {
    const auto id = effects_.endings.back();
    effects_.endings.pop_back();
    remove(id);
  }
  // A leg that is over leaves with the last of its children.
  for (bool again = true; again;) {
    const auto bare = std::ranges::find_if(slots_, [this](const child_slot& leg) {
      return leg.settled && std::ranges::none_of(slots_, [&](const child_slot& c) {
               return c.parent == leg.id;
             });
    });
    again = bare != slots_.end();
    if (again)
      remove(bare->id);
  }
}

void call::remove(child_id id) {
  const auto gone = std::ranges::find(slots_, id, &child_slot::id);
  if (gone == slots_.end())
    return;
  const auto actor = gone->actor;
  // Nobody sees how long a transaction lingers, nor when a leg leaves that was noted as over.
  const bool unseen = gone->kind == child_kind::transaction || gone->settled;
  (unseen ? effects_.later : effects_.durable) = true;
  running_ = id;
  actor->removed();
  slots_.erase(gone);
  nested_owner::end(*actor);
}

/// The last leg is over: the application goes, and with the last transaction the call.
void call::finish_if_over() {
  if (legs_alive_ != 0 || over_)
    return;
  over_ = true;
  entry().set_state("over");
  note(state_line{"call", "over"});
  remove(app_child);
  detail_.end = services_.time.wall();
  detail_.length = now() - started_;
  if (ladder_ == nullptr)
    return;            // over once more: its commit was lost
  archived_ = ladder_; // the archive may forget it while transactions linger
  services_.ladders.add(std::move(ladder_), now());
}

/// The last thing of an input that can fail: the record of what it came to.
void call::conclude() {
  running_ = the_call;
  finish_if_over();
  const bool vanishes = over_ && slots_.empty();
  if (fails_committed_ || (commit_by_ && *commit_by_ <= now()))
    effects_.durable = true;
  if (effects_.durable && !vanishes && !gone_)
    effects_.record = encode_record(record());
}

void call::commit_or_release() {
  if (over_ && slots_.empty() && !std::exchange(gone_, true)) {
    services_.commits.erase(key_);
    release();
    return quit();
  }
  if (!effects_.record)
    return release();
  committing_ = true;
  commit_by_.reset();
  uncommitted_.clear();
  committed_at_ = now();
  services_.commits.add(*this, *std::exchange(effects_.record, std::nullopt));
}

void call::on_committed() {
  TANDEM_CHECK(committing_);
  committing_ = false;
  if (const auto who = std::exchange(fails_committed_, std::nullopt))
    fail_committed(*who, injected_fault);
  else
    release();
  take_waiting();
}

void call::take_waiting() {
  while (!waiting_.empty() && takes_inputs()) {
    auto next = std::move(waiting_.front());
    waiting_.pop_front();
    run(std::move(next));
  }
}

/// Whatever throws in here, what was committed is seen, all but the one thing that cannot be.
void call::release() {
  const auto some = [this] { release_effects(); };
  for (auto error = contained(some); !error.empty(); error = contained(some))
    (void) note_fault(the_call, error);
  effects_.clear();
  if (slots_.capacity() >= 2 * slots_.size())
    slots_.shrink_to_fit(); // its transactions have left
  if (waiting_.empty())
    rest();
  if (over_)
    give_detail();
  if (const auto error = contained([this] { arm_timer(); }); !error.empty())
    fail_committed(running_, error);
}

void call::release_effects() {
  while (effects_.sent < effects_.wire.size()) {
    const auto& out = effects_.wire[effects_.sent++];
    note_sent(out.what, out.leg);
    services_.wire.send(out.what);
  }
  for (const auto& id : std::exchange(effects_.allocated, {}))
    held_.push_back(id);
  while (effects_.commanded < effects_.media.size()) {
    const auto& command = effects_.media[effects_.commanded++];
    if (const auto* given_back = std::get_if<media::release>(&command))
      std::erase(held_, given_back->slot);
    (void) services_.media.submit(command); // a stalled worker reports itself
  }
  release_replies();
}

/// After the commit that says so: a call that comes back has either not ended, or knows its end.
void call::give_detail() {
  if (std::exchange(detail_given_, true))
    return;
  detail_.answer = account_.answered;
  detail_.cause = account_.cause.value_or(sip::end_cause::failure);
  detail_.by = account_.by;
  detail_.status = account_.status;
  detail_.media = media_;
  services_.record_detail(detail_);
}

void call::arm_timer() {
  std::optional<time_point> first;
  for (const auto& s : slots_) {
    running_ = s.id; // if it throws
    if (const auto due = s.actor->next_deadline(); due && (!first || *due < *first))
      first = due;
  }
  running_ = the_call;
  if (commit_by_ && !over_ && (!first || *commit_by_ < *first))
    first = commit_by_;
  // Lingering transactions only have to go some time: waking for many calls at once costs least.
  // Retransmissions (at most T2 away) keep their time.
  if (first && over_ && *first - now() >= node().timers.t4)
    first = round_up(*first, limits::linger_granularity);
  if (paused_until_ && *paused_until_ > now() && (first || !later_.empty()))
    first = std::max(first.value_or(now()), *paused_until_);
  if (!first)
    timer_.stop();
  else if (timer_.deadline() != first)
    timer_.start(home().timers(), *first);
}

/// After a restore: the rows of the tree say what they said.
void call::show_states() {
  for (auto& s : slots_) {
    s.state = s.actor->state_text();
    s.actor->entry().set_state(s.state);
    if (s.id == app_child)
      entry().set_state(s.state);
  }
}

/// Of the child that ran and of those that it opened: nobody else's state can have changed.
void call::note_states() {
  for (auto& s : slots_) {
    if (s.id != running_ && *s.state != '\0')
      continue;
    const auto* state = s.actor->state_text();
    if (state == s.state)
      continue;
    s.state = state;
    s.actor->entry().set_state(state);
    if (services_.log.enabled(log_level::debug))
      services_.log.debug("call.state", s.name() + " " + state, key_);
    note(state_line{s.name(), state});
    // A step of a leg or dialog (an ACK) is what the call goes on from. Of others nobody knows
    // before something is sent.
    const bool step = s.kind == child_kind::leg || s.kind == child_kind::dialog;
    (step ? effects_.durable : effects_.later) = true;
    if (s.id == app_child && !over_)
      entry().set_state(state);
  }
}

void call::on_exit() {
  timer_.stop();
  thaw_.stop();
  effects_.clear();
  waiting_.clear();
}

call_record call::record() {
  call_record r;
  r.next_child = next_child_;
  r.next_branch = next_branch_;
  r.root = root();
  r.newer = newer_;
  r.children.reserve(slots_.size());
  for (const auto& s : slots_) {
    running_ = s.id; // if it throws
    r.children.emplace_back(made_here{[this, &s] {
      return call_record::child{s.id, s.parent, s.name(), s.actor->record_at(now())};
    }});
  }
  running_ = the_call;
  return r;
}

call_root call::root() const {
  call_root r;
  r.age = now() - started_;
  r.started = detail_.start;
  r.first_cseq = first_cseq_;
  if (answered_)
    r.talking = now() - *answered_;
  r.account = account_;
  r.legs = detail_.legs;
  if (over_)
    r.over = {detail_.end, detail_.length, detail_.from, detail_.to, detail_.app};
  r.quarantined = quarantined_;
  r.faults = faults_;
  r.media = media_;
  return r;
}

void call::open(child_id id, child_id parent, std::string name, const child_record& fresh) {
  const auto* above = find(parent);
  const auto branch = above != nullptr ? above->actor->entry().branch() : entry().branch();
  child_slot slot{.id = id, .parent = parent};
  call_scope& scope = *this;
  running_ = id;
  const auto start = [&]<class State>(std::type_identity<State>, const auto& record) {
    slot.kind = State::kind;
    const auto actor = start_below<in_place<State>>(branch, to_string(State::kind), std::move(name),
                                                    record, scope);
    slot.actor = nested_ptr<call_child>{*actor};
  };
  struct {
    decltype(start)& make;
    child_slot& slot;
    std::uint8_t& legs_alive;
    call_detail& detail;
    std::optional<std::uint32_t>& first_cseq;
    std::vector<media::slot_id>& held;
    void operator()(const app_record& r) const {
      detail.from = r.incoming.from;
      detail.to = r.incoming.to;
      detail.app = r.app;
      make(std::type_identity<app>{}, r);
    }
    void operator()(const incoming_leg_record& r) const {
      make(std::type_identity<incoming_leg>{}, r);
      count_leg(r.settled, true, detail.from);
      note_first(r.request);
    }
    void operator()(const outgoing_leg_record& r) const {
      make(std::type_identity<outgoing_leg>{}, r);
      count_leg(r.settled, false, r.to);
    }
    void count_leg(bool settled, bool incoming, const std::string& remote) const {
      slot.settled = settled;
      legs_alive = static_cast<std::uint8_t>(legs_alive + (settled ? 0 : 1));
      if (std::ranges::find(detail.legs, slot.name(), &leg_detail::name) == detail.legs.end())
        detail.legs.push_back({.name = slot.name(), .incoming = incoming, .remote = remote});
    }
    void note_first(const sip::message_ptr& request) const {
      if (!request || request->get_method() != sip::method::invite)
        return;
      const auto cseq = sip::read_cseq(*request);
      if (sip::to_tag(*request).empty() && cseq)
        first_cseq = cseq->number;
    }
    void operator()(const dialog_record& r) const {
      slot.found_by = child_slot::dialog_place{
          r.dialog.id.local_tag, r.dialog.id.remote_tag, {r.transport, r.peer}};
      slot.user = r.leg;
      make(std::type_identity<dialog>{}, r);
    }
    void operator()(const transaction_record& r) const {
      slot.found_by = r.match;
      slot.user = r.user;
      if (r.match.who == transaction_match::role::server)
        note_first(r.request);
      make(std::type_identity<transaction>{}, r);
    }
    void operator()(const media_endpoint_record& r) const {
      if (r.slot && std::ranges::find(held, r.slot->id) == held.end())
        held.push_back(r.slot->id);
      make(std::type_identity<media_endpoint>{}, r);
    }
  } const births{start, slot, legs_alive_, detail_, first_cseq_, held_};
  std::visit(births, fresh);
  slots_.push_back(std::move(slot));
}

} // namespace tandem::actors
