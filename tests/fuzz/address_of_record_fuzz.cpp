// Any sequence of REGISTERs for one user (RFC 3261 §10.3): a request is carried out as a whole or
// not at all, its retransmission changes nothing, no limit is passed, nothing outlives its time; a
// restore on another clock changes nothing.
#include "protocols/sip/address_of_record.hpp"

#include "protocols/sip/limits.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <string>

using namespace std::chrono_literals;
using namespace tandem;
using test::require;
using verdict = sip::register_verdict;

namespace {

constexpr std::array<std::string_view, 8> uris = {"sip:1@192.0.2.1",
                                                  "sip:%31@192.0.2.1",
                                                  "sip:1@192.0.2.1:5060",
                                                  "sip:1@192.0.2.1;transport=tcp",
                                                  "sips:1@a.test",
                                                  "sip:2@[::1];ob",
                                                  "tel:+123",
                                                  "sip:1@192.0.2.1?a=b"};
constexpr std::array<std::string_view, 6> parameters = {"",
                                                        ";q=0.5",
                                                        ";expires=0",
                                                        ";expires=59",
                                                        ";expires=100",
                                                        ";q=1;+sip.instance=\"<u>\";expires=9999"};
constexpr sip::registrar_rules rules{
    .min_expires_s = 60, .max_expires_s = 3600, .default_expires_s = 600, .bindings = 3};

/// A REGISTER that owns its texts.
struct request {
  std::string call_id;
  std::uint32_t cseq = 0;
  bool wildcard = false, repeats_itself = false;
  std::optional<std::uint32_t> expires;
  std::vector<std::string> texts;
  std::vector<sip::contact> contacts;

  [[nodiscard]] sip::registration view() const {
    return {.call_id = call_id,
            .cseq = cseq,
            .wildcard = wildcard,
            .contacts = contacts,
            .expires = expires,
            .source = {}};
  }
};

request read_request(test::choices& in) {
  request r;
  const auto how = in.byte();
  r.call_id = how & 1U ? "a" : "b";
  if (how == 255)
    r.call_id.assign(sip::max_binding_call_id_bytes + 1, 'c');
  r.cseq = in.byte();
  r.wildcard = (how & 14U) == 14;
  constexpr std::array<std::uint32_t, 4> header = {0, 30, 60, 0xffff'ffff};
  if (how & 64U)
    r.expires = header[how >> 4U & 3U];
  std::set<std::uint8_t> seen;
  for (auto n = how >> 2U & 3U; n > 0; --n) {
    const auto which = in.byte();
    const auto uri = which % uris.size();
    // The first two are one resource.
    r.repeats_itself |= !seen.insert(static_cast<std::uint8_t>(uri < 2 ? 0 : uri)).second;
    r.texts.push_back("<" + std::string{uris[uri]} + ">"
                      + std::string{parameters[which / uris.size() % parameters.size()]});
  }
  for (std::string_view text : r.texts)
    require(sip::take_contact(text, r.contacts.emplace_back()) && text.empty());
  return r;
}

class subject {
public:
  void feed(test::choices& in) {
    const auto event = in.byte();
    switch (event % 8) {
      case 5: wait(event * 5s); break;
      case 6: wait(user().next_deadline().value_or(users_.now()) - users_.now()); break;
      case 7:
        users_.move(
            1h * event, [](const auto& a, time_point now) { return a.snapshot_at(now); },
            [](const auto& s, time_point now) {
              return sip::address_of_record{s, now};
            });
        break;
      default: on_register(read_request(in));
    }
  }

private:
  [[nodiscard]] const sip::address_of_record& user() const { return users_.get(); }

  verdict give(const request& r) {
    const auto said =
        users_.give([&](auto& a, time_point now) { return a.on_register(r.view(), rules, now); });
    require(user().bindings().size() <= rules.bindings);
    for (const auto& b : user().bindings()) {
      require(b.granted_s >= rules.min_expires_s && b.granted_s <= rules.max_expires_s);
      require(b.expires > users_.now());
      require(sip::seconds_left(b, users_.now()) <= b.granted_s);
      require(b.parameters.find("expires=") == std::string::npos);
    }
    const auto next = user().next_deadline();
    require(next.has_value() != user().empty());
    return said;
  }

  void on_register(const request& r) {
    wait(0s); // what has expired is gone, so that the rest can be compared
    const auto before = user().bindings();
    const auto said = give(r);
    const bool refused = said != verdict::changed && said != verdict::unchanged;
    require(refused == (sip::answer_for(said).status != sip::status_code{200}));
    if (said != verdict::changed)
      require(user().bindings() == before);
    if (refused || r.repeats_itself)
      return;
    for (const auto& b : user().bindings())
      if (std::ranges::none_of(before, [&](const auto& old) { return old == b; }))
        require(b.call_id == r.call_id && b.cseq == r.cseq);
    const auto after = user().bindings(); // §8.2.7: the same again is answered in the same way
    const auto again = give(r);
    require(again == verdict::unchanged || again == verdict::changed);
    require(user().bindings() == after);
  }

  void wait(duration by) {
    users_.wait(by);
    const auto known = user().bindings().size();
    const auto gone = users_.give([](auto& a, time_point now) { return a.on_deadline(now); });
    require(user().bindings().size() + gone.size() == known);
  }

  test::twins<sip::address_of_record> users_{sip::address_of_record{}};
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  test::choices in{data, size};
  subject s;
  while (!in.empty())
    s.feed(in);
  return 0;
}
