#include "protocols/digest/credentials.hpp"

#include <array>

namespace tandem::sip {

namespace {

constexpr std::size_t nc_size = 8; // §3.4: exactly 8 digits

std::optional<std::uint32_t> parse_nc(std::string_view digits) {
  if (digits.size() != nc_size)
    return std::nullopt;
  std::uint32_t n = 0;
  for (const char c : digits) {
    const auto digit = hex_digit(c);
    if (digit < 0)
      return std::nullopt;
    n = n << 4 | static_cast<std::uint32_t>(digit);
  }
  return n;
}

/// LHEX of §3.1 in the length of its algorithm.
bool is_response_of(hash_algorithm a, std::string_view digits) {
  if (digits.size() != digits_of(a))
    return false;
  for (const char c : digits)
    if (hex_digit(c) < 0 || to_lower(c) != c)
      return false;
  return true;
}

/// Where each parameter goes. Bits of `seen` are places in this table.
class credentials_reader {
public:
  std::optional<digest_error> take(const auth_parameter& p) {
    const std::array<std::pair<std::string_view, std::string_view*>, 11> known = {
        {{"username", &c_.username},
         {"realm", &c_.realm},
         {"nonce", &c_.nonce},
         {"uri", &c_.uri},
         {"response", &c_.response},
         {"cnonce", &c_.cnonce},
         {"nc", &c_.nc_digits},
         {"opaque", &c_.opaque},
         {"qop", &qop_},
         {"algorithm", &algorithm_},
         {"userhash", &userhash_}}};
    for (std::size_t i = 0; i < known.size(); ++i) {
      if (!same_word(p.name, known[i].first))
        continue;
      if ((seen_ & 1U << i) != 0)
        return digest_error::repeated;
      seen_ |= 1U << i;
      *known[i].second = p.value;
      // §3.4 demands some values with and some without quotes; which, clients never agreed upon.
      return std::nullopt;
    }
    return std::nullopt; // auth-param of an extension (§3.4)
  }

  tl::expected<credentials, digest_error> result() {
    constexpr unsigned needed = 0x7f; // username … nc
    if ((seen_ & needed) != needed || (seen_ & 1U << 8) == 0)
      return tl::unexpected(digest_error::missing);
    if (!same_word(qop_, "auth") || same_word(userhash_, "true"))
      return tl::unexpected(digest_error::unknown_qop);
    if (!algorithm_.empty()) { // absent: MD5 (§3.4)
      const auto a = parse_algorithm(algorithm_);
      if (!a)
        return tl::unexpected(digest_error::unknown_algorithm);
      c_.algorithm = *a;
    }
    const auto nc = parse_nc(c_.nc_digits);
    if (!nc || *nc == 0 || c_.nonce.empty() || c_.cnonce.empty() || c_.uri.empty()
        || !is_response_of(c_.algorithm, c_.response))
      return tl::unexpected(digest_error::malformed);
    c_.nc = *nc;
    return c_;
  }

private:
  credentials c_;
  std::string_view qop_, algorithm_, userhash_;
  unsigned seen_ = 0;
};

} // namespace

tl::expected<credentials, digest_error> parse_credentials(std::string_view text) {
  credentials_reader reader;
  if (const auto wrong =
          read_auth_parameters(text, [&](const auth_parameter& p) { return reader.take(p); }))
    return tl::unexpected(*wrong);
  return reader.result();
}

std::string_view realm_of(std::string_view value) {
  std::string_view realm;
  (void) read_auth_parameters(value, [&](const auth_parameter& p) {
    if (same_word(p.name, "realm"))
      realm = p.value;
    return std::optional<digest_error>{};
  });
  return realm;
}

std::string to_text(const credentials& c) {
  std::string out;
  out.reserve(320);
  const auto quoted_value = [&out](std::string_view name, std::string_view value) {
    out.append(name).append("=\"").append(value).append("\"");
  };
  out += "Digest ";
  quoted_value("username", c.username);
  quoted_value(", realm", c.realm);
  quoted_value(", nonce", c.nonce);
  quoted_value(", uri", c.uri);
  out.append(", algorithm=").append(to_string(c.algorithm));
  if (!c.nc_digits.empty()) {
    quoted_value(", cnonce", c.cnonce);
    out.append(", nc=").append(c.nc_digits).append(", qop=auth");
  }
  quoted_value(", response", c.response);
  if (!c.opaque.empty())
    quoted_value(", opaque", c.opaque);
  return out;
}

hash_text make_ha1(const hash_functions& h, hash_algorithm a, std::string_view user,
                   std::string_view realm, std::string_view password) {
  return h.hash(a, std::array<std::string_view, 5>{user, ":", realm, ":", password});
}

hash_text make_response(const hash_functions& h, const credentials& c, std::string_view method,
                        std::string_view ha1) {
  const auto ha2 = h.hash(c.algorithm, std::array<std::string_view, 3>{method, ":", c.uri});
  if (c.nc_digits.empty())
    return h.hash(c.algorithm, std::array<std::string_view, 5>{ha1, ":", c.nonce, ":", ha2.view()});
  return h.hash(c.algorithm, std::array<std::string_view, 9>{ha1, ":", c.nonce, ":", c.nc_digits,
                                                             ":", c.cnonce, ":auth:", ha2.view()});
}

} // namespace tandem::sip
