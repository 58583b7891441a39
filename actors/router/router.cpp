#include "actors/router/router.hpp"

#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/calls/calls.hpp"
#include "actors/dialog/dialog.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

namespace tandem::actors {

router::router(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
               authenticator& auth, caf::actor calls)
  : sharded(cfg, home, std::move(place)), services_(services), auth_(auth),
    calls_(std::move(calls)) {
  entry().set_state("open");
}

caf::behavior router::make_behavior() {
  return {
      [this](msg::unowned_request& m) { on_request(m); },
  };
}

void router::on_request(msg::unowned_request& m) {
  const auto& request = *m.in.message;
  const auto method = request.get_method();
  const auto to = sip::read_to(request);
  if (method == sip::method::ack) {
    const auto ours = parse_tag(to->tag);
    if (!ours || ours->number != no_leg) // else it ends what we answered without state: §8.2.7
      services_.counters.stray_message();
    return;
  }
  if (!to->tag.empty() || method == sip::method::cancel || method == sip::method::bye)
    return answer(m.in, m.key, 481); // §12.2.2, §9.2: of a dialog or INVITE that is not here
  const auto uri = sip::parse_uri(request.request_uri());
  if (!uri || !uri->is_sip())
    return answer(m.in, m.key, 416); // §8.2.2.1
  if (const auto hops = sip::read_max_forwards(request);
      hops && *hops == 0 && method != sip::method::options)
    return answer(m.in, m.key, 483);
  if (method == sip::method::options)
    return answer(m.in, m.key, 200); // §11
  if (!admit(m))
    return;
  if (method == sip::method::invite)
    return on_invite(m);
  answer(m.in, m.key, method == sip::method::unknown ? 501 : 405); // §8.2.1
}

bool router::admit(const msg::unowned_request& m) {
  const auto& request = *m.in.message;
  const auto said = auth_.judge(request, m.in.source, home().now());
  if (said.what == admission::kind::answer)
    send_answer(m.in, said.status,
                auth_.refusal(said, request, m.in.source,
                              make_tag({m.key, no_leg, services_.facts.name}), home().now()));
  return said.what == admission::kind::passed;
}

void router::on_invite(msg::unowned_request& m) {
  const auto& request = *m.in.message;
  const auto uri = sip::parse_uri(request.request_uri());
  const auto found = expand_route(services_.settings->routes, uri->user);
  if (!found)
    return answer(m.in, m.key, 404);
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
  send(calls_, msg::open_call{m.key, std::move(m.in), std::move(app)});
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
