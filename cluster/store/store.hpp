#pragma once

#include "runtime/base/key.hpp"

#include <tl/expected.hpp>

#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace tandem::cluster {

/// One change of one record. Records are opaque here: who writes them knows what is inside.
struct record_change {
  key128 key;
  std::optional<std::string> bytes; ///< nullopt: the record is over

  bool operator==(const record_change&) const = default;
};

/// Where the durable state of calls and registrations is committed. A shard has its own, and only
/// its thread calls it.
class store {
public:
  virtual ~store() = default;
  /// All of the batch or nothing, in order. The error is a sentence.
  [[nodiscard]] virtual tl::expected<void, std::string> commit(std::span<const record_change>) = 0;
  /// The last committed bytes.
  [[nodiscard]] virtual std::optional<std::string> read(const key128&) const = 0;
  /// False: there is certainly no such record. Quick, and never waits for a disk.
  [[nodiscard]] virtual bool may_hold(const key128& key) const { return read(key).has_value(); }
  /// Shows every record once, in any order; for the start of a node. The bytes are valid during the
  /// visit alone, and the visitor does not commit. The error is a sentence.
  using visitor = std::function<void(const key128&, std::string_view bytes)>;
  [[nodiscard]] virtual tl::expected<void, std::string> visit_all(const visitor&) const = 0;
  /// Records, perhaps by counting them: not for the path of a call.
  [[nodiscard]] virtual std::size_t size() const = 0;
};

} // namespace tandem::cluster
