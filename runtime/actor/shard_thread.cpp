#include "runtime/actor/shard_thread.hpp"

#include <caf/actor_system.hpp>
#include <caf/after.hpp>
#include <caf/scoped_actor.hpp>
#include <caf/system_messages.hpp>
#include <pthread.h>

#include <string>

namespace tandem {

shard_thread::shard_thread(shard& s, reactor& r)
  : shard_(s), reactor_(r), thread_([this] { loop(); }) {
}

shard_thread::~shard_thread() {
  stop();
}

void shard_thread::stop() {
  stopping_ = true;
  reactor_.wake();
  if (thread_.joinable())
    thread_.join();
}

void shard_thread::loop() {
  pthread_setname_np(pthread_self(), ("shard/" + std::to_string(shard_.index())).c_str());
  shard_.bind();
  // What was asked of it before its start comes before what the sockets have for it by now: a call
  // that is to be restored must be there when its phone speaks.
  std::optional<duration> wait = shard_.turn() ? duration{} : shard_.fall_asleep();
  while (!stopping_) {
    reactor_.poll(wait);
    shard_.awake();
    wait = shard_.turn() ? duration{} : shard_.fall_asleep();
  }
  shard_.awake();
  shard_.turn(); // what arrived while the bell was ringing
  shard_.close();
}

bool stop_node(caf::actor_system& system, std::span<const caf::actor> supervisors,
               std::span<shard_thread* const> threads, std::chrono::milliseconds patience) {
  bool all_ended = true;
  {
    caf::scoped_actor self{system};
    for (const auto& s : supervisors) {
      self->monitor(s);
      self->send_exit(s, caf::exit_reason::user_shutdown);
      bool ended = false;
      self->receive([&](caf::down_msg&) { ended = true; },
                    caf::after(patience) >> [&] { all_ended = false; });
      if (!ended)
        self->demonitor(s);
    }
  }
  for (auto* t : threads)
    t->stop();
  return all_ended;
}

} // namespace tandem
