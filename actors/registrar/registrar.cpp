#include "actors/registrar/registrar.hpp"

#include "actors/app/limits.hpp"
#include "actors/call/identity.hpp"
#include "actors/call/replies.hpp"
#include "actors/registrar/domain.hpp"
#include "actors/registrar/limits.hpp"
#include "actors/registrar/record/limits.hpp"
#include "actors/registrar/register_reply.hpp"
#include "config/limits.hpp"
#include "protocols/sip/limits.hpp"
#include "protocols/sip/response_builder.hpp"
#include "protocols/sip/typed_headers.hpp"
#include "runtime/telemetry/event_log.hpp"

#include <algorithm>
#include <functional>

namespace tandem::actors {

static_assert(max_bindings_per_user <= sip::max_bindings);
static_assert(limits::contacts_per_call >= sip::max_bindings);

namespace {

using result = registrar_figures::result;

result result_of(sip::register_verdict v) {
  switch (v) {
    case sip::register_verdict::changed: return result::ok;
    case sip::register_verdict::unchanged: return result::fetched;
    case sip::register_verdict::too_brief: return result::brief;
    case sip::register_verdict::bad_wildcard:
    case sip::register_verdict::out_of_order:
    case sip::register_verdict::too_many:
    case sip::register_verdict::too_long: return result::refused;
  }
  return result::refused;
}

std::uint32_t seconds(std::chrono::seconds s) {
  return static_cast<std::uint32_t>(s.count());
}

} // namespace

registrar_figures::registrar_figures(metrics& m)
  : bindings(m.make_gauge("tandem_registrar_bindings", "Contacts registered")),
    users(m.make_gauge("tandem_registrar_users", "Users with at least one contact")) {
  constexpr std::array<const char*, static_cast<std::size_t>(result::count)> names = {
      "changed", "unchanged", "too_brief", "refused", "unknown_user", "forbidden", "full"};
  for (std::size_t i = 0; i < names.size(); ++i)
    requests[i] = &m.make_counter("tandem_registrar_requests_total",
                                  "REGISTER requests, by what they led to", {{"result", names[i]}});
}

registrar::registrar(caf::actor_config& cfg, shard& home, tree_place place, call_services& services,
                     registration_queue& queue, const keyed_hash& hash,
                     const registrar_facts& facts, registrar_figures& figures)
  : sharded(cfg, home, std::move(place)), services_(services), queue_(queue), hash_(hash),
    facts_(facts), figures_(figures), flows_(services.facts) {
  restore();
  entry().set_state("open");
}

caf::behavior registrar::make_behavior() {
  return {
      [this](const msg::register_request& m) { on_register(m); },
      [this](msg::find_user& m) { on_find(m); },
  };
}

void registrar::on_exit() {
  timer_.stop();
  for (const auto& [key, e] : users_)
    figures_.bindings.add(-static_cast<std::int64_t>(e.aor.bindings().size()));
  figures_.users.add(-static_cast<std::int64_t>(users_.size()));
  users_.clear();
  flows_.clear();
}

/// What expired while nobody looked is dropped, with its record.
void registrar::restore() {
  const auto now = this_moment();
  std::size_t damaged = 0;
  const auto visited = queue_.visit_registrations([&](const key128& key, std::string_view bytes) {
    auto read = decode_registration(bytes);
    if (!read) {
      ++damaged;
      return queue_.change_registration(key, std::nullopt);
    }
    auto record = aged(std::move(*read), now);
    user_entry e{std::move(record.user),
                 std::move(record.user_agent),
                 {record.bindings, now.at},
                 now.at - record.since_register,
                 {}};
    if (e.aor.empty())
      return queue_.change_registration(key, std::nullopt);
    figures_.bindings.add(static_cast<std::int64_t>(e.aor.bindings().size()));
    figures_.users.add();
    flows_.add(e.aor);
    arm(key, users_.emplace(key, std::move(e)).first->second);
  });
  if (!visited)
    services_.log.error("registrar.restore", visited.error());
  if (damaged != 0)
    services_.log.error("registrar.restore", std::to_string(damaged)
                                                 + " registrations are damaged and left out; "
                                                   "their phones will register again");
  start_timer();
}

// ------------------------------------------------------------------------------------- REGISTER

/// RFC 3261 §10.3 steps 2, 4 and 5; who it is was asked before.
void registrar::on_register(const msg::register_request& m) {
  const auto to = sip::read_to(*m.in.message);
  const auto& settings = *services_.settings;
  if (const auto required = sip::read_tokens(*m.in.message, sip::header_id::require);
      required && !required->empty()) { // §8.2.2.3: no extension of the registrar is known
    figures_.count(result::refused);
    return answer(m.in, {}, {420, {}});
  }
  const auto user = to->uri.is_sip() ? to->uri.unescaped_user() : std::string{};
  if (!is_our_domain(to->uri, settings.auth.realm, services_.facts)
      || find_user(settings, user) == nullptr) {
    figures_.count(result::stranger);
    return answer(m.in, user, {404, {}});
  }
  if (!m.user.empty() && m.user != user) {
    figures_.count(result::forbidden);
    return answer(m.in, user, {403, "Not Your Address"});
  }
  apply(m.in, user);
}

void registrar::apply(const msg::sip_input& in, const std::string& user) {
  const auto& request = *in.message;
  const auto contacts = sip::read_contacts(request);
  sip::registration r{.call_id = *sip::read_call_id(request),
                      .cseq = sip::read_cseq(request)->number,
                      .source = {in.transport.value, in.source}};
  if (contacts) {
    r.wildcard = contacts->wildcard;
    r.contacts = {contacts->list.data(), contacts->list.size()};
  }
  if (const auto expires = sip::read_expires(request))
    r.expires = *expires;
  const auto key = registration_key(hash_, user);
  const auto found = users_.try_emplace(key).first;
  auto& e = found->second;
  const auto before = e.aor.bindings().size();
  const auto limits_now = rules(before);
  flows_.remove(e.aor);
  const auto verdict = e.aor.on_register(r, limits_now, home().now());
  flows_.add(e.aor);
  figures_.bindings.add(static_cast<std::int64_t>(e.aor.bindings().size())
                        - static_cast<std::int64_t>(before));
  if (verdict == sip::register_verdict::changed) {
    if (e.user.empty()) {
      e.user = user;
      figures_.users.add();
    }
    e.user_agent = request.header(sip::header_id::user_agent).value_or("");
    e.user_agent.resize(std::min(e.user_agent.size(), limits::user_agent_bytes));
    e.last_register = home().now();
    if (!e.aor.empty())
      commit(key, e);
  }
  const bool node_is_full =
      verdict == sip::register_verdict::too_many
      && limits_now.bindings < services_.settings->registrar.bindings_per_user;
  figures_.count(node_is_full ? result::full : result_of(verdict));
  answer(in, user,
         node_is_full ? sip::register_answer{503, "Too Many Registrations"} : answer_for(verdict),
         &e);
  settle(found);
}

sip::registrar_rules registrar::rules(std::size_t bindings_now) const {
  const auto& s = services_.settings->registrar;
  const auto all = static_cast<std::size_t>(std::max<std::int64_t>(figures_.bindings.value(), 0));
  const auto most = facts_.bindings_per_node;
  const auto room = most > all ? most - all : 0;
  return {seconds(s.min_expires), seconds(s.max_expires), seconds(s.default_expires),
          std::min(s.bindings_per_user, bindings_now + room)};
}

void registrar::answer(const msg::sip_input& in, const std::string& user, sip::register_answer a,
                       const user_entry* e) {
  // §8.2.7: the same tag for the same request, so it is made of what the request says.
  const auto tag = make_tag({registration_key(hash_, user), no_leg, services_.facts.name});
  register_reply r{.answer = a,
                   .to_tag = tag,
                   .min_expires_s = seconds(services_.settings->registrar.min_expires),
                   .now = home().now(),
                   .wall = services_.time.wall()};
  if (a.status == 200)
    r.bindings = &e->aor.bindings();
  services_.wire.send({in.transport,
                       reply_destination(services_.facts, in.transport, *in.message, in.source),
                       write_reply(in, r), std::to_string(a.status.value())});
}

void registrar::commit(const key128& key, const user_entry& e) {
  const auto now = this_moment();
  queue_.change_registration(key,
                             encode_registration({e.user, e.user_agent, e.aor.snapshot_at(now.at),
                                                  now.at - e.last_register, now}));
}

moment registrar::this_moment() const {
  return {facts_.boot_id, home().now(), services_.time.wall()};
}

// -------------------------------------------------------------------------------------- look-up

/// RFC 3261 §16.6 and §10: the contacts by q; of equal ones the newest is first.
void registrar::on_find(msg::find_user& m) {
  std::vector<contact> contacts;
  const auto found = users_.find(registration_key(hash_, m.user));
  if (found != users_.end()) {
    const auto now = home().now();
    const auto& all = found->second.aor.bindings();
    for (auto b = all.rbegin(); b != all.rend(); ++b) {
      const auto uri = sip::parse_uri(b->uri);
      if (b->expires <= now || !uri || !uri->is_sip())
        continue;
      contact c{.uri = b->uri, .q_thousandths = b->q.value_or(1000)};
      if (b->source.transport < services_.facts.transports.size())
        c.reached_by = flow{{b->source.transport}, b->source.peer};
      contacts.push_back(std::move(c));
    }
    std::ranges::stable_sort(contacts, std::greater{}, &contact::q_thousandths);
  }
  send(m.asker, msg::user_found{std::move(m.waiting), std::move(contacts)});
}

// --------------------------------------------------------------------------------------- expiry

void registrar::settle(user_map::iterator at) {
  auto& [key, e] = *at;
  if (!e.aor.empty())
    return arm(key, e);
  if (!e.user.empty()) { // it was more than a question about nobody
    queue_.change_registration(key, std::nullopt);
    figures_.users.add(-1);
  }
  users_.erase(at);
  if (users_.empty()) { // all that is left is stale
    deadlines_.clear();
    start_timer();
  }
}

void registrar::arm(const key128& key, user_entry& e) {
  const auto first = *e.aor.next_deadline();
  if (e.armed != time_point{} && e.armed <= first)
    return; // it will be looked at by then
  e.armed = first;
  deadlines_.push_back({first, key});
  std::ranges::push_heap(deadlines_, std::greater{});
  if (deadlines_.size() > 2 * users_.size() + limits::stale_deadlines)
    rebuild_deadlines();
  start_timer();
}

void registrar::rebuild_deadlines() {
  deadlines_.clear();
  for (auto& [key, e] : users_) {
    e.armed = e.aor.next_deadline().value_or(e.armed);
    deadlines_.push_back({e.armed, key});
  }
  std::ranges::make_heap(deadlines_, std::greater{});
}

void registrar::start_timer() {
  if (deadlines_.empty())
    return timer_.stop();
  const auto first = deadlines_.front().at;
  if (timer_.deadline() != first)
    timer_.start(home().timers(), first);
}

void registrar::on_timer() {
  const auto now = home().now();
  while (!deadlines_.empty() && deadlines_.front().at <= now) {
    const auto due = deadlines_.front();
    std::ranges::pop_heap(deadlines_, std::greater{});
    deadlines_.pop_back();
    const auto at = users_.find(due.key);
    if (at == users_.end() || at->second.armed != due.at)
      continue; // stale
    at->second.armed = {};
    flows_.remove(at->second.aor);
    const auto gone = at->second.aor.on_deadline(now).size();
    flows_.add(at->second.aor);
    figures_.bindings.add(-static_cast<std::int64_t>(gone));
    settle(at);
  }
  start_timer();
}

// -------------------------------------------------------------------------------------- console

user_summary registrar::describe(const user_entry& e) const {
  const auto now = home().now();
  user_summary s{e.user, e.user_agent, now - e.last_register, {}};
  for (const auto& b : e.aor.bindings()) {
    const auto& known = services_.facts.transports;
    s.bindings.push_back(
        {b.uri, b.q, std::max(b.expires - now, duration{}), to_string(b.source.peer),
         b.source.transport < known.size() ? known[b.source.transport].protocol : std::string{},
         b.call_id, b.cseq});
  }
  return s;
}

std::vector<user_summary> registrar::summaries(std::size_t at_most) const {
  std::vector<user_summary> out;
  for (const auto& [key, e] : users_) {
    if (out.size() >= at_most)
      break;
    out.push_back(describe(e));
  }
  return out;
}

std::optional<user_summary> registrar::summary(const std::string& user) const {
  const auto found = users_.find(registration_key(hash_, user));
  return found != users_.end() ? std::optional{describe(found->second)} : std::nullopt;
}

} // namespace tandem::actors
