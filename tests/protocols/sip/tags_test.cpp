#include "protocols/sip/tags.hpp"

#include "protocols/sip/typed_headers.hpp"
#include "tests/protocols/sip/sip_text.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <string_view>

using namespace tandem::sip;
using tandem::test::parsed;
using tandem::test::sip_text;

TEST_CASE("tags: of To and From alone, as the readers of all of them have it (RFC 3261 §19.3)",
          "[sip][tags]") {
  const struct {
    std::string_view value, tag;
  } table[] = {
      {"sip:a@h", ""},
      {"sip:a@h;tag=1", "1"},
      {"<sip:a@h;tag=no>", ""},
      {"<sip:a@h;lr>;tag=1;x", "1"},
      {"<sip:a@h>;x=\">;tag=no\" ; TAG = z", "z"},
      {"sip:a@h;x=\"<sip:b@h>;tag=no\";tag=2", "2"},
      {"\"q \\\" <sip:no>;tag=no\" <sip:a@h>;tag=3", "3"},
      {"Bell, Alexander <sip:a@h>;tag=43", "43"},
      {"A: B <sip:a@h>;tag=4", ""}, // no name-addr at all
      {" < sip:a@h > ;tagged=5;tag=a/b+c==", "a/b+c=="},
      {"\"", ""},
      {"<sip:a@h", ""},
      {"", ""},
  };
  for (const auto& [value, tag] : table) {
    CAPTURE(value);
    const auto m = parsed(sip_text(
        {"OPTIONS sip:b@h SIP/2.0", "To: " + std::string(value), "From: " + std::string(value)}));
    CHECK(to_tag(*m) == tag);
    CHECK(from_tag(*m) == tag);
    if (const auto to = read_to(*m))
      CHECK(to->tag == tag);
  }
  CHECK(to_tag(*parsed(sip_text({"OPTIONS sip:b@h SIP/2.0"}))).empty());
}
