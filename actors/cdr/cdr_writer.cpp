#include "actors/cdr/cdr_writer.hpp"

#include "runtime/telemetry/event_log.hpp"

namespace tandem::actors {

cdr_writer::cdr_writer(caf::actor_config& cfg, tree_place place, disk& files, std::string folder,
                       const tandem::clock& time, event_log& log)
  : caf::event_based_actor(cfg),
    entry_(std::move(place), time.now(), caf::actor_control_block::from(this)), disk_(files),
    folder_(std::move(folder)), log_(log) {
  entry_.set_state("open");
}

caf::behavior cdr_writer::make_behavior() {
  return {
      [this](const msg::write_details& m) {
        for (std::span<const call_detail> left{m.details}; !left.empty();)
          left = left.subspan(write(left));
        m.written();
      },
      [this](msg::close_details) { quit(); },
  };
}

/// Those of the first one's day, in one write. Returns how many.
std::size_t cdr_writer::write(std::span<const call_detail> details) {
  const auto date = utc_date(details.front().end);
  std::string lines;
  std::size_t n = 0;
  for (; n < details.size() && utc_date(details[n].end) == date; ++n) {
    entry_.count_message();
    lines.append(n == 0 ? "" : "\n").append(to_json(details[n]));
  }
  const auto written = append(date, lines);
  entry_.set_state(written ? "open" : "failing");
  if (!written) {
    file_.reset(); // the next ones try anew
    // Nothing is lost without a trace: the records go to the log instead.
    for (const auto& d : details.first(n))
      log_.error("cdr",
                 written.error() + "; free space or fix the folder. The record: " + to_json(d),
                 d.key);
  }
  return n;
}

disk_result<void> cdr_writer::append(const std::string& date, const std::string& lines) {
  if (!file_ || date != date_) {
    if (auto made = disk_.make_directories(folder_); !made)
      return made;
    auto opened = disk_.open_append(folder_ + "/" + date + ".jsonl");
    if (!opened)
      return tl::unexpected(opened.error());
    file_ = std::move(*opened);
    date_ = date;
  }
  return file_->append(lines);
}

void cdr_writer::on_exit() {
  file_.reset();
  entry_.reset();
}

} // namespace tandem::actors
