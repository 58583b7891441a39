// Places calls through a node to itself and sends numbered RTP and RTCP both ways; prints what
// became of every packet as one line of JSON. Used by rtp_test.py, where a node stands between the
// sides.
//
//   rtp_probe --node PORT --callee PORT --rtp FIRST_PORT [--calls 100] [--seconds 5] [--intruder]
//             [--by-turns]
//   rtp_probe --rtp FIRST_PORT --calls N [--seconds 5]
//
// It says "running" once the calls stand. With --by-turns every other call is ended by its callee.
//
// The second form leaves the signalling to others: it says "ready" when its ports are bound (four
// of each call, RTP of caller and callee at the first and the third) and reads where the node's
// are: two numbers of each call.
//
// Exit status 0: the calls went well (the counts are for the reader to judge); 1: a sentence says
// why not.
#include "tests/e2e/rtp_probe/streams.hpp"

#include <cstdio>
#include <exception>
#include <iostream>
#include <map>

using namespace tandem::test;

namespace {

std::map<std::string, int> parse(int argc, char** argv) {
  std::map<std::string, int> options = {
      {"--calls", 100}, {"--seconds", 5}, {"--intruder", 0}, {"--by-turns", 0}};
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--intruder" || name == "--by-turns")
      options[name] = 1;
    else if (i + 1 < argc)
      options[name] = std::stoi(argv[++i]);
  }
  for (const auto* needed : {"--rtp", "--callee"})
    if (!options.contains(needed) && (options.contains("--node") || needed == std::string("--rtp")))
      fail(std::string("rtp_probe needs ") + needed);
  return options;
}

void print(const tally& t, std::size_t calls) {
  const std::pair<const char*, std::uint64_t> fields[] = {{"sent", t.sent},
                                                          {"received", t.received},
                                                          {"lost", t.lost},
                                                          {"duplicated", t.duplicated},
                                                          {"wrong", t.wrong},
                                                          {"rtcp_sent", t.rtcp_sent},
                                                          {"rtcp_received", t.rtcp_received},
                                                          {"rtcp_wrong", t.rtcp_wrong},
                                                          {"intruder_sent", t.intruder_sent},
                                                          {"intruder_heard", t.intruder_heard},
                                                          {"stolen", t.stolen},
                                                          {"silent", t.silent}};
  std::printf("{\"calls\": %zu", calls);
  for (const auto& [name, value] : fields)
    std::printf(", \"%s\": %llu", name, static_cast<unsigned long long>(value));
  std::printf(", \"gaps_ms\": [");
  for (std::size_t i = 0; i < t.gaps_ms.size(); ++i)
    std::printf("%s%d", i == 0 ? "" : ", ", t.gaps_ms[i]);
  std::printf("]}\n");
}

/// The calls stand already.
void stream_only(std::vector<probe_call>& calls, std::uint16_t first_port,
                 std::chrono::seconds length) {
  streams media{calls, first_port};
  std::cout << "ready" << std::endl;
  for (auto& call : calls)
    if (!(std::cin >> call.remote_port[0] >> call.remote_port[1]))
      fail("stdin: two port numbers for each call");
  print(media.run(length, intruder::absent), calls.size());
}

} // namespace

int main(int argc, char** argv) {
  try {
    const auto options = parse(argc, argv);
    const auto port = [&](const char* name) {
      return static_cast<std::uint16_t>(options.at(name));
    };
    std::vector<probe_call> calls(static_cast<std::size_t>(options.at("--calls")));
    for (std::size_t i = 0; i < calls.size(); ++i)
      calls[i].user = std::to_string(70000 + i);
    if (!options.contains("--node")) {
      stream_only(calls, port("--rtp"), std::chrono::seconds{options.at("--seconds")});
      return 0;
    }
    streams media{calls, port("--rtp")};
    const sip_side sip{port("--node"), port("--callee")};
    for (auto& call : calls)
      sip.establish(call);
    std::printf("running\n");
    std::fflush(stdout);
    const auto result = media.run(std::chrono::seconds{options.at("--seconds")},
                                  options.at("--intruder") ? intruder::present : intruder::absent);
    for (std::size_t i = 0; i < calls.size(); ++i)
      if (options.at("--by-turns") != 0 && i % 2 != 0)
        sip.hang_up_by_callee(calls[i]);
      else
        sip.hang_up(calls[i]);
    print(result, calls.size());
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rtp_probe: %s\n", error.what());
    return 1;
  }
}
