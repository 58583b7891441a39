// When an input fails: back to the last commit, the input set aside, the call goes on or hangs up.
#include "actors/call/call.hpp"
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
  note_fault(running_, error);
  fails_committed_.reset();
  for (const auto& id : effects_.allocated)
    (void) services_.media.submit(media::release{id});
  effects_.clear();
  drop_replies();
  drop_children();
  const bool restored = restore_last_commit();
  if (restored)
    give_uncommitted_again();
  running_ = the_call;
  if (const auto* message = std::get_if<msg::sip_input>(&poison))
    quarantine(*message);
  effects_.durable = true; // that it failed is not forgotten by the next one who restores it
  if (!restored || faults_ > limits::faults_per_call)
    give_up();
}

void call::note_fault(child_id who, const std::string& error) {
  const auto* where = find(who);
  const auto name = where != nullptr ? where->name : std::string("call");
  ++faults_;
  services_.counters.fault();
  services_.log.error("call.fault", name + ": " + error, key_);
  entry().set_restarts(faults_, name + ": " + error);
  note(state_line{name, "failed"});
}

/// A throw behind the commit: what was committed stands, so it is seen, whoever throws.
void call::fail_committed(child_id who) {
  note_fault(who, injected_fault);
  auto kept = std::exchange(effects_, {});
  drop_children();
  const bool restored = restore_last_commit();
  effects_ = std::move(kept);
  release();
  if (restored && faults_ <= limits::faults_per_call)
    return;
  give_up();
  running_ = the_call;
  finish_if_over();
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

bool call::restore_last_commit() {
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
  try {
    restore(*last, committed_at_);
  } catch (const std::exception& e) {
    services_.log.error("call.restore", e.what(), key_);
    drop_children();
  }
  as_of_.reset();
  show_states();
  return !slots_.empty();
}

/// `as_of`: when the record was committed, by our clock. The timers in it run on from there.
void call::restore(const call_record& r, time_point as_of) {
  take_root(r.root, as_of);
  newer_ = r.newer;
  as_of_ = as_of;
  for (const auto& c : r.children)
    open(c.id, c.parent, c.name, c.record);
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
  for (auto& in : std::exchange(uncommitted_, {})) {
    std::string error;
    try {
      route(in);
      error = cascade();
    } catch (const std::exception& e) {
      error = e.what();
    }
    effects_.wire.clear();
    if (error.empty())
      continue;
    effects_.clear(); // now it throws: without them, then
    drop_replies();
    drop_children();
    (void) restore_last_commit();
    break;
  }
  ladder_ = ladder;
  archived_ = archived;
}

/// The request that did it is answered, now and whenever it comes again, without touching a child.
void call::quarantine(const msg::sip_input& in) {
  if (!in.message->is_request() || in.message->get_method() == sip::method::ack)
    return;
  const auto via = sip::read_top_via(*in.message);
  if (via && find(match_of(*in.message, *via)) != nullptr)
    return; // §17.2: it came again; its transaction stands, and has answered it or will
  if (via && quarantined_.size() < limits::quarantined_per_call)
    quarantined_.push_back(match_of(*in.message, *via));
  answer_without_user(in, 500);
}

/// Hangs up what can still be hung up, without asking the application; whatever cannot is dropped
/// without a word.
void call::give_up() {
  account_.cause = sip::end_cause::failure;
  account_.by = ended_by::node;
  if (!slots_.empty() && faults_ <= limits::faults_per_call + 1) {
    remove(app_child);
    entry().set_state("hanging up after failures");
    hang_up_all(sip::end_cause::failure);
    try {
      if (cascade().empty())
        return;
    } catch (const std::exception& e) {
      services_.log.error("call.fault", e.what(), key_);
    }
    effects_.clear();
  }
  for (const auto& slot : held_)
    effects_.media.emplace_back(media::release{slot});
  drop_children();
  effects_.durable = true;
}

} // namespace tandem::actors
