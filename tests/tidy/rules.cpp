#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace tandem::test {

namespace {

// Folder -> folders whose headers it may include besides its own. Longest matching prefix wins.
const std::map<std::string, std::set<std::string>, std::less<>> may_include = {
    {"runtime/base", {}},
    {"runtime/time", {"runtime/base"}},
    {"runtime/io", {"runtime/base"}},
    {"runtime/telemetry", {"runtime/base"}},
    {"runtime", {"config"}},
    {"config", {"runtime/base"}},
    {"protocols/sip", {"runtime/base"}},
    {"protocols/digest", {"runtime/base", "protocols/sip"}},
    {"protocols/sdp", {"runtime/base"}},
    {"protocols/rtp", {"runtime/base"}},
    {"protocols/rtcp", {"runtime/base", "protocols/rtp"}},
    {"protocols", {"runtime/base"}},
    {"media", {"runtime/base", "protocols/rtp", "protocols/rtcp", "protocols/stun"}},
    {"cluster", {"runtime", "config"}},
    {"actors", {"runtime", "protocols", "media", "cluster", "config"}},
    {"apps", {"runtime", "protocols", "media", "cluster", "actors", "config"}},
};

struct ban {
  std::vector<std::string_view> folders; ///< where it holds; empty: everywhere
  std::vector<std::string_view> except;  ///< path prefixes that may
  std::string_view text;
  std::string_view instead;
};

const std::vector<std::string_view> product = {"runtime/", "config/", "protocols/", "media/",
                                               "cluster/", "actors/", "apps/"};

// Texts are looked for in code without comments and literals.
const std::vector<ban> bans = {
    {product, {"runtime/io/"}, "_clock::now(", "take `now` as an argument"},
    {product, {"runtime/io/"}, "clock_gettime(", "take `now` as an argument"},
    {product, {"runtime/io/"}, "gettimeofday(", "take `now` as an argument"},
    {product, {"runtime/io/"}, "random_device", "the random interface of runtime/base"},
    {{}, {"apps/tandem/"}, "sleep_for(", "a deadline, or virtual time"}, // its --follow
    {{}, {}, "sleep_until(", "a deadline, or virtual time"},
    {{}, {}, "usleep(", "a deadline, or virtual time"},
    {{}, {}, "nanosleep(", "a deadline, or virtual time"},
    {{}, {}, "std::regex", "RE2: std::regex overflows the stack"},
    {product, {}, "delayed_send(", "the timer wheel: CAF's timers cannot be cancelled"},
    {product, {"runtime/base/check.hpp"}, "abort(", "TANDEM_CHECK"},
};

// Includes are looked for in the text as it stands.
const std::vector<ban> banned_includes = {
    {product, {"runtime/actor/", "actors/"}, "<caf/", "CAF lives in runtime/actor and actors"},
    {{"protocols/", "runtime/base/"}, {}, "<boost/asio", "sans-IO"},
    {{"protocols/", "runtime/base/"}, {}, "<sys/socket", "sans-IO"},
    {{"protocols/", "runtime/base/"}, {}, "<thread>", "sans-IO"},
    {{"protocols/", "media/"}, {}, "<iostream>", "actions and expected"},
    {{"protocols/", "media/"}, {}, "<sstream>", "the writer, or fmt"},
    {{}, {}, "<regex>", "RE2"},
};

// Assembled so that the rules can be checked by the rules.
const std::vector<std::string> marks = {std::string("TO") + "DO", std::string("FIX") + "ME",
                                        std::string("XX") + "X", std::string("HA") + "CK"};

// Ours, in full and nested; and those in which we declare or specialise something of others.
const std::set<std::string, std::less<>> namespaces = {"tandem",
                                                       "tandem::sip",
                                                       "tandem::sdp",
                                                       "tandem::rtp",
                                                       "tandem::rtcp",
                                                       "tandem::media",
                                                       "tandem::cluster",
                                                       "tandem::actors",
                                                       "tandem::msg",
                                                       "tandem::test",
                                                       "sip",
                                                       "sdp",
                                                       "rtp",
                                                       "rtcp",
                                                       "media",
                                                       "cluster",
                                                       "actors",
                                                       "msg",
                                                       "test",
                                                       "caf",
                                                       "std",
                                                       "re2",
                                                       "tandem::apps"};

bool starts_with_any(std::string_view path, const std::vector<std::string_view>& prefixes) {
  return std::ranges::any_of(prefixes, [&](auto p) { return path.starts_with(p); });
}

bool applies(const ban& b, std::string_view path) {
  return (b.folders.empty() || starts_with_any(path, b.folders))
         && !starts_with_any(path, b.except);
}

std::string_view trimmed(std::string_view s) {
  const auto first = s.find_first_not_of(" \t\n");
  if (first == s.npos)
    return {};
  return s.substr(first, s.find_last_not_of(" \t\n") - first + 1);
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool has_word(std::string_view line, std::string_view word) {
  for (auto at = line.find(word); at != line.npos; at = line.find(word, at + 1)) {
    const auto after = at + word.size();
    if ((at == 0 || !is_word(line[at - 1])) && (after == line.size() || !is_word(line[after])))
      return true;
  }
  return false;
}

std::size_t columns(std::string_view line) { // code points: § is one column and two bytes
  return static_cast<std::size_t>(std::ranges::count_if(
      line, [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string folder_of(std::string_view path) {
  const auto slash = path.rfind('/');
  return std::string(slash == path.npos ? "" : path.substr(0, slash));
}

/// The layer that owns a path; empty for tests and everything else that may include all.
std::string_view layer_of(std::string_view path) {
  std::string_view best;
  for (const auto& [folder, allowed] : may_include)
    if (path.starts_with(folder) && path.substr(folder.size()).starts_with('/')
        && folder.size() > best.size())
      best = folder;
  return best;
}

bool layer_allows(std::string_view from, std::string_view included) {
  const auto layer = layer_of(from);
  if (layer.empty())
    return true;
  const auto below = [&](std::string_view folder) {
    return included.starts_with(folder) && included.substr(folder.size()).starts_with('/');
  };
  return below(layer) || std::ranges::any_of(may_include.find(layer)->second, below);
}

std::string_view quoted_include(std::string_view line) {
  constexpr std::string_view start = "#include \"";
  return line.starts_with(start) ? line.substr(start.size(), line.rfind('"') - start.size())
                                 : std::string_view{};
}

class report {
public:
  report(const source_file& file, complaints& out) : file_{file}, out_{out} {}
  void add(std::size_t line, std::string_view sentence) {
    out_.push_back(file_.path + ":" + std::to_string(line) + ": " + std::string(sentence));
  }

private:
  const source_file& file_;
  complaints& out_;
};

void check_line(const source_file& file, std::size_t n, std::string_view line,
                std::string_view code, report& r) {
  if (columns(line) > 100)
    r.add(n, "longer than 100 columns");
  if (const auto included = quoted_include(line); !included.empty()) {
    if (!layer_allows(file.path, included))
      r.add(n, "a layer above or beside: " + std::string(included));
    if (included.find('/') == included.npos || included.starts_with("."))
      r.add(n, "includes start at the repository's root");
  }
  // CTest splits such a name into two tests, of which it finds neither.
  if (line.starts_with("TEST_CASE(") && line.substr(0, line.rfind('"')).find(';') != line.npos)
    r.add(n, "a semicolon in the name of a test");
  for (const auto& b : banned_includes)
    if (line.starts_with("#include ") && applies(b, file.path) && line.find(b.text) != line.npos)
      r.add(n, std::string(b.text) + " is banned here: " + std::string(b.instead));
  for (const auto& b : bans)
    if (applies(b, file.path) && code.find(b.text) != code.npos)
      r.add(n, std::string(b.text) + " is banned here: " + std::string(b.instead));
  for (const auto& mark : marks)
    if (has_word(line, mark))
      r.add(n, mark + ": an issue, or the fix");
}

void check_structure(const source_file& file, std::size_t n, std::string_view code, report& r) {
  const bool in_product = starts_with_any(file.path, product);
  const auto start = trimmed(code);
  if (in_product && has_word(code, "new") && code.find("new (") == code.npos
      && !start.starts_with("#"))
    r.add(n, "new: a value, or make_unique");
  if (code.starts_with("int main(") && in_product
      && !(file.path.starts_with("apps/") && file.path.ends_with("/main.cpp")))
    r.add(n, "a program is apps/NAME/main.cpp");
  if (file.path.ends_with(".hpp") && code.starts_with("using namespace"))
    r.add(n, "using namespace in a header");
  if (start.starts_with("namespace ") && start.ends_with("{")) {
    constexpr std::string_view limits = "::limits";
    const auto name = trimmed(start.substr(10, start.size() - 11));
    // The limits of a folder may be a namespace of their own, in limits.hpp alone.
    const auto outer = file.path.ends_with("/limits.hpp") && name.ends_with("limits")
                           ? name.substr(0, name.size() - std::min(name.size(), limits.size()))
                           : name;
    if (!outer.empty() && !namespaces.contains(outer))
      r.add(n, "namespace " + std::string(name) + " is not one of STYLE's");
  }
}

/// The words before a brace say what it opens. Functions, lambdas and control blocks have a
/// parameter list; namespaces, types and initialisers are no function.
bool opens_code(std::string_view head) {
  head = trimmed(head);
  while (head.starts_with("template") || head.starts_with("#")) { // a line each
    const auto end = head.find('\n');
    if (end == head.npos)
      return false;
    head = trimmed(head.substr(end));
  }
  for (const auto* word : {"namespace", "class", "struct", "enum", "union", "extern"})
    if (head.starts_with(word))
      return false;
  return head.find(')') != head.npos && !head.ends_with("=") && !head.ends_with("return");
}

void check_function_lengths(std::string_view code, report& r) {
  constexpr std::size_t most = 70;
  struct block {
    std::size_t line;
    bool is_code;
  };
  std::vector<block> open;
  std::size_t line = 1, head = 0;
  for (std::size_t i = 0; i < code.size(); ++i) {
    const char c = code[i];
    if (c == '\n') {
      ++line;
    } else if (c == '{') {
      open.push_back({line, opens_code(code.substr(head, i - head))});
      head = i + 1;
    } else if (c == '}') {
      if (!open.empty()) {
        const auto b = open.back();
        open.pop_back();
        if (b.is_code && line - b.line > most)
          r.add(b.line, "a function of more than 70 lines");
      }
      head = i + 1;
    } else if (c == ';') {
      head = i + 1;
    }
  }
}

} // namespace

std::string code_only(std::string_view text) {
  std::string out(text);
  const auto blank = [&](std::size_t from, std::size_t to) {
    for (auto i = from; i < std::min(to, out.size()); ++i)
      if (out[i] != '\n')
        out[i] = ' ';
  };
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto rest = text.substr(i);
    std::size_t end = i;
    if (rest.starts_with("//")) {
      end = std::min(text.find('\n', i), text.size());
      blank(i, end);
    } else if (rest.starts_with("/*")) {
      end = std::min(text.find("*/", i + 2), text.size() - 2) + 2;
      blank(i, end);
    } else if (rest.starts_with("R\"")) {
      const auto paren = text.find('(', i);
      const auto close = ")" + std::string(text.substr(i + 2, paren - i - 2)) + "\"";
      end = std::min(text.find(close, paren), text.size() - close.size()) + close.size();
      blank(i + 2, end - 1);
    } else if (text[i] == '"' || (text[i] == '\'' && (i == 0 || !is_word(text[i - 1])))) {
      for (end = i + 1; end < text.size() && text[end] != text[i] && text[end] != '\n'; ++end)
        end += text[end] == '\\' ? 1 : 0;
      blank(i + 1, end);
      ++end;
    } else {
      continue;
    }
    i = end - 1;
  }
  return out;
}

complaints check_source(const source_file& file) {
  complaints out;
  report r{file, out};
  const auto code = code_only(file.text);
  const auto lines = lines_of(file.text), code_lines = lines_of(code);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    check_line(file, i + 1, lines[i], code_lines[i], r);
    check_structure(file, i + 1, code_lines[i], r);
  }
  if (lines.size() > 600)
    r.add(lines.size(), "more than 600 lines");
  if (file.path.ends_with(".hpp") && file.text.find("#pragma once") == file.text.npos)
    r.add(1, "no #pragma once");
  if (starts_with_any(file.path, product))
    check_function_lengths(code, r);
  return out;
}

complaints check_text(const source_file& file) {
  complaints out;
  report r{file, out};
  const auto machine_path = std::string("/wo") + "rk/"; // in two, so that this file passes
  const auto lines = lines_of(file.text);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i].find(machine_path) != std::string_view::npos)
      r.add(i + 1, "a path of one machine: " + machine_path);
    if (lines[i].find('\t') != std::string_view::npos)
      r.add(i + 1, "a tab");
    if (lines[i].ends_with('\r'))
      r.add(i + 1, "a carriage return");
  }
  return out;
}

