#pragma once

#include "protocols/sip/address_of_record.hpp"
#include "runtime/base/time.hpp"

#include <tl/expected.hpp>

#include <string>
#include <string_view>

namespace tandem::actors {

/// A moment as it can be compared across restarts of the process and of the machine.
struct moment {
  std::string boot_id; ///< of the machine's boot
  time_point at;       ///< since that boot
  wall_time wall;

  bool operator==(const moment&) const = default;
};

/// Exact within one boot; else by the wall clock, and never negative.
[[nodiscard]] duration time_between(const moment& before, const moment& now);

/// The durable part of one user at the registrar.
struct registration_record {
  std::string user;
  std::string user_agent;
  sip::address_of_record::snapshot bindings;
  duration since_register{};
  moment written;

  bool operator==(const registration_record&) const = default;
};

[[nodiscard]] std::string encode_registration(const registration_record&);
/// Its times are those of when it was written. The error is a sentence.
[[nodiscard]] tl::expected<registration_record, std::string> decode_registration(std::string_view);

/// As of `now`: bindings that have expired since it was written are gone.
[[nodiscard]] registration_record aged(registration_record, const moment& now);

} // namespace tandem::actors
