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
  // By `openssl mac -macopt hexkey:000102… -macopt size:16 SIPHASH`: around the words, and beyond
  // what the last octet can count.
  const struct {
    std::size_t size;
    const char* digits;
  } longer[] = {
      {7, "a1f1ebbed8dbc153c0b84aa61ff08239"},  {8, "3b62a9ba6258f5610f83e264f31497b4"},
      {9, "264499060ad9baabc47f8b02bb6d71ed"},  {15, "5493e99933b0a8117e08ec0f97cfc3d9"},
      {63, "5150d1772f50834a503e069a973fbd7c"}, {300, "ce005a406d14b36d5386b5f7a7e1b311"}};
  for (const auto& [size, digits] : longer) {
    while (message.size() < size)
      message.push_back(static_cast<char>(message.size()));
    CHECK(to_string(hash.of(message)) == digits);
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
