#pragma once

#include "actors/call/child.hpp"
#include "actors/call/effects.hpp"
#include "actors/call/services.hpp"
#include "actors/call/summary.hpp"
#include "actors/trace/ladder.hpp"
#include "runtime/actor/nested.hpp"
#include "runtime/actor/supervision.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <caf/event_based_actor.hpp>

#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace tandem::msg {

/// The operator, or the node's own shutdown, ends the call.
struct end_call {
  using stays_local = void;
  sip::end_cause cause = sip::end_cause::operator_request;
};

/// It is back after nobody was there.
struct resume_call {
  using stays_local = void;
  enum class what : std::uint8_t {
    send_again, ///< what was committed may not have been sent
    reinvite    ///< each established leg is offered what it has
  };
  what how = what::send_again;
};

/// The record that a call gave to the commit queue is durable.
struct committed {
  using stays_local = void;
};

/// The call takes inputs again.
struct thawed {
  using stays_local = void;
};

} // namespace tandem::msg

namespace tandem::actors {

/// Why and how a call is brought to life.
struct call_start {
  key128 key;
  call_record record; ///< fresh: the application alone
  /// Restored: since the record was committed. Its timers ran on: what fell due meanwhile is due
  /// at once.
  duration absent{};
  std::shared_ptr<const void> pending{}; ///< kept until the caller has his answer, or none
};

/// One call: the unit of order, of consistency and of durability.
///
/// Everything enters here in wire order and one input at a time: the call hands it to the children
/// concerned, in place, gathers their effects, commits the new state, releases what is to be seen,
/// and only then takes the next. When a child throws, nothing of that input has been seen by
/// anybody: all children are brought to life again from the last commit and the input is set aside;
/// beyond limits::faults_per_call within limits::faults_period the call hangs up from there.
class call final : public nesting<caf::event_based_actor>, private call_scope {
public:
  call(caf::actor_config&, shard&, tree_place, call_services&, call_start);
  ~call() override;

  caf::behavior make_behavior() override;
  void on_exit() override;

  [[nodiscard]] const key128& key() const override { return key_; }
  /// All its legs are over; transactions absorb what is still on its way.
  [[nodiscard]] bool over() const { return over_; }
  /// Whether this call is that of the INVITE with this CSeq number, or still waits for its own.
  [[nodiscard]] bool is_begun_by(std::uint32_t cseq) const {
    return first_cseq_.value_or(cseq) == cseq;
  }
  /// A dialog of its goes over that connection.
  [[nodiscard]] bool uses(const flow&) const;
  [[nodiscard]] call_summary summary() const;
  /// Null once it is over and the archive has forgotten.
  [[nodiscard]] std::shared_ptr<const ladder> trace() const {
    return ladder_ ? ladder_ : archived_.lock();
  }

private:
  struct child_slot {
    struct dialog_place {
      std::string local_tag;
      std::string remote_tag;
      flow by; ///< how its peer was heard
    };

    child_id id;
    child_id parent;
    child_id user; ///< of a transaction or dialog
    child_kind kind = child_kind::app;
    bool settled = false; ///< a leg that is over
    nested_ptr<call_child> actor;
    const char* state = "";
    std::variant<std::monostate, transaction_match, dialog_place> found_by;

    [[nodiscard]] const std::string& name() const { return actor->entry().name(); }
  };
  struct deadline_input {};
  struct media_input {
    media::event what;
  };
  using input = std::variant<msg::sip_input, msg::undeliverable, deadline_input, media_input,
                             msg::end_call, msg::resume_call, parcel>;

  // inputs
  void take(input);
  void run(input);
  void route(input&);
  void route_sip(const msg::sip_input&);
  void route_request(const msg::sip_input&);
  void route_back(const msg::undeliverable&);
  void route_cancel(const msg::sip_input&);
  void open_incoming(const msg::sip_input&);
  void resume(msg::resume_call::what);
  void hang_up_all(sip::end_cause);
  void answer_without_user(const msg::sip_input&, std::uint16_t status);
  void open_server_transaction(const msg::sip_input&, child_id parent, child_id user);
  void on_parcel(parcel) override;
  void on_timer();

  // one input's course
  void work(input&);
  void cascade();
  void conclude();
  void apply_endings();
  void remove(child_id);
  void note_states();
  void show_states();
  [[nodiscard]] bool can_wait(const input&);
  void commit_or_release();
  void on_committed();
  void take_waiting();
  void release();
  void release_effects();
  void arm_timer();
  void finish_if_over();

  // when an input fails
  void recover(const input&, const std::string& error);
  [[nodiscard]] bool restore_last_commit(std::span<const child_id> without = {});
  void restore(const call_record&, time_point as_of, std::span<const child_id> without = {});
  void take_root(const call_root&, time_point as_of);
  void give_uncommitted_again();
  void drop_children();
  void undo();
  [[nodiscard]] bool set_aside(const input&);
  [[nodiscard]] bool quarantine(const msg::sip_input&);
  [[nodiscard]] bool refuse_first(const input&);
  [[nodiscard]] bool note_fault(child_id, const std::string& error);
  void fail_committed(child_id, const std::string& error);
  void give_up();
  [[nodiscard]] bool hang_up_without(std::vector<child_id>& failed, const effects& before);
  void abandon(const effects& before, bool tells);
  void account_for_failure();
  void release_others(const std::vector<media::slot_id>&);
  void say_farewells(std::span<const child_id> legs);
  void pause_deadlines();
  [[nodiscard]] child_id leg_of(child_id) const;
  void show_failures();

