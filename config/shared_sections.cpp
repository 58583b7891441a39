// The tables on which all nodes of a cluster agree: users, trunks, routes.
#include "config/sections.hpp"

#include <algorithm>
#include <unordered_map>

namespace tandem {

namespace {

constexpr std::string_view user_marks = "-_.!~*'()&=+$,;?/"; // RFC 3261 §25.1

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/// Names seen, with the line of each.
class unique_names {
public:
  void check(error_list& errors, const located_text& name) {
    const auto [known, is_new] = lines_.emplace(name.text, name.line);
    if (!is_new)
      errors.add(name.line, name.key,
                 '"' + name.text + "\" stands on line " + std::to_string(known->second)
                     + " already",
                 "each name once");
  }

private:
  std::unordered_map<std::string, std::size_t> lines_;
};

/// A hash of `digits` hex digits, in lower case.
std::optional<std::string> read_hash(table_reader& t, std::string_view key, std::size_t digits,
                                     std::string_view computed_as) {
  auto hash = t.text(key, presence::optional, computed_as);
  if (!hash)
    return std::nullopt;
  const auto is_hex = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
  };
  if (hash->text.size() != digits || !std::ranges::all_of(hash->text, is_hex))
    t.errors().add(hash->line, hash->key, "is not " + std::to_string(digits) + " hex digits",
                   std::string{computed_as} + " of \"name:realm:password\"");
  for (auto& c : hash->text)
    c = static_cast<char>(c >= 'A' && c <= 'F' ? c | 0x20 : c);
  return std::move(hash->text);
}

ha1_hashes read_ha1(table_reader t) {
  ha1_hashes out;
  out.md5 = read_hash(t, "md5", 32, "MD5");
  out.sha256 = read_hash(t, "sha256", 64, "SHA-256");
  if (!t.has("md5") && !t.has("sha256"))
    t.errors().add(t.line(), t.full_key("md5"), "missing, as is sha256", "give one or both");
  t.finish();
  return out;
}

user_settings read_user(table_reader t, unique_names& names) {
  user_settings out;
  if (const auto name = t.text("name", presence::required, "1001")) {
    out.name = name->text;
    const auto stands_in_name = [](char c) {
      return is_alphanumeric(c) || user_marks.find(c) != std::string_view::npos;
    };
    if (out.name.empty() || !std::ranges::all_of(out.name, stands_in_name))
      t.errors().add(name->line, name->key, '"' + out.name + "\" is not a SIP user part",
                     "letters, digits and " + std::string{user_marks});
    names.check(t.errors(), *name);
  }
  if (const auto password = t.text("password", presence::optional, "secret")) {
    if (password->text.empty())
      t.errors().add(password->line, password->key, "is empty", "a secret");
    out.password = password->text;
  }
  if (t.has("ha1")) {
    if (const auto ha1 = t.table("ha1", presence::optional))
      out.ha1 = read_ha1(*ha1);
    if (t.has("password"))
      t.errors().add(t.line_of("ha1"), t.full_key("ha1"), "stands beside a password",
                     "give one of the two");
  } else if (!t.has("password")) {
    t.errors().add(t.line(), t.full_key("password"), "missing",
                   "password = \"…\" or ha1 = { sha256 = \"…\" }");
    (void) t.table("ha1", presence::optional); // so that it is known where keys are listed
  }
  t.finish();
  return out;
}

/// Both or none.
void read_login(table_reader& t, trunk_settings& out) {
  const auto username = t.text("username", presence::optional, "me");
  const auto password = t.text("password", presence::optional, "secret");
  const auto stands_in_quotes = [](char c) { return c >= ' ' && c < 127 && c != '"' && c != '\\'; };
  if (username
      && (username->text.empty() || !std::ranges::all_of(username->text, stands_in_quotes)))
    t.errors().add(username->line, username->key, "is not a user name",
                   "printable ASCII without quotes and backslash");
  if (t.has("username") != t.has("password"))
    t.errors().add(t.line(), t.full_key(username ? "password" : "username"), "missing",
                   "give both, or none");
  if (username && password)
    out.login = trunk_login{username->text, password->text};
}

trunk_settings read_trunk(table_reader t, unique_names& names) {
  trunk_settings out;
  if (const auto name = t.text("name", presence::required, "carrier")) {
    out.name = name->text;
    const auto stands_in_name = [](char c) {
      return is_alphanumeric(c) || c == '-' || c == '_' || c == '.';
    };
    if (out.name.empty() || !std::ranges::all_of(out.name, stands_in_name))
      t.errors().add(name->line, name->key, '"' + out.name + "\" is not a trunk name",
                     "letters, digits, dots, hyphens and underscores");
    names.check(t.errors(), *name);
  }
  if (const auto address = t.text("address", presence::required, "192.0.2.1")) {
    if (const auto parsed = parse_trunk_address(address->text))
      out.address = *parsed;
    else
      t.errors().add(address->line, address->key, parsed.error());
  }
  out.trusted = t.boolean("trusted").value_or(false);
  read_login(t, out);
  t.finish();
  return out;
}

/// Only of an application that calls on are there two sides to exchange media.
media_path read_media(table_reader& t, const std::string& app) {
  const auto media = t.text("media", presence::optional, "anchored");
  if (!media || media->text == "anchored")
    return media_path::anchored;
  if (media->text != "direct")
    t.errors().add(media->line, media->key, '"' + media->text + "\" is not known",
                   "\"anchored\" or \"direct\"");
  else if (app == "echo" || (app != "bridge" && !t.has("to")))
    t.errors().add(media->line, media->key,
                   "\"direct\" is from phone to phone, and \"" + app + "\" calls nobody",
                   "\"anchored\", or an application that calls on, with a `to`");
  return media_path::direct;
}

std::optional<route> read_route(table_reader t) {
  const auto match = t.text("match", presence::required, "^7(.*)");
  const auto app = t.text("app", presence::required, "bridge");
  const auto to = t.text("to", presence::optional, "sip:{user}@192.0.2.1:5060");
  if (app && (app->text.empty() || !std::ranges::all_of(app->text, [](char c) {
                return is_alphanumeric(c) || c == '-' || c == '_';
              })))
    t.errors().add(app->line, app->key, '"' + app->text + "\" is not the name of an application",
                   "such as \"bridge\" or \"echo\"");
  if (app && app->text == "bridge" && !t.has("to"))
    t.errors().add(t.line(), t.full_key("to"), "missing, and \"bridge\" calls somebody",
                   "for example to = \"sip:{user}@192.0.2.1:5060\"");
  const auto media = read_media(t, app ? app->text : std::string{});
  t.finish();
  const auto compiled = match ? pattern::compile(match->text) : tl::unexpected{std::string{}};
  if (!compiled) {
    if (match)
      t.errors().add(match->line, match->key, compiled.error());
    return std::nullopt;
  }
  route out{*compiled, app ? app->text : std::string{}, std::nullopt, media};
  if (to) {
    if (auto parsed = uri_template::parse(to->text, out.match.groups()))
      out.to = std::move(*parsed);
    else
      t.errors().add(to->line, to->key, parsed.error());
  }
  return out;
}

} // namespace

std::vector<user_settings> read_users(std::vector<table_reader> readers) {
  std::vector<user_settings> out;
  out.reserve(readers.size());
  unique_names names;
  for (auto& r : readers)
    out.push_back(read_user(std::move(r), names));
  std::ranges::sort(out, {}, &user_settings::name);
  return out;
}

std::vector<trunk_settings> read_trunks(std::vector<table_reader> readers) {
  std::vector<trunk_settings> out;
  unique_names names;
  for (auto& r : readers)
    out.push_back(read_trunk(std::move(r), names));
  return out;
}

std::vector<route> read_routes(std::vector<table_reader> readers) {
  std::vector<route> out;
  for (auto& r : readers)
    if (auto one = read_route(std::move(r)))
      out.push_back(std::move(*one));
  return out;
}

} // namespace tandem
