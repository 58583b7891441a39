#pragma once

#include "runtime/actor/sharded.hpp"

#include <memory>
#include <optional>
#include <tuple>
#include <utility>

namespace tandem {

/// hosted<State> (hosted.hpp) for an actor that lives on a shard. `State` names its interface
/// (`handle`, a typed actor), takes `(self, home, entry, dependencies...)` in its constructor and
/// returns its handlers from `make_behavior()`. It is constructed on the shard, whoever spawns, and
/// destroyed, with its timers, when the actor ends.
///
///     system.spawn<hosted_on_shard<registrar>, caf::lazy_init>(home, place, dependencies...);
template <class State>
class hosted_on_shard final : public sharded<typename State::handle::base> {
  using super = sharded<typename State::handle::base>;

public:
  template <class... Ts>
  hosted_on_shard(caf::actor_config& cfg, shard& home, tree_place place, Ts&&... xs)
    : super(cfg, home, std::move(place)),
      maker_(std::make_unique<maker_of<std::decay_t<Ts>...>>(std::forward<Ts>(xs)...)) {}

  typename super::behavior_type make_behavior() override {
    const auto made = std::move(maker_);
    made->make(*this);
    return state_->make_behavior();
  }
  void on_exit() override {
    maker_.reset();
    state_.reset();
  }

private:
  struct maker {
    virtual ~maker() = default;
    virtual void make(hosted_on_shard&) = 0;
  };
  template <class... Ts>
  struct maker_of final : maker {
    template <class... Us>
    explicit maker_of(Us&&... xs) : arguments(std::forward<Us>(xs)...) {}
    void make(hosted_on_shard& host) override {
      std::apply(
          [&host](Ts&... xs) {
            host.state_.emplace(static_cast<typename State::handle::pointer>(&host), host.home(),
                                host.entry(), std::move(xs)...);
          },
          arguments);
    }
    std::tuple<Ts...> arguments;
  };

  std::unique_ptr<maker> maker_;
  std::optional<State> state_;
};

} // namespace tandem
