#include "protocols/sip/method.hpp"

#include <array>

namespace tandem::sip {

namespace {

// In the order of the enum.
constexpr std::array<std::string_view, 15> names = {
    "INVITE", "ACK",     "BYE",  "CANCEL", "OPTIONS", "REGISTER", "PRACK", "SUBSCRIBE",
    "NOTIFY", "PUBLISH", "INFO", "REFER",  "MESSAGE", "UPDATE",   ""};
static_assert(names[static_cast<std::size_t>(method::update)] == "UPDATE");
static_assert(names.size() == static_cast<std::size_t>(method::unknown) + 1);

} // namespace

method parse_method(std::string_view token) {
  for (std::size_t i = 0; i + 1 < names.size(); ++i)
    if (names[i] == token)
      return static_cast<method>(i);
  return method::unknown;
}

std::string_view to_string(method m) {
  return names[static_cast<std::size_t>(m)];
}

} // namespace tandem::sip
