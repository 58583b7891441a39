#pragma once

#include "runtime/io/disk.hpp"

namespace tandem {

/// The host's files. Any thread.
class system_disk final : public disk {
public:
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
};

} // namespace tandem
