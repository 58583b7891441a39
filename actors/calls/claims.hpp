#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

namespace tandem::actors {

/// Who has how much of something that is counted: each unit is held by a token and given back with
/// it, wherever that dies. A value of one shard; not durable.
class claims {
public:
  using token = std::shared_ptr<const void>;

  /// Null: `who` has `most` already.
  [[nodiscard]] token take(const std::string& who, std::size_t most);
  [[nodiscard]] std::size_t held(const std::string& who) const;
  /// Rows kept, those included whose tokens are all gone.
  [[nodiscard]] std::size_t rows() const { return held_.size(); }

private:
  std::unordered_map<std::string, std::weak_ptr<const void>> held_;
  std::size_t sweep_at_ = 64; ///< rows; then those whose tokens are gone leave
};

} // namespace tandem::actors
