#pragma once

#include "actors/cdr/call_detail.hpp"
#include "runtime/actor/shard.hpp"
#include "runtime/base/key.hpp"
#include "runtime/time/timer_wheel.hpp"

#include <functional>
#include <unordered_map>
#include <vector>

namespace tandem::actors {

/// Writes CDRs and says, from any thread, when all of them stand in their file.
using detail_writer = std::function<void(std::vector<call_detail>, std::function<void()> written)>;

/// Call detail records of one shard on their way to their file: they wait for company, and the
/// record of a call stays until its CDR is known to be written, so that a crash in between costs
/// none and doubles none.
class detail_desk {
public:
  /// `erase`: this record may go now. All outlive the desk; the writer says no word after it.
  detail_desk(shard&, const detail_writer&, std::function<void(const key128&)> erase);

  void add(call_detail);
  /// Its CDR is here, or with the writer.
  [[nodiscard]] bool holds(const key128& key) const { return under_way_.contains(key); }
  /// The call is gone. True: its record has to stay, and is erased later.
  [[nodiscard]] bool puts_off_erasing(const key128&);
  /// A record was committed under this key again.
  void lives_again(const key128&);
  /// Without waiting for more.
  void hand_over();

private:
  struct entry {
    std::size_t details = 0; ///< of calls that had this key one after the other
    bool erase = false;
  };
  void on_written(const std::vector<key128>&);

  shard& home_;
  const detail_writer& write_;
  const std::function<void(const key128&)> erase_;
  std::unordered_map<key128, entry> under_way_;
  std::vector<call_detail> waiting_;
  timer timer_ = timer::calling<&detail_desk::hand_over>(this);
};

} // namespace tandem::actors
