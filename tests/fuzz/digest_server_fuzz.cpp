// Any sequence of logins at one server (RFC 7616): nobody passes with another's nonce, a wrong
// password, an old nonce, or an nc that was used; what was passed once is known again as the same.
#include "protocols/digest/digest_server.hpp"

#include "protocols/sip/parser.hpp"
#include "tests/fuzz/fuzzing.hpp"
#include "tests/support/digest_phone.hpp"

#include <algorithm>
#include <map>
#include <set>

using namespace std::chrono_literals;
using namespace tandem;
using test::require;
using verdict = sip::digest_server::verdict;

namespace {

/// No cryptography, but the shape of it: equal texts have equal hashes, others most likely not.
class quick_hash final : public hash_functions {
public:
  hash_text hash(hash_algorithm a, std::span<const std::string_view> pieces) const override {
    std::uint64_t h = 0xcbf2'9ce4'8422'2325U;
    for (const auto piece : pieces)
      for (const char c : piece)
        h = (h ^ static_cast<unsigned char>(c)) * 0x100'0000'01b3U;
    hash_text out;
    out.size = static_cast<std::uint8_t>(digits_of(a));
    for (std::size_t i = 0; i < out.size; ++i)
      out.digits[i] = "0123456789abcdef"[h >> 4 * (i % 16) & 15];
    return out;
  }
  hash_text mac(std::span<const std::string_view> pieces) const override {
    return hash(hash_algorithm::sha256, pieces);
  }
};

constexpr duration lifetime = 300s;
const ip_address clients[] = {{ip_family::v4, {192, 0, 2, 7}}, {ip_family::v4, {192, 0, 2, 8}}};

class desk {
public:
  desk() {
    server_.set_offer({"example.test", {hash_algorithm::sha256, hash_algorithm::md5}, lifetime});
  }

  void feed(test::choices& in) {
    const auto event = in.byte();
    switch (event % 4) {
      case 0: challenge(event >> 2U & 1U); break;
      case 1: now_ += event * 1s; break;
      default: log_in(in);
    }
  }

private:
  struct issued {
    sip::message_ptr response; ///< keeps the views
    sip::challenge asked;
    unsigned client;
    time_point at;
  };

  void challenge(unsigned client) {
    if (issued_.size() > 50)
      return;
    sip::message_writer w;
    w.status_line({401});
    server_.write_challenges(w, clients[client], sip::digest_server::reason::none,
                             hash_algorithm::sha256, now_);
    const auto m = sip::parse_message(*w.finish());
    require(m.has_value());
    const auto asked = sip::choose_challenge(**m, sip::header_id::www_authenticate);
    require(asked.has_value());
    issued_.push_back({*m, *asked, client, now_});
  }

  void log_in(test::choices& in) {
    if (issued_.empty())
      return;
    const auto which = in.byte(), how = in.byte(), nc = in.byte();
    const auto& n = issued_[which % issued_.size()];
    const unsigned client = how & 1U;
    const bool right_password = (how & 2U) == 0;
    const bool right_uri = (how & 4U) == 0;
    const std::string cseq = std::to_string(how >> 4U);
    test::phone_login login{.uri = right_uri ? "sip:example.test" : "sip:elsewhere.test",
                            .nc = 1U + nc % 100U};
    login.method = "REGISTER";
    if (!right_password)
      login.password = "guess";
    const auto text =
        "REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/UDP h;branch=z9hG4bK-" + cseq
        + "\r\nFrom: <sip:phone@example.test>;tag=a\r\nTo: <sip:phone@example.test>\r\n"
          "Call-ID: c\r\nCSeq: "
        + cseq + " REGISTER\r\n" + test::digest_authorization(hash_, n.asked, login) + "\r\n";
    const auto m = sip::parse_message(text);
    require(m.has_value());
    const auto found = server_.find_credentials(**m);
    require(found && *found);
    const auto said = server_.verify(**found, sip::login_secret{.password = "secret"}, **m,
                                     clients[client], now_);
    const bool proved =
        client == n.client && right_password && right_uri && now_ - n.at <= lifetime;
    const std::pair use{which % issued_.size(), login.nc};
    if (said == verdict::passed)
      require(proved && passed_.emplace(use, cseq).second);
    if (said == verdict::repeated)
      require(proved && passed_.contains(use) && passed_.at(use) == cseq);
    if (!right_password)
      require(said == verdict::wrong || said == verdict::stale);
    if (proved && !passed_.contains(use))
      require(said == verdict::stale && is_far_behind(use)); // RFC 7616 §3.4: nc only rises
  }

  /// More than the window below the highest that has passed.
  [[nodiscard]] bool is_far_behind(const std::pair<std::size_t, std::uint32_t>& use) const {
    return std::ranges::any_of(passed_, [&](const auto& p) {
      return p.first.first == use.first && p.first.second > use.second + sip::nonce_count_window;
    });
  }

  quick_hash hash_;
  sip::digest_server server_{hash_, 3};
  time_point now_{1h};
  std::vector<issued> issued_;
  std::map<std::pair<std::size_t, std::uint32_t>, std::string> passed_;
};

/// A table with room for three: forgetting lets nothing in twice.
void crowd(test::choices in) {
  sip::nonce_table table{lifetime, 3};
  std::set<std::pair<std::uint32_t, std::uint32_t>> passed;
  time_point now{1h};
  std::uint32_t serial = 0;
  while (!in.empty()) {
    const auto event = in.byte();
    now += (event >> 5U) * 1s;
    const auto mine = event & 1U ? ++serial : serial - std::min<std::uint32_t>(serial, event % 8U);
    const sip::nonce_identity n{.issued_ms = 3'600'000 + mine, .serial = mine, .issuer = 1};
    const std::uint32_t nc = 1U + in.byte();
    if (table.is_stale(n, now))
      continue;
    if (table.on_login(n, nc, passed.size(), now, 32s) == sip::nonce_table::verdict::fresh)
      require(passed.emplace(mine, nc).second);
    require(table.size() <= 3);
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::choices in{data, size};
  crowd(in);
  desk d;
  while (!in.empty())
    d.feed(in);
  return 0;
}
