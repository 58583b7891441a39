#include "actors/router/router.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/calls/calls.hpp"
#include "actors/dialog/dialog.hpp"
#include "actors/messages/limits.hpp"
#include "actors/registrar/domain.hpp"
#include "actors/registrar/registrar.hpp"
#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/session_body.hpp"
#include "protocols/sip/tags.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

namespace tandem::actors {

namespace {

/// Calls the phones of a registered user.
constexpr const char* registered_user_app = "bridge";

} // namespace

router::router(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
               authenticator& auth, caf::actor calls, registrar_door& registrars,
               const message_directory& messages, message_figures& figures)
  : sharded(cfg, home, std::move(place)), services_(services), auth_(auth),
    calls_(std::move(calls)), registrars_(registrars), messages_(messages),
    message_figures_(figures) {
  entry().set_state("open");
}

caf::behavior router::make_behavior() {
  return {
      [this](msg::unowned_request& m) { on_request(m); },
      [this](msg::user_found& m) { on_found(m); },
  };
}

void router::on_request(msg::unowned_request& m) {
  using kind = sip::outside_verdict::kind;
  const auto verdict = sip::judge_outside(*m.in.message);
  if (verdict.what == kind::drop) {
    const auto ours = parse_tag(sip::to_tag(*m.in.message));
    if (!ours || ours->number != no_leg) // else it ends what we answered without state: §8.2.7
      services_.counters.stray_message();
    return;
  }
  if (verdict.what == kind::answer)
    return answer(m.in, m.key, verdict.status);
  auto user = admit(m);
  if (!user)
    return;
  if (verdict.what == kind::begin_call)
    return on_invite(m, std::move(*user));
  if (verdict.what == kind::deliver)
    return on_message(m, std::move(*user));
  if (verdict.what == kind::registration)
    return send(registrars_.here(), msg::register_request{std::move(m.in), std::move(*user)});
  answer(m.in, m.key, verdict.status);
}

std::optional<std::string> router::admit(const msg::unowned_request& m) {
  const auto& request = *m.in.message;
  auto said = auth_.judge(request, m.in.source, home().now());
  if (said.what == admission::kind::answer)
    send_answer(m.in, said.status,
                auth_.refusal(said, request, m.in.source,
                              make_tag({m.key, no_leg, services_.facts.name}), home().now()));
  return said.what == admission::kind::passed ? std::optional{std::move(said.user)} : std::nullopt;
}

auto router::destination_of(const sip::message& request) const -> std::optional<destination> {
  const auto uri = sip::parse_uri(request.request_uri());
  const auto& settings = *services_.settings;
  destination out;
  if (auto found = expand_route(settings.routes, uri->user)) {
    if (const auto to = sip::parse_uri(found->to); to && is_our_realm(*to, settings.auth.realm))
      out.user = to->unescaped_user();
    out.route = std::move(*found);
  } else if (is_our_domain(*uri, settings.auth.realm, services_.facts)) {
    out.user = uri->unescaped_user();
    out.route.app = registered_user_app;
  } else {
    return std::nullopt;
  }
  if (out.user && find_user(settings, *out.user) == nullptr)
    return std::nullopt;
  return out;
}

void router::on_invite(msg::unowned_request& m, std::string proved) {
  const auto& request = *m.in.message;
  auto found = destination_of(request);
  if (!found) {
    const auto unfit = sip::unfit_for_session(request); // it would help nobody to know the number
    return answer(m.in, m.key, unfit != 0 ? unfit : 404);
  }
  const auto from = sip::read_from(request);
  app_record app;
  app.app = found->route.app;
  app.incoming = {.from = std::string(from->uri.text),
                  .to = std::string(request.request_uri()),
                  .user = sip::parse_uri(request.request_uri())->unescaped_user(),
                  .target = found->route.to,
                  .app = found->route.app};
  if (const auto hops = sip::read_max_forwards(request))
    app.incoming.max_forwards = *hops;
  app.caller_identity = without_tag(*from);
  msg::open_call call{m.key, std::move(m.in), std::move(app), std::move(proved)};
  if (!found->user) {
    call.media = found->route.media;
    return send(calls_, std::move(call));
  }
  registrars_.deliver(
      {std::move(*found->user), caf::actor_cast<caf::actor>(this), std::move(call)});
}

/// RFC 3428 §6, §7.
void router::on_message(msg::unowned_request& m, std::string proved) {
  if (m.in.message->raw().size() > limits::message_bytes)
    return answer(m.in, m.key, message_result::too_large, 513);
  auto found = destination_of(*m.in.message);
  if (!found)
    return answer(m.in, m.key, message_result::nobody, 404);
  msg::open_message message{m.key, std::move(m.in), std::move(proved), {}};
  if (found->user)
    return registrars_.deliver(
        {std::move(*found->user), caf::actor_cast<caf::actor>(this), std::move(message)});
  if (found->route.to.empty()) // RFC 3261 §21.4.6: an application reads no texts
    return answer(message.request, message.key, message_result::no_reader, 405);
  message.targets.push_back({.uri = std::move(found->route.to)});
  send(messages_.messages, std::move(message));
}

/// RFC 3261 §16.6, §21.4.18: a user of ours without a phone is temporarily unavailable.
void router::on_found(msg::user_found& m) {
  if (auto* call = std::get_if<msg::open_call>(&m.waiting)) {
    if (m.contacts.empty())
      return answer(call->invite, call->key, 480);
    auto& incoming = call->application.incoming;
    incoming.target = m.contacts.front().uri;
    incoming.contacts = std::move(m.contacts);
    return send(calls_, std::move(*call));
  }
  auto& message = std::get<msg::open_message>(m.waiting);
  if (m.contacts.empty())
    return answer(message.request, message.key, message_result::absent, 480);
  message.targets = std::move(m.contacts);
  send(messages_.messages, std::move(message));
}

void router::answer(const msg::sip_input& in, const key128& key, message_result result,
                    std::uint16_t status) {
  message_figures_.count(result);
  answer(in, key, status);
}

void router::answer(const msg::sip_input& in, const key128& key, std::uint16_t status) {
  const auto tag = make_tag({key, no_leg, services_.facts.name});
  send_answer(in, status, plain_reply(*in.message, in.source, status, tag));
}

void router::send_answer(const msg::sip_input& in, std::uint16_t status, wire_bytes bytes) {
  services_.wire.send({in.transport,
                       reply_destination(services_.facts, in.transport, *in.message, in.source),
                       std::move(bytes), std::to_string(status)});
}

} // namespace tandem::actors
