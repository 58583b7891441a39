#include "actors/node/node.hpp"

#include "actors/admin/admin_api.hpp"
#include "actors/cdr/cdr_writer.hpp"
#include "actors/cdr/written_details.hpp"
#include "actors/faults/armed_faults.hpp"
#include "actors/node/call_shard.hpp"
#include "actors/node/limits.hpp"
#include "actors/node/node_disks.hpp"
#include "media/socket_engine.hpp"
#include "runtime/actor/shard_thread.hpp"
#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/libcrypto_hash.hpp"
#include "runtime/io/real_clock.hpp"
#include "runtime/io/siphash.hpp"
#include "runtime/io/system_disk.hpp"
#include "runtime/io/system_network.hpp"
#include "runtime/io/system_random.hpp"

#include <caf/actor_system_config.hpp>
#include <caf/scoped_actor.hpp>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>
#include <mutex>
#include <thread>

namespace tandem::actors {

namespace {

constexpr int killed = 128 + SIGKILL; ///< what a shell says of a process after kill -9

struct actor_settings : caf::actor_system_config {
  actor_settings() {
    // Shards do the work; CAF's own threads serve what is rare or slow. `sharing` does not spin.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
    set("logger.file-verbosity", caf::atom("quiet"));
    set("logger.console-verbosity", caf::atom("quiet"));
  }
};

media::engine_settings engine_settings_of(const media_settings& m) {
  media::engine_settings s;
  s.address = m.address.value_or(ip_address{});
  s.address6 = m.address6;
  s.first_port = m.first_port;
  s.last_port = m.last_port;
  s.workers = m.workers != 0 ? m.workers : std::max(1U, std::thread::hardware_concurrency());
  s.rtp_timeout = m.rtp_timeout;
  s.kernel_interfaces = m.kernel_interfaces;
  return s;
}

log_settings log_settings_of(const node_settings& n) {
  log_settings s;
  s.node = n.name;
  s.level = n.level;
  return s;
}

void keep_busy(const clock& time, duration d) {
  const auto until = time.now() + d;
  while (time.now() < until) {
  }
}

template <class Secret>
Secret fresh_secret() {
  system_random random;
  Secret s{};
  for (auto& byte : s)
    byte = static_cast<std::uint8_t>(random.next());
  return s;
}

} // namespace

struct node::parts {
  parts(const configuration& c, app_catalogue apps, node_disks found)
    : settings(c), in_force(std::make_shared<const configuration>(c)),
      log(time, log_settings_of(c.node)), hash(found.secret),
      hashes(fresh_secret<libcrypto_hash::secret>()), disks(std::move(found)),
      actors(c.node.name, time.now()), system(actor_config) {
    facts.name = c.node.name;
    facts.media_address = c.media.address;
    facts.media_address6 = c.media.address6;
    facts.ring_timeout = c.sip.ring_timeout;
    facts.timers = sip::timers_for(c.sip.t1);
    facts.session_timers = {c.sip.session_expires, c.sip.min_se};
    facts.apps = std::move(apps);
  }

  [[nodiscard]] tl::expected<void, std::string> open();
  [[nodiscard]] tl::expected<void, std::string> open_shards();
  [[nodiscard]] tl::expected<void, std::string> await_calls();
  [[nodiscard]] std::string details_folder() const { return (settings.node.data / "cdr").string(); }
  [[nodiscard]] bool has_detail(const key128&, wall_time started);
  void sample_figures();
  void sample_packets();
  void hang_up_all();
  void close();

  const configuration settings;                  ///< as the node was started
  std::shared_ptr<const configuration> in_force; ///< as of the last reload
  real_clock time;
  event_log log;
  metrics figures;
  siphash hash;
  libcrypto_hash hashes;
  node_disks disks;
  system_network net;
  system_disk files;
  tree actors;
  actor_settings actor_config;
  caf::actor_system system;
  node_facts facts;
  flow_directory flows;

