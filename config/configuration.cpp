#include "config/configuration.hpp"

#include "config/limits.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

namespace tandem {

namespace {

config_result cannot_read(const std::filesystem::path& file, std::string why) {
  return tl::unexpected{std::vector<config_error>{
      {file.string(), 0, "file", std::move(why), "give the path of a readable TOML file"}}};
}

} // namespace

std::string to_string(const config_error& e) {
  return e.file + ':' + std::to_string(e.line) + ": " + e.key + ": " + e.wrong + "; " + e.right;
}

config_result load_configuration(const std::filesystem::path& file) {
  std::error_code ec;
  const auto size = std::filesystem::file_size(file, ec); // fails for a folder as well
  if (ec)
    return cannot_read(file, "cannot be read (" + ec.message() + ')');
  if (size > max_config_bytes)
    return cannot_read(file, "is larger than " + std::to_string(max_config_bytes) + " bytes");
  std::ifstream in{file, std::ios::binary};
  std::string text(size, '\0');
  if (!in)
    return cannot_read(file, std::string{"cannot be read ("} + std::strerror(errno) + ')');
  if (!in.read(text.data(), static_cast<std::streamsize>(size)))
    return cannot_read(file, "cannot be read to its end");
  return parse_configuration(text, file);
}

const trunk_settings* find_trunk(const configuration& c, const ip_endpoint& source) {
  const auto found = std::ranges::find_if(
      c.trunks, [&](const trunk_settings& t) { return t.address.matches(source); });
  return found == c.trunks.end() ? nullptr : &*found;
}

std::vector<hash_algorithm> offered_algorithms(const configuration& c) {
  const auto can_use = [](const user_settings& u, hash_algorithm a) {
    switch (a) {
      case hash_algorithm::md5: return u.password || (u.ha1 && u.ha1->md5);
      case hash_algorithm::sha256: return u.password || (u.ha1 && u.ha1->sha256);
      case hash_algorithm::sha512_256: return u.password.has_value();
    }
    return false;
  };
  auto out = c.auth.algorithms;
  std::erase_if(out, [&](hash_algorithm a) {
    return !std::ranges::all_of(c.users, [&](const auto& u) { return can_use(u, a); });
  });
  return out;
}

const user_settings* find_user(const configuration& c, std::string_view name) {
  const auto found = std::ranges::lower_bound(
      c.users, name, {}, [](const user_settings& u) -> std::string_view { return u.name; });
  return found == c.users.end() || found->name != name ? nullptr : &*found;
}

} // namespace tandem
