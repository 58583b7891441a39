#include "apps/tandem/render_log.hpp"

#include "apps/tandem/table.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

namespace tandem {

std::string render_log(const nlohmann::json& answer, const terminal_view& v) {
  std::vector<std::vector<table_cell>> rows{{{"all", ink::bold}, {text_of(answer, "level")}}};
  const auto add = [&](const char* field, const char* what) {
    if (has(answer, field) && answer[field].is_object())
      for (const auto& [name, level] : answer[field].items())
        rows.push_back(
            {{what + printable(name), ink::bold}, {text_of(answer[field], name.c_str())}});
  };
  add("components", "");
  add("calls", "call ");
  auto out = render_table(v, {{"LINES OF", align::left, true}, {"LEVEL"}}, rows);
  if (const auto left_out = count_of(answer, "suppressed"); left_out > 0)
    out += grouped(left_out) + " lines were left out since the start: too many of one cause\n";
  std::string known;
  for (const auto& name : list_of(answer, "known"))
    known += " " + printable(name.is_string() ? name.get<std::string>() : "");
  return out + (known.empty() ? "" : painted(v, ink::dim, "components:" + known) + "\n");
}

} // namespace tandem
