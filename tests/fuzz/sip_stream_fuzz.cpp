// A stream in one piece and in many gives the same messages and pings (RFC 3261 §18.3), holds no
// more than one message, and agrees with the parser about where each message ends.
#include "protocols/sip/parser.hpp"
#include "protocols/sip/stream_session.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <string>
#include <vector>

using namespace tandem;
using test::require;
using kind = sip::stream_item::kind;

namespace {

constexpr time_point now{std::chrono::hours{1}};
constexpr sip::message_limits limits{.message_bytes = 600, .headers = 12, .line_bytes = 200};

struct item {
  kind is;
  std::string bytes;

  bool operator==(const item&) const = default;
};

class reader {
public:
  void read(std::string_view piece) {
    session_.on_bytes(piece, now);
    while (true) {
      const auto got = session_.next(now);
      if (got.is == kind::none)
        break;
      // Of what cannot be framed as much is shown as there is, and that depends on the pieces.
      items_.push_back({got.is, got.is == kind::message ? std::string{got.bytes} : std::string{}});
      if (got.is == kind::message)
        check_message(got.bytes);
      if (got.is == kind::broken)
        is_broken_ = true;
    }
    if (is_broken_)
      return;
    require(session_.held_bytes() < limits.message_bytes);
    const sip::stream_times times;
    const auto due = session_.next_deadline();
    require(due.has_value());
    if (session_.held_bytes() > 1) // something has begun, and it must not take for ever (§18.3)
      require(*due <= now + times.whole_message);
  }

  /// As they came. Several messages and pings can be ready at once; the order among those is ours.
  [[nodiscard]] const std::vector<item>& items() const { return items_; }
  [[nodiscard]] std::size_t held_bytes() const { return session_.held_bytes(); }
  [[nodiscard]] bool is_broken() const { return is_broken_; }

private:
  static void check_message(std::string_view bytes) {
    require(!bytes.starts_with("\r\n") && bytes.size() <= limits.message_bytes);
    if (const auto m = sip::parse_message(bytes, limits))
      require((*m)->raw().size() == bytes.size());
  }

  sip::stream_session session_{sip::stream_opener::peer, {}, now, limits};
  std::vector<item> items_;
  bool is_broken_ = false;
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0)
    return 0;
  const std::string_view text{reinterpret_cast<const char*>(data + 1), size - 1};
  reader whole, pieces, bytes;
  whole.read(text);
  std::uint32_t draw = data[0] + 1U;
  for (auto left = text; !left.empty();) {
    draw = draw * 1'664'525U + 1'013'904'223U;
    const auto n = std::min<std::size_t>(1 + (draw >> 24U) % 40, left.size());
    pieces.read(left.substr(0, n));
    left.remove_prefix(n);
  }
  for (const char c : text)
    bytes.read({&c, 1});
  require(whole.items() == pieces.items() && whole.items() == bytes.items());
  require(whole.is_broken() || whole.held_bytes() == bytes.held_bytes());
  return 0;
}
