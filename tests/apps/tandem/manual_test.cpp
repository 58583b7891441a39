#include "apps/tandem/command_tree.hpp"

#include <catch2/catch.hpp>

#include <fstream>
#include <iterator>

using namespace tandem;

namespace {

/// The page as mdoc source, without its escapes.
std::string page(const std::string& name) {
  std::ifstream in{std::string{TANDEM_SOURCE_DIR "/docs/man/"} + name};
  REQUIRE(in);
  return {std::istreambuf_iterator<char>{in}, {}};
}

void check_command(const CLI::App& command, const std::string& path, const std::string& text) {
  for (const auto* sub : command.get_subcommands([](const CLI::App*) { return true; })) {
    const auto below = path.empty() ? sub->get_name() : path + " " + sub->get_name();
    INFO(below);
    const bool has_page = text.find("\n.It Cm " + below) != std::string::npos;
    const bool is_group = !sub->get_subcommands([](const CLI::App*) { return true; }).empty();
    CHECK((has_page || is_group));
    check_command(*sub, below, text);
  }
  for (const auto* o : command.get_options())
    for (const auto& name : o->get_lnames()) {
      INFO(path << " --" << name);
      const bool is_there = text.find("Fl -" + name) != std::string::npos
                            || text.find(", -" + name) != std::string::npos;
      CHECK(is_there);
    }
}

} // namespace

TEST_CASE("console: tandem(1) has every command and option", "[console]") {
  console_command unused;
  CLI::App app;
  add_commands(app, unused);
  check_command(app, "", page("tandem.1"));
}
