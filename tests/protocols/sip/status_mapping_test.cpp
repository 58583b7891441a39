#include "protocols/sip/status_mapping.hpp"

#include <catch2/catch.hpp>

using namespace tandem::sip;

TEST_CASE("status mapping: the best refusal of a fork (RFC 3261 §16.7 step 6)", "[sip]") {
  struct row {
    std::uint16_t better, worse;
  };
  for (const auto [better, worse] :
       {row{600, 302}, row{603, 486}, row{302, 486}, row{486, 500}, row{415, 486}, row{420, 404},
        row{484, 480}, row{486, 408}, row{404, 408}, row{408, 500}, row{408, 503}, row{486, 401},
        row{486, 407}, row{404, 482}, row{480, 491}}) {
    INFO(better << " before " << worse);
    CHECK(is_better_refusal(better, worse));
    CHECK_FALSE(is_better_refusal(worse, better));
  }
  for (const auto [a, b] : {row{486, 404}, row{600, 603}, row{500, 503}, row{415, 420}}) {
    INFO(a << " as good as " << b); // the first to come is kept
    CHECK_FALSE(is_better_refusal(a, b));
    CHECK_FALSE(is_better_refusal(b, a));
  }
}
