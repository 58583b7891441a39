#include "apps/tandem/render_ladder.hpp"

#include "apps/tandem/ladder_columns.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace tandem {

namespace {

constexpr std::size_t time_width = 10; // "  1234.567", then two blanks
constexpr std::size_t narrowest_gap = 18;
constexpr std::size_t widest_gap = 46;

/// One line as cells, each a character with a colour.
class cell_row {
public:
  explicit cell_row(std::size_t width) : cells_(width, {" ", ink::plain}) {}

  /// Writes `text` from cell `at`; what does not fit is lost.
  void put(std::size_t at, std::string_view text, ink colour) {
    for (std::size_t begin = 0; begin < text.size() && at < cells_.size(); ++at) {
      auto end = begin + 1;
      while (end < text.size() && (static_cast<unsigned char>(text[end]) & 0xc0U) == 0x80)
        ++end;
      cells_[at] = {std::string{text.substr(begin, end - begin)}, colour};
      begin = end;
    }
  }

  /// The line without blanks at its end; neighbours of one colour are painted together.
  [[nodiscard]] std::string render(const terminal_view& v) const {
    auto end = cells_.size();
    while (end > 0 && cells_[end - 1].text == " ")
      --end;
    std::string out;
    for (std::size_t i = 0; i < end;) {
      const auto colour = cells_[i].colour;
      std::string run;
      for (; i < end && cells_[i].colour == colour; ++i)
        run += cells_[i].text;
      out += painted(v, colour, run);
    }
    return out + "\n";
  }

private:
  struct one_cell {
    std::string text;
    ink colour;
  };
  std::vector<one_cell> cells_;
};

/// Requests stand out; of the responses, what is final is green or red.
ink message_ink(std::string_view summary) {
  if (summary.empty() || summary[0] < '1' || summary[0] > '6')
    return ink::cyan;
  if (summary[0] == '1')
    return ink::yellow;
  return summary[0] == '2' ? ink::green : ink::red;
}

class ladder_view {
public:
  ladder_view(ladder_columns c, const terminal_view& v) : columns_(std::move(c)), view_(v) {
    const auto gaps = std::max<std::size_t>(columns_.titles.size() - 1, 1);
    left_ = time_width + 2 + cells(columns_.titles.front()) / 2;
    const auto margin = left_ + cells(columns_.titles.back()) / 2 + 1;
    const auto room = v.width > margin ? v.width - margin : 0;
    gap_ = std::clamp(room / gaps, narrowest_gap, widest_gap);
  }

  [[nodiscard]] std::string titles() const {
    auto row = blank();
    row.put(0, padded_left("seconds", time_width), ink::dim);
    for (std::size_t i = 0; i < columns_.titles.size(); ++i) {
      const auto text = clipped(columns_.titles[i], gap_ - 2);
      const auto half = cells(text) / 2;
      row.put(x(i) > half ? x(i) - half : 0, text, ink::bold);
    }
    return row.render(view_);
  }

  [[nodiscard]] std::string message(const nlohmann::json& line) const {
    auto row = with_lifelines(line);
    auto summary = text_of(line, "summary");
    const auto from = x(columns_.of(text_of(line, "from")));
    const auto to = x(columns_.of(text_of(line, "to")));
    const auto colour = message_ink(summary);
    if (from == to) { // an address of the node to another of its own
      row.put(from + 1, "↺ " + summary, colour);
      return row.render(view_);
    }
    const auto left = std::min(from, to) + 1;
    const auto length = std::max(from, to) - left;
    for (std::size_t i = 0; i < length; ++i)
      row.put(left + i, is_lifeline(left + i) ? "┼" : "─", colour);
    row.put(from < to ? left + length - 1 : left, from < to ? "▶" : "◀", colour);
    const auto first_gap = std::min(length, gap_ - 1); // clear of the lines that it crosses
    summary = " " + clipped(summary, first_gap - 6) + " ";
    const auto start = from < to ? left : left + length - first_gap;
    row.put(start + (first_gap - cells(summary)) / 2, summary, colour);
    return row.render(view_);
  }

  [[nodiscard]] std::string note(const nlohmann::json& line) const {
    auto row = with_lifelines(line);
    row.put(x(columns_.node), "● " + text_of(line, "actor") + ": " + text_of(line, "state"),
            ink::dim);
    return row.render(view_);
  }

private:
  [[nodiscard]] std::size_t x(std::size_t column) const { return left_ + column * gap_; }
  [[nodiscard]] bool is_lifeline(std::size_t cell) const {
    for (std::size_t i = 0; i < columns_.titles.size(); ++i)
      if (x(i) == cell)
        return true;
    return false;
  }
  [[nodiscard]] cell_row blank() const {
    return cell_row{std::max(x(columns_.titles.size()), view_.width)};
  }
  [[nodiscard]] cell_row with_lifelines(const nlohmann::json& line) const {
    auto row = blank();
    std::array<char, 32> time{};
    std::snprintf(time.data(), time.size(), "%.3f", number_of(line, "at_ms") / 1000);
    row.put(0, padded_left(time.data(), time_width), ink::dim);
    for (std::size_t i = 0; i < columns_.titles.size(); ++i)
      row.put(x(i), "│", ink::dim);
    return row;
  }

  ladder_columns columns_;
  const terminal_view& view_;
  std::size_t left_ = 0; // the first column's cell
  std::size_t gap_ = widest_gap;
};

} // namespace

std::string render_ladder(const nlohmann::json& ladder, const terminal_view& v) {
  const auto& lines = list_of(ladder, "lines");
  auto out = painted(v, ink::bold, "call " + text_of(ladder, "key"));
  if (lines.empty())
    return out + ": nothing was recorded\n";
  out += "  began " + text_of(lines.front(), "wall") + "\n\n";
  const ladder_view view{find_columns(lines), v};
  out += view.titles();
  for (const auto& line : lines)
    out += text_of(line, "type") == "sip" ? view.message(line) : view.note(line);
  return out;
}

} // namespace tandem
