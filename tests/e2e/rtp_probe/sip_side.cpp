#include "tests/e2e/rtp_probe/sip_side.hpp"

#include <poll.h>

#include <array>
#include <atomic>

namespace tandem::test {

namespace {

using namespace std::chrono_literals;

std::string_view line_of(std::string_view message, std::string_view start) {
  const auto at = message.find("\r\n" + std::string(start));
  if (at == message.npos)
    fail("a message without " + std::string(start) + "\n" + std::string(message));
  const auto from = at + 2 + start.size();
  return message.substr(from, message.find("\r\n", from) - from);
}

std::uint16_t audio_port(std::string_view message) {
  return static_cast<std::uint16_t>(std::stoi(std::string(line_of(message, "m=audio "))));
}

std::string sdp_of(std::uint16_t port) {
  return "v=0\r\no=probe 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
         "m=audio "
         + std::to_string(port) + " RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\na=ptime:20\r\n";
}

std::string body_of(const std::string& sdp) {
  return (sdp.empty() ? "" : "Content-Type: application/sdp\r\n")
         + ("Content-Length: " + std::to_string(sdp.size())) + "\r\n\r\n" + sdp;
}

std::string all_vias(std::string_view message) {
  std::string out;
  for (auto at = message.find("\r\nVia:"); at != message.npos;
       at = message.find("\r\nVia:", at + 2))
    out += std::string(message.substr(at + 2, message.find("\r\n", at + 2) - at));
  return out;
}

/// RFC 3261 §18.2.2: a response goes to where the top Via says.
std::uint16_t via_port(std::string_view message) {
  const auto via = line_of(message, "Via:");
  return static_cast<std::uint16_t>(std::stoi(std::string(via.substr(via.find(':') + 1))));
}

} // namespace

sip_side::sip_side(std::uint16_t node_port, std::uint16_t callee_port)
  : node_port_{node_port}, caller_{0}, callee_{callee_port} {
}

std::string sip_side::next(const udp_socket& socket, deadline until) const {
  std::array<std::uint8_t, 65536> buffer;
  while (true) {
    if (const auto got = socket.receive(buffer))
      return {got->begin(), got->end()};
    const auto left = until - std::chrono::steady_clock::now();
    pollfd p{socket.fd(), POLLIN, 0};
    const auto ms = std::chrono::ceil<std::chrono::milliseconds>(left).count();
    if (ms <= 0 || ::poll(&p, 1, static_cast<int>(ms)) == 0)
      fail("nothing arrived in time");
  }
}

void sip_side::send_request(std::string_view method, int cseq, const probe_call& call,
                            const std::string& sdp) const {
  const auto own = "127.0.0.1:" + std::to_string(caller_.port());
  const auto branch = call.call_id + std::string(method) + std::to_string(cseq);
  caller_.send(node_port_,
               std::string(method) + " " + call.target + " SIP/2.0\r\nVia: SIP/2.0/UDP " + own
                   + ";branch=z9hG4bK" + branch + ";rport\r\nFrom: <sip:probe@" + own
                   + ">;tag=" + call.call_id + "\r\nTo: " + call.to + "\r\nCall-ID: " + call.call_id
                   + "\r\nCSeq: " + std::to_string(cseq) + " " + std::string(method)
                   + "\r\nMax-Forwards: 70\r\nContact: <sip:probe@" + own + ">\r\n" + body_of(sdp));
}

void sip_side::reply_ok(const udp_socket& from, const std::string& request,
                        const std::string& sdp) {
  auto to = std::string(line_of(request, "To:"));
  if (to.find(";tag=") == to.npos)
    to += ";tag=callee";
  from.send(via_port(request), "SIP/2.0 200 OK\r\n" + all_vias(request) + "From:"
                                   + std::string(line_of(request, "From:")) + "\r\nTo:" + to
                                   + "\r\nCall-ID:" + std::string(line_of(request, "Call-ID:"))
                                   + "\r\nCSeq:" + std::string(line_of(request, "CSeq:"))
                                   + "\r\nContact: <sip:probe@127.0.0.1:"
                                   + std::to_string(from.port()) + ">\r\n" + body_of(sdp));
}

void sip_side::expect_at_callee(std::string_view method, const probe_call& call,
                                std::string& got) const {
  const auto until = std::chrono::steady_clock::now() + 10s;
  do
    got = next(callee_, until);
  while (!got.starts_with(method) || got.find("SIP/2.0\r\n") == got.npos);
  if (method == "INVITE" && got.find("sip:" + call.user + "@") == got.npos)
    fail("the callee got another call's INVITE:\n" + got);
}

void sip_side::establish(probe_call& call) const {
  static std::atomic<int> serial = 0;
  const auto until = std::chrono::steady_clock::now() + 10s;
  call.call_id = "probe" + std::to_string(::getpid()) + "x" + std::to_string(++serial);
  call.target = "sip:" + call.user + "@127.0.0.1:" + std::to_string(node_port_);
  call.to = "<" + call.target + ">";
  send_request("INVITE", 1, call, sdp_of(call.media_port[0]));

  std::string at_callee;
  expect_at_callee("INVITE", call, at_callee);
  call.remote_port[1] = audio_port(at_callee);
  call.invite = at_callee;
  reply_ok(callee_, at_callee, sdp_of(call.media_port[1]));

  std::string answer;
  do
    answer = next(caller_, until);
  while (answer.starts_with("SIP/2.0 1"));
  if (!answer.starts_with("SIP/2.0 200"))
    fail("call to " + call.user + ": " + answer.substr(0, answer.find('\r')));
  call.remote_port[0] = audio_port(answer);
  call.to = std::string(line_of(answer, "To:")).substr(1);
  const auto contact = std::string(line_of(answer, "Contact:"));
  const auto open = contact.find('<'), close = contact.find('>');
  call.target = contact.substr(open + 1, close - open - 1);
  send_request("ACK", 1, call, "");
  expect_at_callee("ACK", call, at_callee);
}

void sip_side::hang_up(const probe_call& call) const {
  send_request("BYE", 2, call, "");
  std::string at_callee;
  expect_at_callee("BYE", call, at_callee);
  reply_ok(callee_, at_callee, "");
  expect_answer(caller_, "CSeq: 2 BYE", call);
}

void sip_side::hang_up_by_callee(const probe_call& call) const {
  const auto until = std::chrono::steady_clock::now() + 10s;
  const auto contact = std::string(line_of(call.invite, "Contact:"));
  const auto open = contact.find('<'), close = contact.find('>');
  const auto own = "127.0.0.1:" + std::to_string(callee_.port());
  callee_.send(node_port_, "BYE " + contact.substr(open + 1, close - open - 1)
                               + " SIP/2.0\r\nVia: SIP/2.0/UDP " + own + ";branch=z9hG4bK"
                               + call.call_id
                               + "back;rport\r\nFrom:" + std::string(line_of(call.invite, "To:"))
                               + ";tag=callee\r\nTo:" + std::string(line_of(call.invite, "From:"))
                               + "\r\nCall-ID:" + std::string(line_of(call.invite, "Call-ID:"))
                               + "\r\nCSeq: 1 BYE\r\nMax-Forwards: 70\r\n" + body_of(""));
  std::string at_caller;
  do
    at_caller = next(caller_, until);
  while (!at_caller.starts_with("BYE ") || at_caller.find(call.call_id) == at_caller.npos);
  reply_ok(caller_, at_caller, "");
  expect_answer(callee_, "CSeq: 1 BYE", call);
}

void sip_side::expect_answer(const udp_socket& at, std::string_view cseq,
                             const probe_call& call) const {
  const auto until = std::chrono::steady_clock::now() + 10s;
  std::string answer;
  do
    answer = next(at, until);
  while (!answer.starts_with("SIP/2.0 ") || answer.find(cseq) == answer.npos);
  if (!answer.starts_with("SIP/2.0 200"))
    fail("BYE of " + call.user + ": " + answer.substr(0, answer.find('\r')));
}

} // namespace tandem::test
