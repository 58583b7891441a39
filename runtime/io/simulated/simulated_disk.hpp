#pragma once

#include "runtime/io/disk.hpp"
#include "runtime/io/simulated/simulated_random.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>

namespace tandem {

/// Files in memory, with the faults of real ones.
class simulated_disk final : public disk {
public:
  explicit simulated_disk(std::uint64_t seed);
  ~simulated_disk() override;

  [[nodiscard]] disk_result<std::unique_ptr<append_file>>
  open_append(const std::string& path) override;
  [[nodiscard]] disk_result<std::string> read_file(const std::string& path) override;
  [[nodiscard]] disk_result<std::string> read_tail(const std::string& path,
                                                   std::size_t bytes) override;
  [[nodiscard]] disk_result<void> write_file(const std::string& path,
                                             std::string_view bytes) override;
  [[nodiscard]] disk_result<void> remove_file(const std::string& path) override;
  [[nodiscard]] disk_result<void> make_directories(const std::string& path) override;
  [[nodiscard]] disk_result<std::vector<std::string>> list(const std::string& path) override;
  [[nodiscard]] bool exists(const std::string& path) override;

  /// Bytes that fit in all files together; what exceeds it fails with ENOSPC's sentence.
  void set_capacity(std::size_t bytes);
  /// While set, every change fails with EROFS's sentence.
  void set_read_only(bool);
  /// The power fails: of what was appended since the last sync() a drawn part stays, perhaps half a
  /// line. Open files are dead from then on.
  void crash();

private:
  class file;
  struct contents;
  std::shared_ptr<contents> contents_;
};

} // namespace tandem
