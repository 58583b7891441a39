#include "protocols/sip/address_of_record.hpp"

#include "protocols/sip/grammar.hpp"
#include "protocols/sip/limits.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <chrono>

namespace tandem::sip {

namespace {

/// §10.3 step 7: the parameter, else the header, else our default; longer than allowed is cut, 0
/// removes.
std::uint32_t granted(const registration& r, const contact& c, const registrar_rules& rules) {
  const auto asked = c.expires.value_or(r.expires.value_or(rules.default_expires_s));
  return std::min(asked, rules.max_expires_s);
}

/// §10.3 steps 6 and 7: a binding gives way to another Call-ID, and in its own to higher numbers.
bool is_older(const binding& b, const registration& r) {
  return b.call_id != r.call_id || r.cseq > b.cseq;
}

} // namespace

register_answer answer_for(register_verdict v) {
  switch (v) {
    case register_verdict::unchanged:
    case register_verdict::changed: return {200, {}};
    case register_verdict::bad_wildcard: return {400, "Contact * Needs Expires 0 And No Other"};
    case register_verdict::too_brief: return {423, {}};
    case register_verdict::out_of_order: return {400, "CSeq Not Above That Of The Binding"};
    case register_verdict::too_many: return {403, "Too Many Contacts For This User"};
    case register_verdict::too_long: return {400, "Contact Or Call-ID Too Long"};
  }
  return {500, {}};
}

address_of_record::address_of_record(const snapshot& s, time_point now) {
  for (const auto& k : s.bindings)
    if (k.remaining > duration{})
      bindings_.push_back(
          {k.uri, k.call_id, k.source, now + k.remaining, k.granted_s, k.cseq, k.q, k.parameters});
}

address_of_record::snapshot address_of_record::snapshot_at(time_point now) const {
  snapshot s;
  s.bindings.reserve(bindings_.size());
  for (const auto& b : bindings_)
    s.bindings.push_back(
        {b.uri, b.call_id, b.source, b.expires - now, b.granted_s, b.cseq, b.q, b.parameters});
  return s;
}

register_verdict address_of_record::on_register(const registration& r, const registrar_rules& rules,
                                                time_point now) {
  TANDEM_CHECK(rules.bindings <= max_bindings);
  (void) on_deadline(now);
  if (r.call_id.size() > max_binding_call_id_bytes)
    return register_verdict::too_long;
  if (r.wildcard)
    return remove_all(r);
  const auto verdict = judge(r, rules);
  if (verdict != register_verdict::changed)
    return verdict;
  // One contact can name a binding that another of them removes or adds: only what comes out can be
  // counted.
  auto before = bindings_;
  carry_out(r, rules, now);
  if (bindings_.size() > std::max(rules.bindings, before.size())) {
    bindings_ = std::move(before);
    return register_verdict::too_many;
  }
  return verdict;
}

/// §10.3 step 6: "*" stands alone and removes all, or nothing if one binding forbids it.
register_verdict address_of_record::remove_all(const registration& r) {
  if (!r.contacts.empty() || r.expires != 0U)
    return register_verdict::bad_wildcard;
  if (bindings_.empty())
    return register_verdict::unchanged;
  if (!std::ranges::all_of(bindings_, [&r](const binding& b) { return is_older(b, r); }))
    return register_verdict::out_of_order;
  bindings_.clear();
  return register_verdict::changed;
}

register_verdict address_of_record::judge(const registration& r,
                                          const registrar_rules& rules) const {
  auto verdict = register_verdict::unchanged;
  for (const auto& c : r.contacts) {
    const auto seconds = granted(r, c, rules);
    if (seconds != 0 && seconds < rules.min_expires_s)
      return register_verdict::too_brief;
    if (c.address.uri.text.size() > max_binding_uri_bytes)
      return register_verdict::too_long;
    const auto at = find(c.address.uri);
    if (!at) {
      verdict = seconds != 0 ? register_verdict::changed : verdict;
      continue;
    }
    const auto& b = bindings_[*at];
    if (is_older(b, r))
      verdict = register_verdict::changed;
    else if (r.cseq != b.cseq || seconds != b.granted_s || c.q != b.q)
      return register_verdict::out_of_order;
    // else this very request put it there: a retransmission
  }
  return verdict;
}

void address_of_record::carry_out(const registration& r, const registrar_rules& rules,
                                  time_point now) {
  for (const auto& c : r.contacts) {
    const auto seconds = granted(r, c, rules);
    const auto at = find(c.address.uri);
    if (seconds == 0) {
      if (at)
        bindings_.erase(bindings_.begin() + static_cast<std::ptrdiff_t>(*at));
      continue;
    }
    auto& b = at ? bindings_[*at] : bindings_.emplace_back();
    b.uri = c.address.uri.text;
    b.call_id = r.call_id;
    b.source = r.source;
    b.expires = now + std::chrono::seconds{seconds};
    b.granted_s = seconds;
    b.cseq = r.cseq;
    b.q = c.q;
    b.parameters = kept_parameters(c);
  }
}

/// The same text first: a phone that refreshes its binding repeats it, and nothing need be parsed.
std::optional<std::size_t> address_of_record::find(const uri& wanted) const {
  for (std::size_t i = 0; i < bindings_.size(); ++i)
    if (bindings_[i].uri == wanted.text)
      return i;
  for (std::size_t i = 0; i < bindings_.size(); ++i)
    if (const auto known = parse_uri(bindings_[i].uri); known && equivalent(*known, wanted))
      return i;
  return std::nullopt;
}

actions<binding_expired, 1> address_of_record::on_deadline(time_point now) {
  actions<binding_expired, 1> out;
  std::erase_if(bindings_, [&](const binding& b) {
    if (b.expires > now)
      return false;
    out.push_back({b.uri});
    return true;
  });
  return out;
}

std::optional<time_point> address_of_record::next_deadline() const {
  const auto first = std::ranges::min_element(bindings_, {}, &binding::expires);
  return first == bindings_.end() ? std::nullopt : std::optional{first->expires};
}

std::string kept_parameters(const contact& c) {
  std::string out;
  auto rest = c.address.parameters;
  for (auto text = rest.text; const auto p = rest.next(); text = rest.text)
    if (!same_word(p->name, "q") && !same_word(p->name, "expires"))
      out += trim(text.substr(0, text.size() - rest.text.size()));
  return out.size() <= max_binding_parameter_bytes ? out : std::string{};
}

std::uint32_t seconds_left(const binding& b, time_point now) {
  const auto left = std::chrono::ceil<std::chrono::seconds>(b.expires - now).count();
  return left > 0 ? static_cast<std::uint32_t>(left) : 0;
}

} // namespace tandem::sip
