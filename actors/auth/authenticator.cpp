#include "actors/auth/authenticator.hpp"

#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "protocols/sip/uri.hpp"

#include <algorithm>
#include <array>

namespace tandem::actors {

namespace {

using verdict = sip::digest_server::verdict;

counter& outcome(metrics& m, const char* what) {
  return m.make_counter("tandem_auth_requests_total",
                        "Requests from outside of dialogs, by what authentication said",
                        {{"outcome", what}});
}

admission answered(std::uint16_t status, std::string_view reason = {}) {
  return {.what = admission::kind::answer, .status = status, .reason = reason};
}

std::optional<sip::login_secret> secret_of(const user_settings* u) {
  if (u == nullptr)
    return std::nullopt;
  sip::login_secret s;
  s.password = u->password;
  if (u->ha1) {
    s.ha1_md5 = u->ha1->md5;
    s.ha1_sha256 = u->ha1->sha256;
  }
  return s;
}

} // namespace

auth_counters::auth_counters(metrics& m)
  : passed(outcome(m, "passed")), trusted(outcome(m, "trusted")),
    challenged(outcome(m, "challenged")), stale(outcome(m, "stale")), failed(outcome(m, "failed")),
    unreadable(outcome(m, "unreadable")), not_his_name(outcome(m, "not_his_name")),
    banned(outcome(m, "banned")), dropped(outcome(m, "dropped")) {
}

authenticator::authenticator(const hash_functions& hash, std::uint8_t shard, auth_counters c)
  : digest_(hash, shard), count_(c), settings_(std::make_shared<const configuration>()) {
}

void authenticator::apply(std::shared_ptr<const configuration> settings) {
  settings_ = std::move(settings);
  const auto& a = settings_->auth;
  sources_.set_rates({a.requests_per_second, a.failures_per_minute, a.ban});
  if (auto offered = offered_algorithms(*settings_); !offered.empty())
    digest_.set_offer({a.realm, std::move(offered), a.nonce_lifetime});
}

admission authenticator::judge(const sip::message& m, const ip_endpoint& source, time_point now) {
  const bool is_register = m.get_method() == sip::method::register_;
  if (const auto* trunk = find_trunk(*settings_, source)) {
    if (trunk->trusted) {
      count_.trusted.add();
      return {};
    }
  } else {
    // Before all that costs anything. A login that succeeds is not counted, so calls are not.
    if (is_register && !sources_.take_request(source.address, now)) {
      count_.dropped.add();
      return {.what = admission::kind::drop};
    }
    if (sources_.is_banned(source.address, now)) {
      count_.banned.add();
      return answered(403, "Too Many Failed Logins");
    }
  }
  if (settings_->users.empty())
    return {};
  return ask(m, source, now);
}

admission authenticator::ask(const sip::message& m, const ip_endpoint& source, time_point now) {
  const auto found = digest_.find_credentials(m);
  if (!found) {
    count_.unreadable.add();
    return answered(400, "Bad Authorization"); // RFC 7616 §3.4.2
  }
  if (*found)
    return check(**found, m, source, now);
  const bool is_counted = m.get_method() != sip::method::register_; // that was already
  return challenge(source, now, is_counted);
}

admission authenticator::challenge(const ip_endpoint& source, time_point now, bool is_counted) {
  if (is_counted && find_trunk(*settings_, source) == nullptr
      && !sources_.take_request(source.address, now)) {
    count_.dropped.add();
    return {.what = admission::kind::drop};
  }
  count_.challenged.add();
  return answered(401);
}

admission authenticator::check(const sip::credentials& c, const sip::message& m,
                               const ip_endpoint& source, time_point now) {
  const auto* user = find_user(*settings_, c.username);
  switch (digest_.verify(c, secret_of(user), m, source.address, now)) {
    case verdict::passed:
    case verdict::repeated:
      if (!speaks_for_himself(m, c.username)) {
        count_.not_his_name.add();
        return answered(403, "Not Your Address"); // RFC 3261 §10.3 step 4
      }
      count_.passed.add();
      return {.user = std::string(c.username)};
    case verdict::stale: {
      count_.stale.add();
      auto again = answered(401);
      again.challenge = sip::digest_server::reason::stale;
      return again;
    }
    case verdict::wrong:
      // The nonce was ours for this address: whoever failed can be reached there.
      count_.failed.add();
      if (find_trunk(*settings_, source) == nullptr)
        sources_.add_failure(source.address, now);
      return answered(401);
    case verdict::not_offered: count_.challenged.add(); return answered(401);
    case verdict::wrong_uri:
      count_.unreadable.add();
      return answered(400, "Authorization For Another URI"); // RFC 7616 §3.4.6
  }
  return answered(401);
}

wire_bytes authenticator::refusal(const admission& a, const sip::message& m,
                                  const ip_endpoint& source, std::string_view to_tag,
                                  time_point now) {
  sip::message_writer w;
  sip::begin_response(w, m,
                      {.status = a.status, .reason = a.reason, .to_tag = to_tag, .source = source});
  if (a.status == 401)
    digest_.write_challenges(w, source.address, a.challenge, strongest_bearable(m), now);
  return w.finish();
}

bool speaks_for_himself(const sip::message& m, std::string_view user) {
  const bool is_register = m.get_method() == sip::method::register_;
  const auto sender = is_register ? sip::read_to(m) : sip::read_from(m);
  if (!sender || !sender->uri.is_sip())
    return false;
  if (!is_register && sip::same_word(sender->uri.host, "anonymous.invalid"))
    return true;
  return sender->uri.unescaped_user() == user;
}

hash_algorithm strongest_bearable(const sip::message& m) {
  struct row {
    std::string_view agent;
    hash_algorithm strongest;
  };
  constexpr std::array<row, 3> known = {{{"baresip v0.", hash_algorithm::md5}, // libre before 2.x
                                         {"baresip v1.", hash_algorithm::md5},
                                         {"Linphone", hash_algorithm::sha256}}}; // belle-sip
  const auto agent = m.header(sip::header_id::user_agent).value_or("");
  const auto found =
      std::ranges::find_if(known, [&](const row& r) { return agent.starts_with(r.agent); });
  return found != known.end() ? found->strongest : sip::algorithms_by_strength.front();
}

} // namespace tandem::actors
