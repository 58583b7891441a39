#include "config/configuration.hpp"
#include "config/limits.hpp"
#include "config/reload.hpp"
#include "tests/fuzz/fuzzing.hpp"

#include <algorithm>

using namespace tandem;
using namespace std::string_view_literals;
using test::require;

namespace {

/// A reload puts in force what it may, and says the same again only as what it may not.
void check_reload(const configuration& running, const configuration& next) {
  const auto report = compare_settings(running, next);
  const auto in_force = reloaded(running, next);
  require(compare_settings(running, in_force) == reload_report{report.changes, {}});
  require(compare_settings(in_force, next) == reload_report{{}, report.later});
}

/// Whatever a caller is named, a route leads to one SIP URI whose host is the configuration's.
void check_routes(const configuration& c, std::string_view user) {
  for (const std::string_view name : {user, "7123"sv, "%40@;?"sv, "7a%40@;?"sv})
    if (const auto m = expand_route(c.routes, name); m && !m->to.empty()) {
      const auto& written = c.routes.at(m->index).to->text();
      require(m->to.starts_with("sip:") && std::ranges::count(m->to, '@') == 1);
      require(m->to.ends_with(written.substr(written.find('@'))));
      require(std::ranges::all_of(m->to, [](char x) { return x > ' ' && x < 127; }));
    }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  // The bytes alone, and as more entries of a file that is right.
  const std::string right = "[node]\nname=\"a\"\n[[sip.listen]]\ntransport=\"udp\"\n"
                            "address=\"127.0.0.1:5060\"\n[media]\naddress=\"127.0.0.1\"\n"
                            "[auth]\nrealm=\"r\"\n";
  for (const auto& whole : {std::string{text}, right + std::string{text}}) {
    const auto c = parse_configuration(whole, "t.toml");
    if (c) {
      check_routes(*c, text);
      check_reload(*parse_configuration(right, "t.toml"), *c);
      (void) find_trunk(*c, {*parse_ip_address("127.0.0.1"), 5060});
      continue;
    }
    require(!c.error().empty() && c.error().size() <= max_config_errors);
    for (const auto& e : c.error()) {
      const auto line = to_string(e);
      require(line.find('\n') == std::string::npos && !e.key.empty() && !e.right.empty());
    }
  }
  return 0;
}
