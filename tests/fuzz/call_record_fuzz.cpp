// Any bytes as a call's record: an error or a record, never a throw; and what is read from them can
// be written and is then read again as the same.
#include "actors/call/record/record_codec.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace tandem::actors;
using tandem::test::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = decode_record({reinterpret_cast<const char*>(data), size});
  if (!first) {
    require(!first.error().empty());
    return 0;
  }
  const auto written = encode_record(*first);
  const auto second = decode_record(written);
  require(second && encode_record(*second) == written);
  return 0;
}
