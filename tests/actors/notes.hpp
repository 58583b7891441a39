#pragma once

#include "tests/actors/world.hpp"

#include <catch2/catch.hpp>

#include <string>
#include <vector>

namespace tandem::test {

/// A MESSAGE written by hand.
struct note {
  std::string to = "7100";
  std::string body = "hello";
  std::string headers = "Max-Forwards: 70\r\n"; ///< whole lines, each with CRLF
  unsigned cseq = 1;
  std::string call_id = "note";
  std::string branch = "b";
  std::string host = "127.0.0.1:5060";
};

inline std::string text_of(const sip_phone& from, const note& n, const std::string& by = "UDP") {
  const auto self = to_string(from.local());
  const auto cseq = std::to_string(n.cseq);
  return "MESSAGE sip:" + n.to + "@" + n.host + " SIP/2.0\r\nVia: SIP/2.0/" + by + " " + self
         + ";branch=z9hG4bK-" + n.call_id + cseq + n.branch + ";rport\r\nFrom: \"Ada\" <sip:phone@"
         + self + ">;tag=n\r\nTo: <sip:" + n.to + "@" + n.host + ">\r\nCall-ID: " + n.call_id
         + "\r\nCSeq: " + cseq + " MESSAGE\r\n" + n.headers
         + "Content-Type: text/plain\r\nContent-Length: " + std::to_string(n.body.size())
         + "\r\n\r\n" + n.body;
}

inline void say(world& w, sip_phone& from, const note& n = {}) {
  from.say(text_of(from, n));
  w.settle();
}

inline void reply(world& w, sip_phone& by, std::uint16_t status, const std::string& headers = {}) {
  by.respond_to("MESSAGE", status, {.headers = headers, .body = "", .contact = false});
  w.settle();
}

/// This user's phone is there.
inline void enrol(world& w, sip_phone& phone, const std::string& user,
                  const std::string& by = "UDP") {
  const auto self = to_string(phone.local());
  const auto aor = "<sip:" + user + "@example.test>";
  phone.say("REGISTER sip:example.test SIP/2.0\r\nVia: SIP/2.0/" + by + " " + self
            + ";branch=z9hG4bK-r\r\nMax-Forwards: 70\r\nFrom: " + aor + ";tag=f\r\nTo: " + aor
            + "\r\nCall-ID: " + self + "\r\nCSeq: 1 REGISTER\r\nContact: <sip:" + user + "@" + self
            + (by == "TCP" ? ";transport=tcp" : "") + ">\r\nContent-Length: 0\r\n\r\n");
  w.settle();
  REQUIRE(phone.count("200 REGISTER") == 1);
  phone.forget();
}

inline std::uint64_t became(const world& w, const char* result) {
  return w.figure("tandem_messages_total", {{"result", result}});
}

/// The messages that live, in the tree.
inline std::vector<node_view> message_rows(const world& w) {
  std::vector<node_view> out;
  for (const auto& row : w.rows())
    if (row.kind == std::string_view("message"))
      out.push_back(row);
  return out;
}

inline strings times(std::size_t n, const std::string& label) {
  return strings(n, label);
}

inline strings operator+(strings a, const strings& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

} // namespace tandem::test
