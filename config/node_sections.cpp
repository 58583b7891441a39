#include "config/limits.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <set>

namespace tandem {

namespace {

constexpr std::size_t max_node_name_bytes = 64;
constexpr std::size_t min_token_bytes = 16;

bool is_name_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-'
         || c == '_' || c == '.';
}

bool is_visible(char c) {
  return c > ' ' && c < 127;
}

/// Reads "address:port"; any port but 0.
std::optional<ip_endpoint> read_endpoint(error_list& errors, const located_text& t,
                                         std::string_view example) {
  const auto e = parse_ip_endpoint(t.text);
  if (e && e->port != 0)
    return e;
  errors.add(t.line, t.key, '"' + t.text + "\" is not an address with a port",
             "for example \"" + std::string{example} + "\" or \"[::1]:5060\"");
  return std::nullopt;
}

std::optional<ip_address> read_address(error_list& errors, const std::optional<located_text>& t,
                                       ip_family family, std::string_view example) {
  if (!t)
    return std::nullopt;
  const auto a = parse_ip_address(t->text);
  const auto version = family == ip_family::v4 ? std::string{"IPv4"} : std::string{"IPv6"};
  const auto right = "the " + version + " address that phones send media to, for example \""
                     + std::string{example} + '"';
  if (!a || a->family != family)
    errors.add(t->line, t->key, '"' + t->text + "\" is not an " + version + " address", right);
  else if (a->is_unspecified())
    errors.add(t->line, t->key, '"' + t->text + "\" cannot stand in SDP", right);
  else
    return a;
  return std::nullopt;
}

listen_settings read_listen(table_reader t) {
  listen_settings out;
  if (const auto transport = t.text("transport", presence::required, "udp")) {
    if (transport->text == "tcp")
      out.transport = listen_transport::tcp;
    else if (transport->text != "udp")
      t.errors().add(transport->line, transport->key, '"' + transport->text + "\" is not supported",
                     "\"udp\" or \"tcp\"");
  }
  if (const auto address = t.text("address", presence::required, "192.0.2.1:5060")) {
    out.address = read_endpoint(t.errors(), *address, "192.0.2.1:5060").value_or(ip_endpoint{});
    if (out.address.port != 0 && out.address.address.is_unspecified()) // RFC 3261 §18.1.1, §8.1.1.8
      t.errors().add(address->line, address->key,
                     '"' + address->text + "\" cannot stand in Via and Contact",
                     "one [[sip.listen]] for each address of this host");
  }
  t.finish();
  return out;
}

void check_ports(table_reader& t, media_settings& out) {
  constexpr auto shape = "[20000, 29999]: an even and an odd port from 1024 to 65535";
  const auto ports = t.integer_pair("ports", "[20000, 29999]");
  if (!ports)
    return;
  const auto [first, last] = *ports;
  const auto wrong = [&](const std::string& what) {
    t.errors().add(t.line_of("ports"), t.full_key("ports"), what, shape);
  };
  if (first < 1024 || first > 65535 || last < 1024 || last > 65535)
    return wrong("a port is out of range");
  if (first % 2 != 0) // RFC 3550 §11: RTP on the even port, RTCP on the next
    return wrong(std::to_string(first) + " is odd");
  if (last % 2 == 0)
    return wrong(std::to_string(last) + " is even");
  if (last < first)
    return wrong("there is no pair of ports from " + std::to_string(first) + " to "
                 + std::to_string(last));
  out.first_port = static_cast<std::uint16_t>(first);
  out.last_port = static_cast<std::uint16_t>(last);
}

/// What [media] and [[sip.listen]] say must fit together.
void check_against(table_reader& t, const media_settings& media, const sip_settings& sip) {
  for (const auto family : {ip_family::v4, ip_family::v6}) {
    const std::string key = family == ip_family::v4 ? "address" : "address6";
    const auto& ours = media.address_for(family);
    bool is_reported = ours || t.has(key);
    for (std::size_t i = 0; i < sip.listens.size(); ++i) {
      const auto& listen = sip.listens[i].address;
      if (listen.port == 0 || listen.address.family != family) // port 0: reported already
        continue;
      const auto which = "sip.listen[" + std::to_string(i + 1) + "] (" + to_string(listen) + ')';
      const auto* some = family == ip_family::v4 ? "192.0.2.1" : "2001:db8::1";
      if (!std::exchange(is_reported, true))
        t.errors().add(t.line(), t.full_key(key), "missing, but " + which + " needs it",
                       "for example " + key + " = \""
                           + (listen.address.is_unspecified() ? some : to_string(listen.address))
                           + '"');
      if (ours == listen.address && listen.port >= media.first_port
          && listen.port <= media.last_port)
        t.errors().add(t.line_of("ports"), t.full_key("ports"), "contain the port of " + which,
                       "a range that no other socket uses");
    }
  }
}

/// In order of strength, whatever the order they are written in (RFC 8760 §2.4).
void read_algorithms(table_reader& t, auth_settings& out) {
  constexpr std::string_view example = R"(["SHA-512-256", "SHA-256", "MD5"])";
  const auto names = t.texts("algorithms", example);
  if (!names)
    return;
  const std::array<std::pair<std::string_view, hash_algorithm>, hash_algorithm_count> known = {
      {{"SHA-512-256", hash_algorithm::sha512_256},
       {"SHA-256", hash_algorithm::sha256},
       {"MD5", hash_algorithm::md5}}};
  out.algorithms.clear();
  std::size_t found = 0;
  for (const auto& [name, algorithm] : known)
    if (const auto times = std::ranges::count(*names, name); times != 0) {
      out.algorithms.push_back(algorithm);
      found += static_cast<std::size_t>(times);
    }
  if (found != names->size())
    t.errors().add(t.line_of("algorithms"), t.full_key("algorithms"),
                   "hold a name that is none of ours", "of " + std::string{example});
}

/// What one source address may do.
void read_source_limits(table_reader& t, auth_settings& out) {
  if (const auto n = t.integer("requests_per_second", {0, 100'000}))
    out.requests_per_second = static_cast<std::size_t>(*n);
  if (const auto n = t.integer("failures_per_minute", {0, 10'000}))
    out.failures_per_minute = static_cast<std::size_t>(*n);
  if (const auto seconds = t.integer("ban_s", {1, 86'400}))
    out.ban = std::chrono::seconds{*seconds};
}

} // namespace

node_settings read_node(table_reader t, const std::filesystem::path& file) {
  node_settings out;
  if (const auto name = t.text("name", presence::required, "a")) {
    out.name = name->text;
    if (out.name.empty() || out.name.size() > max_node_name_bytes
        || !std::ranges::all_of(out.name, is_name_character))
      t.errors().add(name->line, name->key, '"' + out.name + "\" is not a node name",
                     "1 to 64 letters, digits, dots, hyphens and underscores");
  }
  const auto data = t.text("data", presence::optional, "var/a");
  if (data && data->text.empty())
    t.errors().add(data->line, data->key, "is empty", "a folder, such as \"var/a\"");
  out.data = file.parent_path() / (data ? data->text : "var/" + out.name);
  if (const auto level = t.text("log_level", presence::optional, "info")) {
    const auto known = parse_log_level(level->text);
    if (!known)
      t.errors().add(level->line, level->key, '"' + level->text + "\" is not a level",
                     "trace, debug, info, warning, error or off");
    else
      out.level = *known;
  }
  if (const auto minutes = t.integer("ladder_minutes", {0, 1440}))
    out.ladder = std::chrono::minutes{*minutes};
  t.finish();
  return out;
}

auth_settings read_auth(table_reader t, bool has_users) {
  auth_settings out;
  const auto realm =
      t.text("realm", has_users ? presence::required : presence::optional, "example.test");
  if (realm) {
    out.realm = realm->text;
    const auto stands_in_realm = [](char c) { // a quoted-string without escapes (RFC 3261 §25.1)
      return c == ' ' || (is_visible(c) && c != '"' && c != '\\' && c != ':');
    };
    if (out.realm.empty() || !std::ranges::all_of(out.realm, stands_in_realm))
      t.errors().add(realm->line, realm->key, '"' + out.realm + "\" is not a realm",
                     "visible ASCII without quotes, backslash and colon, such as \"example.test\"");
  }
  read_algorithms(t, out);
  if (const auto seconds = t.integer("nonce_lifetime_s", {10, 86'400}))
    out.nonce_lifetime = std::chrono::seconds{*seconds};
  read_source_limits(t, out);
  t.finish();
  return out;
}

sip_settings read_sip(table_reader t) {
  sip_settings out;
  const auto listens = t.tables("listen", max_sip_listens);
  if (!t.has("listen"))
    t.errors().add(t.line(), t.full_key("listen"), "missing",
                   "add [[sip.listen]] with transport = \"udp\" and address = \"192.0.2.1:5060\"");
  for (const auto& reader : listens) {
    const auto listen = read_listen(reader);
    const bool is_known = std::ranges::find(out.listens, listen) != out.listens.end();
    if (is_known && listen.address.port != 0)
      t.errors().add(reader.line_of("address"), reader.full_key("address"),
                     to_string(listen.address) + " is listened on already", "each address once");
    out.listens.push_back(listen);
  }
  if (const auto shards = t.integer("shards", {1, 64}))
    out.shards = static_cast<std::size_t>(*shards);
  if (const auto seconds = t.integer("ring_timeout_s", {1, 3600}))
    out.ring_timeout = std::chrono::seconds{*seconds};
  if (const auto ms = t.integer("t1_ms", {50, 4000}))
    out.t1 = std::chrono::milliseconds{*ms};
  if (const auto most = t.integer("connections", {1, 1'000'000}))
    out.connections = static_cast<std::size_t>(*most);
  if (const auto most = t.integer("connections_per_peer", {1, 1'000'000}))
    out.connections_per_peer = static_cast<std::size_t>(*most);
  if (const auto seconds = t.integer("connection_idle_s", {1, 86'400}))
    out.connection_idle = std::chrono::seconds{*seconds};
  if (const auto seconds = t.integer("min_se_s", {90, 3600})) // RFC 4028 §5
    out.min_se = std::chrono::seconds{*seconds};
  if (const auto seconds = t.integer("session_expires_s", {0, 86400}))
    out.session_expires = std::chrono::seconds{*seconds};
  if (out.session_expires.count() != 0 && out.session_expires < out.min_se)
    t.errors().add(t.has("session_expires_s") ? t.line_of("session_expires_s") : t.line(),
                   t.full_key("session_expires_s"), "shorter than min_se_s",
                   "0, or min_se_s at least");
  t.finish();
  return out;
}

registrar_settings read_registrar(table_reader t) {
  constexpr std::int64_t hour = 3600;
  constexpr std::int64_t month = 31 * 24 * hour;
  registrar_settings out;
  if (const auto n =
          t.integer("min_expires_s", {1, hour})) // RFC 3261 §10.3: 423 below an hour only
    out.min_expires = std::chrono::seconds{*n};
  if (const auto n = t.integer("max_expires_s", {1, month}))
    out.max_expires = std::chrono::seconds{*n};
  if (const auto n = t.integer("default_expires_s", {1, month}))
    out.default_expires = std::chrono::seconds{*n};
  if (const auto n = t.integer("bindings_per_user", {1, max_bindings_per_user}))
    out.bindings_per_user = static_cast<std::size_t>(*n);
  const auto line = [&t](std::string_view key) { return t.has(key) ? t.line_of(key) : t.line(); };
  if (out.max_expires < out.min_expires)
    t.errors().add(line("max_expires_s"), t.full_key("max_expires_s"), "is below min_expires_s",
                   "at least " + std::to_string(out.min_expires.count()));
  else if (out.default_expires < out.min_expires || out.default_expires > out.max_expires)
    t.errors().add(line("default_expires_s"), t.full_key("default_expires_s"),
                   std::to_string(out.default_expires.count())
                       + " is not between min_expires_s and max_expires_s",
                   std::to_string(out.min_expires.count()) + " to "
                       + std::to_string(out.max_expires.count()));
  t.finish();
  return out;
}

restore_settings read_restore(table_reader t) {
  restore_settings out;
  if (const auto seconds = t.integer("max_downtime_s", {0, 86'400}))
    out.max_downtime = std::chrono::seconds{*seconds};
  if (const auto resume = t.text("resume", presence::optional, "continue")) {
    if (resume->text == "reinvite")
      out.resume = resume_mode::reinvite;
    else if (resume->text != "continue")
      t.errors().add(resume->line, resume->key, '"' + resume->text + "\" is not known",
                     "\"continue\" or \"reinvite\"");
  }
  t.finish();
  return out;
}

admin_settings read_admin(table_reader t) {
  admin_settings out;
  out.listen = *parse_ip_endpoint("127.0.0.1:8080");
  const auto listen = t.text("listen", presence::optional, "127.0.0.1:8080");
  const auto endpoint =
      listen ? read_endpoint(t.errors(), *listen, "127.0.0.1:8080") : std::nullopt;
  if (endpoint)
    out.listen = *endpoint;
  const auto token = t.text("token", presence::optional, "a long random string");
  if (token) {
    if (token->text.size() < min_token_bytes || !std::ranges::all_of(token->text, is_visible))
      t.errors().add(token->line, token->key, "is too weak",
                     "at least 16 visible ASCII characters without blanks");
    out.token = token->text;
  }
  if (!out.listen.address.is_loopback() && !t.has("token"))
    t.errors().add(listen->line, listen->key,
                   to_string(out.listen) + " is not loopback and there is no admin.token",
                   "add a token or listen on \"127.0.0.1:8080\"");
  out.fault_injection = t.boolean("fault_injection").value_or(false);
  if (out.fault_injection && endpoint && !endpoint->address.is_loopback())
    t.errors().add(t.line_of("fault_injection"), t.full_key("fault_injection"),
                   "is refused while admin.listen, " + to_string(out.listen) + ", is not loopback",
                   "listen on \"127.0.0.1:8080\", or leave it out");
  t.finish();
  return out;
}

/// Whether they are there, and what the kernel makes of them, is seen at the start.
void read_kernel_interfaces(table_reader& t, media_settings& out) {
  constexpr std::string_view example = R"(["eth0", "lo"])";
  const auto names = t.texts("kernel_interfaces", example);
  if (!names)
    return;
  const auto is_name = [](const std::string& n) { // dev_valid_name() of the kernel
    return !n.empty() && n.size() < 16 && n != "." && n != ".."
           && std::ranges::all_of(n, [](char c) { return is_visible(c) && c != '/' && c != ':'; });
  };
  const std::set<std::string> distinct(names->begin(), names->end());
  if (!std::ranges::all_of(*names, is_name) || distinct.size() != names->size()
      || names->size() > max_kernel_interfaces)
    t.errors().add(t.line_of("kernel_interfaces"), t.full_key("kernel_interfaces"),
                   "is not a list of network interfaces",
                   "1 to " + std::to_string(max_kernel_interfaces)
                       + " names of at most 15 characters, each once, such as "
                       + std::string{example});
  out.kernel_interfaces = *names;
}

media_settings read_media(table_reader t, const sip_settings& sip) {
  media_settings out;
  out.address = read_address(t.errors(), t.text("address", presence::optional, "192.0.2.1"),
                             ip_family::v4, "192.0.2.1");
  out.address6 = read_address(t.errors(), t.text("address6", presence::optional, "2001:db8::1"),
                              ip_family::v6, "2001:db8::1");
  check_ports(t, out);
  check_against(t, out, sip);
  if (const auto workers = t.integer("workers", {0, 64}))
    out.workers = static_cast<std::size_t>(*workers);
  if (const auto seconds = t.integer("rtp_timeout_s", {1, 86'400}))
    out.rtp_timeout = std::chrono::seconds{*seconds};
  read_kernel_interfaces(t, out);
  t.finish();
  return out;
}

} // namespace tandem