  // faults that are wanted
  [[nodiscard]] bool passes_faults(child_id);
  [[nodiscard]] std::string path_of(child_id) const;
  void on_thaw();
  [[nodiscard]] bool takes_inputs() const { return !committing_ && !thaw_.running(); }

  // children
  [[nodiscard]] child_slot* find(child_id);
  [[nodiscard]] child_slot* find(const transaction_match&);
  [[nodiscard]] child_slot* find_dialog(std::string_view local_tag, std::string_view remote_tag);
  [[nodiscard]] const std::string& leg_name(child_id) const;
  void open(child_id, child_id parent, std::string name, const child_record&);
  [[nodiscard]] call_record record();
  [[nodiscard]] call_root root() const;
  void give_detail();
  [[nodiscard]] static ended_by by_whom(std::uint8_t leg, sip::end_cause);
  void note_refusal(sip::end_cause);
  template <class Line>
  void note(Line line) {
    if (const auto open = ladder_ ? ladder_ : archived_.lock())
      open->add(now(), std::move(line));
  }
  void note_received(const msg::sip_input&, child_id for_child);
  void note_sent(const outgoing&, const std::string& leg);

  // call_scope
  [[nodiscard]] time_point now() const override { return as_of_ ? *as_of_ : home().now(); }
  [[nodiscard]] const node_facts& node() const override { return services_.facts; }
  [[nodiscard]] bool is_direct() const override { return media_ == media_path::direct; }
  [[nodiscard]] child_id self() const override { return running_; }
  void tell(child_id, msg::event) override;
  child_id spawn(child_id parent, std::string name, child_record) override;
  [[nodiscard]] bool is_crowded() const override;
  void finish() override { effects_.endings.push_back(running_); }
  void end(child_id id) override { effects_.endings.push_back(id); }
  void changed() override { effects_.later = true; }
  void send(outgoing) override;
  void send_again(outgoing) override;
  void command(media::command) override;
  [[nodiscard]] tl::expected<media::slot, media::error> allocate(ip_family) override;
  [[nodiscard]] std::optional<media::slot_statistics> statistics(media::slot_id) const override;
  [[nodiscard]] bool opened_by_peer(const flow& f) const override {
    return services_.flows.opened_by_peer(f);
  }
  [[nodiscard]] bool answer_challenge(sip::digest_client&, const sip::message& response,
                                      const ip_endpoint& peer,
                                      const sip::challenged_request&) override;
  [[nodiscard]] std::uint32_t next_branch() override { return next_branch_++; }
  void note_answer(std::uint8_t leg) override;
  void note_cause(std::uint8_t leg, sip::end_cause) override;
  void note_end(std::uint8_t leg, sip::end_cause, std::uint16_t status) override;
  void note_media(child_id leg, const media::slot_statistics&) override;

  call_services& services_;
  const key128 key_;
  std::uint16_t next_child_ = 1;
  std::uint32_t next_branch_ = 1;
  std::optional<std::uint32_t> first_cseq_; ///< of the INVITE that began it
  std::vector<child_slot> slots_;           ///< in order of birth: parents before their children
  child_id running_;

  effects effects_;
  std::list<input> waiting_; ///< nearly always empty, where a deque takes 576 bytes
  bool committing_ = false;
  bool over_ = false;
  bool detail_given_ = false;
  bool gone_ = false; ///< its record is erased
  std::uint32_t faults_ = 0;
  restart_history recent_faults_;
  /// What the rows of actors that threw say, though they are others now.
  struct failure {
    child_id who;
    std::uint32_t times = 0;
    std::string error;
  };
  std::vector<failure> failures_;
  std::optional<transaction_match> failed_answer_; ///< to an INVITE; the next one ends the call
  std::optional<time_point> paused_until_;         ///< for deadlines
  std::vector<media::event> later_;                ///< to be given again then
  bool given_up_ = false;
  bool noted_ = false;                         ///< this input stands in the ladder
  std::vector<transaction_match> quarantined_; ///< requests that made this call throw
  std::vector<media::slot_id> held_;           ///< socket pairs, by the last commit
  std::uint8_t legs_alive_ = 0;
  media_path media_ = media_path::anchored;
  std::shared_ptr<const void> pending_; ///< given back when its caller waits no more

  std::optional<child_id> fails_committed_; ///< it is to throw after the commit of this input
  timer timer_;
  timer thaw_ = timer::calling<&call::on_thaw>(this); ///< running: it takes no inputs
  std::shared_ptr<ladder> ladder_;
  std::weak_ptr<ladder> archived_;
  time_point started_;
  std::optional<time_point> answered_; ///< the caller's leg
  call_account account_;
  call_detail detail_;
  wire_bytes newer_; ///< what a newer program wrote of this call

  time_point committed_at_;             ///< to which a fault goes back
  std::vector<input> uncommitted_;      ///< since then: a later commit carries what they changed
  std::optional<time_point> commit_by_; ///< that commit's deadline
  std::optional<time_point> as_of_;     ///< set while children are restored: their time
};

} // namespace tandem::actors
