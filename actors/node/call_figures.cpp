#include "actors/node/call_figures.hpp"

namespace tandem::actors {

call_figures::call_figures(metrics& m)
  : opened_(m.make_counter("tandem_calls_opened_total",
                           "Calls begun by an INVITE that was let in, of known destination")),
    answered_(m.make_counter("tandem_calls_answered_total", "Calls whose caller got a 2xx")) {
  const auto name = [&](call_detail d) {
    for (const bool answered : {false, true})
      ended_[row_of(d)][answered ? 1 : 0] = &m.make_counter(
          "tandem_calls_ended_total", "Calls that are over, by the cause in their CDR",
          {{"cause", std::string(cause_text(d))}, {"answered", answered ? "yes" : "no"}});
  };
  for (std::size_t i = 0; i < causes; ++i)
    name({.cause = static_cast<sip::end_cause>(i)});
  for (std::size_t i = 1; i < closings; ++i)
    name({.closed = static_cast<closing>(i)});
}

std::size_t call_figures::row_of(const call_detail& d) {
  return d.closed == closing::by_its_end ? static_cast<std::size_t>(d.cause)
                                         : causes + static_cast<std::size_t>(d.closed) - 1;
}

void call_figures::ended(const call_detail& d) {
  ended_[row_of(d)][d.answer ? 1 : 0]->add();
}

} // namespace tandem::actors
