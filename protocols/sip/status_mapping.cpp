#include "protocols/sip/status_mapping.hpp"

namespace tandem::sip {

std::uint16_t passed_on(std::uint16_t status) {
  switch (status) {
    case 401:
    case 407:
    case 422:
    case 481:
    case 482:
    case 483:
    case 491:
    case 494:
    case 503: return 500;
    case 487: return 480;
    default: break;
  }
  if (status < 300 || status >= 700)
    return 500;
  return status < 400 ? 480 : status;
}

namespace {

/// Lowest is best.
int rank(std::uint16_t status) {
  const auto told = status / 100 == 3 ? status : passed_on(status);
  const int of_class = told >= 600 ? 0 : told / 100 * 10;
  switch (told) {
    case 415:
    case 420:
    case 484: return of_class;
    case 408: return of_class + 2;
    default: return of_class + 1;
  }
}

} // namespace

bool is_better_refusal(std::uint16_t a, std::uint16_t b) {
  return rank(a) < rank(b);
}

std::uint16_t offer_refusal(std::uint16_t status) {
  switch (status) {
    case 406:
    case 415:
    case 488:
    case 491:
    case 504:
    case 603:
    case 606: return status;
    default: return 488;
  }
}

} // namespace tandem::sip
