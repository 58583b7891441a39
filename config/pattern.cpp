#include "config/limits.hpp"
#include "config/routes.hpp"

#include <re2/re2.h>

namespace tandem {

pattern::pattern(std::shared_ptr<const re2::RE2> program) : program_{std::move(program)} {
}

tl::expected<pattern, std::string> pattern::compile(std::string_view text) {
  if (text.size() > max_pattern_bytes)
    return tl::unexpected{"the pattern has " + std::to_string(text.size()) + " bytes; at most "
                          + std::to_string(max_pattern_bytes)};
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(max_pattern_memory_bytes);
  auto program =
      std::make_shared<const re2::RE2>(re2::StringPiece{text.data(), text.size()}, options);
  if (!program->ok())
    return tl::unexpected{"not an RE2 pattern (" + program->error()
                          + "); for example \"^7(.*)\", syntax in re2_syntax(7)"};
  return pattern{std::move(program)};
}

const std::string& pattern::text() const {
  return program_->pattern();
}

std::size_t pattern::groups() const {
  return static_cast<std::size_t>(program_->NumberOfCapturingGroups());
}

std::optional<std::vector<std::string_view>> pattern::match(std::string_view subject) const {
  std::vector<re2::StringPiece> found(groups() + 1);
  if (!program_->Match({subject.data(), subject.size()}, 0, subject.size(), re2::RE2::UNANCHORED,
                       found.data(), static_cast<int>(found.size())))
    return std::nullopt;
  std::vector<std::string_view> out;
  out.reserve(found.size());
  for (const auto& f : found) // a group that took no part has no data
    out.emplace_back(f.data() == nullptr ? std::string_view{}
                                         : std::string_view{f.data(), f.size()});
  return out;
}

} // namespace tandem
