// When an input fails: back to the last commit, the input set aside, the call goes on or hangs up.
#include "actors/call/call.hpp"
#include "actors/call/contained.hpp"
#include "actors/call/farewell.hpp"
#include "actors/call/identity.hpp"
#include "actors/call/limits.hpp"
#include "actors/call/record/record_codec.hpp"
#include "actors/call/replies.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>
#include <utility>

namespace tandem::actors {

void call::recover(const input& poison, const std::string& error) {
  const bool bearable = note_fault(running_, error);
  fails_committed_.reset();
  undo();
  drop_children();
  const bool restored = restore_last_commit();
  if (restored)
    give_uncommitted_again();
  if (!restored && refuse_first(poison))
    return;
  // Once it hangs up, what fails again is only set aside: whoever has to hear of it says it again.
  const bool ends = set_aside(poison) && !given_up_;
  effects_.durable = true; // that it failed is not forgotten by the next one who restores it
  if (!restored || !bearable || ends)
    return give_up();
  if (const auto again = contained([this] { conclude(); }); !again.empty())
    give_up();
}

/// Nothing of this input has happened.
void call::undo() {
  for (const auto& id : effects_.allocated)
    (void) services_.media.submit(media::release{id});
  effects_.clear();
  drop_replies();
}

/// False: that is more than limits::faults_per_call allows.
bool call::note_fault(child_id who, const std::string& error) {
  const auto* where = find(who);
  const auto name = where != nullptr ? where->name() : std::string("call");
  ++faults_;
  services_.counters.fault();
  services_.log.error("call.fault", name + ": " + error, key_);
  entry().set_restarts(faults_, name + ": " + error);
  note(state_line{name, "failed"});
  if (where != nullptr) {
    auto known = std::ranges::find(failures_, who, &failure::who);
    if (known == failures_.end())
      known = failures_.insert(known, {.who = who});
    ++known->times;
    known->error = error;
  }
  return recent_faults_.admit(now());
}

/// The actors that threw are gone, and with them their rows: others say it in their place.
void call::show_failures() {
  std::erase_if(failures_, [this](const failure& f) {
    const auto* heir = find(f.who);
    if (heir != nullptr)
      heir->actor->entry().set_restarts(f.times, f.error);
    return heir == nullptr;
  });
}

/// A throw behind the commit: what was committed stands, so it is seen, whoever throws.
void call::fail_committed(child_id who, const std::string& error) {
  const bool bearable = note_fault(who, error);
  uncommitted_.clear(); // there are none behind a commit
  auto kept = std::exchange(effects_, {});
  drop_children();
  const bool restored = restore_last_commit();
  effects_ = std::move(kept);
  if (restored && bearable)
    return release();
  effects_.durable = true;
  give_up();
  commit_or_release();
}

void call::drop_children() {
  while (!slots_.empty()) {
    const auto actor = slots_.back().actor;
    slots_.pop_back();
    nested_owner::end(*actor, caf::exit_reason::kill);
  }
  legs_alive_ = 0;
}

/// `without` these and what is below them: they have failed at ending the call.
bool call::restore_last_commit(std::span<const child_id> without) {
  const auto bytes = services_.commits.read(key_);
  if (!bytes) { // it failed at its very first input
    account_ = {.status = 500};
    return false;
  }
  const auto last = decode_record(*bytes);
  if (!last) {
    services_.log.error("call.restore", last.error(), key_);
    return false;
  }
  const auto error = contained([&] { restore(*last, committed_at_, without); });
  as_of_.reset();
  running_ = the_call;
  if (!error.empty()) {
    services_.log.error("call.restore", error, key_);
    drop_children();
    return false;
  }
  show_states();
  show_failures();
  return !slots_.empty();
}

/// `as_of`: when the record was committed, by our clock. The timers in it run on from there.
void call::restore(const call_record& r, time_point as_of, std::span<const child_id> without) {
  take_root(r.root, as_of);
  newer_ = r.newer;
  as_of_ = as_of;
  for (const auto& c : r.children) {
    const bool orphan = c.parent != the_call && find(c.parent) == nullptr;
    if (!orphan && std::ranges::find(without, c.id) == without.end())
      open(c.id, c.parent, c.name, c.record);
  }
  as_of_.reset();
  // Of a record from before there was a root:
  over_ = over_ || (legs_alive_ == 0 && find(app_child) == nullptr);
}

/// What failed since the commit stays known: it only grows.
void call::take_root(const call_root& r, time_point as_of) {
  started_ = as_of - r.age;
  if (r.started != wall_time{})
    detail_.start = r.started;
  first_cseq_ = r.first_cseq;
  answered_ = r.talking ? std::optional{as_of - *r.talking} : std::nullopt;
  account_ = r.account;
  detail_.legs = r.legs;
  media_ = r.media;
  over_ = r.over.has_value();
  if (r.over) {
    detail_.end = r.over->at;
    detail_.length = r.over->length;
    detail_.from = r.over->from;
    detail_.to = r.over->to;
    detail_.app = r.over->app;
  }
  faults_ = std::max(faults_, r.faults);
  if (quarantined_.size() < r.quarantined.size())
    quarantined_ = r.quarantined;
}

/// What was seen of them the first time is not seen twice, in the ladder neither.
void call::give_uncommitted_again() {
  const auto ladder = std::exchange(ladder_, nullptr);
  const auto archived = std::exchange(archived_, {});
  const bool noted = noted_;
  for (auto& in : std::exchange(uncommitted_, {})) {
    const auto error = contained([&] {
      route(in);
      cascade();
    });
    effects_.wire.clear();
    if (error.empty())
      continue;
    undo(); // now it throws: without them, then
    drop_children();
    (void) restore_last_commit();
    break;
  }
  ladder_ = ladder;
  archived_ = archived;
  noted_ = noted;
  running_ = the_call;
}

/// The INVITE that would have begun the call fails, so nothing of it is known to anybody. Its
/// transaction alone stays, with a 500, so that the INVITE sent again begins no second call (RFC
/// 3261 §17.2.1). False: that failed too, or the call is another one.
bool call::refuse_first(const input& poison) {
  const auto* in = std::get_if<msg::sip_input>(&poison);
  if (in == nullptr || services_.commits.read(key_) || !in->message->is_request()
      || in->message->get_method() != sip::method::invite)
    return false;
  const auto error = contained([&] {
    if (!noted_)
      note_received(*in, the_call);
    account_for_failure();
    constexpr std::uint16_t status = 500;
    const auto id = spawn(the_call, "INVITE (server)", server_transaction(*this, *in, the_call));
    tell(id, msg::respond{.status = status,
                          .bytes = plain_reply(*in->message, in->source, status,
                                               make_tag({key_, 0, this->node().name}))});
    cascade();
    conclude();
  });
  if (error.empty())
    return true;
  undo();
  drop_children();
  return false;
}

/// What becomes of the input that failed. True: the call can only end.
bool call::set_aside(const input& poison) {
  struct {
    call& self;
    bool operator()(const msg::sip_input& m) const { return self.quarantine(m); }
    bool operator()(const deadline_input&) const {
      self.pause_deadlines();
      return false;
    }
    bool operator()(const media_input& m) const { // no worker says it again
      self.later_.push_back(m.what);
      self.pause_deadlines();
      return false;
    }
    bool operator()(const msg::end_call&) const { return true; }       // as was wanted
    bool operator()(const msg::undeliverable&) const { return false; } // timer B or F will say so
    bool operator()(const msg::resume_call&) const { return false; }   // timers send it again
    bool operator()(const parcel&) const { return false; }             // bounced
  } const by_kind{*this};
  return std::visit(by_kind, poison);
}

/// A deadline that fails stays due: without a pause the call would be at its end at once.
void call::pause_deadlines() {
  paused_until_ = now() + limits::retry_after_fault;
}

/// A request that did it is answered, now and whenever it comes again, without touching a child;
/// whoever sent BYE or CANCEL has left for good (RFC 3261 §15.1.1), and so does the call. What has
/// no answer is only set aside: an ACK is sent again until our 2xx has got one, or the call ends
/// for want of it (§13.3.1.4); a request of ours whose response fails is sent again, and ends by
/// its timer. An INVITE is not, so with its final response failing twice the call ends.
bool call::quarantine(const msg::sip_input& in) {
  if (!noted_) // the call itself failed
    note_received(in, the_call);
  const auto method = in.message->get_method();
  const auto via = sip::read_top_via(*in.message);
  if (!in.message->is_request()) {
    const auto cseq = sip::read_cseq(*in.message);
    const bool of_invite = cseq && cseq->method == sip::method::invite;
    if (!via || !of_invite || in.message->status() < 200)
      return false;
    const auto match = match_of(*in.message, *via);
    return std::exchange(failed_answer_, match) == match;
  }
  if (method == sip::method::ack)
    return false;
  if (via && find(match_of(*in.message, *via)) != nullptr)
    return false; // §17.2: it came again; its transaction stands, and has answered it or will
  if (via && quarantined_.size() < limits::quarantined_per_call)
    quarantined_.push_back(match_of(*in.message, *via));
  answer_without_user(in, 500);
  return method == sip::method::bye || method == sip::method::cancel;
}

/// The leg that this is, or stands below; the_call for neither.
child_id call::leg_of(child_id id) const {
  for (auto at = id; at != the_call;) {
    const auto found = std::ranges::find(slots_, at, &child_slot::id);
    if (found == slots_.end())
      break;
    if (found->kind == child_kind::leg)
      return at;
    at = found->parent;
  }
  return the_call;
}

/// Hangs up what can still be hung up, without asking the application. A leg that fails even at
/// that is left out, and its peer told without it. What was to be sent anyway is sent first.
void call::give_up() {
  held_.insert(held_.end(), effects_.allocated.begin(), effects_.allocated.end());
  effects_.allocated.clear(); // of what was committed before it failed
  const auto held = held_;
  const auto before = std::exchange(effects_, {});
  const bool tells = !std::exchange(given_up_, true);
  std::vector<child_id> failed{app_child};
  bool hung_up = false;
  while (tells && !hung_up && failed.back() != the_call)
    hung_up = hang_up_without(failed, before);
  if (!hung_up)
    abandon(before, tells);
  release_others(held);
}

/// False: another one has failed; the_call if there is nobody to blame.
bool call::hang_up_without(std::vector<child_id>& failed, const effects& before) {
  drop_children();
  held_.clear();
  effects_ = before;
  effects_.durable = true;
  if (!restore_last_commit(failed)) {
    failed.push_back(the_call);
    return false;
  }
  account_for_failure();
  entry().set_state("hanging up after failures");
  const auto error = contained([&] {
    hang_up_all(sip::end_cause::failure);
    say_farewells(failed);
    cascade();
    conclude();
  });
  if (error.empty())
    return true;
  const auto* where = find(running_);
  services_.log.error("call.fault", (where != nullptr ? where->name() : "call") + ": " + error,
                      key_);
  failed.push_back(leg_of(running_));
  return false;
}

/// What the CDR says of it, unless the caller's leg knows more.
void call::account_for_failure() {
  account_.cause = sip::end_cause::failure;
  account_.by = ended_by::node;
  account_.status = answered_ ? 200 : 500;
}

/// No leg is left. If not even transactions can tell their peers, nobody does.
void call::abandon(const effects& before, bool tells) {
  for (const bool speaks : {true, false}) {
    drop_children();
    held_.clear();
    effects_ = before;
    effects_.durable = true;
    account_for_failure();
    const auto error = contained([&] {
      running_ = the_call;
      if (tells && speaks)
        say_farewells({});
      cascade();
      conclude();
    });
    if (error.empty())
      return;
    services_.log.error("call.fault", error, key_);
  }
}

/// Socket pairs whose endpoints are no more.
void call::release_others(const std::vector<media::slot_id>& held) {
  for (const auto& slot : held)
    if (std::ranges::find(held_, slot) == held_.end())
      effects_.media.emplace_back(media::release{slot});
}

/// To the peers of these legs, of all if there are none.
void call::say_farewells(std::span<const child_id> legs) {
  const auto bytes = services_.commits.read(key_);
  const auto last = bytes ? decode_record(*bytes) : tl::unexpected(std::string{});
  if (!last)
    return;
  const auto stands = [](const child_record& r) {
    const auto* in = std::get_if<incoming_leg_record>(&r);
    const auto* out = std::get_if<outgoing_leg_record>(&r);
    return (in != nullptr && !in->settled) || (out != nullptr && !out->settled);
  };
  for (const auto& c : last->children)
    if (stands(c.record) && (legs.empty() || std::ranges::find(legs, c.id) != legs.end()))
      say_farewell(*this, *last, c.id);
}

} // namespace tandem::actors
