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
        for (const auto& d : m.details)
          write(d);
        m.written();
      },
      [this](msg::close_details) { quit(); },
  };
}

void cdr_writer::write(const call_detail& d) {
  entry_.count_message();
  const auto line = to_json(d);
  if (const auto written = append(utc_date(d.end), line); !written) {
    file_.reset(); // the next one tries anew
    entry_.set_state("failing");
    // Nothing is lost without a trace: the record goes to the log instead.
    log_.error("cdr", written.error() + "; free space or fix the folder. The record: " + line,
               d.key);
    return;
  }
  entry_.set_state("open");
}

disk_result<void> cdr_writer::append(const std::string& date, const std::string& line) {
  if (!file_ || date != date_) {
    if (auto made = disk_.make_directories(folder_); !made)
      return made;
    auto opened = disk_.open_append(folder_ + "/" + date + ".jsonl");
    if (!opened)
      return tl::unexpected(opened.error());
    file_ = std::move(*opened);
    date_ = date;
  }
  return file_->append(line);
}

void cdr_writer::on_exit() {
  file_.reset();
  entry_.reset();
}

} // namespace tandem::actors
