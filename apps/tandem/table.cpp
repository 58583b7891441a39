#include "apps/tandem/table.hpp"

#include <algorithm>
#include <numeric>

namespace tandem {

namespace {

constexpr std::size_t gap = 2;
constexpr std::size_t narrowest_column = 12;
constexpr std::size_t last_column_claim = 24;

std::vector<std::size_t> widths_of(const std::vector<table_column>& columns,
                                   const std::vector<std::vector<table_cell>>& rows) {
  std::vector<std::size_t> widths;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    widths.push_back(cells(columns[i].title));
    for (const auto& row : rows)
      if (i < row.size())
        widths.back() = std::max(widths.back(), cells(row[i].text));
  }
  return widths;
}

/// Takes what is too much from the widest of the columns that give way, cell by cell.
void shrink(std::vector<std::size_t>& widths, const std::vector<table_column>& columns,
            std::size_t room) {
  // The last column is clipped at the edge anyway; it can claim only so much of the others.
  const auto last = std::min(widths.back(), last_column_claim);
  while (std::accumulate(widths.begin(), widths.end() - 1, gap * (widths.size() - 1)) + last
         > room) {
    std::size_t widest = widths.size();
    for (std::size_t i = 0; i < widths.size(); ++i)
      if (columns[i].shrinks && widths[i] > narrowest_column
          && (widest == widths.size() || widths[i] > widths[widest]))
        widest = i;
    if (widest == widths.size())
      return; // nothing gives way any more
    --widths[widest];
  }
}

std::string render_row(const terminal_view& v, const std::vector<table_column>& columns,
                       const std::vector<std::size_t>& widths, const std::vector<table_cell>& row) {
  std::string line;
  std::size_t used = 0;
  std::string spaces; // written only if something follows: no blanks at the end of a line
  for (std::size_t i = 0; i < columns.size() && i < row.size(); ++i) {
    if (used >= v.width)
      break; // no room for what is left
    const bool last = i + 1 == columns.size();
    const auto room = last ? v.width - used : std::min(widths[i], v.width - used);
    const auto text = clipped(row[i].text, room);
    const auto fill = std::min(widths[i], v.width - used);
    const auto blank = fill > cells(text) ? fill - cells(text) : 0;
    const auto before = columns[i].side == align::right ? blank : 0;
    if (!text.empty()) {
      line += spaces + std::string(before, ' ') + painted(v, row[i].colour, text);
      spaces = std::string(blank - before + gap, ' ');
    } else {
      spaces += std::string(widths[i] + gap, ' ');
    }
    used += widths[i] + gap;
  }
  return line + "\n";
}

} // namespace

std::string render_table(const terminal_view& v, std::vector<table_column> columns,
                         const std::vector<std::vector<table_cell>>& rows) {
  auto widths = widths_of(columns, rows);
  shrink(widths, columns, v.width);
  std::vector<table_cell> titles;
  for (const auto& c : columns)
    titles.push_back({c.title, ink::dim});
  auto out = render_row(v, columns, widths, titles);
  for (const auto& row : rows)
    out += render_row(v, columns, widths, row);
  return out;
}

} // namespace tandem
