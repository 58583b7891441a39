#pragma once

#include "actors/call/scope.hpp"

#include <caf/behavior.hpp>

#include <optional>
#include <string_view>

namespace tandem::actors {

/// Control state of one end of a call's media: its socket pair, where the peer is, whom it is
/// connected with. The packets themselves are the worker's; this actor only commands it.
class media_endpoint {
public:
  static constexpr auto kind = child_kind::media_endpoint;

  media_endpoint(const media_endpoint_record& r, call_scope& call) : r_(r), call_(call) {}

  caf::behavior make_behavior();
  [[nodiscard]] std::optional<time_point> next_deadline() const { return std::nullopt; }
  [[nodiscard]] child_record record_at(time_point) const;
  [[nodiscard]] const char* state() const;
  void on_removed();

private:
  void take_ports();
  void connect(const msg::media_peer&);
  void point_at(const msg::media_remote&);
  void on_worker(const media::event&);
  void on_latched(const media::latched&);

  media_endpoint_record r_;
  call_scope& call_;
  bool heard_ = r_.source.port != 0;
};

} // namespace tandem::actors
