// What a call of two ordinary phones takes in the store, from the first INVITE to when nothing is
// under way any more.
#include "actors/call/record/record_codec.hpp"
#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <cstdlib>
#include <fstream>

using namespace std::chrono_literals;

using namespace tandem;
using namespace tandem::test;

using kind = happening::kind;

namespace {

/// What sipp's scenarios of tests/e2e describe.
std::string as_sipp(const char* user, int port) {
  return std::string("v=0\r\no=") + user + " 53655765 2353687637 IN IP4 127.0.0.1\r\ns=-\r\n"
         + "c=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio " + std::to_string(port)
         + " RTP/AVP 0 8 101\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
           "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=ptime:20\r\n";
}

/// What baresip 1.0 describes.
std::string as_baresip(const char* user, int port) {
  const auto p = std::to_string(port);
  return "v=0\r\no=- 2811218416 1353213112 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\n"
         "t=0 0\r\na=tool:baresip 1.0.0\r\nm=audio "
         + p
         + " RTP/AVP 0 8 101\r\nb=AS:128\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n"
           "a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\na=rtcp:"
         + std::to_string(port + 1) + "\r\na=rtcp-rsize\r\na=ssrc:1284095743 cname:sip:" + user
         + "@127.0.0.1:5070\r\na=ptime:20\r\na=label:1\r\na=sendrecv\r\n";
}

std::string last_record(const world& w) {
  std::string out;
  for (const auto& h : w.happenings())
    if (h.what == kind::committed)
      out = h.bytes;
  return out;
}

} // namespace

TEST_CASE("record size: a plain call of two legs", "[actors][size]") {
  const bool sipp = GENERATE(true, false);
  const auto sdp = [&](const char* user, int port) {
    return sipp ? as_sipp(user, port) : as_baresip(user, port);
  };
  world w;
  const auto report = [&](const char* when) {
    const auto bytes = last_record(w);
    if (const auto* folder = std::getenv("TANDEM_RECORDS")) { // for docs/RESTORE.md and the bench
      const std::string name = (sipp ? "sipp_" : "baresip_") + std::string(when);
      WARN(name << ": " << bytes.size() << " bytes");
      std::ofstream(std::string(folder) + "/" + name, std::ios::binary) << bytes;
    }
    return bytes.size();
  };
  const std::string more = sipp ? "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS\r\n"
                                : "User-Agent: baresip v1.0.0 (x86_64/linux)\r\n"
                                  "Allow: INVITE,ACK,BYE,CANCEL,OPTIONS,NOTIFY,SUBSCRIBE,INFO,"
                                  "MESSAGE,UPDATE,REFER\r\nSupported: gruu\r\n";
  w.caller.invite("7100", {.headers = more, .body = sdp("caller", 30000)});
  w.settle();
  report("calling");
  w.callee.respond(180, {.headers = more, .body = ""});
  w.settle();
  report("ringing");
  w.callee.respond(200, {.headers = more, .body = sdp("callee", 31000)});
  w.settle();
  report("answered");
  w.pass(45s); // the transactions are over, and it was committed
  CHECK(report("established") <= 2048);
  CHECK(w.figure("tandem_call_commits_total") == 5); // INVITE, 180, 200, ACK; transactions
  w.caller.bye();
  w.settle();
  CHECK(report("over") <= 2560);
  w.over({"200 caller bye"});
}
