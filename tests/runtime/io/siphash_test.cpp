#include "runtime/io/siphash.hpp"

#include <catch2/catch.hpp>

#include <string>

using namespace tandem;

namespace {

siphash::secret counting_key() {
  siphash::secret key{};
  for (std::size_t i = 0; i < key.size(); ++i)
    key[i] = static_cast<std::uint8_t>(i);
  return key;
}

} // namespace

TEST_CASE("siphash: the authors' vectors for SipHash-2-4-128, key and message 00 01 02 …", "[io]") {
  const siphash hash{counting_key()};
  const char* expected[] = {
      "a3817f04ba25a8e66df67214c7550293",
      "da87c1d86b99af44347659119b22fc45",
      "8177228da4a45dc7fca38bdef60affe4",
  };
  std::string message;
  for (const auto* digits : expected) {
    CHECK(to_string(hash.of(message)) == digits);
    message.push_back(static_cast<char>(message.size()));
  }
}

TEST_CASE("siphash: a pair is unambiguous, and depends on the secret", "[io]") {
  const siphash hash{counting_key()};
  CHECK(hash("ab", "c") != hash("a", "bc"));
  CHECK(hash("", "abc") != hash("abc", ""));
  CHECK(hash("call", "tag") == hash("call", "tag"));
  auto other_key = counting_key();
  other_key[15] ^= 1;
  CHECK(siphash{other_key}("call", "tag") != hash("call", "tag"));
}
