#pragma once

#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"
#include "runtime/io/disk.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <unordered_set>

namespace tandem::actors {

/// Which calls stand at the end of the CDR files. A call is known by key and start: its key may
/// come again after it has ended.
class written_details {
public:
  /// The last `bytes` of the newest two files in `folder`; what cannot be read is not known.
  [[nodiscard]] static written_details read(disk&, const std::string& folder, std::size_t bytes);

  /// Notes the whole lines of a file's end: one that is cut at either end is none.
  void add_lines(std::string_view tail, bool from_its_begin);
  [[nodiscard]] bool contains(const key128&, wall_time start) const;
  [[nodiscard]] std::size_t size() const { return known_.size(); }

private:
  std::unordered_set<std::string> known_;
};

} // namespace tandem::actors
