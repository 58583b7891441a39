#include "actors/node/node_disks.hpp"

#include "actors/node/stored_calls.hpp"
#include "actors/registrar/stored_registrations.hpp"
#include "runtime/base/key.hpp"
#include "runtime/io/system_random.hpp"

#include <algorithm>

namespace tandem::actors {

namespace {

std::string without_newline(std::string text) {
  while (text.ends_with('\n'))
    text.pop_back();
  return text;
}

siphash::secret bytes_of(const key128& key) {
  siphash::secret s{};
  for (unsigned i = 0; i < 8; ++i) {
    s[i] = static_cast<std::uint8_t>(key.high >> (56U - 8 * i));
    s[8 + i] = static_cast<std::uint8_t>(key.low >> (56U - 8 * i));
  }
  return s;
}

tl::expected<siphash::secret, std::string> read_secret(disk& files, const std::string& path) {
  if (files.exists(path)) {
    const auto text = files.read_file(path);
    if (!text)
      return tl::unexpected(text.error());
    if (const auto known = parse_key(without_newline(*text)))
      return bytes_of(*known);
    return tl::unexpected(path
                          + " does not hold 32 hex digits: put back a copy of it, or remove "
                            "it and a new one is made");
  }
  system_random random;
  const key128 fresh{random.next(), random.next()};
  if (auto written = files.write_file(path, to_string(fresh) + "\n"); !written)
    return tl::unexpected(written.error() + "; check node.data");
  return bytes_of(fresh);
}

} // namespace

tl::expected<node_disks, std::string>
open_node_disks(disk& files, const std::filesystem::path& data, std::size_t shards) {
  node_disks out;
  if (auto made = files.make_directories((data / "store").string()); !made)
    return tl::unexpected(made.error() + "; check node.data");
  const auto secret = read_secret(files, (data / "secret").string());
  if (!secret)
    return tl::unexpected(secret.error());
  out.secret = *secret;
  if (auto id = files.read_file("/proc/sys/kernel/random/boot_id"))
    out.boot_id = without_newline(std::move(*id));

  // Shards of now, and folders of shards that there were once.
  std::vector<cluster::store*> stores;
  std::vector<shard_stores> all;
  std::vector<std::unique_ptr<cluster::rocks_database>> old;
  const auto path_of = [&data](std::size_t i) {
    return data / "store" / ("shard-" + std::to_string(i));
  };
  for (std::size_t i = 0; i < shards || files.exists(path_of(i).string()); ++i) {
    auto db = cluster::rocks_database::open(path_of(i));
    if (!db)
      return tl::unexpected(db.error());
    stores.push_back(&(*db)->registrations());
    all.push_back({(*db)->calls(), (*db)->registrations(), &(*db)->marks(), &(*db)->damaged()});
    (i < shards ? out.shards : old).push_back(std::move(*db));
  }
  const auto moved = settle_registrations(stores, shards, siphash{out.secret});
  if (!moved)
    return tl::unexpected(moved.error());
  out.moved = *moved;
  if (const auto calls = settle_calls(all, shards); !calls)
    return tl::unexpected(calls.error());
  return out;
}

} // namespace tandem::actors
