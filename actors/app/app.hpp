#pragma once

#include "actors/call/scope.hpp"
#include "actors/call_app/call_app.hpp"
#include "runtime/base/time.hpp"

#include <caf/behavior.hpp>

#include <memory>
#include <optional>
#include <vector>

namespace tandem::actors {

/// Hosts a call application: turns what happens on legs into its callbacks and what it asks of
/// call_control into words to legs.
class app final : private call_control {
public:
  static constexpr auto kind = child_kind::app;

  app(const app_record&, call_scope&);

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const;
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed() {}

private:
  struct running {
    timer_number number;
    time_point due;
  };

  void on_leg(const msg::leg_event&);
  void on_due();

  // mediation.cpp: between connected legs, without asking the application
  [[nodiscard]] bool mediate(const msg::leg_event&);
  void on_offer(const msg::leg_event&);
  void on_offer_taken(const msg::leg_event&);
  void on_offer_refused(const msg::leg_event&);
  void on_relay(const msg::leg_event&);
  void connect(leg_number, leg_number);
  /// The leg that this one is connected with; nullopt: none, or it is over.
  [[nodiscard]] std::optional<leg_number> partner_of(leg_number);

  // call_control
  [[nodiscard]] const key128& key() const override { return call_.key(); }
  [[nodiscard]] time_point now() const override { return call_.now(); }
  void ring(leg_number, std::uint16_t status, std::string_view reason) override;
  void ring_with_media(leg_number, leg_number media_from, std::uint16_t status,
                       std::string_view reason) override;
  void answer(leg_number, leg_number media_with) override;
  void answer_with_echo(leg_number) override;
  void reject(leg_number, std::uint16_t status, std::string_view reason) override;
  void redirect(leg_number, std::vector<std::string> contacts) override;
  leg_number dial(const dial_request&) override;
  void hang_up(leg_number, sip::end_cause) override;
  timer_number start_timer(duration in) override;
  void stop_timer(timer_number) override;

  app_record::leg_row& row(leg_number);
  void command(leg_number, msg::leg_command);
  void join(leg_number, leg_number with); ///< their media

  app_record r_;
  call_scope& call_;
  std::unique_ptr<call_app> app_;
  std::vector<running> timers_;
};

} // namespace tandem::actors
