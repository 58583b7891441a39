#include "protocols/sip/session_timer.hpp"

#include "protocols/sip/grammar.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

namespace tandem::sip {

using namespace std::chrono_literals;
using std::chrono::seconds;
using fields = session_timer_fields;

namespace {

constexpr seconds default_least{90}; // §5

bool lists_timer(const message& m, header_id which) {
  const auto tokens = read_tokens(m, which);
  return tokens && std::ranges::any_of(*tokens, [](auto t) { return same_word(t, "timer"); });
}

/// delta-seconds, and what follows them.
std::optional<seconds> take_seconds(std::string_view& text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{})
    return std::nullopt;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return seconds{value};
}

/// ";refresher=uac", with what white space §4 lets stand around it.
std::optional<fields::refresher> refresher_in(std::string_view parameters) {
  std::string plain;
  for (const char c : parameters)
    if (!is_space(c))
      plain += c;
  for (std::string_view rest = plain; !rest.empty();) {
    rest.remove_prefix(1); // ";"
    const auto one = rest.substr(0, rest.find(';'));
    if (same_word(one, "refresher=uac"))
      return fields::refresher::uac;
    if (same_word(one, "refresher=uas"))
      return fields::refresher::uas;
    rest.remove_prefix(one.size());
  }
  return std::nullopt;
}

} // namespace

header_result<session_timer_fields> read_session_timer(const message& m) {
  fields f;
  f.supported = lists_timer(m, header_id::supported) || lists_timer(m, header_id::require);
  const auto malformed = [](header_id h) {
    return tl::unexpected(header_error{h, header_errc::malformed});
  };
  const auto read =
      [](std::string_view text) -> std::optional<std::pair<seconds, std::string_view>> {
    const auto value = take_seconds(text);
    while (!text.empty() && is_space(text.front()))
      text.remove_prefix(1);
    if (!value || (!text.empty() && text.front() != ';'))
      return std::nullopt;
    return std::pair{*value, text};
  };
  if (const auto text = m.header(header_id::min_se)) {
    const auto least = read(*text);
    if (!least)
      return malformed(header_id::min_se);
    f.least = std::max(least->first, default_least); // §5: less has no meaning
  }
  if (const auto text = m.header(header_id::session_expires)) {
    const auto interval = read(*text);
    if (!interval || interval->first == 0s)
      return malformed(header_id::session_expires);
    f.interval = interval->first;
    f.who = refresher_in(interval->second);
  }
  return f;
}

void write_session_timer(message_writer& w, const session_timer_fields& f) {
  const auto count = [](seconds s) { return static_cast<std::uint32_t>(s.count()); };
  if (f.supported)
    w.header(header_id::supported, "timer");
  if (f.interval && f.who)
    w.header(header_id::session_expires, count(*f.interval),
             *f.who == fields::refresher::uac ? ";refresher=uac" : ";refresher=uas");
  else if (f.interval)
    w.header(header_id::session_expires, count(*f.interval));
  if (f.least > default_least)
    w.header(header_id::min_se, count(f.least));
}

session_timer::session_timer(const snapshot& s, time_point now)
  : interval_(s.interval), raised_(s.raised), refresher_(s.who),
    timers_(timer_table<timer>::restored(s.timers, now)) {
}

auto session_timer::snapshot_at(time_point now) const -> snapshot {
  return {interval_, raised_, refresher_, timers_.remaining_at(now)};
}

tl::expected<void, seconds> session_timer::agree(const session_timer_fields& request,
                                                 const session_timer_rules& rules) {
  if (request.interval && *request.interval < rules.least && request.supported)
    return tl::unexpected(rules.least); // §9: 422
  if (!request.interval) {
    interval_ = rules.wanted == 0s ? 0s : std::max(rules.wanted, request.least);
    refresher_ = interval_ == 0s ? refresher::nobody : refresher::us;
    return {};
  }
  // §9: shorter we may make it, but not below the Min-SE of the request; never longer.
  const bool shorten =
      rules.wanted != 0s && rules.wanted < *request.interval && rules.wanted >= request.least;
  interval_ = shorten ? rules.wanted : *request.interval;
  const auto who = request.who.value_or(fields::refresher::uac);
  refresher_ = request.supported && who == fields::refresher::uac ? refresher::peer // table 2
                                                                  : refresher::us;
  return {};
}

void session_timer::on_2xx(const session_timer_fields& f, time_point now) {
  timers_.stop_all();
  if (!f.interval) { // §7.2: no session timer
    interval_ = 0s;
    refresher_ = refresher::nobody;
    return;
  }
  interval_ = *f.interval;
  refresher_ = f.who == fields::refresher::uas ? refresher::peer : refresher::us;
  start(now);
}

bool session_timer::on_422(const session_timer_fields& f) {
  if (raised_ != 0s)
    return false;
  raised_ = f.least;
  interval_ = interval_ == 0s ? 0s : std::max(interval_, raised_);
  return true;
}

void session_timer::start(time_point now) {
  timers_.stop_all();
  if (interval_ == 0s)
    return;
  timers_.start(timer::expiry, now + interval_ - std::min<duration>(32s, interval_ / 3)); // §10
  if (refresher_ == refresher::us)
    timers_.start(timer::refresh, now + interval_ / 2); // §7.2
}

void session_timer::on_refresh_refused(time_point now) {
  if (refresher_ == refresher::us)
    timers_.start(timer::refresh, now + interval_ / 8);
}

void session_timer::stop() {
  timers_.stop_all();
}

session_timer_fields session_timer::request_fields(const session_timer_rules& rules) const {
  fields f;
  f.supported = true; // §7.1: whether or not we want one
  f.least = std::max(raised_, rules.wanted == 0s ? default_least : rules.least);
  if (refresher_ == refresher::nobody) {
    if (rules.wanted != 0s)
      f.interval = std::max(rules.wanted, f.least);
    return f;
  }
  f.interval = std::max(interval_, raised_);
  f.who = refresher_ == refresher::us ? fields::refresher::uac : fields::refresher::uas; // §7.4
  return f;
}

session_timer_fields session_timer::response_fields() const {
  fields f;
  f.supported = true;
  if (refresher_ == refresher::nobody)
    return f;
  f.interval = interval_;
  f.who = refresher_ == refresher::peer ? fields::refresher::uac : fields::refresher::uas;
  return f;
}

actions<session_timer_action> session_timer::on_deadline(time_point now) {
  actions<session_timer_action> out;
  while (const auto expired = timers_.pop_expired(now)) {
    if (*expired == timer::expiry) {
      timers_.stop_all();
      out.push_back(session_timer_action::expire);
      break;
    }
    out.push_back(session_timer_action::refresh);
  }
  return out;
}

} // namespace tandem::sip
