#include "tests/sim/phone_call.hpp"

#include "protocols/sip/typed_headers.hpp"

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

constexpr duration t1 = 500ms, t2 = 4s, patience = 64 * t1;
constexpr duration told_within = 10s;
/// After what the plan allows, a phone that was forgotten hangs up itself.
constexpr duration guard = 60s;

} // namespace

phone_call::phone_call(phone& p, street& s, const call_plan& plan)
  : phone_(p), street_(s), plan_(plan) {
  street_.sides[plan_.number].push_back(this);
}

std::string phone_call::name() const {
  return "c" + std::to_string(plan_.number) + " at phone " + phone_.name();
}

void phone_call::fail(std::string invariant, std::string_view what, const sip::message& m) const {
  street_.fail_unless_torn(plan_.number, std::move(invariant),
                           name() + ": " + std::string(what) + "\n" + std::string(m.raw()));
}

// -- the caller ----------------------------------------------------------------------------------

void phone_call::begin() {
  const auto number = std::to_string(plan_.number);
  call_id_ = "call-" + number;
  local_tag_ = "from-" + number;
  local_ = "<sip:c" + number + "@" + phone_.address() + ">;tag=" + local_tag_;
  target_ = "sip:" + plan_.dialled + "@" + to_string(street_.node);
  remote_ = "<" + target_ + ">";
  if (plan_.routes) // as two proxies on our side would do it: the nearest to the node is first
    routes_ = {"<sip:outer@" + phone_.address() + ";lr>",
               "<sip:inner@" + phone_.address() + ";lr>"};
  invite_branch_ = phone_.fresh_branch();
  phone_.ask(*this, "INVITE", invite_branch_,
             fill("INVITE", invite_branch_, ++cseq_, plan_.late_offer ? "" : describe(wanted())));
  street_.after(plan_.kind == call_kind::cancel ? plan_.cancel_after : guard, [this] { cancel(); });
}

std::string phone_call::own_headers(std::string_view method) const {
  std::string out;
  const bool changes = method == "INVITE" || method == "UPDATE";
  if (changes || method == "200")
    out += "Contact: <" + phone_.contact() + ">\r\n"
           + "Allow: INVITE, ACK, CANCEL, BYE, UPDATE, INFO, OPTIONS\r\n";
  if (changes)
    out += "Supported: timer\r\n";
  if (method == "INVITE" && state_ == state::calling) {
    if (plan_.timed)
      out += "Session-Expires: 90;refresher=uas\r\n";
    for (const auto& r : routes_)
      out += "Record-Route: " + r + "\r\n";
  }
  return out;
}

std::string phone_call::fill(std::string_view method, const std::string& branch, std::uint32_t cseq,
                             std::string body) const {
  request_text r{.method = method,
                 .uri = target_,
                 .via = phone_.address(),
                 .branch = branch,
                 .from = local_,
                 .to = remote_,
                 .call_id = call_id_,
                 .cseq = cseq,
                 .headers = own_headers(method),
                 .body = std::move(body)};
  if (method == "INFO")
    r.content_type = "text/plain";
  return write_request(r);
}

void phone_call::on_provisional(const sip::message&) {
  heard_ = true;
}

/// §9.1: not before a provisional response, not after the final one.
void phone_call::cancel() {
  if (state_ == state::talking && plan_.kind == call_kind::cancel)
    return hang_up();
  if (state_ != state::calling)
    return;
  if (!heard_)
    return street_.after(200ms, [this] { cancel(); });
  wants_bye_ = true;
  auto bytes = fill("CANCEL", invite_branch_, 1, "");
  phone_.ask(*this, "CANCEL", invite_branch_, std::move(bytes));
  street_.after(patience, [this] { // then it counts as cancelled, whatever is heard
    if (state_ == state::calling)
      end();
  });
}

void phone_call::learn_dialog(const sip::message& m) {
  const bool response = m.is_response();
  const auto remote = response ? sip::read_to(m) : sip::read_from(m);
  remote_tag_ = remote->tag;
  remote_ = "<" + std::string(remote->uri.text) + ">;tag=" + remote_tag_;
  if (const auto contacts = sip::read_contacts(m); contacts && !contacts->list.empty())
    node_contact_ = target_ = contacts->list.front().address.uri.text;
}

void phone_call::on_success(const sip::message& m) {
  const auto cseq = sip::read_cseq(m)->number;
  if (const auto known = acks_.find(cseq); known != acks_.end()) { // it comes again: §13.2.2.4
    if (sip::read_to(m)->tag != remote_tag_)
      fail("tags", "a second dialog for one INVITE", m);
    return phone_.say(known->second);
  }
  if (was_answered_) {
    on_changed(m);
    return acknowledge(m);
  }
  learn_dialog(m);
  was_answered_ = true;
  check_description(m, plan_.late_offer);
  acknowledge(m);
  start_talking();
}

void phone_call::acknowledge(const sip::message& success) {
  const auto cseq = sip::read_cseq(success)->number;
  const bool answers = cseq == 1 && plan_.late_offer;
  auto ack = fill("ACK", phone_.fresh_branch(), cseq, answers ? answer_to(success) : "");
  acks_[cseq] = ack;
  phone_.say(std::move(ack));
}

// -- the callee ----------------------------------------------------------------------------------

