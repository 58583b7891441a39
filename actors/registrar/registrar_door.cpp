#include "actors/registrar/registrar_door.hpp"

#include "actors/registrar/domain.hpp"

#include <caf/send.hpp>

#include <memory>

namespace tandem::actors {

std::size_t registrar_door::shard_of(std::string_view user) const {
  return peers_.empty() ? 0 : registration_key(hash_, user).high % peers_.size();
}

void registrar_door::deliver(msg::find_user what) {
  auto& there = peers_.empty() ? *this : *peers_[shard_of(what.user)];
  if (&there == this)
    return caf::anon_send(here_, std::move(what));
  (void) there.home_.post(
      [&there, what = std::make_unique<msg::find_user>(std::move(what))]() mutable {
        caf::anon_send(there.here_, std::move(*what));
      });
}

} // namespace tandem::actors
