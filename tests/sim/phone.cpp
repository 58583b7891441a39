#include "tests/sim/phone.hpp"

#include "protocols/sip/check.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "tests/sim/phone_call.hpp"
#include "tests/sim/wire_text.hpp"

#include <charconv>
#include <stdexcept>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

constexpr duration t1 = 500ms, t2 = 4s, patience = 64 * t1;
/// A request that is answered must be so this long after the last fault. An INVITE is repeated at
/// up to 16 s distance, so that its last loss may hurt for longer (RFC 3261 §17.1.1.2).
constexpr duration answered_within = 10s, invite_answered_within = 20s;

std::string transaction_of(std::string_view branch, std::string_view method) {
  return std::string(branch) + " " + std::string(method == "ACK" ? "INVITE" : method);
}

/// Of the planned call: the caller's user part in From or, of a request to her, in To.
unsigned number_of(const sip::message& m) {
  for (const auto& side : {sip::read_from(m), sip::read_to(m)})
    if (const auto user = side->uri.user; user.starts_with('c')) {
      unsigned number = 0;
      (void) std::from_chars(user.data() + 1, user.data() + user.size(), number);
      return number;
    }
  return 0;
}

} // namespace

phone::phone(street& s, unsigned index)
  : street_(s), index_(index), name_(std::to_string(index)),
    address_("127.0.0.1:" + std::to_string(5080 + index)) {
  auto opened = s.net.open_udp(s.bell, *parse_ip_endpoint(address_), port_sharing::exclusive,
                               [this](std::span<const received_datagram> batch) {
                                 for (const auto& d : batch)
                                   take(d.bytes);
                               });
  if (!opened)
    throw std::logic_error{opened.error()};
  socket_ = std::move(*opened);
}

phone::~phone() = default;

void phone::call(const call_plan& plan) {
  calls_.push_back(std::make_unique<phone_call>(*this, street_, plan));
  calls_.back()->begin();
}

std::string phone::fresh_branch() {
  return "z9hG4bK-" + name_ + "-" + std::to_string(++branches_);
}

void phone::say(std::string bytes) {
  const outgoing_datagram one[]{
      {street_.node, std::make_shared<const std::string>(std::move(bytes))}};
  (void) socket_->send(one);
}

// -- client transactions -----------------------------------------------------------------------

void phone::ask(phone_call& by, std::string_view method, const std::string& branch,
                std::string bytes) {
  const auto transaction = transaction_of(branch, method);
  const bool invites = method == "INVITE";
  asked_[transaction] = {std::string(method), bytes, &by};
  say(std::move(bytes));
  repeat_request(transaction, t1, street_.time.now() + patience);
  street_.once_calm(invites ? invite_answered_within : answered_within, [this, transaction] {
    const auto& a = asked_.at(transaction);
    if (a.by->is_over()) // of a call that was hung up meanwhile nobody waits for an answer
      return;
    if (!a.done && !a.heard)
      street_.fail_unless_torn(a.by->number(), "progress", "no answer to " + a.bytes);
    if (!a.done && a.method != "INVITE")
      street_.fail_unless_torn(a.by->number(), "progress", "no final answer to " + a.bytes);
  });
}

void phone::repeat_request(const std::string& transaction, duration pause, time_point until) {
  street_.after(pause, [this, transaction, pause, until] {
    auto& a = asked_.at(transaction);
    const bool invites = a.method == "INVITE";
    if (a.done || (invites && a.heard))
      return;
    if (street_.time.now() >= until) {
      a.done = true;
      return a.by->on_silence(a.method);
    }
    say(a.bytes);
    repeat_request(transaction, invites ? 2 * pause : std::min(2 * pause, t2), until);
  });
}

void phone::on_response(const sip::message& m) {
  const auto via = sip::read_top_via(m);
  const auto cseq = sip::read_cseq(m);
  const auto known = asked_.find(transaction_of(via->branch, cseq->method_name));
  if (known == asked_.end())
    return street_.fail("stray", "a response to nothing: " + std::string(m.raw()));
  auto& a = known->second;
  const auto status = m.status().value();
  a.heard = true;
  if (status < 200) {
    if (!a.done)
      a.by->on_provisional(m);
    return;
  }
  if (a.method == "INVITE" && status >= 300)
    acknowledge_refusal(m, a.bytes);
  if (a.method == "INVITE" && status < 300) {
    a.done = true;
    return a.by->on_success(m);
  }
  if (!std::exchange(a.done, true))
    a.by->on_final(m);
}

/// §17.1.1.3
void phone::acknowledge_refusal(const sip::message& response, const std::string& invite) {
  const auto request = sip::parse_message(invite);
  request_text ack{.method = "ACK",
                   .uri = std::string((*request)->request_uri()),
                   .via = address_,
                   .branch = std::string(sip::read_top_via(response)->branch),
                   .from = std::string(header_of(response, "From")),
                   .to = std::string(header_of(response, "To")),
                   .call_id = std::string(header_of(response, "Call-ID")),
                   .cseq = sip::read_cseq(response)->number};
  for (const auto& field : (*request)->headers(sip::header_id::route))
    ack.routes.emplace_back(field.value);
  say(write_request(ack));
}

