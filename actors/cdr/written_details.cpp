#include "actors/cdr/written_details.hpp"

#include "actors/cdr/call_detail.hpp"

#include <algorithm>

namespace tandem::actors {

namespace {

// As to_json() writes them: the key comes first, and what a stranger can choose is escaped.
constexpr std::string_view key_field = R"({"key":")";
constexpr std::string_view start_field = R"(","start":")";
constexpr std::size_t time_digits = 24; // "2026-11-22T12:00:00.123Z"

} // namespace

written_details written_details::read(disk& files, const std::string& folder, std::size_t bytes) {
  written_details out;
  auto names = files.list(folder);
  if (!names)
    return out;
  std::erase_if(*names, [](const std::string& name) { return !name.ends_with(".jsonl"); });
  for (std::size_t newest = 0; newest < 2 && newest < names->size() && bytes > 0; ++newest) {
    const auto tail = files.read_tail(folder + "/" + (*names)[names->size() - 1 - newest], bytes);
    if (!tail)
      continue;
    out.add_lines(*tail, tail->size() < bytes);
    bytes -= tail->size();
  }
  return out;
}

void written_details::add_lines(std::string_view tail, bool from_its_begin) {
  for (std::size_t at = 0; at < tail.size();) {
    const auto end = tail.find('\n', at);
    if (end == tail.npos)
      return; // torn: its call is written again
    const auto line = tail.substr(at, end - at);
    const bool whole = (from_its_begin || at != 0) && line.ends_with('}');
    at = end + 1;
    const auto start = line.find(start_field);
    if (!whole || !line.starts_with(key_field) || start == line.npos)
      continue;
    known_.insert(std::string(line.substr(key_field.size(), key_digits))
                  + std::string(line.substr(start + start_field.size(), time_digits)));
  }
}

bool written_details::contains(const key128& key, wall_time start) const {
  return known_.contains(to_string(key) + utc_text(start));
}

} // namespace tandem::actors
