#pragma once

#include "actors/call/contact.hpp"
#include "protocols/sip/leg_action.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The interface by which a developer writes a call application in a page: derive from call_app,
/// override what matters, ask `call_control` for what should happen. An application runs inside its
/// call, one input at a time; nothing it asks for is seen by anybody before its call has committed,
/// so it needs no locks, no roll-back and no thought of retransmissions.
namespace tandem::actors {

/// A leg of the call, 0 is the caller's.
struct leg_number {
  std::uint8_t value = 0;

  auto operator<=>(const leg_number&) const = default;
};

constexpr leg_number caller{0};

/// A timer that the application has running.
struct timer_number {
  std::uint32_t value = 0;

  auto operator<=>(const timer_number&) const = default;
};

/// The call that came in on leg 0.
struct incoming_call {
  std::string from;   ///< From URI, "sip:1001@example.test"
  std::string to;     ///< Request-URI
  std::string user;   ///< its user part
  std::string target; ///< the route's `to` with this call filled in; may be empty
  std::string app;    ///< the route's `app`
  std::uint8_t max_forwards =
      70; ///< of the INVITE: what a leg that calls on is left with, plus one
  std::vector<contact>
      contacts{}; ///< where the called user is registered; empty unless routed to one
};

/// A provisional answer, 101 to 199.
struct progress {
  std::uint16_t status = 180;
  std::string reason;
  bool early_media = false; ///< it brought a description: there is something to hear
};

/// How a leg ended.
struct leg_end {
  sip::end_cause cause = sip::end_cause::bye;
  std::uint16_t status = 0; ///< the final response, 300 to 699, or 0
  std::string reason;
  std::vector<std::string> contacts; ///< of a 3xx
};

struct dial_request {
  std::string to;                 ///< SIP URI
  leg_number media_with = caller; ///< whose media the new leg exchanges
  duration ring_timeout{};        ///< zero: the node's [sip] ring_timeout_s
  std::optional<flow> by{};       ///< the connection to call it by while that stands
};

/// What an application may ask for; valid only during the callback that it is given to.
class call_control {
public:
  virtual ~call_control() = default;

  [[nodiscard]] virtual const key128& key() const = 0;
  [[nodiscard]] virtual time_point now() const = 0;

  /// 101 to 199 to an incoming leg. With `media_from` the description of that leg goes along, so
  /// its early media is heard.
  virtual void ring(leg_number, std::uint16_t status = 180, std::string_view reason = {}) = 0;
  virtual void ring_with_media(leg_number, leg_number media_from, std::uint16_t status = 183,
                               std::string_view reason = {}) = 0;
  /// 200 to an incoming leg; its media is exchanged with `media_with`.
  virtual void answer(leg_number, leg_number media_with) = 0;
  /// 200 to an incoming leg, which then hears itself.
  virtual void answer_with_echo(leg_number) = 0;
  /// 300 to 699 to an incoming leg.
  virtual void reject(leg_number, std::uint16_t status, std::string_view reason = {}) = 0;
  /// 302 to an incoming leg.
  virtual void redirect(leg_number, std::vector<std::string> contacts) = 0;
  /// A new outgoing leg. What becomes of it comes as on_progress, on_answer or on_end.
  virtual leg_number dial(const dial_request&) = 0;
  /// Ends one leg, in whatever state it is: CANCEL, BYE or a final response. No on_end follows.
  virtual void hang_up(leg_number, sip::end_cause = sip::end_cause::hung_up) = 0;

  /// on_timer follows after `in`.
  virtual timer_number start_timer(duration in) = 0;
  virtual void stop_timer(timer_number) = 0;
};

/// A call application: one object per call. A throw ends that call and no other.
class call_app {
public:
  virtual ~call_app() = default;

  virtual void on_incoming(call_control&, const incoming_call&) = 0;
  virtual void on_progress(call_control&, leg_number, const progress&) {}
  /// Leg 0: our 2xx was acknowledged. Other legs: they answered.
  virtual void on_answer(call_control&, leg_number) {}
  /// The leg is over, and not because the application hung it up.
  virtual void on_end(call_control&, leg_number, const leg_end&) {}
  virtual void on_timer(call_control&, timer_number) {}

  /// The state in a word or two, for the console; a literal.
  [[nodiscard]] virtual const char* state() const = 0;
  /// All that the application must remember, as bytes of its own; given back to its factory when
  /// the call is restored.
  [[nodiscard]] virtual std::string save() const = 0;
};

/// Makes an application: fresh with empty `saved`, else from what save() returned.
using app_factory = std::unique_ptr<call_app> (*)(std::string_view saved);

/// Name -> factory, fixed before the node starts; routes name these.
class app_catalogue {
public:
  void add(std::string name, app_factory factory) {
    entries_.emplace_back(std::move(name), factory);
  }
  [[nodiscard]] app_factory find(std::string_view name) const {
    for (const auto& [known, factory] : entries_)
      if (known == name)
        return factory;
    return nullptr;
  }

private:
  std::vector<std::pair<std::string, app_factory>> entries_;
};

} // namespace tandem::actors