// -- server transactions -----------------------------------------------------------------------

void phone::take(std::string_view datagram) {
  const auto parsed = sip::parse_message(datagram);
  if (!parsed)
    return street_.fail("wire", std::string(parsed.error().reason) + ": " + std::string(datagram));
  const auto& m = *parsed;
  const bool fits = m->is_request() ? bool{sip::check_request(*m)} : bool{sip::check_response(*m)};
  if (!fits)
    return street_.fail("wire", "missing or broken headers: " + std::string(datagram));
  if (m->is_request())
    on_request(m);
  else
    on_response(*m);
}

void phone::on_request(const sip::message_ptr& m) {
  const auto via = sip::read_top_via(*m);
  const auto transaction = transaction_of(via->branch, m->method_name());
  const auto known = answered_.find(transaction);
  if (known == answered_.end()
      || (m->get_method() == sip::method::ack
          && known->second.status < 300)) // §17.1.1.3: else a new branch
    return on_fresh_request(m, transaction);
  auto& a = known->second;
  if (m->get_method() == sip::method::ack) {
    a.acknowledged = true;
    return;
  }
  if (m->raw() != a.request)
    street_.fail_unless_torn(number_of(*m), "same_bytes",
                             "the same request in other words: " + std::string(m->raw())
                                 + " and before: " + a.request);
  const bool repeats_itself = m->get_method() == sip::method::invite && a.status / 100 == 2;
  if (!a.last.empty() && !repeats_itself) // §13.3.1.4
    say(a.last);
}

void phone::on_fresh_request(const sip::message_ptr& m, const std::string& transaction) {
  const auto to = sip::read_to(*m);
  auto* inside = to->tag.empty() ? nullptr : find_call(*m, to->tag);
  if (m->get_method() == sip::method::ack) {
    if (inside != nullptr)
      inside->on_ack(*m);
    else
      street_.fail_unless_torn(number_of(*m), "stray",
                               "an ACK of nothing: " + std::string(m->raw()));
    return;
  }
  answered_[transaction] = {.request = std::string(m->raw()), .call = number_of(*m)};
  if (m->get_method() == sip::method::cancel)
    return on_cancel(*m, transaction);
  if (inside != nullptr)
    return inside->on_request(m, transaction);
  if (!to->tag.empty() || m->get_method() != sip::method::invite) {
    street_.fail_unless_torn(number_of(*m), "tags",
                             "a request of a dialog that was never there: "
                                 + std::string(m->raw()));
    return answer(transaction, *m, 481, "none");
  }
  const auto& plan = street_.plan.calls.at(number_of(*m));
  calls_.push_back(std::make_unique<phone_call>(*this, street_, plan));
  calls_.back()->begin(m, transaction);
}

/// §9.2
void phone::on_cancel(const sip::message& m, const std::string& transaction) {
  const auto invite = answered_.find(transaction_of(sip::read_top_via(m)->branch, "INVITE"));
  if (invite == answered_.end()) // it overtook its INVITE, which will come again
    return answer(transaction, m, 481, "none");
  answer(transaction, m, 200, "cancel");
  for (const auto& c : calls_)
    if (c->is_of(invite->first))
      c->on_cancel();
}

void phone::answer(const std::string& transaction, const sip::message& request, unsigned status,
                   std::string_view tag, std::string_view headers, std::string_view body) {
  auto& a = answered_.at(transaction);
  const bool invites = request.get_method() == sip::method::invite;
  a.last = write_response(request, status, tag, headers, body);
  a.status = status;
  say(a.last);
  if (invites && status >= 300)
    repeat_refusal(transaction, t1, street_.time.now() + patience);
}

bool phone::is_answered(const std::string& transaction) const {
  return answered_.at(transaction).status >= 200;
}

/// §17.2.1, timers G and H.
void phone::repeat_refusal(const std::string& transaction, duration pause, time_point until) {
  street_.after(pause, [this, transaction, pause, until] {
    const auto& a = answered_.at(transaction);
    if (a.acknowledged)
      return;
    if (street_.time.now() >= until)
      return street_.fail_unless_torn(a.call, "progress", "never acknowledged: " + a.last);
    say(a.last);
    repeat_refusal(transaction, std::min(2 * pause, t2), until);
  });
}

phone_call* phone::find_call(const sip::message& m, std::string_view local_tag) {
  for (const auto& c : calls_)
    if (c->is_in(header_of(m, "Call-ID"), local_tag))
      return c.get();
  return nullptr;
}

} // namespace tandem::test
