#include "tests/sim/judge.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/record/record_codec.hpp"
#include "actors/call/snapshots.hpp"
#include "actors/node/stamp.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/io/siphash.hpp"
#include "tests/sim/wire_text.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <utility>

namespace tandem::test {

namespace {

using kind = trace_line::kind;

std::optional<key128> key_of_tag(std::string_view tag) {
  const auto ours = actors::parse_tag(tag);
  return ours && ours->number != actors::no_leg ? std::optional{ours->key} : std::nullopt;
}

/// The call that a message is of, by what the node has put into it: our tag is in To or From.
std::optional<key128> key_of(const sip::message& m) {
  if (const auto key = key_of_tag(sip::read_to(m)->tag))
    return key;
  return key_of_tag(sip::read_from(m)->tag);
}

/// Likewise, or by what it makes of a caller's Call-ID and tag.
key128 made_key_of(const sip::message& m) {
  static const siphash hash{siphash::secret{1, 2, 3}}; // as in node_life
  const auto key = key_of(m);
  return key ? *key : hash(*sip::read_call_id(m), sip::read_from(m)->tag);
}

/// A final response, or a request, as the node has sent it first.
struct dialog_facts {
  std::uint32_t cseq = 0;    ///< of the node's last request
  bool bye_sent = false;     ///< by the node
  bool bye_received = false; ///< and answered 2xx by the node
  bool answered = false;     ///< an INVITE succeeded, either way
  std::string body;          ///< the node's last description
  std::uint64_t version = 0;
  std::string origin;
};

/// One pass over the trace, in its order.
class bench {
public:
  bench(const std::set<key128>& torn, verdict& judged) : torn_(torn), judged_(judged) {}

  void look(const trace_line& l) {
    at_ = l.at;
    switch (l.is) {
      case kind::received: return on_received(l);
      case kind::sent: return on_sent(l);
      case kind::committed: return on_commit(l);
      case kind::detail: return on_detail(l);
      case kind::erased:
      case kind::log:
      case kind::fate: return;
    }
  }
  void close();

private:
  using transaction = std::tuple<ip_endpoint, std::string, std::string>; ///< peer, branch, method

  void on_received(const trace_line&);
  void on_sent(const trace_line&);
  void on_request_sent(const sip::message&);
  void on_response_sent(const trace_line&, const sip::message&);
  void on_commit(const trace_line&);
  void on_detail(const trace_line&);
  void check_description(const sip::message&, dialog_facts&);
  void check_memory(const sip::message&, const dialog_facts&);
  void check_held(const trace_line&, const sip::message&);
  void fail(const char* invariant, std::string what, const sip::message& m) {
    if (!is_torn(m))
      judged_.fail(invariant, std::move(what) + "\n" + std::string(m.raw()), at_);
  }
  [[nodiscard]] bool is_torn(const sip::message& m) const { return torn_.contains(made_key_of(m)); }
  /// Of the node's side: Call-ID and its own tag.
  dialog_facts& dialog_of(const sip::message& m, std::string_view own_tag) {
    return dialogs_[{std::string(*sip::read_call_id(m)), std::string(own_tag)}];
  }

