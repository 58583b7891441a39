#include "actors/registrar/register_reply.hpp"

#include "protocols/sip/response_builder.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>

namespace tandem::actors {

namespace {

/// "Sat, 13 Nov 2010 23:29:00 GMT" (§20.17).
std::string date_text(wall_time t) {
  constexpr std::array<const char*, 7> days = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<const char*, 12> months = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                  "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(t);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{std::chrono::floor<std::chrono::seconds>(t - day)};
  return fmt::format("{}, {:02} {} {:04} {:02}:{:02}:{:02} GMT",
                     days[std::chrono::weekday{day}.c_encoding()], unsigned{date.day()},
                     months[unsigned{date.month()} - 1], int{date.year()}, clock.hours().count(),
                     clock.minutes().count(), clock.seconds().count());
}

/// "0.5", "1", "0.125": at most three digits (§25.1).
std::string q_text(std::uint16_t thousandths) {
  if (thousandths >= 1000)
    return "1";
  std::string digits = std::to_string(1000 + thousandths).substr(1);
  while (digits.size() > 1 && digits.back() == '0')
    digits.pop_back();
  return "0." + digits;
}

void write_binding(sip::message_writer& w, const sip::binding& b, time_point now) {
  const auto expires = sip::seconds_left(b, now);
  if (b.q)
    w.header(sip::header_id::contact, "<", b.uri, ">;expires=", expires, ";q=", q_text(*b.q),
             b.parameters);
  else
    w.header(sip::header_id::contact, "<", b.uri, ">;expires=", expires, b.parameters);
}

} // namespace

msg::wire_bytes write_reply(const msg::sip_input& in, const register_reply& r) {
  sip::message_writer w;
  sip::begin_response(w, *in.message,
                      {.status = r.answer.status,
                       .reason = r.answer.reason,
                       .to_tag = r.to_tag,
                       .source = in.source});
  if (r.bindings != nullptr) {
    for (const auto& b : *r.bindings)
      write_binding(w, b, r.now);
    w.header(sip::header_id::date, date_text(r.wall));
  }
  if (r.answer.status == 420)
    for (const auto& field : in.message->headers(sip::header_id::require))
      w.header(sip::header_id::unsupported, field.value);
  if (r.answer.status == 423)
    w.header(sip::header_id::min_expires, r.min_expires_s);
  return w.finish();
}

} // namespace tandem::actors
