// The simulation itself: a seed is a run, and what the judge is for it notices.
#include "tests/sim/judge.hpp"
#include "tests/sim/simulation.hpp"

#include <catch2/catch.hpp>

#include <set>
#include <string>
#include <vector>

using namespace tandem;
using namespace tandem::test;

namespace {

using kind = trace_line::kind;

constexpr auto key_text = "0123456789abcdef0123456789abcdef";
const ip_endpoint phone_5081 = *parse_ip_endpoint("127.0.0.1:5081");

std::string with_headers(const std::string& start, const std::string& branch,
                         const std::string& from, const std::string& to, const std::string& cseq,
                         const std::string& body = {}) {
  return start + "\r\nVia: SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK" + branch
         + "\r\nFrom: <sip:a@b>;tag=" + from + "\r\nTo: <sip:c@d>" + (to.empty() ? "" : ";tag=")
         + to + "\r\nCall-ID: one\r\nCSeq: " + cseq
         + "\r\nMax-Forwards: 70\r\nContact: <sip:a@b>\r\nContent-Length: "
         + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string ours() {
  return std::string(key_text) + ".0.a";
}

std::string described(unsigned version, const char* way) {
  return "v=0\r\no=- 7 " + std::to_string(version)
         + " IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
           "m=audio 20000 RTP/AVP 0\r\na="
         + way + "\r\n";
}

trace_line sent(std::string bytes) {
  return {.is = kind::sent, .peer = phone_5081, .bytes = std::move(bytes)};
}
trace_line received(std::string bytes) {
  return {.is = kind::received, .peer = phone_5081, .bytes = std::move(bytes)};
}
trace_line detail() {
  return {.is = kind::detail, .key = *parse_key(key_text), .bytes = "{}"};
}

std::set<std::string> broken_by(const std::vector<trace_line>& lines,
                                const std::set<key128>& torn = {}) {
  run_trace trace;
  for (const auto& l : lines)
    trace.add(l);
  verdict judged;
  judge(trace, torn, judged);
  std::set<std::string> out;
  for (const auto& v : judged.violations())
    out.insert(v.invariant);
  out.erase("commit_first"); // these traces commit nothing
  return out;
}

std::string response(const char* status, const std::string& branch, const char* cseq,
                     const std::string& body = {}) {
  return with_headers(std::string("SIP/2.0 ") + status, branch, "phone", ours(), cseq, body);
}

std::string request(const char* method, const std::string& branch, unsigned cseq,
                    const std::string& body = {}) {
  return with_headers(std::string(method) + " sip:a@b SIP/2.0", branch, ours(), "phone",
                      std::to_string(cseq) + " " + method, body);
}

std::string asked(const char* method, const std::string& branch, unsigned cseq,
                  const std::string& to) {
  return with_headers(std::string(method) + " sip:a@b SIP/2.0", branch, "phone", to,
                      std::to_string(cseq) + " " + method);
}

} // namespace

TEST_CASE("sim: the same seed is the same run, three times", "[sim]") {
  for (const std::uint64_t seed : {2U, 7U}) {
    INFO("seed " << seed);
    const auto first = run_simulation(draw_plan(seed));
    CHECK(first.trace.lines().size() > 20);
    for (int i = 0; i < 2; ++i)
      CHECK(run_simulation(draw_plan(seed)).hash == first.hash);
  }
  CHECK(run_simulation(draw_plan(2)).hash != run_simulation(draw_plan(3)).hash);
}

TEST_CASE("judge: a call as it should be breaks nothing", "[sim]") {
  CHECK(broken_by({received(asked("INVITE", "1", 1, "")),
                   sent(response("200 OK", "1", "1 INVITE", described(1, "sendrecv"))),
                   sent(response("200 OK", "1", "1 INVITE", described(1, "sendrecv"))),
                   received(asked("ACK", "2", 1, ours())),
                   sent(request("INVITE", "n1", 1, described(2, "sendonly"))),
                   sent(request("INVITE", "n1", 1, described(2, "sendonly"))),
                   sent(request("ACK", "n2", 1)), sent(request("BYE", "n3", 2)), detail()})
            .empty());
}

TEST_CASE("judge: what each invariant is for, it notices", "[sim]") {
  using names = std::set<std::string>;
  const auto invite = received(asked("INVITE", "1", 1, ""));
  const auto answer = sent(response("200 OK", "1", "1 INVITE", described(1, "sendrecv")));
  CHECK(broken_by({invite, detail()}) == names{"one_final"});
  CHECK(broken_by({invite, answer, sent(response("486 Busy", "1", "1 INVITE")), detail()})
        == names{"one_final"});
  CHECK(broken_by({invite, answer}) == names{"one_cdr"});
  CHECK(broken_by({invite, answer, detail(), detail()}) == names{"one_cdr"});
  CHECK(broken_by({invite, answer, sent(request("INFO", "n1", 5, "x: 1")),
                   sent(request("BYE", "n2", 5)), detail()})
        == names{"cseq_rises"});
  CHECK(broken_by(
            {invite, answer, sent(request("INVITE", "n1", 1, described(1, "sendonly"))), detail()})
        == names{"o_rises"});
  CHECK(broken_by({invite, answer, sent(request("BYE", "n1", 1)),
                   sent(request("INFO", "n2", 2, "x: 1")), detail()})
        == names{"order"});
  CHECK(broken_by({invite, answer, sent(request("INFO", "n1", 1, "x: 2")),
                   sent(request("INFO", "n2", 2, "x: 1")), detail()})
        == names{"order"});
  const auto unknown = sent(response("481 Unknown", "3", "2 BYE"));
  const auto bye = received(asked("BYE", "3", 2, ours()));
  CHECK(broken_by({invite, answer, bye, unknown, detail()}) == names{"not_forgotten"});
  CHECK(broken_by({invite, answer, bye, unknown}, {*parse_key(key_text)}).empty());
}

TEST_CASE("judge: what is new on the wire was committed before", "[sim]") {
  run_trace trace;
  trace.add(sent(request("BYE", "n1", 1)));
  verdict judged;
  judge(trace, {}, judged);
  REQUIRE_FALSE(judged.ok());
  CHECK(judged.violations().front().invariant == "commit_first");
}
