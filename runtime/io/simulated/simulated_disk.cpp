#include "runtime/io/simulated/simulated_disk.hpp"

#include "runtime/io/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <map>
#include <set>
#include <system_error>
#include <utility>

namespace tandem {

namespace {

struct stored {
  std::string bytes;
  std::size_t synced = 0; // how many of them a power failure cannot take
};

tl::unexpected<std::string> failure(const char* doing, const std::string& path, int error) {
  return tl::unexpected(std::string{"cannot "} + doing + " " + path + ": "
                        + std::generic_category().message(error));
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

} // namespace

struct simulated_disk::contents {
  explicit contents(std::uint64_t seed) : draw(seed) {}

  /// 0, or the errno with which a change to `bytes` more would fail.
  [[nodiscard]] int refusal(std::size_t more) const {
    if (read_only)
      return EROFS;
    std::size_t used = 0;
    for (const auto& [path, f] : files)
      used += f->bytes.size();
    return more > capacity - std::min(used, capacity) ? ENOSPC : 0;
  }
  [[nodiscard]] bool has_folder(const std::string& path) const {
    return path == "." || path == "/" || folders.contains(path);
  }

  simulated_random draw;
  std::map<std::string, std::shared_ptr<stored>> files;
  std::set<std::string> folders;
  std::size_t capacity = max_file_bytes;
  bool read_only = false;
  std::uint64_t boots = 0; // an open file of an earlier boot is dead
};

class simulated_disk::file final : public append_file {
public:
  file(std::string path, std::shared_ptr<stored> f, std::shared_ptr<contents> c)
    : path_(std::move(path)), file_(std::move(f)), disk_(std::move(c)), boot_(disk_->boots) {}

  [[nodiscard]] disk_result<void> append(std::string_view line) override {
    if (const int error = refusal(line.size() + 1); error != 0)
      return failure("append to", path_, error);
    file_->bytes.append(line);
    file_->bytes += '\n';
    return {};
  }

  [[nodiscard]] disk_result<void> sync() override {
    if (const int error = refusal(0); error != 0)
      return failure("sync", path_, error);
    file_->synced = file_->bytes.size();
    return {};
  }

private:
  [[nodiscard]] int refusal(std::size_t more) const {
    return boot_ == disk_->boots ? disk_->refusal(more) : EIO;
  }

  std::string path_;
  std::shared_ptr<stored> file_;
  std::shared_ptr<contents> disk_;
  std::uint64_t boot_;
};

simulated_disk::simulated_disk(std::uint64_t seed) : contents_(std::make_shared<contents>(seed)) {
}

simulated_disk::~simulated_disk() = default;

disk_result<std::unique_ptr<append_file>> simulated_disk::open_append(const std::string& path) {
  if (!contents_->has_folder(folder_of(path)))
    return failure("open", path, ENOENT);
  if (const int error = contents_->refusal(0); error != 0)
    return failure("open", path, error);
  auto& f = contents_->files[path];
  if (!f)
    f = std::make_shared<stored>();
  if (!f->bytes.empty() && f->bytes.back() != '\n') {
    if (const int error = contents_->refusal(1); error != 0)
      return failure("append to", path, error);
    f->bytes += '\n';
  }
  return std::make_unique<file>(path, f, contents_);
}

disk_result<std::string> simulated_disk::read_file(const std::string& path) {
  const auto f = contents_->files.find(path);
  if (f == contents_->files.end())
    return failure("read", path, ENOENT);
  if (f->second->bytes.size() > max_file_bytes)
    return failure("read", path, EFBIG);
  return f->second->bytes;
}

disk_result<std::string> simulated_disk::read_tail(const std::string& path, std::size_t bytes) {
  const auto f = contents_->files.find(path);
  if (f == contents_->files.end())
    return failure("read", path, ENOENT);
  const auto& all = f->second->bytes;
  return all.substr(all.size() - std::min(all.size(), bytes));
}

disk_result<void> simulated_disk::write_file(const std::string& path, std::string_view bytes) {
  if (!contents_->has_folder(folder_of(path)))
    return failure("write", path, ENOENT);
  // The draft stands beside the old content until it is renamed, so both must fit.
  if (const int error = contents_->refusal(bytes.size()); error != 0)
    return failure("write", path, error);
  contents_->files[path] = std::make_shared<stored>(stored{std::string{bytes}, bytes.size()});
  return {};
}

disk_result<void> simulated_disk::remove_file(const std::string& path) {
  if (contents_->read_only)
    return failure("remove", path, EROFS);
  if (contents_->files.erase(path) == 0)
    return failure("remove", path, ENOENT);
  return {};
}

disk_result<void> simulated_disk::make_directories(const std::string& path) {
  if (contents_->read_only && !contents_->has_folder(path))
    return failure("make the folder", path, EROFS);
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const auto part = path.substr(0, end);
    if (contents_->files.contains(part))
      return failure("make the folder", path, ENOTDIR);
    contents_->folders.insert(part);
  }
  return {};
}

disk_result<std::vector<std::string>> simulated_disk::list(const std::string& path) {
  if (!contents_->has_folder(path))
    return failure("list", path, ENOENT);
  std::set<std::string> names;
  const auto add = [&](const std::string& entry) {
    if (entry != path && folder_of(entry) == path)
      names.insert(entry.substr(entry.rfind('/') + 1));
  };
  for (const auto& [name, f] : contents_->files)
    add(name);
  for (const auto& name : contents_->folders)
    add(name);
  return std::vector<std::string>(names.begin(), names.end());
}

bool simulated_disk::exists(const std::string& path) {
  return contents_->files.contains(path) || contents_->has_folder(path);
}

void simulated_disk::set_capacity(std::size_t bytes) {
  contents_->capacity = bytes;
}

void simulated_disk::set_read_only(bool on) {
  contents_->read_only = on;
}

void simulated_disk::crash() {
  ++contents_->boots;
  for (auto& [path, f] : contents_->files) {
    const auto unsynced = f->bytes.size() - f->synced;
    f->bytes.resize(f->synced + contents_->draw.below(unsynced + 1));
    f->synced = f->bytes.size();
  }
}

} // namespace tandem
