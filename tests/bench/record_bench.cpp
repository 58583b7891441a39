// What a call pays to be durable: its record written and read, and its commits of a whole set-up
// into RocksDB. The records are those of tests/data/call_record, as calls of real phones left them.
#include "actors/call/record/record_codec.hpp"
#include "cluster/store/rocks_database.hpp"

#include <benchmark/benchmark.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

using namespace tandem;
using namespace tandem::actors;

namespace {

std::string bytes_of(const std::string& moment) {
  const auto path = TANDEM_SOURCE_DIR "/tests/data/call_record/plain_" + moment + ".bin";
  std::ifstream file(path, std::ios::binary);
  std::string bytes{std::istreambuf_iterator<char>(file), {}};
  if (bytes.empty())
    throw std::runtime_error{path};
  return bytes;
}

call_record record_of(const std::string& moment) {
  return decode_record(bytes_of(moment)).value();
}

void encode(benchmark::State& state, const std::string& moment) {
  const auto record = record_of(moment);
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto out = encode_record(record);
    bytes = out.size();
    benchmark::DoNotOptimize(out.data());
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}
BENCHMARK_CAPTURE(encode, calling, "calling");
BENCHMARK_CAPTURE(encode, ringing, "ringing");
BENCHMARK_CAPTURE(encode, answered, "answered");
BENCHMARK_CAPTURE(encode, established, "established");

void decode(benchmark::State& state, const std::string& moment) {
  const auto bytes = encode_record(record_of(moment));
  for (auto _ : state)
    benchmark::DoNotOptimize(decode_record(bytes));
}
BENCHMARK_CAPTURE(decode, ringing, "ringing");
BENCHMARK_CAPTURE(decode, established, "established");

/// The four commits of a set-up (INVITE, 180, 200, ACK), encoded and committed in turns of so many
/// calls; then the calls are over, which is not counted. The folder is TMPDIR's: a disk or a tmpfs.
void set_up(benchmark::State& state) {
  const auto calls = static_cast<std::size_t>(state.range(0));
  const auto folder = std::filesystem::temp_directory_path() / "tandem_record_bench";
  std::filesystem::remove_all(folder);
  auto db = cluster::rocks_database::open(folder).value();
  const call_record moments[] = {record_of("calling"), record_of("ringing"), record_of("answered"),
                                 record_of("answered")};
  std::vector<cluster::record_change> changes(calls);
  std::uint64_t key = 0;
  for (auto _ : state) {
    for (const auto& moment : moments) {
      for (std::size_t i = 0; i < calls; ++i)
        changes[i] = {{key + i, 1}, encode_record(moment)};
      if (!db->calls().commit(changes))
        return state.SkipWithError("the store is too slow for this"); // it never waits
    }
    state.PauseTiming();
    for (std::size_t i = 0; i < calls; ++i)
      changes[i] = {{key + i, 1}, std::nullopt};
    (void) db->calls().commit(changes);
    key += calls;
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(calls));
  db.reset();
  std::filesystem::remove_all(folder);
}
BENCHMARK(set_up)->Arg(1)->Arg(4)->Arg(64);

} // namespace
