#include "protocols/digest/challenge.hpp"

#include <array>

namespace tandem::sip {

namespace {

/// qop-options: "auth,auth-int", in any order.
bool offers_auth(std::string_view options) {
  cursor in{options};
  while (!in.at_end()) {
    in.skip_spaces();
    if (same_word(in.take_run(token_chars), "auth"))
      return true;
    in.skip_spaces();
    if (!in.take(','))
      return false;
  }
  return false;
}

} // namespace

tl::expected<challenge, digest_error> parse_challenge(std::string_view text) {
  challenge out;
  std::string_view algorithm, qop, stale;
  const std::array<std::pair<std::string_view, std::string_view*>, 6> known = {
      {{"realm", &out.realm},
       {"nonce", &out.nonce},
       {"opaque", &out.opaque},
       {"algorithm", &algorithm},
       {"qop", &qop},
       {"stale", &stale}}};
  unsigned seen = 0;
  const auto take = [&](const auth_parameter& p) -> std::optional<digest_error> {
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (!same_word(p.name, known[i].first))
        continue;
      if ((seen & 1U << i) != 0)
        return digest_error::repeated;
      seen |= 1U << i;
      *known[i].second = p.value;
    }
    return std::nullopt;
  };
  if (const auto wrong = read_auth_parameters(text, take))
    return tl::unexpected(*wrong);
  if ((seen & 3U) != 3U || out.nonce.empty())
    return tl::unexpected(digest_error::missing);
  out.has_qop = (seen & 1U << 4) != 0;
  if (out.has_qop && !offers_auth(qop))
    return tl::unexpected(digest_error::unknown_qop);
  if (!algorithm.empty()) { // absent: MD5 (§3.3)
    const auto a = parse_algorithm(algorithm);
    if (!a)
      return tl::unexpected(digest_error::unknown_algorithm);
    out.algorithm = *a;
  }
  out.stale = same_word(stale, "true");
  return out;
}

std::optional<challenge> choose_challenge(const message& response, header_id id) {
  std::optional<challenge> best;
  std::size_t count = 0;
  for (const auto& field : response.headers(id)) {
    if (++count > max_auth_headers)
      break;
    const auto read = parse_challenge(field.value);
    if (read && (!best || read->algorithm > best->algorithm))
      best = *read;
  }
  return best;
}

std::string to_text(const challenge& c) {
  std::string out;
  out.reserve(192);
  out.append("Digest realm=\"").append(c.realm).append("\", nonce=\"").append(c.nonce);
  out.append("\", algorithm=").append(to_string(c.algorithm));
  if (c.has_qop)
    out += ", qop=\"auth\"";
  if (!c.opaque.empty())
    out.append(", opaque=\"").append(c.opaque).append("\"");
  if (c.stale)
    out += ", stale=true";
  return out;
}

} // namespace tandem::sip
