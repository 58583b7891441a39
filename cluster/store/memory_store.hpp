#pragma once

#include "cluster/store/store.hpp"

#include <unordered_map>

namespace tandem::cluster {

/// Records that live as long as the process: policy `none`, and tests.
class memory_store final : public store {
public:
  [[nodiscard]] tl::expected<void, std::string> commit(std::span<const record_change>) override;
  [[nodiscard]] std::optional<std::string> read(const key128&) const override;
  [[nodiscard]] bool may_hold(const key128& key) const override { return records_.contains(key); }
  [[nodiscard]] tl::expected<void, std::string> visit_all(const visitor&) const override;
  [[nodiscard]] std::size_t size() const override { return records_.size(); }

private:
  std::unordered_map<key128, std::string> records_;
};

} // namespace tandem::cluster
