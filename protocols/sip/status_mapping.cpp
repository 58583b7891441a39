#include "protocols/sip/status_mapping.hpp"

namespace tandem::sip {

std::uint16_t passed_on(std::uint16_t status) {
  switch (status) {
    case 401:
    case 407:
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

} // namespace tandem::sip
