#include "actors/messages/message_exchange.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/next_hop.hpp"
#include "actors/call/passed_content.hpp"
#include "actors/call/replies.hpp"
#include "actors/call/trunk_login.hpp"
#include "actors/dialog/dialog.hpp"
#include "actors/messages/limits.hpp"
#include "actors/transaction/transaction.hpp"
#include "protocols/sip/limits.hpp"
#include "protocols/sip/request_builder.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/route_uri.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>

namespace tandem::actors {

static_assert(sip::pager_exchange::max_branches >= 2 * sip::max_bindings);

using kind = sip::pager_action::kind;

namespace {

constexpr std::uint8_t usual_max_forwards = 70; // RFC 3261 §8.1.1.6

/// Of a request of ours, or of a response to it.
std::optional<std::uint8_t> branch_of(const sip::message& m) {
  const auto via = sip::read_top_via(m);
  const auto ours = via ? parse_branch(via->branch) : std::nullopt;
  if (!ours || ours->number >= sip::pager_exchange::nobody)
    return std::nullopt;
  return static_cast<std::uint8_t>(ours->number);
}

sip::transport_kind carrier(const node_facts& node, transport_index by) {
  return node.transports[by.value].kind;
}

} // namespace

message_exchange::message_exchange(caf::actor_config& cfg, shard& home, tree_place place,
                                   const call_services& services, message_figures& figures,
                                   msg::open_message m, std::shared_ptr<const void> pending)
  : sharded(cfg, home, std::move(place)), services_(services), figures_(figures), key_(m.key),
    in_(std::move(m.request)),
    reply_to_(reply_destination(services.facts, in_.transport, *in_.message, in_.source)),
    match_(match_of(*in_.message, *sip::read_top_via(*in_.message))),
    targets_(std::move(m.targets)), pending_(std::move(pending)),
    machine_(carrier(services.facts, in_.transport), services.facts.timers, home.now()) {
  figures_.waiting.add(1);
}

caf::behavior message_exchange::make_behavior() {
  return {
      [this](const msg::sip_input& m) { on_input(m); },
      [this](const msg::undeliverable& m) { on_undeliverable(*m.request); },
      [this](const msg::deadline_reached&) { perform(machine_.on_deadline(home().now())); },
  };
}

void message_exchange::on_exit() {
  wake_.stop();
  release();
}

void message_exchange::release() {
  if (pending_)
    figures_.waiting.add(-1);
  pending_ = nullptr;
}

void message_exchange::on_timer() {
  msg::deadline_reached due;
  (void) run_self(due);
}

void message_exchange::on_input(const msg::sip_input& in) {
  if (in.message->is_response())
    return on_response(in);
  if (in.message == in_.message)
    return begin();
  if (match_of(*in.message, *sip::read_top_via(*in.message)) == match_)
    return perform(machine_.on_request_again());
  // RFC 3261 §8.2.2.2: it has come by another way, too.
  const auto tag = make_tag({key_, no_leg, services_.facts.name});
  services_.wire.send({in.transport,
                       reply_destination(services_.facts, in.transport, *in.message, in.source),
                       plain_reply(*in.message, in.source, 482, tag), "482"});
}

void message_exchange::begin() {
  for (std::size_t i = 0; i < targets_.size() && machine_.can_open(); ++i)
    send_to_target(i);
  perform(machine_.on_sent(home().now()));
}

void message_exchange::send_to_target(std::size_t i) {
  const auto& to = targets_[i];
  // The connection by which the phone was heard may be the only way to it.
  const auto way = to.reached_by && services_.flows.opened_by_peer(*to.reached_by)
                       ? to.reached_by
                       : way_to(services_.facts, to.uri);
  if (!way)
    return machine_.note_refusal(503); // §16.9: as if the transport had failed
  sending s{.target = i, .call = static_cast<std::uint32_t>(sent_.size()), .way = *way};
  s.uri = sip::as_request_uri(to.uri);
  const auto number = static_cast<std::uint8_t>(sent_.size());
  write(s, number);
  const auto by = carrier(services_.facts, way->transport);
  if (by == sip::transport_kind::unreliable && s.bytes->size() > limits::message_bytes_over_udp)
    return machine_.note_refusal(513); // RFC 3428 §8
  (void) machine_.open_branch(by, home().now());
  send(s);
  sent_.push_back(std::move(s));
}

/// RFC 3428 §4: without a Contact.
void message_exchange::write(sending& s, std::uint8_t number) const {
  const auto& node = services_.facts;
  const auto& via = node.transports[s.way.transport.value];
  const auto& request = *in_.message;
  const auto name = make_tag({key_, s.call, node.name});
  const auto branch = make_branch({key_, number, node.name});
  sip::request_plan plan;
  plan.request_uri = s.uri;
  plan.from = without_tag(*sip::read_from(request)) + ";tag=" + name;
  plan.to = "<" + targets_[s.target].uri + ">";
  plan.call_id = name;
  plan.cseq = s.cseq;
  const auto hops = sip::read_max_forwards(request);
  plan.max_forwards =
      static_cast<std::uint8_t>((hops ? *hops : usual_max_forwards) - 1); // as a proxy, §16.6
  sip::message_writer w;
  sip::begin_request(w, sip::method::message, plan, {via.protocol, via.sent_by, branch});
  w.header(sip::header_id::allow, allowed_methods);
  s.login.write(w);
  copy_content(w, request);
  s.bytes = w.finish();
}

void message_exchange::send(const sending& s) {
  services_.wire.send({s.way.transport, s.way.peer, s.bytes, "MESSAGE " + s.uri});
}

void message_exchange::on_response(const msg::sip_input& in) {
  const auto b = branch_of(*in.message);
  if (!b || *b >= sent_.size())
    return services_.counters.stray_message();
  const auto status = in.message->status();
  if (!status.is_provisional() && machine_.awaits(*b)) {
    if (login_again(*b, *in.message))
      return perform({});
    sent_[*b].said = in.message;
    sent_[*b].bytes = nullptr;
  }
  perform(machine_.on_response(*b, status, home().now()));
}

/// §22.2: with the next CSeq number, in the same Call-ID.
bool message_exchange::login_again(std::uint8_t b, const sip::message& response) {
  if (!in_.message || !machine_.can_open())
    return false;
  auto again = sent_[b];
  const auto number = static_cast<std::uint8_t>(sent_.size());
  if (!answer_trunk(services_, again.login, response, again.way.peer,
                    {sip::to_string(sip::method::message), again.uri}, key_, number))
    return false;
  ++again.cseq;
  write(again, number);
  sent_[b].bytes = nullptr;
  (void) machine_.on_challenge(b, response.status(), carrier(services_.facts, again.way.transport),
                               home().now());
  send(again);
  sent_.push_back(std::move(again));
  return true;
}

void message_exchange::on_undeliverable(const sip::message& request) {
  if (const auto b = branch_of(request))
    perform(machine_.on_undeliverable(*b, home().now()));
}

void message_exchange::perform(const sip::pager_exchange::actions& todo) {
  for (const auto& action : todo)
    switch (action.what) {
      case kind::send_trying: {
        sip::message_writer w;
        sip::begin_response(w, *in_.message, {.status = 100, .source = in_.source});
        last_reply_ = w.finish();
        last_status_ = "100 Trying";
        reply();
        break;
      }
      case kind::answer:
        answer(action.status,
               action.branch < sent_.size() ? sent_[action.branch].said.get() : nullptr);
        break;
      case kind::resend_response: reply(); break;
      case kind::resend_request: send(sent_[action.branch]); break;
      case kind::destroy: quit(); break;
    }
  entry().set_state(sip::state_name(machine_.current()).data());
  const auto next = machine_.next_deadline();
  if (!next || machine_.current() == sip::pager_exchange::state::over)
    wake_.stop();
  else if (wake_.deadline() != *next)
    wake_.start(home().timers(), *next);
}

/// What is not needed to absorb retransmissions goes: that takes longer than all before.
void message_exchange::answer(std::uint16_t status, const sip::message* said) {
  const auto tag = make_tag({key_, no_leg, services_.facts.name});
  last_reply_ = passed_reply(*in_.message, in_.source, status, said, tag);
  last_status_ = std::to_string(status);
  reply();
  figures_.count(result_of(status));
  const auto from = sip::read_from(*in_.message);
  services_.log.info("message",
                     std::string(from->uri.text) + " to " + std::string(in_.message->request_uri())
                         + ": " + last_status_ + ", " + std::to_string(sent_.size()) + " sent",
                     key_);
  in_.message = nullptr;
  targets_.clear();
  for (auto& s : sent_)
    s.said = nullptr;
  release();
}

message_result message_exchange::result_of(std::uint16_t status) const {
  if (status < 300)
    return message_result::delivered;
  if (std::ranges::any_of(sent_, [](const sending& s) { return s.said != nullptr; }))
    return message_result::refused;
  if (status == 480)
    return message_result::silent;
  return status == 513 ? message_result::too_large : message_result::refused;
}

void message_exchange::reply() {
  services_.wire.send({in_.transport, reply_to_, last_reply_, last_status_});
}

} // namespace tandem::actors
