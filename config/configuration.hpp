#pragma once

#include "config/routes.hpp"
#include "config/trunk_address.hpp"
#include "runtime/base/hash.hpp"
#include "runtime/base/ip_endpoint.hpp"
#include "runtime/base/log_level.hpp"

#include <tl/expected.hpp>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

// The settings of a node, one struct per table of the file. Keys, defaults and ranges:
// docs/CONFIG.md.

struct node_settings {
  std::string name;
  std::filesystem::path data; ///< resolved against the folder of the file
  log_level level = log_level::info;
  std::chrono::minutes ladder{10}; ///< how long a ladder is kept after its call

  bool operator==(const node_settings&) const = default;
};

struct auth_settings {
  std::string realm;
  /// Offered if every user's secret allows it; strongest first.
  std::vector<hash_algorithm> algorithms = {hash_algorithm::sha512_256, hash_algorithm::sha256,
                                            hash_algorithm::md5};
  std::chrono::seconds nonce_lifetime{300};
  // Of one source address. 0: no limit.
  std::size_t requests_per_second = 100; ///< REGISTERs and requests without a login
  std::size_t failures_per_minute = 20;
  std::chrono::seconds ban{60}; ///< how long it is refused after too many failures

  bool operator==(const auth_settings&) const = default;
};

enum class listen_transport : std::uint8_t { udp, tcp };

struct listen_settings {
  listen_transport transport = listen_transport::udp;
  ip_endpoint address;

  bool operator==(const listen_settings&) const = default;
};

struct sip_settings {
  std::vector<listen_settings> listens;
  std::size_t shards = 1;
  std::chrono::seconds ring_timeout{180};
  std::chrono::milliseconds t1{500}; ///< RFC 3261 §17.1.1.1: the estimate of a round trip
  std::size_t connections = 4096;    ///< on one TCP listen of one shard
  std::size_t connections_per_peer = 256;
  std::chrono::seconds connection_idle{3900};
  std::chrono::seconds session_expires{1800}; ///< 0: no session timers unless a peer asks
  std::chrono::seconds min_se{90};            ///< the shortest interval that we agree to

  bool operator==(const sip_settings&) const = default;
};

/// How long phones stay registered: min <= default <= max.
struct registrar_settings {
  std::chrono::seconds min_expires{60};
  std::chrono::seconds max_expires{7200};
  std::chrono::seconds default_expires{3600};
  std::size_t bindings_per_user = 10;

  bool operator==(const registrar_settings&) const = default;
};

/// How an established session goes on after the process was restarted.
enum class resume_mode : std::uint8_t {
  go_on,   ///< ports and addresses are what they were: nobody is asked
  reinvite ///< each peer gets a re-INVITE with the description it has
};

/// What becomes of calls that stood when the process ended.
struct restore_settings {
  std::chrono::seconds max_downtime{120}; ///< after a longer one they are closed
  resume_mode resume = resume_mode::go_on;

  bool operator==(const restore_settings&) const = default;
};

struct admin_settings {
  ip_endpoint listen;
  std::optional<std::string> token; ///< always there if `listen` is not loopback
  bool fault_injection = false;     ///< only if `listen` is loopback

  bool operator==(const admin_settings&) const = default;
};

struct media_settings {
  std::optional<ip_address> address;  ///< IPv4; one of the two is always there
  std::optional<ip_address> address6; ///< IPv6
  std::uint16_t first_port = 20000;   ///< even
  std::uint16_t last_port = 29999;    ///< odd, inclusive
  std::size_t workers = 0;            ///< 0: one per core
  std::chrono::seconds rtp_timeout{60};
  /// At whose ingress the kernel relays settled streams; empty: nowhere.
  std::vector<std::string> kernel_interfaces;

  bool operator==(const media_settings&) const = default;
  [[nodiscard]] const std::optional<ip_address>& address_for(ip_family f) const {
    return f == ip_family::v4 ? address : address6;
  }
};

/// H(user:realm:password) of RFC 7616 §3.4.2 in lower-case hex; at least one is there.
struct ha1_hashes {
  std::optional<std::string> md5;    ///< 32 digits
  std::optional<std::string> sha256; ///< 64 digits

  bool operator==(const ha1_hashes&) const = default;
};

struct user_settings {
  std::string name;
  std::optional<std::string> password; ///< either this
  std::optional<ha1_hashes> ha1;       ///< or this

  bool operator==(const user_settings&) const = default;
};

/// How we log in where a trunk challenges our requests.
struct trunk_login {
  std::string username;
  std::string password;

  bool operator==(const trunk_login&) const = default;
};

struct trunk_settings {
  std::string name;
  trunk_address address;
  bool trusted = false; ///< its requests need no digest
  std::optional<trunk_login> login;

  bool operator==(const trunk_settings&) const = default;
};

struct configuration {
  node_settings node;
  auth_settings auth;
  sip_settings sip;
  registrar_settings registrar;
  restore_settings restore;
  admin_settings admin;
  media_settings media;
  std::vector<user_settings> users; ///< sorted by name
  std::vector<trunk_settings> trunks;
  std::vector<route> routes;

  bool operator==(const configuration&) const = default;
};

struct config_error {
  std::string file;
  std::size_t line = 0; ///< from 1; for a missing key the line of its table
  std::string key;      ///< "media.ports", "users[3].ha1.md5"; entries count from 1
  std::string wrong;
  std::string right;

  bool operator==(const config_error&) const = default;
};

/// "tandem.toml:12: media.ports: what is wrong; what would be right"
[[nodiscard]] std::string to_string(const config_error&);

using config_result = tl::expected<configuration, std::vector<config_error>>;

/// Reads TOML text. `name` is the file's, for messages and for resolving relative paths. Every
/// error found is returned, in order of line.
[[nodiscard]] config_result parse_configuration(std::string_view text,
                                                const std::filesystem::path& name);
[[nodiscard]] config_result load_configuration(const std::filesystem::path& file);

/// The first trunk whose address covers the source, or null.
[[nodiscard]] const trunk_settings* find_trunk(const configuration&, const ip_endpoint& source);
/// Of `auth.algorithms` those by which every user can log in: with another, some phones would
/// choose one that fails; and who was offered what would tell which names exist.
[[nodiscard]] std::vector<hash_algorithm> offered_algorithms(const configuration&);
/// The user of that name, or null.
[[nodiscard]] const user_settings* find_user(const configuration&, std::string_view name);

} // namespace tandem
