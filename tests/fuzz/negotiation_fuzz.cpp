// Any sequence of offers, answers, previews and rollbacks of one dialog (RFC 3264): what is refused
// changes nothing, versions rise by one at most, an answer has as many streams as its offer and
// never revives one; a restore changes nothing.
#include "protocols/sdp/negotiation.hpp"

#include "protocols/sdp/anchor.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <array>

using namespace tandem;
using namespace tandem::sdp;
using test::require;
using state = negotiation::state;

namespace {

const ip_address here = *parse_ip_address("198.51.100.5");
const local_media where{here, 20000, 20003};

/// One to three streams, each with a kind, a port or none, and a direction.
session description(test::choices& in, const origin& o) {
  auto s = make_offer(where, o);
  const auto first = s.media.front();
  s.media.clear();
  constexpr std::array<const char*, 3> kinds = {"audio", "video", "image"};
  for (auto n = 1 + in.byte() % 3; n > 0; --n) {
    const auto how = in.byte();
    auto& m = s.media.emplace_back(first);
    m.kind = kinds[how % kinds.size()];
    if (how & 64U)
      m.port = 0;
    set_direction(m, static_cast<direction>(how >> 4U & 3U));
  }
  return s;
}

class subject {
public:
  void feed(test::choices& in) {
    const auto event = in.byte();
    const auto s = description(in, ours());
    const auto before = dialogs_.get().take_snapshot();
    bool refused = false;
    switch (event % 8) {
      case 0: refused = !give([&](auto& n) { return n.set_local_offer(s); }); break;
      case 1: refused = !give([&](auto& n) { return n.set_remote_offer(s); }); break;
      case 2: refused = !answered([&](auto& n) { return n.set_local_answer(s); }); break;
      case 3: refused = !answered([&](auto& n) { return n.set_remote_answer(s); }); break;
      case 4: refused = !give([&](auto& n) { return n.preview_local_answer(s); }); break;
      case 5:
        refused = !give([&](auto& n) { return n.preview_remote_answer(s); });
        require(dialogs_.get().take_snapshot() == before);
        break;
      case 6:
        dialogs_.give([](auto& n, time_point) { n.rollback(); });
        require(dialogs_.get().local() == before.local && dialogs_.get().remote() == before.remote);
        break;
      default:
        dialogs_.move(
            {}, [](const auto& n, time_point) { return n.take_snapshot(); },
            [](const auto& taken, time_point) { return negotiation{taken}; });
    }
    if (refused)
      require(dialogs_.get().take_snapshot() == before);
    check(before.ours.version);
  }

private:
  [[nodiscard]] const origin& ours() const { return dialogs_.get().local_origin(); }

  template <class Input>
  negotiation::result give(Input input) {
    return dialogs_.give([&](auto& n, time_point) { return input(n); });
  }
  /// RFC 3264 §6: as many streams as the offer has, and none that the offer had refused.
  template <class Input>
  bool answered(Input input) {
    const auto offer = dialogs_.get().pending();
    const auto result = give(input);
    if (!result)
      return false;
    require(offer && offer->media.size() == (*result)->media.size());
    for (std::size_t i = 0; i < (*result)->media.size(); ++i)
      require(offer->media[i].port != 0 || !dialogs_.get().is_agreed(i));
    return true;
  }

  void check(std::uint64_t version_before) const {
    const auto& n = dialogs_.get();
    require(n.pending().has_value() == (n.current() != state::stable));
    require(n.local().has_value() == n.remote().has_value());
    require(ours().version == version_before || ours().version == version_before + 1); // §8
    if (!n.local())
      return;
    require(n.local()->media.size() == n.remote()->media.size());
    for (std::size_t i = 0; i < n.local()->media.size(); ++i) {
      const auto mine = n.local()->media[i].port, theirs = n.remote()->media[i].port;
      require(n.is_agreed(i) == (mine != 0 && theirs != 0));
      const auto may = n.agreed_direction(i);
      require(!sends(may) || !n.held_by_remote(i));
      require(!receives(may) || !n.held_by_local(i));
    }
    require(!n.is_agreed(n.local()->media.size()));
  }

  test::twins<negotiation> dialogs_{negotiation{make_origin(7, 1, here)}};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::choices in{data, size};
  subject s;
  while (!in.empty())
    s.feed(in);
  return 0;
}
