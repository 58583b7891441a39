#pragma once

#include "runtime/base/key.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace tandem::actors {

/// Actors of calls, as the tree names them: `calls/KEY/leg 0/dialog`, with or without the
/// supervisor's name in front. In the key and in a name `*` stands for any characters; `**` as the
/// last name stands for the actor before it and all below.
class fault_path {
public:
  /// The error says what would be right.
  [[nodiscard]] static tl::expected<fault_path, std::string> parse(std::string_view);

  /// `below` as fault_plan::on_entry() has it.
  [[nodiscard]] bool matches(std::string_view key, std::string_view below) const;
  [[nodiscard]] bool matches_key(std::string_view key) const;
  [[nodiscard]] const std::string& text() const { return text_; }

private:
  std::string text_;
  std::string key_;
  std::vector<std::string> names_; ///< below the call
  bool and_below_ = false;
};

} // namespace tandem::actors
