// Any bytes as a call's record: an error or a record, never a throw; and what is read from them can
// be written and is then read again as the same.
#include "actors/call/record/record_codec.hpp"

#include <cstdlib>

using namespace tandem::actors;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto first = decode_record({reinterpret_cast<const char*>(data), size});
  if (!first) {
    if (first.error().empty())
      std::abort();
    return 0;
  }
  const auto written = encode_record(*first);
  const auto second = decode_record(written);
  if (!second || encode_record(*second) != written)
    std::abort();
  return 0;
}
