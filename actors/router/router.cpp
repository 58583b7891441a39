#include "actors/router/router.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/calls/calls.hpp"
#include "actors/dialog/dialog.hpp"
#include "actors/registrar/domain.hpp"
#include "actors/registrar/registrar.hpp"
#include "protocols/sip/outside_request.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/session_body.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

namespace tandem::actors {

namespace {

/// Calls the phones of a registered user.
constexpr const char* registered_user_app = "bridge";

} // namespace

router::router(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
               authenticator& auth, caf::actor calls, registrar_door& registrars)
  : sharded(cfg, home, std::move(place)), services_(services), auth_(auth),
    calls_(std::move(calls)), registrars_(registrars) {
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
    const auto ours = parse_tag(sip::read_to(*m.in.message)->tag);
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

void router::on_invite(msg::unowned_request& m, std::string proved) {
  const auto& request = *m.in.message;
  const auto uri = sip::parse_uri(request.request_uri());
  const auto& settings = *services_.settings;
  auto found = expand_route(settings.routes, uri->user);
  std::optional<std::string> user; // of ours, whose phones are to be called
  if (!found && is_our_domain(*uri, settings.auth.realm, services_.facts)) {
    user = uri->unescaped_user();
    found = route_match{.app = registered_user_app};
  } else if (found) {
    if (const auto to = sip::parse_uri(found->to); to && is_our_realm(*to, settings.auth.realm))
      user = to->unescaped_user();
  }
  if (!found || (user && find_user(settings, *user) == nullptr)) {
    const auto unfit = sip::unfit_for_session(request); // it would help nobody to know the number
    return answer(m.in, m.key, unfit != 0 ? unfit : 404);
  }
  const auto from = sip::read_from(request);
  app_record app;
  app.app = found->app;
  app.incoming = {.from = std::string(from->uri.text),
                  .to = std::string(request.request_uri()),
                  .user = uri->unescaped_user(),
                  .target = found->to,
                  .app = found->app};
  if (const auto hops = sip::read_max_forwards(request))
    app.incoming.max_forwards = *hops;
  app.caller_identity = without_tag(*from);
  msg::open_call call{m.key, std::move(m.in), std::move(app), std::move(proved)};
  if (!user) {
    call.media = found->media;
    return send(calls_, std::move(call));
  }
  registrars_.deliver({std::move(*user), caf::actor_cast<caf::actor>(this), std::move(call)});
}

/// RFC 3261 §16.6, §21.4.18: a user of ours without a phone is temporarily unavailable.
void router::on_found(msg::user_found& m) {
  auto& incoming = m.call.application.incoming;
  if (incoming.contacts.empty())
    return answer(m.call.invite, m.call.key, 480);
  incoming.target = incoming.contacts.front().uri;
  send(calls_, std::move(m.call));
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
