#include "tests/actors/lone_call.hpp"

#include "actors/call/record/record_codec.hpp"
#include "protocols/sip/parser.hpp"

#include <stdexcept>

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

/// A trunk where phones of the tests listen, so that a challenge to a restored call is answered.
std::shared_ptr<const configuration> settings_of_tests() {
  configuration c;
  trunk_settings t;
  t.name = "callee";
  t.address = *parse_trunk_address("127.0.0.1:5080");
  t.login = trunk_login{"tandem", "trunk-secret"};
  c.trunks.push_back(std::move(t));
  return std::make_shared<const configuration>(std::move(c));
}

} // namespace

lone_call::lone_call(const key128& key, const std::string& record, const circumstances& at)
  : time_(host_.clock, at.wall),
    log_(time_, {.node = "b", .level = log_level::off, .writer = log_writer::caller}),
    services_{facts_,  time_,
              media_,  *this,
              *this,   ladders_,
              *this,   log_,
              flows_,  [this](const actors::call_detail& d) { details.push_back(to_json(d)); },
              hashes_, settings_of_tests()},
    record_(record) {
  host_.pass(at.uptime);
  start_ = host_.clock.now();
  time_.start();
  const ip_endpoint local{{ip_family::v4, {127, 0, 0, 1}}, 5060};
  facts_.name = "a";
  facts_.media_address = local.address;
  facts_.ring_timeout = 180s;
  facts_.transports.push_back(actors::facts_of(listen_transport::udp, local));
  facts_.apps = test_catalogue();
  for (std::size_t i = 0; i < at.slots; ++i)
    (void) media_.allocate(ip_family::v4, key);
  const auto decoded = actors::decode_record(record);
  if (!decoded)
    throw std::logic_error{decoded.error()};
  host_.home.set_stage(this);
  call_ = host_.system().spawn<actors::call, caf::lazy_init>(
      host_.home, tree_place{host_.nodes.root(), "call", to_string(key)}, services_,
      actors::call_start{key, *decoded, at.absent});
}

lone_call::~lone_call() {
  call_ = nullptr;
  host_.home.close();
}

void lone_call::receive(const happening& datagram) {
  const auto message = sip::parse_message(datagram.bytes);
  if (!message)
    throw std::logic_error{"a datagram of the test itself"};
  caf::anon_send(call_, msg::sip_input{.message = *message, .source = datagram.peer});
  host_.settle();
}

void lone_call::pass_until(duration since_restore) {
  host_.pass(start_ + since_restore - host_.clock.now());
}

bool lone_call::commit() {
  bool released = false;
  if (auto bytes = std::exchange(changed_, std::nullopt)) {
    note({.what = happening::kind::committed, .bytes = *bytes});
    record_ = std::move(bytes);
    msg::committed done;
    (void) static_cast<actors::call*>(caf::actor_cast<caf::abstract_actor*>(call_))->run_self(done);
    released = true;
  }
  for (auto& h : std::exchange(outbox_, {}))
    note(std::move(h));
  return released;
}

void lone_call::send(const actors::outgoing& out) {
  outbox_.push_back({.what = happening::kind::sent, .peer = out.to, .bytes = *out.bytes});
}

void lone_call::add(actors::call&, std::string record) {
  changed_ = std::move(record);
}

void lone_call::erase(const key128&) {
  gone_ = true;
  note({.what = happening::kind::erased});
}

void lone_call::note(happening h) {
  h.at = host_.clock.now() - start_;
  lines.push_back(std::move(h));
}

} // namespace tandem::test
