#include "runtime/actor/sharded.hpp"

#include <caf/sec.hpp>

namespace tandem {

std::string exit_text(const caf::error& reason) {
  if (!reason)
    return {};
  const auto& context = reason.context();
  if (reason == caf::sec::runtime_error && context.match_elements<std::string>())
    return context.get_as<std::string>(0);
  return to_string(reason);
}

caf::error exit_reason_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
  } catch (...) {
    return caf::make_error(caf::sec::runtime_error, std::string{"unknown exception"});
  }
}

caf::result<caf::message> refuse_unexpected(caf::scheduled_actor* self, caf::message_view&) {
  if (self->current_message_id().is_request())
    return caf::make_error(caf::sec::unexpected_message);
  return caf::message{}; // an error would reach the sender as a message and might end him
}

} // namespace tandem
