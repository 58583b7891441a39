#pragma once

#include "actors/admission/newcomer.hpp"

#include <string_view>

namespace tandem::test {

/// A request without a message: the gate reads none.
inline actors::newcomer newcomer_of(std::uint64_t id, std::string_view source = "192.0.2.1") {
  actors::newcomer out{{id, id}, id, {}};
  out.in.source.address = parse_ip_address(source).value();
  return out;
}

} // namespace tandem::test
