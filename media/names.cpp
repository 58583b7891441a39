#include "media/engine.hpp"

// The words of logs, metrics and CDRs.
namespace tandem::media {

std::string_view to_string(error e) {
  switch (e) {
    case error::exhausted: return "no free RTP port";
    case error::not_there: return "the RTP port is not ours or in use";
    case error::no_such_family: return "no media address of this family";
    case error::control_queue_full: return "media worker is stalled";
  }
  return "unknown";
}

std::string_view to_string(failure f) {
  switch (f) {
    case failure::socket_error: return "socket error";
    case failure::different_worker: return "slots of different workers connected";
    case failure::broken_invariant: return "broken invariant";
  }
  return "unknown";
}

std::string_view to_string(drop why) {
  switch (why) {
    case drop::not_rtp: return "not_rtp";
    case drop::not_rtcp: return "not_rtcp";
    case drop::wrong_source: return "wrong_source";
    case drop::no_remote: return "no_remote";
    case drop::no_peer: return "no_peer";
    case drop::not_allowed: return "not_allowed";
    case drop::no_destination: return "no_destination";
    case drop::flood: return "flood";
    case drop::oversize: return "oversize";
    case drop::send_failed: return "send_failed";
    case drop::count: break;
  }
  return "unknown";
}

} // namespace tandem::media
