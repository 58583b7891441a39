#include "config/unknown_apps.hpp"

#include <catch2/catch.hpp>
#include <unistd.h>

#include <fstream>

using namespace tandem;

namespace {

/// A file of its own for the length of a test.
struct scratch_file {
  explicit scratch_file(std::string_view text)
    : path(std::filesystem::temp_directory_path()
           / ("tandem-apps-" + std::to_string(::getpid()) + ".toml")) {
    std::ofstream{path} << text;
  }
  ~scratch_file() { std::filesystem::remove(path); }
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;

  const std::filesystem::path path;
};

std::vector<std::string> told(std::string_view text) {
  const scratch_file file{text};
  std::vector<std::string> out;
  for (const auto& e : unknown_apps(
           file.path, [](std::string_view name) { return name == "echo"; }, "echo"))
    out.push_back(to_string(e).substr(file.path.string().size()));
  return out;
}

} // namespace

TEST_CASE("config: routes to unknown applications are told with their lines, beside other mistakes",
          "[config]") {
  CHECK(told("[node]\nnmae = 3\n[[routes]]\napp = \"ehco\"\n[[routes]]\napp = \"echo\"\n"
             "[[routes]]\nmatch = \"(\"\napp = \"ivr\"\n")
        == std::vector<std::string>{
            ":4: routes[1].app: there is no application \"ehco\"; one of echo",
            ":9: routes[3].app: there is no application \"ivr\"; one of echo"});
  for (const auto* text : {"", "routes = 3", "routes = [3]", "[[routes]]\napp = 3", "[["})
    CHECK(told(text).empty());
  CHECK(unknown_apps(
            "/nowhere/t.toml", [](std::string_view) { return false; }, "")
            .empty());
}
