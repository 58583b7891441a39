#include "tests/actors/world.hpp"

#include "tests/actors/world_parts.hpp"

#include <catch2/catch.hpp>

#include <algorithm>
#include <exception>
#include <stdexcept>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

constexpr auto everywhere = R"(
[[sip.listen]]
transport = "tcp"
address = "127.0.0.1:5060"
[[sip.listen]]
transport = "udp"
address = "[::1]:5060"
[[sip.listen]]
transport = "tcp"
address = "[::1]:5060"
[[routes]]
match = "^5"
app = "bridge"
to = "sip:{user}@127.0.0.1:5081;transport=tcp"
[[routes]]
match = "^6"
app = "bridge"
to = "sip:{user}@[::1]:5082"
[[routes]]
match = "^4"
app = "bridge"
to = "sip:{user}@[::2]:5083;transport=tcp"
)";

std::string settings_text(const world_settings& s) {
  std::string out = R"(
[node]
name = "a"
data = "var/a"
[auth]
realm = "example.test"
[[sip.listen]]
transport = "udp"
address = "127.0.0.1:5060"
[admin]
listen = "127.0.0.1:8080"
[media]
address = "127.0.0.1"
[[routes]]
match = "^9196$"
app = "echo"
[[routes]]
match = "^7"
app = "bridge"
to = "sip:{user}@127.0.0.1:5080"
[[routes]]
match = "^3"
app = "bridge"
to = "sip:{user}@127.0.0.1:5080"
media = "direct"
)";
  for (const auto& name : test_app_names())
    out += "[[routes]]\nmatch = \"^" + name + "$\"\napp = \"" + name
           + "\"\nto = \"sip:{user}@127.0.0.1:5080\"\n";
  if (s.everywhere)
    out += everywhere;
  out.insert(out.find("realm"), s.auth);
  out += s.settings;
  for (const auto& name : s.users)
    out += "[[users]]\nname = \"" + name + "\"\npassword = \"secret\"\n";
  if (!s.users.empty()) // the test's phones need no password
    out += "[[trunks]]\nname = \"t\"\naddress = \"127.0.0.1\"\ntrusted = true\n";
  out += "[[routes]]\nmatch = \"^8(.*)\"\napp = \"bridge\"\nto = \"sip:{1}@example.test\"\n";
  out += "[registrar]\n" + s.registrar + "\n";
  out += "[sip]\nshards = " + std::to_string(s.shards) + "\n" + s.sip_settings;
  return out;
}

configuration settings_for(const world_settings& s) {
  auto text = settings_text(s);
  if (s.everywhere) // [media] stands above all that was added
    text.insert(text.find("[media]\n") + 8, "address6 = \"::1\"\n");
  auto read = parse_configuration(text, "test.toml");
  if (!read)
    throw std::logic_error{to_string(read.error().front())};
  return std::move(*read);
}

} // namespace

tl::expected<void, std::string>
observed_store::commit(std::span<const cluster::record_change> changes) {
  if (notes_.node_is_dead)
    return {};
  if (failures > 0) {
    --failures;
    return tl::unexpected(std::string("the disk is full"));
  }
  for (const auto& c : changes)
    notes_.add({.what = as_ == happening::kind::registered ? as_
                        : c.bytes                          ? as_
                                                           : happening::kind::erased,
                .bytes = text_of(c),
                .key = c.key});
  return below_.commit(changes);
}

/// Of a call what stands before its stamp.
std::string observed_store::text_of(const cluster::record_change& c) const {
  if (!c.bytes)
    return "";
  return as_ == happening::kind::registered ? *c.bytes : std::string(actors::record_of(*c.bytes));
}

world::parts::parts(const world_settings& s) : net(1, {.latency = duration{}}), faults(s.faults) {
  for (std::size_t i = 0; i < s.shards; ++i) {
    stores.push_back(std::make_unique<observed_store>(notes));
    registrations.push_back(std::make_unique<observed_store>(notes, happening::kind::registered));
    marks.push_back(std::make_unique<cluster::memory_store>());
    damaged.push_back(std::make_unique<cluster::memory_store>());
  }
  shape = {settings_for(s),   test_catalogue(), s.ring_timeout,
           s.calls_per_shard, s.media_pairs,    s.bindings_per_node};
  node = std::make_unique<node_life>(grounds(), shape);
}

node_grounds world::parts::grounds() {
  std::vector<actors::shard_stores> disks;
  for (std::size_t i = 0; i < stores.size(); ++i)
    disks.push_back({*stores[i], *registrations[i], marks[i].get(), damaged[i].get()});
  return {time,
          node_net,
          std::move(disks),
          [this](std::string_view line) { log_lines.emplace_back(line); },
          [this](actors::call_detail d) {
            if (!notes.node_is_dead)
              details.push_back(std::move(d));
          },
          faults,
          [this](const key128& key, wall_time started) {
            return std::ranges::any_of(details, [&](const actors::call_detail& d) {
              return d.key == key && actors::utc_text(d.start) == actors::utc_text(started);
            });
          },
          boot_id};
}

