// Any bytes as a registration's record: an error or a record, never a throw; what is read can be
// written and is then read again as the same, now and at any later time; a registrar can live on
// it.
#include "actors/registrar/record/limits.hpp"
#include "actors/registrar/record/registration_codec.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace std::chrono_literals;
using namespace tandem;
using namespace tandem::actors;
using test::require;

namespace {

void check(const registration_record& r) {
  const auto again = decode_registration(encode_registration(r));
  require(again && *again == r);
}

void check_at(const registration_record& r, const moment& now) {
  const auto old = aged(r, now);
  check(old);
  require(old.bindings.bindings.size() <= r.bindings.bindings.size() && old.written == now);
  for (const auto& b : old.bindings.bindings)
    require(b.remaining > duration{} && b.remaining <= limits::longest_registration);
  const sip::address_of_record user{old.bindings, now.at};
  require(user.snapshot_at(now.at) == old.bindings);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto read = decode_registration({reinterpret_cast<const char*>(data), size});
  if (!read) {
    require(!read.error().empty());
    return 0;
  }
  check(*read);
  const wall_time today{std::chrono::hours{24 * 20'000}};
  for (const auto& boot : {read->written.boot_id, std::string{"another"}})
    for (const auto uptime : {1min, std::chrono::minutes{60 * 24 * 400}})
      check_at(*read, {boot, time_point{uptime}, today});
  return 0;
}
