#pragma once

#include "actors/calls/claims.hpp"
#include "actors/messages/directory.hpp"
#include "actors/messages/message_exchange.hpp"

#include <caf/event_based_actor.hpp>

#include <unordered_map>

namespace tandem::actors {

/// Dynamic supervisor of one shard's messages outside of dialogs: starts an actor for each, knows
/// them by key, notices each end, and answers 500 for one that died before it had an answer. None
/// is started again: a phone may have had the text already, and its sender now knows.
class messages final : public sharded<caf::event_based_actor> {
public:
  /// `most`: messages at a time.
  messages(caf::actor_config&, shard&, tree_place, call_services&, message_directory&,
           message_figures&, std::size_t most);

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  void open(msg::open_message&);
  void refuse(const key128&, const msg::sip_input&, message_result, std::uint16_t status);
  void on_down(const caf::down_msg&);

  call_services& services_;
  message_directory& directory_;
  message_figures& figures_;
  const std::size_t most_;
  claims pending_; ///< messages that are not answered yet
  claims all_;
  std::unordered_map<caf::actor_id, key128> keys_;
};

} // namespace tandem::actors
