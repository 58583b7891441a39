#pragma once

#include "actors/call/contact.hpp"
#include "actors/call/services.hpp"
#include "actors/messages/message_figures.hpp"
#include "protocols/digest/digest_client.hpp"
#include "protocols/sip/pager_exchange.hpp"
#include "runtime/actor/sharded.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <caf/event_based_actor.hpp>

#include <memory>
#include <string>
#include <vector>

namespace tandem::msg {

/// The router has decided whom this MESSAGE is for.
struct open_message {
  using stays_local = void;
  key128 key;
  sip_input request;
  std::string user; ///< who has proved to be the sender; empty: nobody was asked
  std::vector<actors::contact> targets;
};

} // namespace tandem::msg

namespace tandem::actors {

/// One MESSAGE outside any dialog: hosts sip::pager_exchange, writes a request of our own for each
/// phone (Call-ID, tag and branch are ours) and the answer to the sender. It begins when its own
/// request comes to it.
///
/// Nothing of it is stored: when the process dies the sender hears nothing and sends again.
class message_exchange final : public sharded<caf::event_based_actor> {
public:
  message_exchange(caf::actor_config&, shard&, tree_place, const call_services&, message_figures&,
                   msg::open_message, std::shared_ptr<const void> pending);

  caf::behavior make_behavior() override;
  void on_exit() override;

  /// The sender's request, until it has its answer.
  [[nodiscard]] const msg::sip_input* unanswered() const { return in_.message ? &in_ : nullptr; }

private:
  /// A request of ours, one for each branch.
  struct sending {
    std::size_t target = 0;
    std::uint32_t call = 0; ///< names Call-ID and tag: the branch of the target's first request
    std::uint32_t cseq = 1;
    flow way;
    sip::digest_client login{};
    std::string uri{};
    wire_bytes bytes{};      ///< null: never to be sent again
    sip::message_ptr said{}; ///< its refusal
  };

  void on_input(const msg::sip_input&);
  void on_response(const msg::sip_input&);
  void on_undeliverable(const sip::message& request);
  void on_timer();
  void begin();
  void send_to_target(std::size_t);
  [[nodiscard]] bool login_again(std::uint8_t branch, const sip::message& response);
  void write(sending&, std::uint8_t branch) const;
  void send(const sending&);
  /// To the sender.
  void reply();
  void perform(const sip::pager_exchange::actions&);
  void answer(std::uint16_t status, const sip::message* said);
  void release();
  [[nodiscard]] message_result result_of(std::uint16_t status) const;

  const call_services& services_;
  message_figures& figures_;
  const key128 key_;
  msg::sip_input in_; ///< without its message once that is answered
  const ip_endpoint reply_to_;
  transaction_match match_;
  std::vector<contact> targets_;
  std::shared_ptr<const void> pending_; ///< until it is answered
  sip::pager_exchange machine_;
  std::vector<sending> sent_;
  wire_bytes last_reply_;
  std::string last_status_;
  timer wake_ = timer::calling<&message_exchange::on_timer>(this);
};

} // namespace tandem::actors
