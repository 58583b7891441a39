#pragma once

#include "apps/tandem/terminal.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace tandem {

/// One cell of a table; the colour takes no room.
struct table_cell {
  std::string text;
  ink colour = ink::plain;
};

enum class align : std::uint8_t { left, right };

struct table_column {
  std::string title;
  align side = align::left;
  /// Columns that give way, in equal shares, when the lines are wider than the terminal.
  bool shrinks = false;
};

/// Rows under titles, two cells apart, each column as wide as its widest cell. The last column is
/// clipped at the edge of the terminal.
[[nodiscard]] std::string render_table(const terminal_view&, std::vector<table_column>,
                                       const std::vector<std::vector<table_cell>>& rows);

} // namespace tandem