  const std::set<key128>& torn_;
  verdict& judged_;
  duration at_{};
  std::map<transaction, std::string> finals_;
  std::map<transaction, std::string> asked_; ///< by the phones; the request
  std::map<std::pair<std::string, std::string>, dialog_facts> dialogs_;
  std::set<std::string> sent_; ///< whole messages: what is in here is a retransmission
  std::set<key128> keys_;      ///< of calls that a phone has seen
  std::map<key128, std::set<std::string>> held_;
  std::map<key128, int> details_;
  std::map<std::string, std::uint32_t, std::less<>> infos_; ///< the last one passed on, by sender
};

void bench::on_received(const trace_line& l) {
  const auto parsed = sip::parse_message(l.bytes);
  if (!parsed)
    return;
  const auto& m = **parsed;
  const auto method = std::string(sip::read_cseq(m)->method_name);
  if (m.is_request() && method != "ACK")
    asked_.try_emplace({l.peer, std::string(sip::read_top_via(m)->branch), method}, l.bytes);
  if (m.is_response() && method == "INVITE" && m.status().value() / 100 == 2)
    dialog_of(m, sip::read_from(m)->tag).answered = true;
}

void bench::on_sent(const trace_line& l) {
  const bool again = !sent_.insert(to_string(l.peer) + l.bytes).second;
  const auto parsed = sip::parse_message(l.bytes);
  if (!parsed)
    return judged_.fail("wire", "no SIP: " + l.bytes, at_);
  const auto& m = **parsed;
  if (const auto key = key_of(m); key && !(m.is_response() && m.status().value() == 481))
    keys_.insert(*key);
  if (again)
    return;
  check_held(l, m);
  if (m.is_request())
    on_request_sent(m);
  else
    on_response_sent(l, m);
}

/// RFC 3261 §12.2.1.1: CSeq rises by each new request of a dialog; §15.1: nothing follows a BYE.
void bench::on_request_sent(const sip::message& m) {
  auto& d = dialog_of(m, sip::read_from(m)->tag);
  const auto number = sip::read_cseq(m)->number;
  const auto method = m.get_method();
  if (method == sip::method::ack || method == sip::method::cancel) {
    if (number > d.cseq)
      fail("cseq_rises", "its INVITE was never sent", m);
    check_description(m, d);
    return;
  }
  if (number <= d.cseq)
    fail("cseq_rises", "the last one was " + std::to_string(d.cseq), m);
  d.cseq = std::max(d.cseq, number);
  if (d.bye_sent || d.bye_received)
    fail("order", "the dialog is over", m);
  d.bye_sent |= method == sip::method::bye;
  check_description(m, d);
  if (method != sip::method::info)
    return;
  const auto body = std::string(m.body());
  const auto colon = body.rfind(": ");
  const auto n = static_cast<std::uint32_t>(std::stoul(body.substr(colon + 2)));
  auto& last = infos_[body.substr(0, colon)];
  if (n <= last)
    fail("order", "an INFO after its successor", m);
  last = n;
}

/// §13.3.1, §17.2: one final answer, and the same one whenever it comes again.
void bench::on_response_sent(const trace_line& l, const sip::message& m) {
  auto& d = dialog_of(m, sip::read_to(m)->tag);
  check_description(m, d);
  if (m.status().value() > 100 && sip::read_to(m)->tag.empty())
    fail("tags", "a response without To tag (§8.2.6.2)", m);
  if (m.status().value() < 200)
    return;
  const auto method = std::string(sip::read_cseq(m)->method_name);
  const transaction t{l.peer, std::string(sip::read_top_via(m)->branch), method};
  const auto [known, first] = finals_.try_emplace(t, l.bytes);
  if (!first)
    fail("one_final", "before it was\n" + known->second, m);
  d.answered |= method == "INVITE" && m.status().value() / 100 == 2;
  check_memory(m, d);
  d.bye_received |= method == "BYE" && m.status().value() / 100 == 2;
}

/// What was answered is known until somebody hangs up.
void bench::check_memory(const sip::message& m, const dialog_facts& d) {
  if (m.status().value() == 481 && d.answered && !d.bye_sent && !d.bye_received)
    fail("not_forgotten", "nobody has hung up", m);
}

/// RFC 3264 §8, RFC 4566 §5.2: a description that differs has a higher version.
void bench::check_description(const sip::message& m, dialog_facts& d) {
  const auto facts = read_description(m.body());
  if (!facts)
    return;
  const auto body = std::string(m.body());
  if (!d.origin.empty() && d.origin != facts->origin)
    fail("o_rises", "another session than " + d.origin, m);
  if (!d.body.empty() && body != d.body && facts->version <= d.version)
    fail("o_rises", "before it was\n" + d.body, m);
  d.origin = facts->origin;
  d.version = facts->version;
  d.body = body;
}

void bench::on_commit(const trace_line& l) {
  auto& held = held_[l.key];
  const auto plain = actors::record_of(l.bytes); // a stamp stands behind it
  const auto record = actors::decode_record(plain.empty() ? std::string_view{l.bytes} : plain);
  if (!record)
    return judged_.fail("record", record.error(), at_);
  const auto add = [&held](const actors::wire_bytes& kept) {
    if (kept)
      held.insert(*kept);
  };
  for (const auto& c : record->children) {
    if (const auto* t = std::get_if<actors::transaction_record>(&c.record))
      add(t->last);
    if (const auto* d = std::get_if<actors::dialog_record>(&c.record)) {
      add(d->kept);
      add(d->ack);
    }
  }
}

/// What is new on the wire is held by a record that was committed before. Answers that leave no
/// state behind need none.
void bench::check_held(const trace_line& l, const sip::message& m) {
  const auto key = key_of(m);
  if (!key)
    return;
  if (m.is_request() && m.get_method() == sip::method::ack)
    return; // of a refusal: written from INVITE and response again (§17.1.1.3)
  if (m.is_response())
    for (const unsigned stateless : {481U, 482U, 500U})
      if (m.status().value() == stateless)
        return;
  if (!held_[*key].contains(l.bytes))
    fail("commit_first", "no record holds it", m);
}

void bench::on_detail(const trace_line& l) {
  if (++details_[l.key] > 1)
    judged_.fail("one_cdr", "a second one: " + l.bytes, at_);
}

void bench::close() {
  for (const auto& [t, request] : asked_)
    if (const auto m = sip::parse_message(request); m && !finals_.contains(t))
      fail("one_final", "there is none", **m);
  for (const auto& key : keys_)
    if (!details_.contains(key) && !torn_.contains(key))
      judged_.fail("one_cdr", "none for " + to_string(key), at_);
}

} // namespace

void judge(const run_trace& trace, const std::set<key128>& torn, verdict& judged) {
  bench b{torn, judged};
  for (const auto& l : trace.lines())
    b.look(l);
  b.close();
}

} // namespace tandem::test
