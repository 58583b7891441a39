#include "config/document.hpp"
#include "config/limits.hpp"
#include "config/sections.hpp"

namespace tandem {

config_result parse_configuration(std::string_view text, const std::filesystem::path& name) {
  error_list errors{name.string()};
  if (text.size() > max_config_bytes) {
    errors.add(0, "file", "is larger than " + std::to_string(max_config_bytes) + " bytes",
               "give the path of a TOML file");
    return tl::unexpected{errors.take()};
  }
  const auto document = parse_document(text);
  if (!document) {
    errors.add(document.error().line, "syntax", document.error().what, "TOML 1.0, see toml.io");
    return tl::unexpected{errors.take()};
  }

  configuration out;
  table_reader root{*document, "", 1, errors};
  if (const auto t = root.table("node", presence::required))
    out.node = read_node(*t, name);
  const bool has_users = root.has("users");
  if (const auto t = root.table("auth", has_users ? presence::required : presence::optional))
    out.auth = read_auth(*t, has_users);
  if (const auto t = root.table("sip", presence::optional))
    out.sip = read_sip(*t);
  if (const auto t = root.table("registrar", presence::optional))
    out.registrar = read_registrar(*t);
  if (const auto t = root.table("restore", presence::optional))
    out.restore = read_restore(*t);
  if (const auto t = root.table("admin", presence::optional))
    out.admin = read_admin(*t);
  if (const auto t = root.table("media", presence::required))
    out.media = read_media(*t, out.sip);
  out.users = read_users(root.tables("users", max_users));
  out.trunks = read_trunks(root.tables("trunks", max_trunks));
  out.routes = read_routes(root.tables("routes", max_routes));
  root.finish();
  if (errors.empty() && !out.users.empty() && offered_algorithms(out).empty())
    errors.add(root.line_of("users"), "users", "have no algorithm of auth.algorithms in common",
               "give every user a password, or the same kinds of ha1");
  if (!errors.empty())
    return tl::unexpected{errors.take()};
  return out;
}

} // namespace tandem
