#pragma once

#include <tl/expected.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

template <class T>
using disk_result = tl::expected<T, std::string>;

/// A file that only grows, by whole lines.
class append_file {
public:
  virtual ~append_file() = default;
  /// Adds `line` (or lines) and a newline in one write: a failure leaves the file as it was.
  [[nodiscard]] virtual disk_result<void> append(std::string_view line) = 0;
  /// Returns when everything appended so far would survive a power cut.
  [[nodiscard]] virtual disk_result<void> sync() = 0;
};

/// Files. Calls block, so they belong on threads that may. Errors are sentences:
/// "cannot open var/cdr/2026-11-22.jsonl: No space left on device". Two implementations:
/// `system_disk` and `simulated_disk`.
class disk {
public:
  virtual ~disk() = default;
  /// Opens or makes `path`. A last line that a crash left without its newline is closed first, so
  /// that it spoils no later one.
  [[nodiscard]] virtual disk_result<std::unique_ptr<append_file>>
  open_append(const std::string& path) = 0;
  /// The whole file, up to `max_file_bytes`.
  [[nodiscard]] virtual disk_result<std::string> read_file(const std::string& path) = 0;
  /// The last `bytes` of it, or all if it has less.
  [[nodiscard]] virtual disk_result<std::string> read_tail(const std::string& path,
                                                           std::size_t bytes) = 0;
  /// Replaces the file's content: readers, and whoever starts after a crash, see the old content
  /// or the new, never a mixture.
  [[nodiscard]] virtual disk_result<void> write_file(const std::string& path,
                                                     std::string_view bytes) = 0;
  [[nodiscard]] virtual disk_result<void> remove_file(const std::string& path) = 0;
  /// Makes the folder and those above it; one that exists is no error.
  [[nodiscard]] virtual disk_result<void> make_directories(const std::string& path) = 0;
  /// The names in a folder, sorted, without "." and "..".
  [[nodiscard]] virtual disk_result<std::vector<std::string>> list(const std::string& path) = 0;
  [[nodiscard]] virtual bool exists(const std::string& path) = 0;
};

} // namespace tandem
