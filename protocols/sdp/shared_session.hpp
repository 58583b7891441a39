#pragma once

#include "protocols/sdp/session.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace tandem::sdp {

/// A description that does not change any more and is held by several: the negotiations of both
/// legs, their records, the application. Or none. Equal is what says the same.
class shared_session {
public:
  shared_session() = default;
  shared_session(std::nullopt_t) {}
  shared_session(session s) : held_(std::make_shared<const session>(std::move(s))) {}
  shared_session(std::shared_ptr<const session> s) : held_(std::move(s)) {}

  [[nodiscard]] bool has_value() const { return held_ != nullptr; }
  explicit operator bool() const { return has_value(); }
  const session& operator*() const { return *held_; }
  const session* operator->() const { return held_.get(); }
  [[nodiscard]] const session* get() const { return held_.get(); }
  void reset() { held_.reset(); }

  friend bool operator==(const shared_session& a, const shared_session& b) {
    return a.held_ == b.held_ || (a && b && *a == *b);
  }
  friend bool operator==(const shared_session& a, const session& b) { return a && *a == b; }

private:
  std::shared_ptr<const session> held_;
};

} // namespace tandem::sdp
