#include "tests/actors/node_life.hpp"

#include <stdexcept>
#include <utility>

namespace tandem::test {

node_life::node_life(const node_grounds& on, node_shape s)
  : shape(std::move(s)), media(shape.media_pairs),
    log(on.time, {.node = "a", .writer = log_writer::caller, .sink = on.log_line}), time_(on.time) {
  facts.name = shape.settings.node.name;
  facts.media_address = shape.settings.media.address;
  facts.media_address6 = shape.settings.media.address6;
  facts.ring_timeout = shape.ring_timeout;
  facts.apps = shape.apps;
  facts.calls_per_shard = shape.calls_per_shard;
  env = std::make_unique<actors::node_environment>(
      actors::node_environment{system.get(), nodes, shape.settings, facts, on.time, on.net, media,
                               hash, hashes, log, figures,
                               [detail = on.detail](std::vector<actors::call_detail> all,
                                                    const std::function<void()>& written) {
                                 for (auto& d : all)
                                   detail(std::move(d));
                                 written();
                               },
                               [this](const std::string& why) { gave_up = why; }, flows});
  env->faults = on.faults;
  env->has_detail = on.has_detail;
  env->registrar = {.boot_id = on.boot_id, .bindings_per_node = shape.bindings_per_node};
  env->messages_per_shard = shape.calls_per_shard;
  const auto sharing = on.stores.size() > 1 ? port_sharing::shared : port_sharing::exclusive;
  for (const auto& disk : on.stores) {
    bells.push_back(std::make_unique<simulated_reactor>(on.time));
    const auto index = static_cast<std::uint32_t>(shards.size());
    shards.push_back(std::make_unique<actors::call_shard>(*env, index, *bells.back(), disk));
    if (auto bound = shards.back()->open(sharing); !bound)
      throw std::logic_error{bound.error()};
  }
  facts.transports = shards.front()->transports();
  for (const auto& shard : shards)
    shard->set_peers(shards);
  media.set_sink([this](const media::event& e) {
    shards.front()->way_in().deliver(e.call, msg::media_event{.what = e});
  });
  rows_at_rest = nodes.size();
  timers_at_rest = shards.front()->home().timers().size();
  for (const auto& shard : shards)
    shard->restore_calls();
  for (const auto& shard : shards) // a shard's thread begins with a turn, too
    while (shard->home().turn()) {
    }
}

node_life::~node_life() {
  shards.clear();
}

void node_life::step(std::size_t shard) {
  bells[shard]->poll({});
  while (shards[shard]->home().turn()) {
  }
}

bool node_life::is_busy() {
  bool more = false;
  for (std::size_t i = 0; i < shards.size(); ++i) {
    const auto rest = shards[i]->home().fall_asleep();
    shards[i]->home().awake();
    more |= (rest && *rest == duration{}) || (bells[i]->next() && *bells[i]->next() <= time_.now());
  }
  return more;
}

std::optional<time_point> node_life::next() const {
  std::optional<time_point> first;
  const auto consider = [&first](std::optional<time_point> t) {
    if (t && (!first || *t < *first))
      first = t;
  };
  for (std::size_t i = 0; i < shards.size(); ++i) {
    consider(bells[i]->next());
    consider(shards[i]->home().timers().next_deadline());
  }
  return first;
}

} // namespace tandem::test
