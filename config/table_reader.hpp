#pragma once

#include "config/configuration.hpp"
#include "config/document.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

/// Collects what is wrong with one file.
class error_list {
public:
  explicit error_list(std::string file) : file_{std::move(file)} {}

  void add(std::size_t line, std::string key, std::string wrong, std::string right);
  /// `sentence` is "what is wrong; what is right".
  void add(std::size_t line, std::string key, std::string_view sentence);

  [[nodiscard]] bool empty() const { return errors_.empty(); }
  [[nodiscard]] std::size_t size() const { return errors_.size(); }
  /// In order of line.
  [[nodiscard]] std::vector<config_error> take();

private:
  std::string file_;
  std::vector<config_error> errors_;
};

enum class presence : std::uint8_t { required, optional };

/// Inclusive.
struct integer_range {
  std::int64_t lowest;
  std::int64_t highest;
};

/// A string with the line and the full key it was read from.
struct located_text {
  std::string text;
  std::size_t line = 0;
  std::string key;
};

/// Reads the keys of one table. Whatever has the wrong type or range is reported and comes back as
/// nullopt; `finish` reports the keys that nobody asked for.
class table_reader {
public:
  /// `path` is the table's full key ("media", "users[2]"), empty for the document.
  table_reader(const setting_table&, std::string path, std::size_t line, error_list&);

  /// `example` is shown where the key is missing or of another type.
  [[nodiscard]] std::optional<located_text> text(std::string_view key, presence,
                                                 std::string_view example);
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key, integer_range);
  [[nodiscard]] std::optional<bool> boolean(std::string_view key);
  /// Exactly two integers.
  [[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>>
  integer_pair(std::string_view key, std::string_view example);
  /// One string or more.
  [[nodiscard]] std::optional<std::vector<std::string>> texts(std::string_view key,
                                                              std::string_view example);
  /// The table of that key; with presence::optional an absent one reads as empty.
  [[nodiscard]] std::optional<table_reader> table(std::string_view key, presence);
  /// One reader per [[path.key]], at most `limit`.
  [[nodiscard]] std::vector<table_reader> tables(std::string_view key, std::size_t limit);

  void finish();

  [[nodiscard]] std::size_t line() const { return line_; }
  [[nodiscard]] std::size_t line_of(std::string_view key) const;
  [[nodiscard]] bool has(std::string_view key) const { return peek(key) != nullptr; }
  [[nodiscard]] std::string full_key(std::string_view key) const;
  [[nodiscard]] error_list& errors() { return *errors_; }

private:
  const setting* find(std::string_view key);
  [[nodiscard]] const setting* peek(std::string_view key) const;
  void wrong_kind(std::string_view key, const setting&, std::string right);

  const setting_table* table_;
  std::string path_;
  std::size_t line_;
  error_list* errors_;
  std::vector<std::string> known_;
};

/// The entry of `known` with the least edit distance to `word`, if that is small enough for a
/// typing error; else nullopt.
[[nodiscard]] std::optional<std::string> nearest(std::string_view word,
                                                 const std::vector<std::string>& known);

} // namespace tandem