/// One round of everybody. True: there is more to do at this moment.
bool world::parts::step() {
  phones_bell.poll({});
  for (std::size_t i = 0; node && i < node->shards.size(); ++i)
    node->step(i);
  const bool more = phones_bell.next() && *phones_bell.next() <= time.now();
  return (node && node->is_busy()) || more;
}

std::optional<time_point> world::parts::next() const {
  const auto first = phones_bell.next();
  const auto nodes = node ? node->next() : std::nullopt;
  return first && (!nodes || *first < *nodes) ? first : nodes;
}

world::world(const world_settings& s)
  : parts_(std::make_unique<parts>(s)), caller(parts_->add_phone(5070, ip_family::v4, "UDP")),
    callee(parts_->add_phone(5080, ip_family::v4, "UDP")) {
  settle();
}

world::~world() {
  if (!over_ && std::uncaught_exceptions() == 0)
    FAIL_CHECK("this test did not ask whether all is over");
}

void world::settle() {
  constexpr int enough = 100'000;
  for (int i = 0; parts_->step(); ++i)
    if (i > enough)
      throw std::logic_error{"it never settles"};
}

void world::pass(duration d) {
  const auto end = parts_->time.now() + d;
  settle();
  for (auto next = parts_->next(); next && *next <= end; next = parts_->next()) {
    parts_->time.advance_to(std::max(parts_->time.now(), *next));
    settle();
  }
  parts_->time.advance_to(end);
  settle();
}

std::chrono::milliseconds world::elapsed() const {
  return std::chrono::duration_cast<std::chrono::milliseconds>(parts_->time.now()
                                                               - parts_->notes.start);
}

void world::connect() {
  caller.invite("7100");
  settle();
  callee.respond(200);
  settle();
  REQUIRE(caller.count("200 INVITE") == 1);
  REQUIRE(callee.count("ACK") == 1);
}

simulated_clock& world::clock() {
  return parts_->time;
}

simulated_media& world::media() const {
  return parts_->node->media;
}

std::vector<node_view> world::rows(std::string_view path) const {
  return parts_->node->nodes.snapshot(parts_->time.now(), path);
}

node_view world::row(std::string_view name) const {
  std::vector<node_view> found;
  for (auto& r : rows())
    if (r.name == name)
      found.push_back(std::move(r));
  INFO("row " << name);
  REQUIRE(found.size() == 1);
  return found.front();
}

bool world::has_row(std::string_view name) const {
  return std::ranges::count(rows(), name, &node_view::name) > 0;
}

std::vector<node_view> world::call_rows() const {
  auto all = rows();
  std::erase_if(all, [](const node_view& r) { return r.kind != "call"; });
  return all;
}

key128 world::key() const {
  const auto calls = call_rows();
  REQUIRE(calls.size() == 1);
  return parse_key(calls.front().name).value();
}

std::size_t world::records() const {
  std::size_t n = 0;
  for (const auto& s : parts_->stores)
    n += s->size();
  return n;
}

void world::kill(std::string_view path) {
  const auto there = actor_of(parts_->node->nodes.find(path));
  REQUIRE(there);
  caf::anon_send_exit(caf::actor_cast<caf::actor>(there), caf::exit_reason::kill);
  settle();
}

void world::fail_registrations(std::size_t times) {
  for (const auto& s : parts_->registrations)
    s->failures = times;
}

std::size_t world::registrations() const {
  std::size_t n = 0;
  for (const auto& s : parts_->registrations)
    n += s->size();
  return n;
}

std::int64_t world::level(std::string_view name) const {
  return parts_->node->figures.make_gauge(name, "").value();
}

std::uint64_t world::figure(std::string_view name, const metric_labels& labels) const {
  return parts_->node->figures.make_counter(name, "", labels).value();
}

std::uint64_t world::dropped(const char* reason) const {
  return parts_->node->figures.make_counter("tandem_sip_dropped_total", "", {{"reason", reason}})
      .value();
}

const strings& world::log() const {
  return parts_->log_lines;
}

const std::vector<happening>& world::happenings() const {
  return parts_->notes.lines;
}

void world::apply(const world_settings& s) {
  const auto next = std::make_shared<const configuration>(settings_for(s));
  for (const auto& shard : parts_->node->shards)
    shard->apply(next);
}

void world::end_call() {
  const auto k = key();
  bool known = false;
  for (const auto& s : parts_->node->shards)
    known |= s->end_call(k);
  CHECK(known);
  settle();
}

void world::rtp_timeout(std::uint8_t leg) {
  std::optional<media::slot_id> slot;
  for (const auto& s : parts_->node->shards)
    if (const auto summary = s->summary(key()))
      for (const auto& l : summary->legs)
        if (l.name == "leg " + std::to_string(leg) && l.media)
          for (std::uint32_t i = 0; i < 200 && !slot; ++i)
            for (std::uint32_t generation = 1; generation < 4; ++generation)
              if (const auto* e = media().find({0, i, generation});
                  e != nullptr && e->slot.rtp == l.media->local)
                slot = e->slot.id;
  REQUIRE(slot);
  media().say(*slot, media::rtp_timeout{60s});
  settle();
}

void world::fail_commits(std::size_t times) {
  commits_failed_ = true;
  for (const auto& s : parts_->stores)
    s->failures = times;
}

} // namespace tandem::test
