// tandem_sim: seeds of the whole node in one process. See README.md.
#include "tests/sim/simulation.hpp"

#include <CLI/CLI.hpp>

#include <chrono>
#include <cstdio>
#include <map>
#include <set>
#include <string>

using namespace tandem::test;

namespace {

struct options {
  std::uint64_t from = 1;
  std::uint64_t seeds = 0;
  std::uint64_t only = 0;
  bool until_caught = false; ///< stop at the first violation
  bool quiet = false;
};

void print_violations(const run_result& r, std::uint64_t seed, std::size_t most) {
  std::size_t n = 0;
  for (const auto& v : r.judged.violations()) {
    if (n++ == most)
      break;
    std::printf("seed %llu: %s does not hold at %.3f s: %s\n",
                static_cast<unsigned long long>(seed), v.invariant.c_str(),
                static_cast<double>(v.at.count()) / 1e9, v.seen.c_str());
  }
}

/// Of the invariants that it breaks.
std::string names_of(const run_result& r) {
  std::set<std::string> names;
  for (const auto& v : r.judged.violations())
    names.insert(v.invariant);
  std::string out;
  for (const auto& n : names)
    out += (out.empty() ? "" : ", ") + n;
  return out;
}

/// The trace of one seed as readable lines.
int replay(std::uint64_t seed) {
  const auto plan = draw_plan(seed);
  std::printf("%s\n", to_text(plan).c_str());
  const auto result = run_simulation(plan);
  for (const auto& l : result.trace.lines())
    std::printf("%s\n", to_text(l).c_str());
  std::printf("\n");
  print_violations(result, seed, 20);
  std::printf("seed %llu: %s, trace hash %016llx\n", static_cast<unsigned long long>(seed),
              result.judged.ok() ? "all invariants hold" : "FAILED",
              static_cast<unsigned long long>(result.hash));
  return result.judged.ok() ? 0 : 1;
}

int run_many(const options& o) {
  const auto started = std::chrono::steady_clock::now();
  std::size_t failed = 0, calls = 0, answered = 0, crashes = 0, throws = 0;
  std::map<std::string, std::set<std::uint64_t>> broken;
  std::uint64_t hash = 0, run = 0;
  for (auto seed = o.from; seed < o.from + o.seeds; ++seed) {
    const auto plan = draw_plan(seed);
    const auto result = run_simulation(plan);
    ++run;
    calls += plan.calls.size();
    answered += result.answered;
    crashes += result.crashes;
    throws += result.throws;
    hash = hash * 0x100000001b3U ^ result.hash;
    if (result.judged.ok())
      continue;
    ++failed;
    for (const auto& v : result.judged.violations())
      broken[v.invariant].insert(seed);
    if (!o.quiet) {
      print_violations(result, seed, 2);
      std::printf("  replay: ./dev sim --seed %llu\n", static_cast<unsigned long long>(seed));
    }
    if (o.until_caught) {
      std::printf("caught by %s at seed %llu, after %llu seeds\n", names_of(result).c_str(),
                  static_cast<unsigned long long>(seed), static_cast<unsigned long long>(run));
      return 1;
    }
  }
  for (const auto& [invariant, seeds] : broken)
    std::printf("%s: broken by %zu seeds, the first is %llu\n", invariant.c_str(), seeds.size(),
                static_cast<unsigned long long>(*seeds.begin()));
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - started;
  std::printf("%llu seeds from %llu, %zu failed; %zu calls, %zu answered; %zu crashes, %zu throws; "
              "hash of all %016llx; %.1f s\n",
              static_cast<unsigned long long>(o.seeds), static_cast<unsigned long long>(o.from),
              failed, calls, answered, crashes, throws, static_cast<unsigned long long>(hash),
              took.count());
  return failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Deterministic simulation of a whole node"};
  app.add_option("--seeds", o.seeds, "run so many seeds");
  app.add_option("--from", o.from, "the first of them");
  app.add_option("--seed", o.only, "run one and print its trace");
  app.add_flag("--until-caught", o.until_caught, "stop at the first violation");
  app.add_flag("--quiet", o.quiet, "only the summary");
  CLI11_PARSE(app, argc, argv);
  return o.seeds == 0 ? replay(o.only) : run_many(o);
}
