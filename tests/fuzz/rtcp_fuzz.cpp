#include "protocols/rtcp/description.hpp"
#include "protocols/rtcp/reports.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace tandem;
using test::require;

// Whatever parses as a compound can be walked and read to the end.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto compound = rtcp::compound_view::parse({data, size});
  if (!compound)
    return 0;
  std::size_t packets = 0;
  while (const auto p = compound->next()) {
    ++packets;
    (void) rtcp::read_sender_report(*p);
    (void) rtcp::read_receiver_report(*p);
    for (std::size_t i = 0; rtcp::read_report_block(*p, i); ++i)
      require(i < p->count);
    if (const auto b = rtcp::read_bye(*p))
      for (std::size_t i = 0; i < b->source_count(); ++i)
        (void) b->source(i);
    (void) rtcp::read_application(*p);
    rtcp::sdes_walk items{*p};
    std::size_t bytes = 0;
    while (const auto item = items.next())
      bytes += item->text.size() + 2;
    require(bytes <= p->body.size());
  }
  require(packets != 0);
  return 0;
}
