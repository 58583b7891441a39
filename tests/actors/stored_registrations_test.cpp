// What a node finds on its disk when it starts: its secret, and registrations where they belong.
#include "actors/registrar/stored_registrations.hpp"

#include "actors/node/node_disks.hpp"
#include "actors/node/stamp.hpp"
#include "actors/registrar/domain.hpp"
#include "actors/registrar/record/registration_codec.hpp"
#include "cluster/store/memory_store.hpp"
#include "runtime/io/system_disk.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <filesystem>
#include <fstream>

using namespace tandem;
using namespace tandem::actors;
namespace fs = std::filesystem;

namespace {

std::string record_of(const std::string& user) {
  registration_record r;
  r.user = user;
  return encode_registration(r);
}

void put(cluster::store& s, const key128& key, std::string bytes) {
  REQUIRE(s.commit(std::vector<cluster::record_change>{{key, std::move(bytes)}}));
}

struct scratch {
  scratch() {
    auto pattern = (fs::temp_directory_path() / "tandem-disks-XXXXXX").string();
    REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path = pattern;
  }
  ~scratch() {
    std::error_code ignored;
    fs::remove_all(path, ignored);
  }
  fs::path path;
};

node_disks opened(const fs::path& data, std::size_t shards) {
  system_disk files;
  auto found = open_node_disks(files, data, shards);
  if (!found)
    FAIL(found.error());
  return std::move(*found);
}

} // namespace

TEST_CASE("stored registrations: each goes to the shard that owns its user", "[registrar]") {
  const siphash before{{1}}, now{{2}};
  cluster::memory_store a, b, old;
  for (int i = 0; i < 40; ++i) {
    const auto user = std::to_string(1000 + i);
    put(i % 2 == 0 ? a : old, registration_key(before, user), record_of(user));
  }
  put(b, {5, 5}, "damaged");
  CHECK(settle_registrations({&a, &b, &old}, 2, now) == 40);
  CHECK(a.size() + b.size() == 41); // the damaged one stays for the registrar to report
  CHECK(old.size() == 0);
  for (int i = 0; i < 40; ++i) {
    const auto key = registration_key(now, std::to_string(1000 + i));
    CHECK((key.high % 2 == 0 ? a : b).read(key) == record_of(std::to_string(1000 + i)));
  }
  CHECK(settle_registrations({&a, &b, &old}, 2, now) == 0); // and they stay there
}

TEST_CASE("node disks: secret and registrations survive a restart with other shards",
          "[registrar]") {
  const scratch data;
  siphash::secret secret{};
  {
    auto first = opened(data.path / "below", 3);
    secret = first.secret;
    CHECK(secret != siphash::secret{});
    CHECK_FALSE(first.boot_id.empty());
    CHECK(first.moved == 0);
    for (int i = 0; i < 30; ++i) {
      const auto user = std::to_string(i);
      const auto key = registration_key(siphash{secret}, user);
      put(first.shards[key.high % 3]->registrations(), key, record_of(user));
    }
  }
  {
    const auto fewer = opened(data.path / "below", 1);
    CHECK(fewer.secret == secret);
    CHECK(fewer.moved > 0);
    CHECK(fewer.shards.size() == 1);
    CHECK(fewer.shards[0]->registrations().size() == 30);
  }
  const auto more = opened(data.path / "below", 2);
  CHECK(more.shards[0]->registrations().size() + more.shards[1]->registrations().size() == 30);
  CHECK(more.shards[1]->registrations().size() > 0);
}

namespace {

std::string sign(int hour) {
  std::string out;
  append_stamp(out, {1, time_point{}, wall_time{std::chrono::hours{hour}}});
  return out;
}

} // namespace

TEST_CASE("node disks: calls go to the shard that owns their key, with a sign of life",
          "[actors]") {
  const scratch data;
  {
    const auto first = opened(data.path, 3);
    for (std::uint64_t i = 0; i < 30; ++i)
      put(first.shards[i % 3]->calls(), {i, i}, "call " + std::to_string(i));
    put(first.shards[0]->marks(), {0, 1}, sign(2));
    put(first.shards[1]->marks(), {0, 1}, sign(1)); // it has had no call for long
  }
  for (const std::size_t shards : {1U, 2U, 3U}) {
    const auto now = opened(data.path, shards);
    std::size_t found = 0;
    for (std::size_t s = 0; s < shards; ++s) {
      found += now.shards[s]->calls().size();
      CHECK(now.shards[s]->marks().read({0, 1}) == sign(2));
      for (std::uint64_t i = 0; i < 30; ++i)
        CHECK(now.shards[s]->calls().read({i, i}).has_value() == (i % shards == s));
    }
    CHECK(found == 30);
  }
}

TEST_CASE("node disks: a secret that is none is a sentence that says what to do", "[registrar]") {
  const scratch data;
  std::ofstream{data.path / "secret"} << "hello\n";
  system_disk files;
  const auto found = open_node_disks(files, data.path, 1);
  REQUIRE_FALSE(found);
  CHECK(found.error().find("/secret does not hold 32 hex digits: put back a copy")
        != std::string::npos);
}
