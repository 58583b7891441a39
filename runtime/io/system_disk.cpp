#include "runtime/io/system_disk.hpp"

#include "runtime/io/limits.hpp"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace tandem {

namespace {

constexpr mode_t file_mode = 0640; // CDRs and traces name people
constexpr mode_t folder_mode = 0750;

tl::unexpected<std::string> failure(const char* doing, const std::string& path, int error) {
  return tl::unexpected(std::string{"cannot "} + doing + " " + path + ": "
                        + std::generic_category().message(error));
}

/// A file descriptor of this block.
class scoped_fd {
public:
  explicit scoped_fd(int fd) : fd_(fd) {}
  scoped_fd(const scoped_fd&) = delete;
  scoped_fd& operator=(const scoped_fd&) = delete;
  ~scoped_fd() {
    if (fd_ >= 0)
      ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  [[nodiscard]] int release() { return std::exchange(fd_, -1); }

private:
  int fd_;
};

/// All of `bytes`, or the errno that stopped it.
int write_all(int fd, std::string_view bytes) {
  while (!bytes.empty()) {
    const auto n = ::write(fd, bytes.data(), bytes.size());
    if (n < 0 && errno != EINTR)
      return errno;
    if (n > 0)
      bytes.remove_prefix(static_cast<std::size_t>(n));
  }
  return 0;
}

std::string folder_of(const std::string& path) {
  const auto slash = path.rfind('/');
  if (slash == std::string::npos)
    return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

class system_append_file final : public append_file {
public:
  system_append_file(std::string path, int fd) : path_(std::move(path)), fd_(fd) {}

  [[nodiscard]] disk_result<void> append(std::string_view line) override {
    std::string whole{line};
    whole += '\n';
    struct stat before {};
    if (fstat(fd_.get(), &before) != 0)
      return failure("append to", path_, errno);
    if (const int error = write_all(fd_.get(), whole); error != 0) {
      // Half a line must not stay in front of the next one. If this fails too, open_append() will
      // close the line after a restart.
      (void) !ftruncate(fd_.get(), before.st_size);
      return failure("append to", path_, error);
    }
    return {};
  }

  [[nodiscard]] disk_result<void> sync() override {
    if (fdatasync(fd_.get()) != 0)
      return failure("sync", path_, errno);
    return {};
  }

private:
  std::string path_;
  scoped_fd fd_;
};

/// True unless the file has bytes and the last of them is no newline.
bool ends_with_newline(int fd, off_t size) {
  char last = '\n';
  return size == 0 || pread(fd, &last, 1, size - 1) != 1 || last == '\n';
}

} // namespace

disk_result<std::unique_ptr<append_file>> system_disk::open_append(const std::string& path) {
  scoped_fd fd{::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC, file_mode)};
  struct stat found {};
  if (!fd.ok() || fstat(fd.get(), &found) != 0)
    return failure("open", path, errno);
  if (!ends_with_newline(fd.get(), found.st_size))
    if (const int error = write_all(fd.get(), "\n"); error != 0)
      return failure("append to", path, error);
  return std::make_unique<system_append_file>(path, fd.release());
}

disk_result<std::string> system_disk::read_file(const std::string& path) {
  const scoped_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  if (!fd.ok())
    return failure("read", path, errno);
  std::string all;
  std::string piece(64 * 1024, '\0');
  while (true) {
    const auto n = ::read(fd.get(), piece.data(), piece.size());
    if (n < 0 && errno == EINTR)
      continue;
    if (n < 0)
      return failure("read", path, errno);
    if (n == 0)
      return all;
    all.append(piece, 0, static_cast<std::size_t>(n));
    if (all.size() > max_file_bytes)
      return failure("read", path, EFBIG);
  }
}

disk_result<std::string> system_disk::read_tail(const std::string& path, std::size_t bytes) {
  const scoped_fd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)};
  struct stat found {};
  if (!fd.ok() || fstat(fd.get(), &found) != 0)
    return failure("read", path, errno);
  const auto size = static_cast<std::size_t>(found.st_size);
  std::string tail(std::min(size, bytes), '\0');
  std::size_t at = 0;
  while (at < tail.size()) {
    const auto n = ::pread(fd.get(), tail.data() + at, tail.size() - at,
                           static_cast<off_t>(size - tail.size() + at));
    if (n < 0 && errno != EINTR)
      return failure("read", path, errno);
    if (n == 0)
      break; // it has shrunk meanwhile
    if (n > 0)
      at += static_cast<std::size_t>(n);
  }
  tail.resize(at);
  return tail;
}

disk_result<void> system_disk::write_file(const std::string& path, std::string_view bytes) {
  // A name of its own beside the target: rename(2) is atomic only within one file system.
  const auto draft = path + ".new";
  {
    const scoped_fd fd{::open(draft.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, file_mode)};
    if (!fd.ok())
      return failure("write", path, errno);
    int error = write_all(fd.get(), bytes);
    if (error == 0 && fsync(fd.get()) != 0) // else a crash could leave the new name, empty
      error = errno;
    if (error != 0) {
      ::unlink(draft.c_str());
      return failure("write", path, error);
    }
  }
  if (::rename(draft.c_str(), path.c_str()) != 0) {
    const int error = errno;
    ::unlink(draft.c_str());
    return failure("write", path, error);
  }
  const scoped_fd folder{::open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (!folder.ok() || fsync(folder.get()) != 0)
    return failure("write", path, errno);
  return {};
}

disk_result<void> system_disk::remove_file(const std::string& path) {
  if (::unlink(path.c_str()) != 0)
    return failure("remove", path, errno);
  return {};
}

disk_result<void> system_disk::make_directories(const std::string& path) {
  for (std::size_t end = 0; end != std::string::npos;) {
    end = path.find('/', end + 1);
    const auto part = path.substr(0, end);
    if (::mkdir(part.c_str(), folder_mode) == 0)
      continue;
    const int error = errno;
    struct stat found {};
    if (::stat(part.c_str(), &found) != 0)
      return failure("make the folder", path, error);
    if (!S_ISDIR(found.st_mode))
      return failure("make the folder", path, ENOTDIR);
  }
  return {};
}

disk_result<std::vector<std::string>> system_disk::list(const std::string& path) {
  const auto close = [](DIR* d) { ::closedir(d); };
  const std::unique_ptr<DIR, decltype(close)> folder{::opendir(path.c_str()), close};
  if (!folder)
    return failure("list", path, errno);
  std::vector<std::string> names;
  while (const auto* entry = ::readdir(folder.get()))
    if (const std::string name = entry->d_name; name != "." && name != "..")
      names.push_back(name);
  std::ranges::sort(names);
  return names;
}

bool system_disk::exists(const std::string& path) {
  return ::access(path.c_str(), F_OK) == 0;
}

} // namespace tandem
