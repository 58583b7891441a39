#include "apps/bridge/fork.hpp"

#include "apps/bridge/limits.hpp"
#include "protocols/sip/status_mapping.hpp"

#include <algorithm>
#include <charconv>

namespace tandem::apps {

using namespace actors;

bool call_fork::is_open(leg_number leg) const {
  return std::ranges::find(open, leg.value) != open.end();
}

void call_fork::close(leg_number leg) {
  std::erase(open, leg.value);
  if (heard == leg.value)
    heard = 0;
}

void call_fork::note_refusal(const leg_end& end) {
  if (refusal != 0 && !sip::is_better_refusal(end.status, refusal))
    return;
  refusal = end.status;
  reason = end.reason;
  moved_to = end.contacts;
}

std::vector<contact> call_fork::take_group() {
  std::size_t n = 0;
  while (n < later.size() && n < limits::contacts_at_once
         && later[n].q_thousandths == later.front().q_thousandths)
    ++n;
  const auto end = later.begin() + static_cast<std::ptrdiff_t>(n);
  std::vector<contact> group(later.begin(), end);
  later.erase(later.begin(), end);
  return group;
}

std::vector<contact> by_preference(std::vector<contact> all) {
  std::ranges::stable_sort(all, std::ranges::greater{}, &contact::q_thousandths);
  if (all.size() > limits::contacts_tried)
    all.erase(all.begin() + limits::contacts_tried, all.end());
  return all;
}

// One line of words, then a line each: the reason, the Contacts of a 3xx after "m ", those that are
// still to be dialled after "l ". None of these can hold a line break: they stood in header fields.

namespace {

/// Takes what stands before the next `end`, and that.
std::string_view take(std::string_view& rest, char end) {
  const auto at = std::min(rest.find(end), rest.size());
  const auto word = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return word;
}

template <class Number>
Number take_number(std::string_view& rest) {
  const auto word = take(rest, ' ');
  Number n = 0;
  (void) std::from_chars(word.data(), word.data() + word.size(), n);
  return n;
}

contact parse_later(std::string_view line) {
  contact c;
  c.q_thousandths = take_number<std::uint16_t>(line);
  const transport_index transport{take_number<std::uint8_t>(line)};
  if (const auto peer = parse_ip_endpoint(take(line, ' ')))
    c.reached_by = flow{transport, *peer};
  c.uri = line;
  return c;
}

void append(std::string& out, const contact& c) {
  out += "\nl " + std::to_string(c.q_thousandths) + ' ';
  out += c.reached_by
             ? std::to_string(c.reached_by->transport.value) + ' ' + to_string(c.reached_by->peer)
             : "0 -";
  out += ' ' + c.uri;
}

} // namespace

std::string to_text(const call_fork& f) {
  std::string out{static_cast<char>(f.now), ' '};
  for (const unsigned n : {unsigned{f.dialled}, unsigned{f.callee}, unsigned{f.heard},
                           unsigned{f.told}, unsigned{f.refusal}})
    out.append(std::to_string(n)).append(" ");
  for (const auto leg : f.open)
    out.append(std::to_string(leg)).append(" ");
  out.append("\n").append(f.reason);
  for (const auto& uri : f.moved_to)
    out.append("\nm ").append(uri);
  for (const auto& c : f.later)
    append(out, c);
  return out;
}

call_fork parse_fork(std::string_view text) {
  call_fork f;
  auto words = take(text, '\n');
  if (words.empty())
    return f;
  f.now = call_fork::stage{words.front()};
  take(words, ' ');
  f.dialled = take_number<std::uint8_t>(words);
  f.callee = take_number<std::uint8_t>(words);
  f.heard = take_number<std::uint8_t>(words);
  f.told = take_number<std::uint16_t>(words);
  f.refusal = take_number<std::uint16_t>(words);
  while (!words.empty())
    f.open.push_back(take_number<std::uint8_t>(words));
  f.reason = take(text, '\n');
  while (!text.empty()) {
    auto line = take(text, '\n');
    const auto kind = take(line, ' ');
    if (kind == "m")
      f.moved_to.emplace_back(line);
    else
      f.later.push_back(parse_later(line));
  }
  return f;
}

} // namespace tandem::apps