complaints check_wrapped_libraries(const std::vector<source_file>& files) {
  const std::vector<std::string_view> wrapped = {
      "<boost/asio", "<boost/beast", "<openssl/", "<rocksdb/",  "<capnp/", "<kj/", "<prometheus",
      "<spdlog/",    "<toml++/",     "<re2/",     "<nlohmann/", "<ares",   "<bpf/"};
  std::map<std::string, std::string, std::less<>> tainted;  // header -> library
  for (std::size_t before = 1; before != tainted.size();) { // until nothing new is found
    before = tainted.size();
    for (const auto& file : files)
      for (const auto line : lines_of(file.text)) {
        if (!file.path.ends_with(".hpp") || !line.starts_with("#include "))
          continue;
        if (const auto it = tainted.find(quoted_include(line)); it != tainted.end())
          tainted.try_emplace(file.path, it->second);
        for (const auto library : wrapped)
          if (line.find(library) != line.npos)
            tainted.try_emplace(file.path, library);
      }
  }
  complaints out;
  for (const auto& file : files) {
    report r{file, out};
    const auto lines = lines_of(file.text);
    for (std::size_t i = 0; i < lines.size(); ++i)
      if (const auto it = tainted.find(quoted_include(lines[i]));
          it != tainted.end() && folder_of(it->first) != folder_of(file.path)
          && !file.path.starts_with("tests/"))
        r.add(i + 1, it->first + " brings " + it->second + " out of its folder");
  }
  return out;
}

