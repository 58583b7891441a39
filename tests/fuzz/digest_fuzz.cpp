// Any bytes as Authorization and WWW-Authenticate: nothing is read outside of the value, and what
// was accepted is accepted again when it is written. The same bytes as a message to be shown.
#include "protocols/digest/challenge.hpp"
#include "protocols/digest/credentials.hpp"
#include "protocols/digest/redaction.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace tandem;
using test::require;

namespace {

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

/// A value with an escape is written with it, one with a quote cannot come out of the parser.
void check_credentials(std::string_view text) {
  const auto read = sip::parse_credentials(text);
  require(lies_in(sip::realm_of(text), text));
  if (!read)
    return;
  for (const auto part :
       {read->username, read->realm, read->nonce, read->uri, read->response, read->cnonce})
    require(lies_in(part, text));
  require(read->nc != 0 && read->response.size() == digits_of(read->algorithm));
  const auto written = sip::to_text(*read);
  if (written.size() <= sip::max_auth_value_bytes)
    require(sip::parse_credentials(written) == *read);
}

void check_challenge(std::string_view text) {
  const auto read = sip::parse_challenge(text);
  if (!read)
    return;
  require(lies_in(read->realm, text) && lies_in(read->nonce, text) && lies_in(read->opaque, text));
  const auto written = sip::to_text(*read);
  if (written.size() <= sip::max_auth_value_bytes)
    require(sip::parse_challenge(written) == *read);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  check_credentials(text);
  check_challenge(text);
  // What is shown of a message shows the same when it is shown again.
  const auto shown = sip::without_proofs("Authorization: " + std::string(text) + "\r\n\r\n");
  require(sip::without_proofs(shown) == shown);
  return 0;
}
