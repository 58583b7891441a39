#include "apps/tandem/completion.hpp"

#include "apps/tandem/command_tree.hpp"
#include "apps/tandem/limits.hpp"
#include "apps/tandem/line_words.hpp"

#include <algorithm>
#include <span>

namespace tandem {

namespace {

/// Where in the tree of commands the words before the last one lead.
struct place {
  const CLI::App* command;
  const CLI::Option* waiting = nullptr; ///< an option whose value comes next
  std::size_t positionals = 0;          ///< given to the command so far
};

const CLI::Option* option_of(const CLI::App* command, const std::string& word) {
  for (const auto* a = command; a != nullptr; a = a->get_parent())
    if (const auto* found = a->get_option_no_throw(word); found != nullptr)
      return found;
  return nullptr;
}

place walk(const CLI::App& root, std::span<const std::string> words) {
  place at{&root};
  for (const auto& w : words) {
    if (std::exchange(at.waiting, nullptr) != nullptr)
      continue;
    if (w.starts_with("-")) {
      const auto* option = option_of(at.command, w);
      if (option != nullptr && option->get_items_expected_max() > 0)
        at.waiting = option;
      continue;
    }
    const auto below =
        at.command->get_subcommands([&](const CLI::App* a) { return a->get_name() == w; });
    if (below.empty())
      ++at.positionals;
    else
      at = place{below.front()};
  }
  return at;
}

std::string kind_of(const place& at) {
  if (at.waiting != nullptr) // an option's values have the name of their type
    return at.waiting->get_type_name();
  const auto positionals =
      at.command->get_options([](const CLI::Option* o) { return o->get_positional(); });
  return at.positionals < positionals.size() ? positionals[at.positionals]->get_name(true) : "";
}

std::vector<std::string> options_of(const CLI::App* command) {
  std::vector<std::string> out;
  for (const auto* a = command; a != nullptr; a = a->get_parent())
    for (const auto* o : a->get_options())
      for (const auto& name : o->get_lnames())
        out.push_back("--" + name);
  return out;
}

std::vector<std::string> candidates(const place& at, std::string_view typed,
                                    const word_lookup& look) {
  if (at.waiting == nullptr && typed.starts_with("-"))
    return options_of(at.command);
  std::vector<std::string> out;
  if (at.waiting == nullptr && at.positionals == 0)
    for (const auto* a : at.command->get_subcommands([](const CLI::App*) { return true; }))
      out.push_back(a->get_name());
  if (const auto kind = kind_of(at); !kind.empty()) {
    auto more = words_of_kind(kind);
    if (more.empty())
      more = look(kind);
    out.insert(out.end(), more.begin(), more.end());
  }
  return out;
}

} // namespace

completion complete_line(std::string_view line, const word_lookup& look) {
  const auto split = *split_line(line, quotes::tolerant);
  if (split.has_comment)
    return {line.size(), {}};
  const auto typed = split.is_last_open ? split.words.back() : std::string{};
  const auto before =
      std::span{split.words}.first(split.words.size() - (split.is_last_open ? 1 : 0));
  console_command unused;
  CLI::App root;
  add_commands(root, unused);
  add_console_words(root);
  const auto is_help = !before.empty() && before.front() == "help"; // what follows is a command
  completion out{split.last_from, {}};
  for (const auto& w : candidates(walk(root, before.subspan(is_help ? 1 : 0)), typed, look))
    if (w.starts_with(typed))
      out.words.push_back(escaped_word(w));
  std::ranges::sort(out.words);
  const auto [first, last] = std::ranges::unique(out.words);
  out.words.erase(first, last);
  return out;
}

} // namespace tandem
