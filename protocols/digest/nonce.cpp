#include "protocols/digest/nonce.hpp"

#include "protocols/sip/grammar.hpp"

#include <array>

namespace tandem::sip {

namespace {

constexpr std::size_t time_digits = 12, issuer_digits = 2, serial_digits = 8;
constexpr std::size_t identity_digits = time_digits + issuer_digits + serial_digits;
constexpr std::size_t seal_digits = 32; // 128 bits of the MAC

void append_hex(std::string& out, std::uint64_t value, std::size_t digits) {
  for (auto i = digits; i-- > 0;)
    out += "0123456789abcdef"[value >> 4 * i & 15];
}

std::optional<std::uint64_t> read_hex(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char c : digits) {
    const auto digit = hex_digit(c);
    if (digit < 0)
      return std::nullopt;
    value = value << 4 | static_cast<std::uint64_t>(digit);
  }
  return value;
}

} // namespace

hash_text nonce_mint::seal(std::string_view identity, std::string_view realm,
                           const ip_address& client) const {
  const std::string_view address{reinterpret_cast<const char*>(client.bytes.data()),
                                 client.bytes.size()};
  const std::string_view family = client.family == ip_family::v4 ? "4" : "6";
  // All but the realm have fixed lengths, so the whole is unambiguous.
  return hash_.mac(std::array<std::string_view, 5>{"nonce", identity, family, address, realm});
}

std::string nonce_mint::make(std::string_view realm, const ip_address& client, time_point now) {
  using std::chrono::milliseconds;
  const auto ms = std::chrono::duration_cast<milliseconds>(now.time_since_epoch()).count();
  std::string out;
  out.reserve(identity_digits + seal_digits);
  append_hex(out, static_cast<std::uint64_t>(ms), time_digits);
  append_hex(out, issuer_, issuer_digits);
  append_hex(out, next_serial_++, serial_digits);
  out += seal(out, realm, client).view().substr(0, seal_digits);
  return out;
}

std::optional<nonce_identity> nonce_mint::read(std::string_view nonce, std::string_view realm,
                                               const ip_address& client) const {
  if (nonce.size() != identity_digits + seal_digits)
    return std::nullopt;
  const auto identity = nonce.substr(0, identity_digits);
  const auto proof = seal(identity, realm, client);
  if (!equal_in_constant_time(proof.view().substr(0, seal_digits), nonce.substr(identity_digits)))
    return std::nullopt;
  const auto ms = read_hex(identity.substr(0, time_digits));
  const auto issuer = read_hex(identity.substr(time_digits, issuer_digits));
  const auto serial = read_hex(identity.substr(time_digits + issuer_digits));
  if (!ms || !issuer || !serial)
    return std::nullopt;
  return nonce_identity{static_cast<std::int64_t>(*ms), static_cast<std::uint32_t>(*serial),
                        static_cast<std::uint8_t>(*issuer)};
}

} // namespace tandem::sip
