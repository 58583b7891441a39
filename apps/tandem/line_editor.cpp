#include "apps/tandem/limits.hpp"
#include "apps/tandem/line_source.hpp"
#include "apps/tandem/terminal.hpp"

#include <histedit.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <string>

namespace tandem {

namespace {

/// What all of them begin with.
std::string common_start(const std::vector<std::string>& words) {
  std::string out = words.front();
  for (const auto& w : words)
    out.resize(static_cast<std::size_t>(std::ranges::mismatch(out, w).in1 - out.begin()));
  return out;
}

/// What libedit counts in.
int characters(std::string_view text) {
  return static_cast<int>(cells(text));
}

class editor final : public line_source {
public:
  editor(std::string history_file, completer offers)
    : history_file_(std::move(history_file)), offers_(std::move(offers)),
      edit_(el_init("tandem", stdin, stdout, stderr)), history_(history_init()) {
    // While a command runs Ctrl-C must stop it and not the console: whoever waits takes it from
    // the mask. While a line is typed the terminal gives it as a character.
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigprocmask(SIG_BLOCK, &set, nullptr);

    history(history_, &event_, H_SETSIZE, limits::history_lines);
    history(history_, &event_, H_SETUNIQUE, 1);
    if (!history_file_.empty())
      history(history_, &event_, H_LOAD, history_file_.c_str());
    el_set(edit_, EL_CLIENTDATA, this);
    el_set(edit_, EL_PROMPT, &editor::prompt_of);
    el_set(edit_, EL_SIGNAL, 1);
    el_set(edit_, EL_EDITOR, "emacs");
    el_set(edit_, EL_HIST, history, history_);
    el_set(edit_, EL_ADDFN, "tandem-complete", "complete the word", &editor::complete_of);
    el_set(edit_, EL_ADDFN, "tandem-drop", "drop the line", &editor::drop_of);
    el_set(edit_, EL_BIND, "^I", "tandem-complete", nullptr);
    el_set(edit_, EL_BIND, "^C", "tandem-drop", nullptr);
    el_set(edit_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    el_set(edit_, EL_SETTY, "-d", "-isig", nullptr);
  }
  editor(const editor&) = delete;
  editor& operator=(const editor&) = delete;
  ~editor() override {
    if (!history_file_.empty()) {
      const auto mask = ::umask(S_IRWXG | S_IRWXO); // what was typed is its typer's alone
      history(history_, &event_, H_SAVE, history_file_.c_str());
      ::umask(mask);
    }
    history_end(history_);
    el_end(edit_);
  }

  std::optional<std::string> next(const std::string& prompt) override {
    prompt_ = prompt;
    int length = 0;
    const char* typed = el_gets(edit_, &length);
    if (typed == nullptr || length <= 0) {
      std::puts(""); // Ctrl-D: the shell's prompt comes on a line of its own
      return std::nullopt;
    }
    std::string line{typed, static_cast<std::size_t>(length)};
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r'))
      line.pop_back();
    // No secret is kept in a file because it was typed once.
    if (!line.empty() && line.find("--token") == std::string::npos)
      history(history_, &event_, H_ENTER, line.c_str());
    return line;
  }
  bool is_typed() const override { return true; }

private:
  static editor& of(EditLine* e) {
    void* self = nullptr;
    el_get(e, EL_CLIENTDATA, &self);
    return *static_cast<editor*>(self);
  }
  static char* prompt_of(EditLine* e) { return of(e).prompt_.data(); }

  static unsigned char drop_of(EditLine* e, int) {
    const auto* line = el_line(e);
    std::fputs("^C\n", stdout);
    const std::string_view text{line->buffer, line->lastchar};
    el_cursor(e, characters(text)); // to its end, and no further
    el_deletestr(e, characters(text));
    return CC_REDISPLAY;
  }

  static unsigned char complete_of(EditLine* e, int) {
    const auto* line = el_line(e);
    const std::string before{line->buffer, line->cursor};
    const auto found = of(e).offers_(before);
    if (found.words.empty())
      return CC_ERROR;
    auto word = common_start(found.words);
    if (found.words.size() == 1)
      word += ' ';
    const auto typed = before.substr(found.from);
    if (word.size() > typed.size()) {
      el_deletestr(e, characters(typed));
      el_insertstr(e, word.c_str());
      return CC_REFRESH;
    }
    show(found.words);
    return CC_REDISPLAY;
  }

  /// Below the line, in columns.
  static void show(const std::vector<std::string>& words) {
    const auto width = look_at_terminal().width;
    std::size_t widest = 0;
    for (const auto& w : words)
      widest = std::max(widest, cells(w) + 2);
    const auto columns = std::max<std::size_t>(1, width / widest);
    std::string out = "\n";
    for (std::size_t i = 0; i < words.size() && i < limits::words_offered; ++i)
      out += (i + 1) % columns == 0 || i + 1 == words.size() ? words[i] + "\n"
                                                             : padded(words[i], widest);
    if (out.back() != '\n')
      out += '\n';
    std::fputs(out.c_str(), stdout);
    std::fflush(stdout);
  }

  const std::string history_file_;
  const completer offers_;
  std::string prompt_;
  EditLine* edit_;
  History* history_;
  HistEvent event_{};
};

} // namespace

std::unique_ptr<line_source> edit_lines(const std::string& history_file, completer offers) {
  return std::make_unique<editor>(history_file, std::move(offers));
}

} // namespace tandem
