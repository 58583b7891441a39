#include "config/unknown_apps.hpp"

#include "config/document.hpp"
#include "config/limits.hpp"

#include <fstream>
#include <iterator>

namespace tandem {

namespace {

template <class T>
const T* value_of(const setting_table& t, std::string_view key, std::size_t* line = nullptr) {
  for (const auto& entry : t)
    if (entry.key == key) {
      if (line != nullptr)
        *line = entry.value.line;
      return std::get_if<T>(&entry.value.value);
    }
  return nullptr;
}

} // namespace

std::vector<config_error> unknown_apps(const std::filesystem::path& file,
                                       const std::function<bool(std::string_view)>& is_known,
                                       const std::string& names) {
  std::error_code ec;
  if (std::filesystem::file_size(file, ec) > max_config_bytes || ec)
    return {};
  std::ifstream in{file, std::ios::binary};
  const auto document = parse_document(std::string{std::istreambuf_iterator<char>{in}, {}});
  const auto* routes = document ? value_of<setting_list>(*document, "routes") : nullptr;
  std::vector<config_error> out;
  for (std::size_t i = 0; routes != nullptr && i < routes->size(); ++i) {
    const auto* route = std::get_if<setting_table>(&(*routes)[i].value);
    std::size_t line = 0;
    const auto* app = route != nullptr ? value_of<std::string>(*route, "app", &line) : nullptr;
    if (app != nullptr && !is_known(*app))
      out.push_back({file.string(), line, "routes[" + std::to_string(i + 1) + "].app",
                     "there is no application \"" + *app + '"', "one of " + names});
  }
  return out;
}

} // namespace tandem
