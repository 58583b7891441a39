#include "runtime/io/libcrypto_hash.hpp"

#include "runtime/base/check.hpp"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

namespace tandem {

namespace {

struct evp_free {
  void operator()(EVP_MD* m) const { EVP_MD_free(m); }
  void operator()(EVP_MD_CTX* c) const { EVP_MD_CTX_free(c); }
  void operator()(EVP_MAC* m) const { EVP_MAC_free(m); }
  void operator()(EVP_MAC_CTX* c) const { EVP_MAC_CTX_free(c); }
};
template <class T>
using owned = std::unique_ptr<T, evp_free>;

using octets = std::array<std::uint8_t, 32>;

const unsigned char* bytes_of(std::string_view s) {
  return reinterpret_cast<const unsigned char*>(s.data());
}

hash_text in_hex(const octets& bytes, std::size_t size) {
  constexpr std::string_view digit = "0123456789abcdef";
  hash_text out;
  for (std::size_t i = 0; i < size; ++i) {
    out.digits[2 * i] = digit[bytes[i] >> 4];
    out.digits[2 * i + 1] = digit[bytes[i] & 15];
  }
  out.size = static_cast<std::uint8_t>(2 * size);
  return out;
}

} // namespace

struct libcrypto_hash::state {
  std::array<owned<EVP_MD>, hash_algorithm_count> by_algorithm;
  owned<EVP_MAC_CTX> keyed;
};

libcrypto_hash::libcrypto_hash(const secret& key) : state_(std::make_unique<state>()) {
  constexpr std::array<const char*, hash_algorithm_count> names = {"MD5", "SHA256", "SHA512-256"};
  for (std::size_t i = 0; i < names.size(); ++i) {
    state_->by_algorithm[i].reset(EVP_MD_fetch(nullptr, names[i], nullptr));
    TANDEM_CHECK(state_->by_algorithm[i] != nullptr);
  }
  const owned<EVP_MAC> mac{EVP_MAC_fetch(nullptr, "HMAC", nullptr)};
  TANDEM_CHECK(mac != nullptr);
  state_->keyed.reset(EVP_MAC_CTX_new(mac.get()));
  std::array<char, 7> digest{"SHA256"};
  const std::array parameters = {
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  TANDEM_CHECK(EVP_MAC_init(state_->keyed.get(), key.data(), key.size(), parameters.data()) == 1);
}

libcrypto_hash::~libcrypto_hash() = default;

hash_text libcrypto_hash::hash(hash_algorithm a, std::span<const std::string_view> pieces) const {
  const auto* md = state_->by_algorithm[static_cast<std::size_t>(a)].get();
  const owned<EVP_MD_CTX> c{EVP_MD_CTX_new()};
  TANDEM_CHECK(c != nullptr && EVP_DigestInit_ex2(c.get(), md, nullptr) == 1);
  for (const auto p : pieces)
    TANDEM_CHECK(EVP_DigestUpdate(c.get(), p.data(), p.size()) == 1);
  octets out{};
  unsigned size = 0;
  TANDEM_CHECK(EVP_DigestFinal_ex(c.get(), out.data(), &size) == 1 && size <= out.size());
  return in_hex(out, size);
}

hash_text libcrypto_hash::mac(std::span<const std::string_view> pieces) const {
  const owned<EVP_MAC_CTX> c{EVP_MAC_CTX_dup(state_->keyed.get())};
  TANDEM_CHECK(c != nullptr);
  for (const auto p : pieces)
    TANDEM_CHECK(EVP_MAC_update(c.get(), bytes_of(p), p.size()) == 1);
  octets out{};
  std::size_t size = 0;
  TANDEM_CHECK(EVP_MAC_final(c.get(), out.data(), &size, out.size()) == 1 && size == out.size());
  return in_hex(out, size);
}

} // namespace tandem