/// Some CMakeLists.txt above takes in the whole subtree.
static bool globbed_above(const std::vector<source_file>& files, const std::string& folder) {
  return std::ranges::any_of(files, [&](const source_file& file) {
    return file.path.ends_with("CMakeLists.txt") && folder_of(file.path) != ""
           && folder.starts_with(folder_of(file.path) + "/")
           && (file.text.find("GLOB_RECURSE") != file.text.npos
               || file.text.find("*/*.cpp") != file.text.npos
               || file.text.find(folder.substr(folder_of(file.path).size() + 1) + "/*.cpp")
                      != file.text.npos);
  });
}

complaints check_folders(const std::vector<source_file>& files) {
  std::set<std::string, std::less<>> paths, folders;
  for (const auto& file : files) {
    paths.insert(file.path);
    folders.insert(folder_of(file.path));
  }
  complaints out;
  for (const auto& file : files) {
    const auto folder = folder_of(file.path);
    const bool source = file.path.ends_with(".cpp") || file.path.ends_with(".hpp");
    if (source && starts_with_any(file.path, product) && !paths.contains(folder + "/README.md"))
      out.push_back(folder + ": no README.md");
    if (file.path.ends_with(".cpp") && starts_with_any(file.path, product)
        && !paths.contains(folder + "/CMakeLists.txt") && !globbed_above(files, folder))
      out.push_back(folder + ": sources that nothing builds (no CMakeLists.txt)");
    if (file.path.ends_with("_test.cpp") && !paths.contains(folder + "/CMakeLists.txt"))
      out.push_back(folder + ": tests that nothing runs (no CMakeLists.txt)");
    if (file.path.ends_with("_test.cpp") && file.path.starts_with("tests/")) {
      const auto mirrored = folder.substr(6);
      if (starts_with_any(mirrored + "/", product) && !folders.contains(mirrored)
          && !folders.contains(folder_of(mirrored))) // or is a corner of its own below one
        out.push_back(folder + ": mirrors no source folder");
    }
    if (file.path.ends_with("README.md") && starts_with_any(file.path, product)
        && lines_of(file.text).size() > 60)
      out.push_back(file.path + ": more than one screen (60 lines)");
  }
  std::ranges::sort(out);
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

complaints check_shown_code(const std::vector<source_file>& files) {
  constexpr std::string_view opening = "```cpp\n", closing = "```";
  complaints out;
  for (const auto& file : files) {
    if (!file.path.ends_with(".md"))
      continue;
    for (auto at = file.text.find(opening); at != file.text.npos;
         at = file.text.find(opening, at)) {
      at += opening.size();
      const auto shown = file.text.substr(at, file.text.find(closing, at) - at);
      if (std::ranges::none_of(files, [&](const source_file& source) {
            return source.path.ends_with("pp") && source.text.find(shown) != source.text.npos;
          }))
        out.push_back(file.path
                      + ": code that is in no source file: " + shown.substr(0, shown.find('\n')));
    }
  }
  return out;
}

} // namespace tandem::test