void phone_call::begin(const sip::message_ptr& invite, const std::string& transaction) {
  const auto& m = *invite;
  is_caller_ = false;
  state_ = state::ringing;
  initial_ = invite;
  initial_transaction_ = transaction;
  call_id_ = header_of(m, "Call-ID");
  local_tag_ = "to-" + std::to_string(plan_.number) + "-" + phone_.name() + "-"
               + std::to_string(street_.sides[plan_.number].size());
  local_ = std::string(header_of(m, "To")) + ";tag=" + local_tag_;
  remote_cseq_ = sip::read_cseq(m)->number;
  learn_dialog(m);
  if (plan_.routes) // the node is the UAC: it turns them round (§12.1.2)
    routes_ = {"<sip:outer@" + phone_.address() + ";lr>",
               "<sip:inner@" + phone_.address() + ";lr>"};
  for (const auto& c : plan_.callees)
    if (std::to_string(c.phone) == phone_.name())
      part_ = &c;
  if (part_ == nullptr)
    return fail("tags", "this call is for somebody else", m);
  ring();
}

void phone_call::ring() {
  const auto tag = local_tag_;
  if (part_->early_media
      && !initial_->body().empty()) // else it would be an offer: RFC 3261 §13.2.1
    phone_.answer(initial_transaction_, *initial_, 183, tag, own_headers("200"),
                  answer_to(*initial_));
  else
    phone_.answer(initial_transaction_, *initial_, 180, tag);
  if (part_->does == callee_plan::answer::only_rings)
    return street_.after(guard, [this, tag] { // of a caller who was forgotten
      if (state_ != state::ringing)
        return;
      phone_.answer(initial_transaction_, *initial_, 480, tag);
      end();
    });
  street_.after(part_->rings, [this, tag] {
    if (state_ != state::ringing)
      return;
    if (part_->does == callee_plan::answer::accepts)
      return accept();
    phone_.answer(initial_transaction_, *initial_, 486, tag);
    end();
  });
}

void phone_call::accept() {
  state_ = state::answered;
  was_answered_ = true;
  const auto cseq = sip::read_cseq(*initial_)->number;
  auto headers = own_headers("200");
  for (auto r = routes_.rbegin(); r != routes_.rend(); ++r)
    headers += "Record-Route: " + *r + "\r\n";
  if (plan_.timed && !header_of(*initial_, "Session-Expires").empty())
    headers += "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n";
  check_description(*initial_, true);
  const auto body = answer_to(*initial_);
  phone_.answer(initial_transaction_, *initial_, 200, local_tag_, headers, body);
  successes_[cseq] = write_response(*initial_, 200, local_tag_, headers, body);
  repeat_success(cseq, t1, street_.time.now() + patience);
}

/// §13.3.1.4
void phone_call::repeat_success(std::uint32_t cseq, duration pause, time_point until) {
  street_.after(pause, [this, cseq, pause, until] {
    const auto waiting = successes_.find(cseq);
    if (waiting == successes_.end() || is_over())
      return;
    if (street_.time.now() >= until) {
      street_.fail_unless_torn(plan_.number, "progress",
                               name() + ": no ACK for " + waiting->second);
      return hang_up();
    }
    phone_.say(waiting->second);
    repeat_success(cseq, std::min(2 * pause, t2), until);
  });
}

void phone_call::on_ack(const sip::message& m) {
  const auto cseq = sip::read_cseq(m)->number;
  check_dialog(m);
  if (successes_.erase(cseq) == 0)
    return; // it came again
  if (state_ == state::answered) {
    if (!m.body().empty())
      check_description(m, false);
    return start_talking();
  }
  --asked_;
}

void phone_call::on_cancel() {
  if (state_ != state::ringing)
    return;
  phone_.answer(initial_transaction_, *initial_, 487, local_tag_);
  end();
}

// -- both ----------------------------------------------------------------------------------------

void phone_call::start_talking() {
  state_ = state::talking;
  last_change_ = street_.time.now();
  if (wants_bye_)
    return hang_up();
  for (const auto& a : plan_.acts)
    if (a.by_caller == is_caller_)
      street_.after(a.after, [this, a] { act(a, street_.time.now() + 20s); });
  const bool ends =
      plan_.ends_by == hanging_up::both || (plan_.ends_by == hanging_up::caller) == is_caller_;
  street_.after(plan_.talks + (ends ? duration{} : guard), [this] { hang_up(); });
}

void phone_call::hang_up() {
  if (is_over() || bye_sent_)
    return;
  bye_sent_ = true;
  const auto branch = phone_.fresh_branch();
  phone_.ask(*this, "BYE", branch, fill("BYE", branch, ++cseq_, ""));
}

void phone_call::end() {
  state_ = state::over;
}

void phone_call::on_final(const sip::message& m) {
  const auto status = m.status().value();
  const auto method = sip::read_cseq(m)->method_name;
  if (method == "BYE") {
    if (status >= 500) { // what it made fail is set aside: another one may succeed
      bye_sent_ = false;
      return street_.after(1s, [this] { hang_up(); });
    }
    end();
    return check_others_are_told();
  }
  if (method == "INVITE" && !was_answered_)
    return end();
  if (method == "INVITE" || method == "UPDATE")
    on_changed(m);
}

/// A BYE is passed on to whoever is still there.
void phone_call::check_others_are_told() {
  street_.once_calm(told_within, [this] {
    for (const auto* other : street_.sides[plan_.number])
      if (other != this && other->was_answered() && !other->is_over())
        street_.fail_unless_torn(plan_.number, "progress",
                                 name() + " has hung up, " + other->name() + " was not told");
  });
}

void phone_call::on_silence(const std::string& method) {
  if (is_over())
    return; // hung up meanwhile: nobody waits for it
  street_.fail_unless_torn(plan_.number, "progress", name() + ": nobody answers the " + method);
  if (method == "BYE" || !was_answered_)
    end();
  offering_.reset();
}

} // namespace tandem::test
