#include "runtime/actor/close_mailbox.hpp"

#include "runtime/actor/limits.hpp"

#include <caf/detail/sync_request_bouncer.hpp>
#include <caf/scheduled_actor.hpp>

namespace tandem {

void close_mailbox(caf::scheduled_actor& self, const caf::error& reason) {
  auto& mailbox = self.mailbox();
  if (mailbox.closed())
    return;
  mailbox.close();
  self.get_normal_queue().flush_cache();
  self.get_urgent_queue().flush_cache();
  caf::detail::sync_request_bouncer bounce{reason};
  while (mailbox.queue().new_round(max_messages_per_resume, bounce).consumed_items > 0) {
  }
}

} // namespace tandem
