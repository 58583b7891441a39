#pragma once

#include <caf/fwd.hpp>

namespace tandem {

/// Closes the mailbox of an actor that ends: what is in it is dropped, requests are bounced with
/// `reason`, later ones bounce by themselves. As scheduled_actor::cleanup of CAF 0.17.6 does it.
void close_mailbox(caf::scheduled_actor&, const caf::error& reason);

} // namespace tandem
