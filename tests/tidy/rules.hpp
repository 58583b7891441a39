#pragma once

#include <string>
#include <string_view>
#include <vector>

// The house style as functions of text, so that rules_test.cpp can show each rule failing.
namespace tandem::test {

struct source_file {
  std::string path; ///< relative to the repository's root, with '/'
  std::string text;
};

/// What is wrong, as "path:line: sentence".
using complaints = std::vector<std::string>;

/// The text with the contents of comments and literals blanked; line breaks and length stay.
[[nodiscard]] std::string code_only(std::string_view text);

/// Layering, banned texts, main programs, namespaces and lengths of one .hpp or .cpp.
[[nodiscard]] complaints check_source(const source_file&);

/// Rules for any text of the repository: no path of a single machine, no tabs where they hide.
[[nodiscard]] complaints check_text(const source_file&);

/// A header that includes a wrapped library (Asio, OpenSSL, …) may be included only by its own
/// folder: the library stays behind our interface.
[[nodiscard]] complaints check_wrapped_libraries(const std::vector<source_file>&);

/// Folders: README.md and CMakeLists.txt where there is source, tests that mirror a source folder.
[[nodiscard]] complaints check_folders(const std::vector<source_file>&);

/// C++ that a .md shows (in a block marked cpp) is code that is compiled: it stands, to the letter,
/// in a source file.
[[nodiscard]] complaints check_shown_code(const std::vector<source_file>&);

} // namespace tandem::test
