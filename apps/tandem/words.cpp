#include "apps/tandem/words.hpp"

#include "apps/tandem/terminal.hpp"
#include "runtime/base/key.hpp"

#include <nlohmann/json.hpp>

#include <array>
#include <cstdio>

namespace tandem {

namespace {

std::string two_parts(std::int64_t large, const char* one, std::int64_t small, const char* other) {
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%lld%s %02lld%s", static_cast<long long>(large), one,
                static_cast<long long>(small), other);
  return text.data();
}

} // namespace

std::string grouped(std::int64_t n) {
  auto digits = std::to_string(n);
  const std::size_t sign = n < 0 ? 1 : 0;
  for (auto at = digits.size(); at > sign + 3; digits.insert(at, ","))
    at -= 3;
  return digits;
}

std::string duration_words(std::int64_t ms) {
  const auto seconds = ms / 1000;
  if (ms < 1000)
    return std::to_string(ms) + " ms";
  if (seconds < 60)
    return std::to_string(seconds) + "." + std::to_string(ms % 1000 / 100) + " s";
  if (seconds < 3600)
    return two_parts(seconds / 60, "m", seconds % 60, "s");
  if (seconds < 86'400)
    return two_parts(seconds / 3600, "h", seconds % 3600 / 60, "m");
  return two_parts(seconds / 86'400, "d", seconds % 86'400 / 3600, "h");
}

std::string short_key(std::string_view text) {
  return std::string{parse_key(text) ? text.substr(0, 8) : text};
}

std::string counted(std::int64_t n, std::string_view noun) {
  return grouped(n) + " " + std::string{noun} + (n == 1 ? "" : "s");
}

std::string text_of(const nlohmann::json& j, const char* field) {
  const auto found = j.is_object() ? j.find(field) : j.end();
  return found != j.end() && found->is_string() ? printable(found->get_ref<const std::string&>())
                                                : std::string{};
}

std::int64_t count_of(const nlohmann::json& j, const char* field) {
  const auto found = j.is_object() ? j.find(field) : j.end();
  return found != j.end() && found->is_number() ? found->get<std::int64_t>() : 0;
}

double number_of(const nlohmann::json& j, const char* field) {
  const auto found = j.is_object() ? j.find(field) : j.end();
  return found != j.end() && found->is_number() ? found->get<double>() : 0;
}

bool flag_of(const nlohmann::json& j, const char* field) {
  const auto found = j.is_object() ? j.find(field) : j.end();
  return found != j.end() && found->is_boolean() && found->get<bool>();
}

const nlohmann::json& list_of(const nlohmann::json& j, const char* field) {
  static const nlohmann::json none = nlohmann::json::array();
  const auto found = j.is_object() ? j.find(field) : j.end();
  return found != j.end() && found->is_array() ? *found : none;
}

bool has(const nlohmann::json& j, const char* field) {
  const auto found = j.is_object() ? j.find(field) : j.end();
  return found != j.end() && !found->is_null();
}

} // namespace tandem
