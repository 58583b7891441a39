#include "apps/tandem/render_registrations.hpp"

#include "apps/tandem/table.hpp"
#include "apps/tandem/words.hpp"

#include <nlohmann/json.hpp>

#include <algorithm>

namespace tandem {

namespace {

std::string seconds_words(const nlohmann::json& binding) {
  return duration_words(1000 * count_of(binding, "expires_s"));
}

std::string origin(const nlohmann::json& binding) {
  return text_of(binding, "transport") + " " + text_of(binding, "peer");
}

} // namespace

std::string render_registrations(const nlohmann::json& answer, const terminal_view& v,
                                 std::size_t limit) {
  const auto& users = list_of(answer, "registrations");
  if (users.empty())
    return "nobody is registered\n";
  std::vector<const nlohmann::json*> sorted;
  for (const auto& u : users)
    sorted.push_back(&u);
  std::ranges::sort(sorted, {}, [](const nlohmann::json* u) { return text_of(*u, "user"); });
  const auto shown = limit == 0 ? sorted.size() : std::min(limit, sorted.size());
  std::vector<std::vector<table_cell>> rows;
  for (std::size_t i = 0; i < shown; ++i)
    for (const auto& b : list_of(*sorted[i], "bindings"))
      rows.push_back({{text_of(*sorted[i], "user"), ink::bold},
                      {text_of(b, "contact")},
                      {seconds_words(b)},
                      {origin(b)},
                      {text_of(*sorted[i], "user_agent")}});
  auto out = render_table(v,
                          {{"USER"},
                           {"CONTACT", align::left, true},
                           {"EXPIRES", align::right},
                           {"FROM"},
                           {"PHONE", align::left, true}},
                          rows);
  const auto all = std::max(count_of(answer, "users"), static_cast<std::int64_t>(sorted.size()));
  const auto hidden = all - static_cast<std::int64_t>(shown);
  if (hidden > 0)
    out += painted(v, ink::dim, "… and " + counted(hidden, "more user")) + "\n";
  return out + counted(all, "user") + " registered\n";
}

std::string render_user(const nlohmann::json& user, const terminal_view& v) {
  auto out = painted(v, ink::bold, "user " + text_of(user, "user")) + "\n";
  const auto& bindings = list_of(user, "bindings");
  if (bindings.empty())
    return out + "  not registered\n";
  if (has(user, "registered_ms_ago"))
    out += "  last REGISTER " + duration_words(count_of(user, "registered_ms_ago")) + " ago\n";
  if (const auto phone = text_of(user, "user_agent"); !phone.empty())
    out += "  phone " + clipped(phone, v.width > 8 ? v.width - 8 : 1) + "\n";
  std::vector<std::vector<table_cell>> rows;
  for (const auto& b : bindings)
    rows.push_back({{text_of(b, "contact"), ink::bold},
                    {seconds_words(b)},
                    {has(b, "q") ? nlohmann::json(number_of(b, "q")).dump() : "-"},
                    {origin(b)},
                    {text_of(b, "call_id")}});
  return out
         + render_table(v,
                        {{"CONTACT", align::left, true},
                         {"EXPIRES", align::right},
                         {"Q", align::right},
                         {"FROM"},
                         {"CALL-ID", align::left, true}},
                        rows);
}

} // namespace tandem
