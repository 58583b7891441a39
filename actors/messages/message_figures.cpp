#include "actors/messages/message_figures.hpp"

namespace tandem::actors {

message_figures::message_figures(metrics& m)
  : waiting(m.make_gauge("tandem_messages_waiting", "MESSAGEs that wait for their answer")) {
  constexpr std::array<const char*, static_cast<std::size_t>(message_result::count)> names = {
      "delivered", "refused",   "silent",     "too_large", "nobody",
      "absent",    "no_reader", "over_limit", "failed"};
  for (std::size_t i = 0; i < names.size(); ++i)
    results_[i] = &m.make_counter("tandem_messages_total",
                                  "MESSAGEs outside of dialogs, by what became of them",
                                  {{"result", names[i]}});
}

} // namespace tandem::actors
