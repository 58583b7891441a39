// What must hold at the end of every test of whole calls.
#include "actors/call/identity.hpp"
#include "actors/call/record/record_codec.hpp"
#include "actors/call/snapshots.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/actors/world.hpp"
#include "tests/actors/world_parts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <map>
#include <set>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

using kind = happening::kind;

/// The label of a datagram, or its first word when it is no SIP.
std::string label_of_bytes(const std::string& bytes) {
  const auto m = sip::parse_message(bytes);
  return m ? label_of(**m) : "malformed";
}

/// The bytes that a committed call holds, so that whoever restores it can send them again.
void add_held(const actors::call_record& r, std::set<std::string>& held) {
  const auto add = [&held](const actors::wire_bytes& kept) {
    if (kept)
      held.insert(*kept);
  };
  for (const auto& c : r.children) {
    if (const auto* t = std::get_if<actors::transaction_record>(&c.record))
      add(t->last);
    if (const auto* d = std::get_if<actors::dialog_record>(&c.record))
      add(d->kept);
  }
}

/// Messages that leave without state behind them: failures to requests that get no transaction, and
/// the ACK of a failure, which is written from INVITE and response again (§17.1.1.3).
bool needs_no_state(const sip::message& m) {
  if (m.is_request())
    return m.get_method() == sip::method::ack;
  const auto ours = actors::parse_tag(sip::read_to(m)->tag);
  if (ours && ours->number == actors::no_leg)
    return true; // of the router
  const auto status = m.status().value();
  return status == 481 || status == 482 || status == 500;
}

/// The key in what we issued: the branch of our request, the To tag of our response.
std::optional<key128> key_in(const sip::message& m) {
  const auto tag = m.is_request() ? std::string(sip::read_top_via(m)->branch).substr(7)
                                  : std::string(sip::read_to(m)->tag);
  return tag.size() < key_digits ? std::nullopt : parse_key(tag.substr(0, key_digits));
}

} // namespace

strings world::details() const {
  strings out;
  for (const auto& d : parts_->details)
    out.push_back(std::to_string(d.status) + " " + std::string(actors::to_string(d.by)) + " "
                  + std::string(actors::cause_text(d)));
  return out;
}

strings world::detail_lines() const {
  strings out;
  for (const auto& d : parts_->details)
    out.push_back(to_json(d));
  return out;
}

wall_time world::wall_at(duration since_start) const {
  const auto since = parts_->time.now() - parts_->notes.start - since_start;
  return parts_->time.wall() - std::chrono::duration_cast<wall_time::duration>(since);
}

void world::over(const strings& expected, const strings& outside) {
  over_ = true;
  hang_up_streams();
  pass(32s + 300ms); // 64*T1 or timer D, and the patience of lingering calls
  CHECK(details() == expected);
  check_nothing_left();
  check_wire(outside);
  check_commits();
}

strings world::outside() const {
  strings out;
  for (const auto& h : happenings())
    if (h.what == kind::received || h.what == kind::sent)
      out.push_back(label_of_bytes(h.bytes));
  return out;
}

void world::check_nothing_left() {
  auto& p = *parts_;
  for (const auto& row : rows())
    if (row.kind == "call")
      UNSCOPED_INFO("left: " << row.name << " " << row.state);
  CHECK(p.node->gave_up.empty());
  CHECK(p.node->nodes.size() == p.node->rows_at_rest);
  CHECK(p.node->media.in_use() == 0);
  CHECK(p.node->media.faults.empty());
  CHECK(records() == 0);
  for (const auto& s : p.node->shards) {
    CHECK(s->calls() == 0);
    const std::size_t expiry = s->registered_users() > 0 ? 1 : 0;
    CHECK(s->home().timers().size() == p.node->timers_at_rest + expiry);
    INFO(s->home().last_fault());
    CHECK(s->home().faults() == 0);
  }
  for (const auto& a : p.phones)
    CHECK(a.phone->complaints() == strings{});
}

/// Each datagram read or written stands in the ladder of exactly one call; what does not was
/// handled outside of calls.
void world::check_wire(strings outside) {
  auto& p = *parts_;
  std::set<key128> keys;
  for (const auto& d : p.details)
    keys.insert(d.key);
  std::map<std::pair<bool, std::string>, int> seen; // received?, bytes
  for (const auto& h : std::span{p.notes.lines}.subspan(p.notes.life))
    if (h.what == kind::received || h.what == kind::sent)
      ++seen[{h.what == kind::received, h.bytes}];
  bool complete = true;
  for (const auto& k : keys)
    for (const auto& s : p.node->shards) {
      const auto trace = s->trace(k);
      if (!trace)
        continue;
      complete &= trace->dropped() == 0;
      for (const auto& line : trace->lines())
        if (const auto* sip = line.sip())
          --seen[{sip->received, std::string(sip->message)}];
    }
  if (!complete)
    return;
  strings left;
  for (const auto& [what, count] : seen) {
    for (int i = 0; i < count; ++i)
      left.push_back(label_of_bytes(what.second));
    for (int i = count; i < 0; ++i) // a call said it, and no transport took it
      left.push_back("never sent: " + label_of_bytes(what.second));
  }
  std::ranges::sort(left);
  std::ranges::sort(outside);
  CHECK(left == outside);
}

/// Commit before visible: what a call sends for the first time is held by a record that was
/// committed before.
void world::check_commits() {
  if (commits_failed_)
    return; // what was sent then is held by nobody
  std::map<key128, std::set<std::string>> held;
  for (const auto& h : parts_->notes.lines)
    if (h.what == kind::committed)
      held[h.key]; // a call; what else answers has no record
  std::set<std::string> sent;
  for (const auto& h : parts_->notes.lines) {
    if (h.what == kind::committed) {
      const auto record = actors::decode_record(h.bytes);
      REQUIRE(record);
      add_held(*record, held.at(h.key));
    } else if (h.what == kind::sent && sent.insert(h.bytes).second) {
      INFO(h.bytes);
      const auto m = sip::parse_message(h.bytes);
      REQUIRE(m);
      const auto key = key_in(**m);
      if (key && held.contains(*key) && !needs_no_state(**m))
        CHECK(held.at(*key).contains(h.bytes));
    }
  }
}

} // namespace tandem::test
