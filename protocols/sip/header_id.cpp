#include "protocols/sip/header_id.hpp"

#include "protocols/sip/grammar.hpp"

#include <array>

namespace tandem::sip {

namespace {

struct header_name {
  header_id id;
  std::string_view full;
  char compact = 0; ///< RFC 3261 §7.3.3 and the RFCs that define the header.
};

// In the order of the enum.
constexpr std::array<header_name, header_id_count - 1> names = {{
    {header_id::accept, "Accept"},
    {header_id::accept_encoding, "Accept-Encoding"},
    {header_id::accept_language, "Accept-Language"},
    {header_id::alert_info, "Alert-Info"},
    {header_id::allow, "Allow"},
    {header_id::allow_events, "Allow-Events", 'u'},
    {header_id::authentication_info, "Authentication-Info"},
    {header_id::authorization, "Authorization"},
    {header_id::call_id, "Call-ID", 'i'},
    {header_id::call_info, "Call-Info"},
    {header_id::contact, "Contact", 'm'},
    {header_id::content_disposition, "Content-Disposition"},
    {header_id::content_encoding, "Content-Encoding", 'e'},
    {header_id::content_language, "Content-Language"},
    {header_id::content_length, "Content-Length", 'l'},
    {header_id::content_type, "Content-Type", 'c'},
    {header_id::cseq, "CSeq"},
    {header_id::date, "Date"},
    {header_id::diversion, "Diversion"},
    {header_id::error_info, "Error-Info"},
    {header_id::event, "Event", 'o'},
    {header_id::expires, "Expires"},
    {header_id::from, "From", 'f'},
    {header_id::history_info, "History-Info"},
    {header_id::identity, "Identity", 'y'},
    {header_id::in_reply_to, "In-Reply-To"},
    {header_id::join, "Join"},
    {header_id::max_forwards, "Max-Forwards"},
    {header_id::mime_version, "MIME-Version"},
    {header_id::min_expires, "Min-Expires"},
    {header_id::min_se, "Min-SE"},
    {header_id::organization, "Organization"},
    {header_id::p_asserted_identity, "P-Asserted-Identity"},
    {header_id::p_preferred_identity, "P-Preferred-Identity"},
    {header_id::path, "Path"},
    {header_id::priority, "Priority"},
    {header_id::privacy, "Privacy"},
    {header_id::proxy_authenticate, "Proxy-Authenticate"},
    {header_id::proxy_authorization, "Proxy-Authorization"},
    {header_id::proxy_require, "Proxy-Require"},
    {header_id::rack, "RAck"},
    {header_id::reason, "Reason"},
    {header_id::record_route, "Record-Route"},
    {header_id::refer_sub, "Refer-Sub"},
    {header_id::refer_to, "Refer-To", 'r'},
    {header_id::referred_by, "Referred-By", 'b'},
    {header_id::replaces, "Replaces"},
    {header_id::reply_to, "Reply-To"},
    {header_id::request_disposition, "Request-Disposition", 'd'},
    {header_id::require, "Require"},
    {header_id::retry_after, "Retry-After"},
    {header_id::route, "Route"},
    {header_id::rseq, "RSeq"},
    {header_id::server, "Server"},
    {header_id::service_route, "Service-Route"},
    {header_id::session_expires, "Session-Expires", 'x'},
    {header_id::sip_etag, "SIP-ETag"},
    {header_id::sip_if_match, "SIP-If-Match"},
    {header_id::subject, "Subject", 's'},
    {header_id::subscription_state, "Subscription-State"},
    {header_id::supported, "Supported", 'k'},
    {header_id::target_dialog, "Target-Dialog"},
    {header_id::timestamp, "Timestamp"},
    {header_id::to, "To", 't'},
    {header_id::unsupported, "Unsupported"},
    {header_id::user_agent, "User-Agent"},
    {header_id::via, "Via", 'v'},
    {header_id::warning, "Warning"},
    {header_id::www_authenticate, "WWW-Authenticate"},
}};

constexpr std::size_t slot_count = 256;

/// Four characters and the length tell the names apart well enough for short probes.
constexpr std::size_t slot_of(std::string_view name) {
  const auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i]) | 0x20U; };
  return (name.size() * 7 + at(0) * 31 + at(name.size() / 2) * 5 + at(name.size() - 1) * 13)
         % slot_count;
}

consteval std::array<header_id, slot_count> make_slots() {
  std::array<header_id, slot_count> slots{};
  slots.fill(header_id::unknown);
  for (const auto& n : names) {
    auto slot = slot_of(n.full);
    while (slots[slot] != header_id::unknown)
      slot = (slot + 1) % slot_count;
    slots[slot] = n.id;
  }
  return slots;
}

consteval std::array<header_id, 26> make_compact() {
  std::array<header_id, 26> letters{};
  letters.fill(header_id::unknown);
  for (const auto& n : names)
    if (n.compact != 0)
      letters[static_cast<std::size_t>(n.compact - 'a')] = n.id;
  return letters;
}

consteval bool in_order() {
  for (std::size_t i = 0; i < names.size(); ++i)
    if (names[i].id != static_cast<header_id>(i))
      return false;
  return true;
}

static_assert(in_order());
constexpr auto slots = make_slots();
constexpr auto compact = make_compact();

} // namespace

header_id parse_header_id(std::string_view name) {
  if (name.size() <= 1) {
    const char c = name.empty() ? '\0' : to_lower(name[0]);
    return c >= 'a' && c <= 'z' ? compact[static_cast<std::size_t>(c - 'a')] : header_id::unknown;
  }
  for (auto slot = slot_of(name); slots[slot] != header_id::unknown;
       slot = (slot + 1) % slot_count) {
    const auto full = names[static_cast<std::size_t>(slots[slot])].full;
    if (full == name || same_word(full, name)) // most write it as it is registered
      return slots[slot];
  }
  return header_id::unknown;
}

std::string_view to_string(header_id id) {
  return id == header_id::unknown ? std::string_view{} : names[static_cast<std::size_t>(id)].full;
}

} // namespace tandem::sip
