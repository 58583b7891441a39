#pragma once

#include "actors/cdr/call_detail.hpp"
#include "runtime/actor/local_message.hpp"
#include "runtime/actor/tree.hpp"
#include "runtime/io/disk.hpp"

#include <caf/event_based_actor.hpp>

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace tandem {
class event_log;
}

namespace tandem::msg {

struct write_details {
  using stays_local = void;
  std::vector<actors::call_detail> details;
  std::function<void()> written; ///< all of them are in the file, or were said in the log
};

/// Ends the writer, after all that it was given before.
struct close_details {
  using stays_local = void;
};

} // namespace tandem::msg

namespace tandem::actors {

/// Appends one JSON line per ended call to FOLDER/YYYY-MM-DD.jsonl. Files block, so it runs on a
/// thread of its own (spawn it detached); calls never wait for it.
class cdr_writer final : public caf::event_based_actor {
public:
  cdr_writer(caf::actor_config&, tree_place, disk&, std::string folder, const tandem::clock&,
             event_log&);

  const char* name() const override { return "cdr"; }
  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  std::size_t write(std::span<const call_detail>);
  [[nodiscard]] disk_result<void> append(const std::string& date, const std::string& lines);

  tree_entry entry_;
  disk& disk_;
  std::string folder_;
  event_log& log_;
  std::string date_;
  std::unique_ptr<append_file> file_;
};

} // namespace tandem::actors
