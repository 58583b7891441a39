#include "apps/tandem/line_words.hpp"

namespace tandem {

namespace {

constexpr std::string_view special = " \t\\'\"#";

} // namespace

tl::expected<line_words, std::string> split_line(std::string_view line, quotes q) {
  line_words out;
  std::string word;
  bool in_word = false;
  char quote = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    const bool is_blank = quote == 0 && (c == ' ' || c == '\t');
    if (is_blank) {
      if (in_word)
        out.words.push_back(std::exchange(word, {}));
      in_word = false;
      continue;
    }
    if (!in_word) {
      if (c == '#') {
        out.has_comment = true;
        break;
      }
      in_word = true;
      out.last_from = i;
    }
    if (c == '\\' && quote != '\'' && i + 1 < line.size())
      word += line[++i];
    else if (quote != 0 && c == quote)
      quote = 0;
    else if (quote == 0 && (c == '"' || c == '\''))
      quote = c;
    else
      word += c;
  }
  if (quote != 0 && q == quotes::closed)
    return tl::unexpected(std::string("a quotation mark (") + quote + ") is not closed");
  if (in_word)
    out.words.push_back(std::move(word));
  else
    out.last_from = line.size();
  out.is_last_open = in_word;
  return out;
}

std::string escaped_word(std::string_view word) {
  std::string out;
  for (const char c : word) {
    if (special.find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

} // namespace tandem
