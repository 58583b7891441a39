// docs/CONFIG.md, tandem.toml(5) and the reader must know the same keys.
#include "config/configuration.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <map>
#include <set>

using namespace tandem;

namespace {

/// What stands between the two in lines of that file that begin with the first.
std::set<std::string> documented_keys(const std::string& file, const std::string& before,
                                      char after) {
  std::ifstream in{std::string{TANDEM_SOURCE_DIR} + "/docs/" + file};
  REQUIRE(in);
  std::set<std::string> keys;
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(before))
      keys.insert(line.substr(before.size(), line.find(after, before.size()) - before.size()));
  return keys;
}

/// The keys that a table lists when it meets one that it does not know.
std::set<std::string> known_keys(const std::string& header, const std::string& prefix) {
  const auto c = parse_configuration(header + "zzzzzzzzzzzz = 1\n", "t");
  REQUIRE_FALSE(c);
  for (const auto& e : c.error()) {
    const std::string intro = "known here: ";
    if (e.wrong != "unknown key" || !e.right.starts_with(intro))
      continue;
    std::set<std::string> keys;
    for (std::size_t at = intro.size(); at < e.right.size();) {
      const auto end = std::min(e.right.find(", ", at), e.right.size());
      keys.insert(prefix + e.right.substr(at, end - at));
      at = end + 2;
    }
    return keys;
  }
  FAIL("no unknown key reported for " << header);
  return {};
}

} // namespace

TEST_CASE("docs/CONFIG.md and tandem.toml(5) have a row for every key and no other",
          "[config][docs]") {
  std::set<std::string> known;
  for (const auto& [header, prefix] :
       std::map<std::string, std::string>{{"[node]\n", "node."},
                                          {"[auth]\n", "auth."},
                                          {"[sip]\n", "sip."},
                                          {"[[sip.listen]]\n", "sip.listen."},
                                          {"[registrar]\n", "registrar."},
                                          {"[restore]\n", "restore."},
                                          {"[admin]\n", "admin."},
                                          {"[media]\n", "media."},
                                          {"[[users]]\n", "users."},
                                          {"[[users]]\n[users.ha1]\n", "users.ha1."},
                                          {"[[trunks]]\n", "trunks."},
                                          {"[[routes]]\n", "routes."}})
    known.merge(known_keys(header, prefix));
  known.erase("sip.listen"); // tables: their keys have the rows
  known.erase("users.ha1");
  CHECK(documented_keys("CONFIG.md", "| `", '`') == known);
  CHECK(documented_keys("man/tandem.toml.5", ".It Cm ", '\n') == known);
}
