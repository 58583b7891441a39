#pragma once

#include "protocols/sip/message.hpp"
#include "tests/sim/phone.hpp"
#include "tests/sim/wire_text.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

/// One side of one planned call: a dialog, its offers and answers, and what the plan wants done. It
/// complains of whatever a phone would be confused by.
///
///     caller: calling → talking → over        callee: ringing → answered (ACK) → talking → over
class phone_call {
public:
  phone_call(phone&, street&, const call_plan&);

  /// As the caller.
  void begin();
  /// As a callee.
  void begin(const sip::message_ptr& invite, const std::string& transaction);

  [[nodiscard]] bool is_in(std::string_view call_id, std::string_view local_tag) const {
    return call_id == call_id_ && local_tag == local_tag_;
  }
  [[nodiscard]] bool is_of(const std::string& invite_transaction) const {
    return !is_caller_ && invite_transaction == initial_transaction_;
  }
  [[nodiscard]] bool is_over() const { return state_ == state::over; }
  [[nodiscard]] bool was_answered() const { return was_answered_; }
  [[nodiscard]] unsigned number() const { return plan_.number; }
  [[nodiscard]] bool is_caller() const { return is_caller_; }
  [[nodiscard]] std::string name() const;
  /// It talks, and nothing changes or has changed just now.
  [[nodiscard]] bool is_steady() const;
  [[nodiscard]] bool is_holding() const { return holding_; }
  [[nodiscard]] const phone_call* partner() const;
  [[nodiscard]] std::uint16_t node_port() const { return node_port_; }
  /// Where its RTP is wanted.
  [[nodiscard]] std::uint16_t rtp_port() const;

  // -- of its requests
  void on_provisional(const sip::message&);
  void on_success(const sip::message&); ///< of an INVITE, also when it comes again
  void on_final(const sip::message&);   ///< any other, once
  void on_silence(const std::string& method);
  // -- of the node's
  void on_request(const sip::message_ptr&, const std::string& transaction);
  void on_ack(const sip::message&);
  void on_cancel();

private:
  enum class state : std::uint8_t { calling, ringing, answered, talking, over };
  struct offer {
    std::string method;
    bool held_before = false;
  };

  // phone_call.cpp: set-up and end
  void learn_dialog(const sip::message&);
  void ring();
  void accept();
  void repeat_success(std::uint32_t cseq, duration pause, time_point until);
  void acknowledge(const sip::message& success);
  void start_talking();
  void cancel();
  void hang_up();
  void end();
  void check_others_are_told();
  [[nodiscard]] std::string fill(std::string_view method, const std::string& branch,
                                 std::uint32_t cseq, std::string body) const;
  [[nodiscard]] std::string own_headers(std::string_view method) const;
  void fail(std::string invariant, std::string_view what, const sip::message&) const;

  // session.cpp: what happens while they talk
  void act(const planned_act&, time_point until);
  void change(const std::string& method);
  void on_changed(const sip::message&);
  void on_reinvite(const sip::message_ptr&, const std::string& transaction);
  void on_update(const sip::message&, const std::string& transaction);
  void on_bye(const sip::message&, const std::string& transaction);
  void check_dialog(const sip::message&);
  void check_description(const sip::message&, bool is_offer);
  [[nodiscard]] std::string describe(media_way);
  [[nodiscard]] std::string answer_to(const sip::message&);
  [[nodiscard]] media_way wanted() const { return {true, !holding_}; }

  phone& phone_;
  street& street_;
  const call_plan& plan_;
  const callee_plan* part_ = nullptr; ///< as a callee
  bool is_caller_ = true;
  state state_ = state::calling;

  std::string call_id_, local_tag_, remote_tag_, local_, remote_, target_;
  std::vector<std::string> routes_; ///< that the node's requests must have, in this order
  std::uint32_t cseq_ = 0;
  std::uint32_t remote_cseq_ = 0;

  sip::message_ptr initial_; ///< callee: the INVITE
  std::string initial_transaction_;
  std::string invite_branch_; ///< caller's first
  bool was_answered_ = false;
  bool heard_ = false;
  bool wants_bye_ = false; ///< the answer crossed our CANCEL
  bool bye_sent_ = false;

  std::map<std::uint32_t, std::string> acks_;      ///< by CSeq
  std::map<std::uint32_t, std::string> successes_; ///< our 2xx to INVITE that wait for their ACK
  std::optional<offer> offering_;
  unsigned asked_ = 0; ///< INVITEs of the node that we have not answered, or whose ACK is missing
  bool holding_ = false;
  bool unsure_ = false;    ///< a change failed: what the other side believes is open
  time_point last_change_; ///< when `holding_` was last believed by all
  std::uint64_t version_ = 0;
  std::string described_;
  std::uint16_t node_port_ = 0; ///< of the node's descriptions
  std::string node_contact_;
};

} // namespace tandem::test
