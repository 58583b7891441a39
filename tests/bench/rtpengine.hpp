#pragma once

#include "tests/bench/phones.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace tandem::test {

/// An rtpengine that tests/bench/peer/rtpengine_bench.py has started, spoken to by its protocol
/// "ng": a cookie and a bencoded dictionary in one datagram each way.
class rtpengine {
public:
  /// TANDEM_RTPENGINE is "PID ADDRESS PORT"; without it there is none.
  static std::optional<std::string> named() {
    const char* text = std::getenv("TANDEM_RTPENGINE");
    return text == nullptr ? std::nullopt : std::optional<std::string>{text};
  }
  explicit rtpengine(const std::string& named) {
    const auto port_at = named.rfind(' ');
    const auto address_at = named.find(' ');
    pid_ = named.substr(0, address_at);
    const auto address = named.substr(address_at + 1, port_at - address_at - 1);
    control_ = {parse_ip_address(address).value(),
                static_cast<std::uint16_t>(std::stoi(named.substr(port_at + 1)))};
    ip_endpoint local{control_.address, 0};
    socket_ = open_socket(local);
    const timeval limit{2, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  }
  ~rtpengine() { close(socket_); }
  rtpengine(const rtpengine&) = delete;
  rtpengine& operator=(const rtpengine&) = delete;

  /// A call between phones `a` and `b`, which are then aimed at its ports.
  void add_call(phones& all) {
    const auto a = all.add();
    const auto b = all.add();
    const auto number = all.size() / 2;
    const auto call = "call" + std::to_string(getpid()) + "-" + std::to_string(number);
    const auto to_b = ask("offer", call, "", a);
    const auto to_a = ask("answer", call, "6:to-tag1:b", b);
    all.aim(all.size() - 2, to_a);
    all.aim(all.size() - 1, to_b);
  }
  /// Of all its threads, in microseconds.
  [[nodiscard]] double cpu_us() const {
    double sum = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/" + pid_ + "/task")) {
      double ns = 0;
      std::ifstream(thread.path() / "schedstat") >> ns;
      sum += ns / 1e3;
    }
    return sum;
  }

private:
  static std::string string(const std::string& s) { return std::to_string(s.size()) + ":" + s; }

  // Where the other side of the phone at `from` sends to. Keys are in the order that bencode wants.
  ip_endpoint ask(const std::string& command, const std::string& call, const std::string& to_tag,
                  const ip_endpoint& from) {
    const auto sdp = "v=0\r\no=- 1 1 IN IP4 127.77.0.2\r\ns=-\r\nc=IN IP4 127.77.0.2\r\nt=0 0\r\n"
                     "m=audio "
                     + std::to_string(from.port) + " RTP/AVP 0\r\n";
    const auto request = std::to_string(++cookie_) + "-" + call + " d" + string("call-id")
                         + string(call) + string("command") + string(command) + string("from-tag")
                         + string("a") + string("sdp") + string(sdp) + to_tag + "e";
    media::socket_address there;
    const auto length = media::write_address(control_, there);
    sendto(socket_, request.data(), request.size(), 0, &there.any, length);
    std::array<char, 4096> reply{};
    const auto n = recv(socket_, reply.data(), reply.size(), 0);
    const std::string text(reply.data(), n > 0 ? static_cast<std::size_t>(n) : 0);
    const auto port = text.find("m=audio ");
    const auto address = text.find("c=IN IP4 ");
    if (port == std::string::npos || address == std::string::npos)
      std::abort();
    const auto begin = address + 9;
    return {parse_ip_address(text.substr(begin, text.find('\r', begin) - begin)).value(),
            static_cast<std::uint16_t>(std::stoi(text.substr(port + 8)))};
  }

  std::string pid_;
  ip_endpoint control_;
  int socket_ = -1;
  unsigned cookie_ = 0;
};

} // namespace tandem::test
