#include "actors/call/trunk_login.hpp"

#include "runtime/telemetry/event_log.hpp"

#include <array>

namespace tandem::actors {

bool answer_trunk(const call_services& services, sip::digest_client& client,
                  const sip::message& response, const ip_endpoint& peer,
                  const sip::challenged_request& request, const key128& key, std::uint32_t number) {
  const auto status = response.status().value();
  const auto* trunk = find_trunk(*services.settings, peer);
  if ((status != 401 && status != 407) || trunk == nullptr || !trunk->login)
    return false;
  // Never the same twice, and nobody can tell it beforehand (RFC 7616 §3.4, cnonce).
  const auto key_text = to_string(key);
  const auto number_text = std::to_string(number);
  const auto cnonce =
      services.hashes.mac(std::array<std::string_view, 4>{"cnonce", key_text, ".", number_text});
  const auto answered =
      client.on_challenge(response, {trunk->login->username, trunk->login->password}, request,
                          cnonce.view().substr(0, 32), services.hashes);
  if (!answered)
    services.log.warning("auth.trunk",
                         "trunk " + trunk->name
                             + " refuses our login, or asks for one that we "
                               "cannot give",
                         key);
  return answered.has_value();
}

} // namespace tandem::actors
