// Any addresses and any sequence of requests for a dialog: numbers of ours only grow, numbers of
// the peer's are accepted once, and what goes on the wire is made of what came from it.
#include "protocols/sip/dialog.hpp"

#include "protocols/sip/route_uri.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace tandem;
using test::require;

namespace {

/// Lines of the input: From, To, Contact, then one Route value each; after an empty line, events.
std::string take_line(std::string_view& text) {
  const auto line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  return std::string{line};
}

void check(const sip::request_plan& p, const sip::dialog& d) {
  const bool strict = p.next_hop == p.request_uri;
  require(p.routes.size() == d.route_set().size());
  require(strict || sip::is_loose_router(p.next_hop));
  if (!d.route_set().empty() && !sip::is_loose_router(sip::uri_of(d.route_set().front())))
    require(p.routes.back() == "<" + d.remote_target() + ">");
  else
    require(p.routes == d.route_set());
}

void run(sip::dialog d, std::string_view events) {
  std::uint32_t last_sent = d.snapshot_now().local_cseq;
  std::optional<std::uint32_t> last_seen = d.snapshot_now().remote_cseq;
  for (const char c : events) {
    const auto event = static_cast<unsigned char>(c);
    const auto number = static_cast<std::uint32_t>(event / 8);
    switch (event % 8) {
      case 0:
      case 1: {
        const auto what = event % 8 ? sip::request_class::invite : sip::request_class::other;
        if (d.on_request(what, number) == sip::request_verdict::accepted) {
          require(!last_seen || number > *last_seen);
          last_seen = number;
          if (event % 8)
            d.on_reinvite_accepted(number);
        }
        break;
      }
      case 2: (void) d.on_request(sip::request_class::ack, number); break;
      case 3:
      case 4: {
        if (d.snapshot_now().local_cseq == sip::last_cseq)
          break;
        const auto plan =
            d.next_request(event % 8 == 3 ? sip::request_class::invite : sip::request_class::other);
        require(plan.cseq > last_sent);
        last_sent = plan.cseq;
        check(plan, d);
        if (event % 8 == 3)
          require(d.next_request(sip::request_class::ack).cseq == plan.cseq);
        break;
      }
      case 5:
        if (number <= sip::last_cseq - d.snapshot_now().local_cseq)
          d.raise_cseq(number);
        break;
      case 6: (void) d.confirm_by_2xx({d.route_set()}, number % 2 ? "sip:new@target" : ""); break;
      case 7: {
        const auto taken = d.snapshot_now();
        d = sip::dialog{taken};
        require(d.snapshot_now() == taken);
        break;
      }
    }
  }
  d.terminate();
  require(d.on_request(sip::request_class::other, sip::last_cseq)
          == sip::request_verdict::no_dialog);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view text{reinterpret_cast<const char*>(data), size};
  sip::dialog_start from;
  from.id = {"call", "ours", "theirs"};
  from.local = take_line(text);
  from.remote = take_line(text);
  from.remote_target = take_line(text);
  for (auto line = take_line(text); !line.empty(); line = take_line(text))
    from.record_route.push_back(line);
  from.cseq = static_cast<std::uint32_t>(size) << (size % 30);

  if (auto d = sip::dialog::as_uas(from, sip::dialog::state::early))
    run(*d, text);
  if (auto d = sip::dialog::as_uac(from, sip::dialog::state::confirmed))
    run(*d, text);
  return 0;
}
