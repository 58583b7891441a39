#pragma once

#include "actors/call/fault_plan.hpp"
#include "actors/call_app/call_app.hpp"
#include "runtime/actor/tree.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"
#include "runtime/io/simulated/simulated_clock.hpp"
#include "runtime/io/simulated/simulated_network.hpp"
#include "runtime/telemetry/metrics.hpp"
#include "tests/support/simulated_media.hpp"
#include "tests/support/sip_phone.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::test {

struct world_settings {
  std::size_t shards = 1;
  std::size_t media_pairs = 100;
  std::chrono::seconds ring_timeout{180};
  std::size_t calls_per_shard = 1000;
  std::string auth;     ///< more lines of [auth]
  std::string settings; ///< more of the configuration: whole tables
  strings users{};      ///< of [[users]]
  std::size_t bindings_per_node = 100;
  std::string registrar{};    ///< lines of [registrar]
  bool everywhere = false;    ///< listens by TCP and on ::1, too
  std::string sip_settings{}; ///< more lines for [sip]
  actors::fault_plan* faults = nullptr;
};

/// What happened at the edge of the node, in its order.
struct happening {
  enum class kind : std::uint8_t { received, sent, committed, erased, registered };
  kind what;
  duration at{};
  ip_endpoint peer;  ///< of a datagram
  std::string bytes; ///< datagram or record
  key128 key;        ///< of a record
};

/// The other end of a connection to the node.
struct stream_end {
  std::unique_ptr<stream_socket> socket{};
  std::string got{};
  strings ends{};
  std::function<void(std::string_view)> reader{};

  void say(std::string bytes);
  [[nodiscard]] stream_handlers handlers();
};

/// A whole node in virtual time: shards, transports, router and calls as in tandemd, over a
/// simulated network without delay, with an observed store and simulated media; and its phones.
///
///     world w;
///     w.caller.invite("7100");
///     w.settle();
///     w.callee.respond(200);
///     …
///     w.over({"bye 200 caller"});
///
/// User parts: 9196 is echo, 7… is bridged to the callee, 3… too but with direct media, the name of
/// a test application is that. With `everywhere` 5… is bridged to 127.0.0.1:5081 by TCP, 6… to
/// [::1]:5082, and 4… to [::2]:5083 by TCP, where nobody is.
class world {
public:
  explicit world(const world_settings& = {});
  ~world();

private:
  struct parts;
  std::unique_ptr<parts> parts_;

public:
  sip_phone& caller;
  sip_phone& callee;
  /// Another one, on 127.0.0.1:`port` or [::1]:`port`.
  sip_phone& add_phone(std::uint16_t port, ip_family = ip_family::v4);
  /// One that listens by TCP, and connects when it first speaks.
  sip_phone& add_tcp_phone(std::uint16_t port, ip_family = ip_family::v4);
  /// The connection of that phone; its end goes when `socket` is reset.
  [[nodiscard]] stream_end& line_of(const sip_phone&);
  /// It stops listening, and its connection goes.
  void switch_off(const sip_phone&);
  /// A connection to the node's TCP address, and whatever bytes a test wants to say.
  stream_end& open_stream(std::string_view from = "127.0.0.1");
  [[nodiscard]] simulated_network& net();
  /// For work that takes time; it moves no phone.
  [[nodiscard]] simulated_clock& clock();

  /// Until nothing more happens at this moment.
  void settle();
  /// Lets time pass, stopping at every moment at which something is due.
  void pass(duration);
  [[nodiscard]] std::chrono::milliseconds elapsed() const;

  /// caller → bridge → callee, up to the ACK.
  void connect();

  [[nodiscard]] simulated_media& media() const;
  /// Rows of the tree: all, or those below a path.
  [[nodiscard]] std::vector<node_view> rows(std::string_view path = {}) const;
  /// The only row of that name; fails the test if there is none or several.
  [[nodiscard]] node_view row(std::string_view name) const;
  [[nodiscard]] bool has_row(std::string_view name) const;
  /// Of the calls that live, one row each, in the order of the tree.
  [[nodiscard]] std::vector<node_view> call_rows() const;
  /// The key of the only call.
  [[nodiscard]] key128 key() const;
  [[nodiscard]] std::size_t records() const;
  /// The actor at this path dies of a fault.
  void kill(std::string_view path);
  /// `kill -9`: from here on nothing is stored, sent or written, and nobody is there.
  void crash();
  /// The process comes back after so long, on the same stores, clock and network.
  void restart(duration downtime = {});
  /// What was on the wire so far stands in no ladder any more.
  void forget_ladders();
  /// As after a boot of the machine: its clock counts from another moment.
  void reboot() const;
  /// An operator or NTP moves the wall clock.
  void jump_wall(std::chrono::milliseconds by);
  /// Lets the record of the only call be these bytes.
  void replace_record(std::string bytes);
  /// The node dies, and then so often again while it restores its only call.
  void die_of_restoring(std::uint32_t times);
  /// What the node notes for its next start.
  [[nodiscard]] std::size_t marks() const;
  /// Of the first shard, in the tree.
  [[nodiscard]] std::string calls_path() const;
  /// Records that were set aside.
  [[nodiscard]] std::size_t set_aside() const;
  /// The next commits of registrations fail.
  void fail_registrations(std::size_t times);
  /// Registrations that are in the stores.
  [[nodiscard]] std::size_t registrations() const;
  /// Of tandem_…: a gauge's value.
  [[nodiscard]] std::int64_t level(std::string_view name) const;
  /// Of tandem_…: a counter's value.
  [[nodiscard]] std::uint64_t figure(std::string_view name, const metric_labels& = {}) const;
  [[nodiscard]] std::uint64_t dropped(const char* reason) const;
  [[nodiscard]] const strings& log() const;
  [[nodiscard]] const std::vector<happening>& happenings() const;
  /// "200 caller bye", one for each call that has ended.
  [[nodiscard]] strings details() const;
  /// Their CDRs as lines of JSON.
  [[nodiscard]] strings detail_lines() const;
  /// What the wall clock said when so much time had elapsed.
  [[nodiscard]] wall_time wall_at(duration since_start) const;

  /// Reloads the configuration.
  void apply(const world_settings&);
  /// The operator ends the only call.
  void end_call();
  /// The media worker says: no RTP on this leg.
  void rtp_timeout(std::uint8_t leg);
  /// The next commits fail; without end if `times` is large.
  void fail_commits(std::size_t times);

  /// 64*T1 later nothing is left: no call, actor, timer, slot, record; every datagram was handled
  /// by exactly one call, except these labels (sorted), and nothing was seen before its commit.
  /// `details` is what the CDRs say. Every test ends with this.
  void over(const strings& details, const strings& outside = {});
  /// The labels of all that was read and sent, for tests in which nothing belongs to a call.
  [[nodiscard]] strings outside() const;

private:
  void hang_up_streams();
  void check_nothing_left();
  void check_wire(strings outside);
  void check_commits();

  bool over_ = false;
  bool commits_failed_ = false;
};

/// bridge, echo and what test_apps.cpp describes.
[[nodiscard]] actors::app_catalogue test_catalogue();
/// The names of the test applications.
[[nodiscard]] strings test_app_names();

} // namespace tandem::test
