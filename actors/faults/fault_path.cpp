#include "actors/faults/fault_path.hpp"

#include "actors/faults/limits.hpp"

#include <optional>

namespace tandem::actors {

namespace {

constexpr auto right = "an actor of a call as `tandem tree` shows it, such as calls/*/leg 0/dialog";

/// Takes the first name off `rest`; nullopt: there is none.
std::optional<std::string_view> next_name(std::string_view& rest) {
  if (rest.empty())
    return std::nullopt;
  const auto slash = rest.find('/');
  const auto name = rest.substr(0, slash);
  rest = slash == std::string_view::npos ? std::string_view{} : rest.substr(slash + 1);
  return name;
}

/// `*` in the pattern stands for any characters, none included.
bool fits(std::string_view pattern, std::string_view name) {
  std::size_t p = 0;
  std::size_t n = 0;
  std::optional<std::size_t> star;
  std::size_t tried = 0; // how much of the name the last star has eaten
  while (n < name.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = p++;
      tried = n;
    } else if (p < pattern.size() && pattern[p] == name[n]) {
      ++p;
      ++n;
    } else if (star) {
      p = *star + 1;
      n = ++tried;
    } else {
      return false;
    }
  }
  return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

} // namespace

tl::expected<fault_path, std::string> fault_path::parse(std::string_view text) {
  if (text.size() > limits::fault_path_size)
    return tl::unexpected("the path has more than " + std::to_string(limits::fault_path_size)
                          + " characters; give " + right);
  const auto wrong = [text] {
    return tl::unexpected("\"" + std::string(text) + "\" names no actor of a call; give " + right);
  };
  fault_path out;
  out.text_ = text;
  auto rest = text;
  auto name = next_name(rest);
  if (name && name->starts_with("signalling"))
    name = next_name(rest);
  if (name != "calls" || text.ends_with('/'))
    return wrong();
  const auto key = next_name(rest);
  if (!key || key->empty() || key->size() > key_digits
      || key->find_first_not_of("0123456789abcdef*") != std::string_view::npos)
    return tl::unexpected("\"" + std::string(key.value_or(""))
                          + "\" is no key of a call; give * for any call, all 32 hex digits, or "
                            "the first of them and *");
  out.key_ = *key;
  while ((name = next_name(rest))) {
    if (name->empty() || out.and_below_)
      return wrong();
    if (*name == "**")
      out.and_below_ = true;
    else
      out.names_.emplace_back(*name);
  }
  return out;
}

bool fault_path::matches_key(std::string_view key) const {
  return fits(key_, key);
}

bool fault_path::matches(std::string_view key, std::string_view below) const {
  if (!matches_key(key))
    return false;
  for (const auto& pattern : names_) {
    const auto name = next_name(below);
    if (!name || !fits(pattern, *name))
      return false;
  }
  return and_below_ || below.empty();
}

} // namespace tandem::actors
