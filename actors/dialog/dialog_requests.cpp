// What a dialog writes, and the requests that it passes through: INFO (RFC 6086) and MESSAGE
// (RFC 3428).
#include "actors/call/identity.hpp"
#include "actors/call/next_hop.hpp"
#include "actors/call/passed_content.hpp"
#include "actors/call/replies.hpp"
#include "actors/dialog/dialog.hpp"
#include "actors/dialog/limits.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/request_builder.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"

#include <algorithm>

namespace tandem::actors {

namespace {

bool is_refresh(sip::method m) { // §12.2.1.1: target refresh requests
  return m == sip::method::invite || m == sip::method::update;
}

} // namespace

void dialog::begin(sip::message_writer& w, sip::method m, const sip::request_plan& plan,
                   std::string_view branch) const {
  const auto& via = call_.node().transports[r_.transport.value];
  sip::begin_request(w, m, plan, {via.protocol, via.sent_by, branch});
}

std::string dialog::contact() const {
  return contact_of(call_.node().transports[r_.transport.value], dialog_.id().local_tag);
}

/// Of a 2xx to a re-INVITE or UPDATE.
void dialog::add_session_headers(sip::message_writer& w) const {
  const auto fields = timer_.response_fields();
  w.header(sip::header_id::contact, contact());
  w.header(sip::header_id::allow, allowed_methods);
  sip::write_session_timer(w, fields);
  if (fields.who == sip::session_timer_fields::refresher::uac)
    w.header(sip::header_id::require, "timer"); // RFC 4028 §9
}

/// A request of ours with a client transaction of its own, which tells this dialog.
child_id dialog::send_request(sip::method m, const sip::message* like, std::string_view description,
                              const sip::digest_client::snapshot& login) {
  const auto what =
      m == sip::method::invite ? sip::request_class::invite : sip::request_class::other;
  const auto plan = dialog_.next_request(what);
  const auto way = way_inside(call_, plan, {r_.transport, r_.peer});
  r_.transport = way.transport;
  auto branch = make_branch({call_.key(), call_.next_branch(), call_.node().name});
  sip::message_writer w;
  begin(w, m, plan, branch);
  if (is_refresh(m)) {
    w.header(sip::header_id::contact, contact());
    w.header(sip::header_id::allow, allowed_methods);
    sip::write_session_timer(w, timer_.request_fields(call_.node().session_timers));
  }
  sip::digest_client{login}.write(w);
  if (like != nullptr)
    copy_content(w, *like);
  else if (!description.empty())
    w.body("application/sdp", description);
  const std::string name(sip::to_string(m));
  client_request request{.method = m,
                         .branch = std::move(branch),
                         .bytes = w.finish(),
                         .summary = name,
                         .transport = way.transport,
                         .peer = way.peer};
  const auto id = call_.spawn(r_.leg, name + " (client)",
                              client_transaction(call_, std::move(request), call_.self()));
  call_.tell(id, msg::begin{});
  return id;
}

void dialog::answer(const msg::request_received& in, std::uint16_t status,
                    std::string_view reason) {
  call_.tell(in.transaction, msg::respond{status, plain_reply(in, status, {}, reason)});
}

/// §14.2, RFC 3311 §5.2: 500 with a random Retry-After of 0 to 10 s.
void dialog::answer_later(const msg::request_received& in) {
  sip::message_writer w;
  sip::begin_response(w, *in.message, {.status = 500, .source = in.source});
  w.header(sip::header_id::retry_after, draw() % 11);
  call_.tell(in.transaction, msg::respond{500, w.finish()});
}

/// Random to everybody else, since the key is; drawn again the same after a restore.
std::uint32_t dialog::draw() {
  auto x = call_.key().low ^ (call_.next_branch() * 0x9e3779b97f4a7c15ULL); // splitmix64
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return static_cast<std::uint32_t>((x ^ (x >> 31)) >> 32);
}

void dialog::learn(const sip::message& m) {
  if (const auto update = takes_update(m))
    r_.allows_update = *update;
}

// -- INFO and MESSAGE ----------------------------------------------------------------------------

void dialog::on_relay(const msg::request_received& in) {
  if (dialog_.current() != sip::dialog::state::confirmed)
    return answer(in, 480); // there is nobody to pass it to yet
  if (r_.relays.size() >= limits::relays_per_dialog)
    return answer_later(in);
  r_.relays.push_back({{in.message, in.source, in.transaction}, the_call});
  call_.tell(r_.leg, msg::relay_received{in.message, in.transaction});
}

void dialog::on_send_relay(const msg::send_relay& m) {
  if (r_.relays.size() >= limits::relays_per_dialog
      || usage_.current() == sip::invite_usage::state::leaving)
    return call_.tell(r_.leg, msg::relay_result{480, nullptr, m.answer_to});
  const auto id = send_request(m.message->get_method(), m.message.get(), {}, {});
  r_.relays.push_back({{nullptr, {}, id}, m.answer_to, m.message});
}

/// The other leg's peer has answered what ours had asked.
void dialog::on_relay_result(const msg::relay_result& m) {
  const auto relay = std::ranges::find_if(r_.relays, [&](const relayed_request& r) {
    return r.asked.message && r.asked.transaction == m.answer_to;
  });
  if (relay == r_.relays.end())
    return;
  const auto asked = relay->asked;
  r_.relays.erase(relay);
  call_.tell(asked.transaction, msg::respond{m.status, passed_reply(*asked.message, asked.source,
                                                                    m.status, m.message.get())});
}

/// §15.1.2: the session ends, and with it what the peer still waits for.
void dialog::answer_pending() {
  answer_offered(487, {}, {});
  for (const auto& relay : r_.relays)
    if (const auto& asked = relay.asked; asked.message)
      call_.tell(asked.transaction,
                 msg::respond{487, plain_reply(*asked.message, asked.source, 487)});
  std::erase_if(r_.relays, [](const relayed_request& r) { return r.asked.message != nullptr; });
}

/// False: that transaction is of no relay.
bool dialog::on_relay_response(child_id transaction, std::uint16_t status,
                               const sip::message_ptr& m) {
  const auto relay = std::ranges::find_if(r_.relays, [&](const relayed_request& r) {
    return !r.asked.message && r.asked.transaction == transaction;
  });
  if (relay == r_.relays.end())
    return false;
  if (m && relay->like && answer_challenge(relay->login, relay->like->get_method(), *m)) {
    relay->asked.transaction =
        send_request(relay->like->get_method(), relay->like.get(), {}, relay->login);
    return true;
  }
  const auto answer_to = relay->answer_to;
  r_.relays.erase(relay);
  const bool challenged = status == 401 || status == 407; // our login is not the other side's
  call_.tell(r_.leg, challenged ? msg::relay_result{500, nullptr, answer_to}
                                : msg::relay_result{status, m, answer_to});
  return true;
}

std::optional<bool> takes_update(const sip::message& m) {
  if (!m.header(sip::header_id::allow))
    return std::nullopt;
  const auto methods = sip::read_tokens(m, sip::header_id::allow);
  return methods && std::ranges::find(*methods, "UPDATE") != methods->end();
}

} // namespace tandem::actors
