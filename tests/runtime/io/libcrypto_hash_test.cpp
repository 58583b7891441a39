#include "runtime/io/libcrypto_hash.hpp"

#include <catch2/catch.hpp>

#include <array>
#include <string>

using namespace tandem;

namespace {

std::string hashed(hash_algorithm a, std::string_view text) {
  const libcrypto_hash h{{}};
  const std::array pieces = {text.substr(0, text.size() / 2), text.substr(text.size() / 2)};
  return std::string(h.hash(a, pieces).view());
}

} // namespace

TEST_CASE("libcrypto_hash: vectors of RFC 1321 §A.5 and FIPS 180-4, in two pieces", "[io]") {
  CHECK(hashed(hash_algorithm::md5, "") == "d41d8cd98f00b204e9800998ecf8427e");
  CHECK(hashed(hash_algorithm::md5, "abc") == "900150983cd24fb0d6963f7d28e17f72");
  CHECK(hashed(hash_algorithm::sha256, "abc")
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hashed(hash_algorithm::sha512_256, "abc")
        == "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23");
}

TEST_CASE("libcrypto_hash: HMAC-SHA-256 (RFC 4231 §4.3 has a key shorter than ours)", "[io]") {
  libcrypto_hash::secret key{};
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i);
  const libcrypto_hash h{key};
  const std::array<std::string_view, 2> pieces = {"what do ya want ", "for nothing?"};
  // python3 -c "import hmac; print(hmac.new(bytes(range(32)), b'what …', 'sha256').hexdigest())"
  CHECK(h.mac(pieces).view() == "099805f4ac310786968565c098db515cc50862b420ae31e20238312344bed36a");
  const libcrypto_hash other{{}};
  CHECK_FALSE(other.mac(pieces) == h.mac(pieces));
}

TEST_CASE("equal_in_constant_time: texts of equal and different lengths", "[io]") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "ab"));
}
