// A record that will lie for long is compressed; one of a call in which something happens is not.
#include "actors/call/record/compact.hpp"
#include "actors/call/record/limits.hpp"
#include "actors/call/record/record_codec.hpp"
#include "tests/actors/call/record/full_record.hpp"
#include "tests/actors/call/record/record_fields.hpp"

#include <catch2/catch.hpp>

#include <cstring>

using namespace tandem;
using namespace tandem::actors;
using namespace tandem::test;

namespace {

/// The full record without its transactions.
call_record resting() {
  auto r = full_record();
  std::erase_if(r.children, [](const call_record::child& c) {
    return std::holds_alternative<transaction_record>(c.record);
  });
  return r;
}

std::string with_size(std::string bytes, std::uint32_t size) {
  std::memcpy(bytes.data() + 4, &size, sizeof size);
  return bytes;
}

} // namespace

TEST_CASE("record: compressed when no transaction is under way", "[record][compact]") {
  CHECK_FALSE(is_compacted(encode_record(full_record())));
  const auto bytes = encode_record(resting());
  CHECK(is_compacted(bytes));
  const auto back = decode_record(bytes);
  REQUIRE(back);
  CHECK(difference(*back, resting()) == "");
  CHECK(encode_record(*back) == bytes);
}

TEST_CASE("record: compressed from its limit on", "[record][compact]") {
  const auto of_size = [](std::size_t n) {
    call_record r;
    r.children.push_back({app_child, the_call, "app", app_record{.saved = std::string(n, 's')}});
    return encode_record(r);
  };
  const auto rest = of_size(8).size() - 8;
  CHECK(of_size(limits::compact_from - rest - 8).size() == limits::compact_from - 8);
  CHECK(is_compacted(of_size(limits::compact_from - rest)));
}

TEST_CASE("record: what does not become smaller stays as it is", "[record][compact]") {
  std::string noise;
  for (std::uint32_t n = 1; noise.size() < 4096; n = n * 1664525U + 1013904223U)
    noise += static_cast<char>(n >> 24);
  CHECK(compacted(noise) == noise);
  CHECK(compacted("") == "");
}

TEST_CASE("record: damaged compression is refused with a sentence", "[record][compact]") {
  const auto good = encode_record(resting());
  const auto wrong = "the call record cannot be decompressed";
  const auto error_of = [](std::string_view bytes) {
    const auto r = decode_record(bytes);
    return r ? "" : r.error();
  };
  for (std::size_t size = 4; size < good.size(); ++size)
    if (error_of(std::string_view{good}.substr(0, size)) != wrong)
      FAIL("taken although cut at " << size);
  CHECK(error_of(good + "x") == wrong);
  for (std::size_t i = 8; i < good.size(); ++i) {
    auto bad = good;
    bad[i] = static_cast<char>(bad[i] ^ 0x55);
    if (const auto r = decode_record(bad); r && !decode_record(encode_record(*r)))
      FAIL("not read again, damaged at " << i);
  }
  std::uint32_t size = 0;
  std::memcpy(&size, good.data() + 4, sizeof size);
  CHECK(expanded(with_size(good, size)));
  CHECK_FALSE(expanded(with_size(good, size - 1)));
  CHECK_FALSE(expanded(with_size(good, size + 1)));
}

TEST_CASE("record: decompressed up to the limit of a record, and to 255 times the bytes",
          "[record][compact]") {
  const auto most = compacted(std::string(limits::record_bytes, 's'));
  REQUIRE(is_compacted(most));
  REQUIRE(expanded(most));
  CHECK_FALSE(expanded(with_size(most, limits::record_bytes + 1)));
  CHECK_FALSE(expanded(with_size(std::string("TLZ4") + std::string(14, '\0'), 256 * 10)));
}
