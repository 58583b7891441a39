#pragma once

#include "cluster/store/store.hpp"

#include <unordered_map>

namespace tandem::cluster {

/// A store that goes on in memory while the one below it fails: what could not be written is kept,
/// the newest per key, and written by retry(), which its owner calls now and then. Nothing that it
/// was given is lost while the process lives; what it keeps is bounded by the records that live and
/// those that the store below still has.
///
///     durable --commit fails--> degraded --retry succeeds--> durable
///
/// While degraded a commit costs no attempt below: one that blocks or fails slowly would be paid
/// for at every turn.
class patient_store final : public store {
public:
  explicit patient_store(store& below) : below_(below) {}

  /// The error says that the store has just become degraded; the batch is kept all the same.
  [[nodiscard]] tl::expected<void, std::string> commit(std::span<const record_change>) override;
  [[nodiscard]] std::optional<std::string> read(const key128&) const override;
  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor&) const override;
  [[nodiscard]] bool may_hold(const key128&) const override;
  [[nodiscard]] std::size_t size() const override;

  /// Something is not on disk.
  [[nodiscard]] bool degraded() const { return degraded_; }
  /// Tries to write what was kept. True: all of it is durable now.
  [[nodiscard]] bool retry();
  /// Records and erasures that are in memory alone.
  [[nodiscard]] std::size_t kept() const { return kept_.size(); }

private:
  void keep(std::span<const record_change>);

  store& below_;
  std::unordered_map<key128, std::optional<std::string>> kept_;
  bool degraded_ = false;
};

} // namespace tandem::cluster