  std::unique_ptr<armed_faults> faults; ///< null: none are wanted
  std::unique_ptr<node_environment> env;
  std::vector<std::unique_ptr<asio_reactor>> reactors;
  std::vector<std::unique_ptr<call_shard>> shards;
  std::unique_ptr<media::engine> media;
  std::function<media::traffic()> look_at_media;
  media::traffic packets; ///< as last looked at; only the HTTP thread's
  caf::actor cdr;
  std::mutex written_lock;
  std::optional<written_details> written; ///< as far as restored calls want to know
  std::atomic<bool> gave_up{false};
  std::vector<std::unique_ptr<shard_thread>> threads;
  std::unique_ptr<admin_api> api;
  std::unique_ptr<http_server> http;
  std::optional<tree_entry> admin_entry;
};

tl::expected<void, std::string> node::parts::open() {
  auto started = media::start_socket_engine(
      engine_settings_of(settings.media), time, [this](const media::event& e) {
        shards.front()->way_in().deliver(e.call, msg::media_event{.what = e});
      });
  if (!started)
    return tl::unexpected(started.error());
  media = std::move(started->media);
  look_at_media = std::move(started->look);
  for (const auto& warning : started->warnings)
    log.warning("media.pool", warning);

  cdr = system.spawn<cdr_writer, caf::detached>(tree_place{actors.root(), "cdr", "cdr"}, files,
                                                details_folder(), time, log);
  env = std::make_unique<node_environment>(node_environment{
      system, actors, settings, facts, time, net, *media, hash, hashes, log, figures,
      [this](std::vector<call_detail> d, std::function<void()> done) {
        caf::anon_send(cdr, msg::write_details{std::move(d), std::move(done)});
      },
      [this](const std::string& why) {
        gave_up = true;
        if (api)
          api->set_ready(false);
        log.error("node.supervisor", why + "; the node stops");
        (void) ::kill(::getpid(), SIGTERM); // main() waits for it
      },
      flows});
  env->registrar.boot_id = disks.boot_id;
  env->has_detail = [this](const key128& key, wall_time since) { return has_detail(key, since); };
  if (settings.admin.fault_injection) {
    faults = std::make_unique<armed_faults>([] { ::_exit(killed); },
                                            [this](duration d) { keep_busy(time, d); });
    env->faults = faults.get();
    log.warning("node.faults", "[admin] fault_injection is on: whoever reaches the admin port can "
                               "make calls fail and the node end");
  }
  if (auto opened = open_shards(); !opened)
    return opened;
  sample_figures();
  if (settings.users.empty())
    log.warning("auth.open", "no [[users]]: whoever reaches this node can call without a login");

  api = std::make_unique<admin_api>(*env, shards, faults.get(),
                                    [this] { packets = look_at_media(); });
  http_server_settings web;
  web.token = settings.admin.token.value_or("");
  web.open_paths = {"/healthz", "/readyz"};
  auto listening = http_server::start(
      settings.admin.listen, [this](const http_request& r) { return api->handle(r); }, web);
  if (!listening)
    return tl::unexpected(listening.error());
  http = std::move(*listening);
  admin_entry.emplace(tree_place{actors.root(), "admin", "http:" + to_string(http->local())},
                      time.now(), caf::weak_actor_ptr{});
  admin_entry->set_state("listening");
  if (auto back = await_calls(); !back)
    return back;
  api->set_ready(true);
  return {};
}

tl::expected<void, std::string> node::parts::open_shards() {
  const auto count = settings.sip.shards;
  const auto sharing = count > 1 ? port_sharing::shared : port_sharing::exclusive;
  for (std::uint32_t i = 0; i < count; ++i) {
    reactors.push_back(std::make_unique<asio_reactor>());
    shards.push_back(std::make_unique<call_shard>(
        *env, i, *reactors.back(),
        shard_stores{disks.shards[i]->calls(), disks.shards[i]->registrations(),
                     &disks.shards[i]->marks(), &disks.shards[i]->damaged()}));
    if (auto opened = shards.back()->open(sharing); !opened)
      return opened;
  }
  facts.transports = shards.front()->transports();
  for (const auto& s : shards)
    s->set_peers(shards);
  for (const auto& s : shards)
    s->restore_calls();
  for (std::size_t i = 0; i < count; ++i) {
    shards[i]->home().unbind(); // this thread was the first to be there
    threads.push_back(std::make_unique<shard_thread>(shards[i]->home(), *reactors[i]));
  }
  return {};
}

/// Until every shard has its calls back.
tl::expected<void, std::string> node::parts::await_calls() {
  for (const auto& s : shards)
    for (auto done = s->restored();
         done.wait_for(limits::restore_look) != std::future_status::ready;)
      if (gave_up)
        return tl::unexpected(
            std::string("the calls of the process before could not be restored; see the log"));
  const std::lock_guard held{written_lock};
  written.reset();
  return {};
}

/// In a shard's thread, when it restores: the files are read once for all of them.
bool node::parts::has_detail(const key128& key, wall_time started) {
  const std::lock_guard held{written_lock};
  if (!written)
    written = written_details::read(files, details_folder(), limits::cdr_tail_bytes);
  return written->contains(key, started);
}

void node::parts::sample_figures() {
  sample_process(figures);
  sample_packets();
  if (disks.moved != 0)
    log.info("node.store", std::to_string(disks.moved) + " registrations moved to other shards");
  figures.sample("tandem_actors", "Actors in the tree",
                 [this] { return static_cast<double>(actors.size()); });
  figures.sample("tandem_sip_connections", "SIP connections that stand",
                 [this] { return static_cast<double>(flows.size()); });
  const auto pairs = [this](auto member) {
    return [this, member] { return static_cast<double>(media->pools().*member); };
  };
  figures.sample("tandem_media_slots_in_use", "Socket pairs that belong to a call", [this] {
    const auto p = media->pools();
    return static_cast<double>(p.pairs - p.free - p.quarantined);
  });
  figures.sample("tandem_media_pairs", "RTP/RTCP socket pairs bound",
                 pairs(&media::occupancy::pairs));
  figures.sample("tandem_media_pairs_free", "RTP/RTCP socket pairs that can be allocated",
                 pairs(&media::occupancy::free));
  figures.sample("tandem_media_pairs_quarantined", "RTP/RTCP socket pairs released, not yet free",
                 pairs(&media::occupancy::quarantined));
}

void node::parts::sample_packets() {
  const auto count = [this](const char* name, const char* help, auto member) {
    figures.sample(name, help, [this, member] { return static_cast<double>(packets.*member); });
  };
  count("tandem_rtp_packets_received_total", "RTP packets taken from the source they came from",
        &media::traffic::received);
  count("tandem_rtp_packets_sent_total", "RTP packets passed on", &media::traffic::sent);
  count("tandem_rtp_packets_expected_total", "RTP packets that were due, by their numbers",
        &media::traffic::expected);
  count("tandem_rtp_datagrams_dropped_total", "Datagrams on media ports that were not passed on",
        &media::traffic::dropped);
  count("tandem_rtp_packets_carried_total",
        "RTP packets, of those received, that the kernel relayed", &media::traffic::carried);
  count("tandem_rtp_flows_refused_total", "Times that a stream found no room or way in the kernel",
        &media::traffic::flows_refused);
  count("tandem_rtp_streams", "RTP streams heard in the last 5 seconds", &media::traffic::streams);
  const auto jitter = [this](const char* name, const char* help, auto member) {
    figures.sample(name, help, [this, member] {
      return std::chrono::duration<double>(packets.*member).count();
    });
  };
  jitter("tandem_rtp_jitter_mean_seconds", "Mean interarrival jitter of those streams",
         &media::traffic::mean_jitter);
  jitter("tandem_rtp_jitter_worst_seconds", "Jitter of the worst of them",
         &media::traffic::worst_jitter);
  figures.sample("tandem_log_suppressed_total", "Log lines left out: too many of one cause",
                 [this] { return static_cast<double>(log.suppressed()); });
}

/// Live calls are told good-bye before the node goes, within a second.
void node::parts::hang_up_all() {
  for (const auto& s : shards)
    (void) s->home().post([&there = *s] { there.end_all_calls(); });
  const auto until = time.now() + std::chrono::seconds{1};
  for (const auto& s : shards)
    while (time.now() < until) {
      auto live = std::make_shared<std::promise<std::size_t>>();
      auto answer = live->get_future();
      if (!s->home().post([live, &there = *s] { live->set_value(there.live_calls()); }))
        break;
      if (answer.wait_for(std::chrono::seconds{1}) != std::future_status::ready
          || answer.get() == 0)
        break;
      std::this_thread::yield();
    }
}

void node::parts::close() {
  if (api)
    api->set_ready(false);
  http.reset();
  if (!threads.empty())
    hang_up_all();
  std::vector<caf::actor> supervisors;
  std::vector<shard_thread*> running;
  for (const auto& s : shards)
    if (s->root())
      supervisors.push_back(s->root());
  for (const auto& t : threads)
    running.push_back(t.get());
  if (!running.empty() && !stop_node(system, supervisors, running, std::chrono::milliseconds{3000}))
    log.warning("node.stop", "not every actor ended in time; their shards were closed");
  supervisors.clear();
  threads.clear();
  media.reset(); // the workers' events end here
  for (const auto& s : shards)
    s->hand_over_details();
  if (cdr) { // after all that it was given; only then nobody tells the shards any more
    caf::anon_send(cdr, msg::close_details{});
    caf::scoped_actor {
      system
      } -> wait_for(cdr);
  }
  cdr = nullptr;
  shards.clear();
  admin_entry.reset();
}

tl::expected<std::unique_ptr<node>, std::string> node::start(const configuration& settings,
                                                             app_catalogue apps) {
  system_disk files;
  auto found = open_node_disks(files, settings.node.data, settings.sip.shards);
  if (!found)
    return tl::unexpected(found.error());
  auto made = std::make_unique<parts>(settings, std::move(apps), std::move(*found));
  if (auto opened = made->open(); !opened) {
    made->close();
    return tl::unexpected(opened.error());
  }
  return std::make_unique<node>(construction{}, std::move(made));
}

node::node(construction, std::unique_ptr<parts> p) : parts_(std::move(p)) {
}

node::~node() {
  parts_->close();
}

reload_report node::reload(const configuration& next) {
  const auto report = compare_settings(*parts_->in_force, next);
  parts_->in_force = std::make_shared<const configuration>(reloaded(*parts_->in_force, next));
  for (const auto& s : parts_->shards)
    (void) s->home().post([&there = *s, now = parts_->in_force] { there.apply(now); });
  return report;
}

event_log& node::log() {
  return parts_->log;
}

std::vector<ip_endpoint> node::sip_addresses() const {
  std::vector<ip_endpoint> out;
  for (const auto& t : parts_->facts.transports)
    out.push_back(t.local);
  return out;
}

ip_endpoint node::admin_address() const {
  return parts_->http->local();
}

} // namespace tandem::actors
