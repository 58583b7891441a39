#include "actors/registrar/domain.hpp"

#include "protocols/sip/grammar.hpp"

#include <algorithm>

namespace tandem::actors {

bool is_our_realm(const sip::uri& u, std::string_view realm) {
  return u.is_sip() && !realm.empty() && sip::same_word(u.host, realm);
}

bool is_our_domain(const sip::uri& u, std::string_view realm, const node_facts& node) {
  if (!u.is_sip())
    return false;
  if (is_our_realm(u, realm))
    return true;
  const auto address = sip::host_address(u.host);
  return address && std::ranges::any_of(node.transports, [&](const transport_facts& t) {
           return t.local.address == *address;
         });
}

key128 registration_key(const keyed_hash& hash, std::string_view user) {
  return hash(user, "\x01user"); // no tag holds a control character
}

} // namespace tandem::actors
