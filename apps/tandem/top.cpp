#include "apps/tandem/top.hpp"

#include "apps/tandem/commands.hpp"

#include <ostream>

namespace tandem {

namespace {

outcome<top_sample> look_at(const node_client& node) {
  auto overview = node.ask_json("GET", "/api/v1/overview");
  if (!overview)
    return tl::unexpected(overview.error());
  const auto text = node.ask("GET", "/metrics");
  if (!text)
    return tl::unexpected(text.error());
  return top_sample{std::move(*overview), figures{*text}};
}

/// The screen, and what is on it.
class live_top {
public:
  live_top(const console_command& c, const node_client& node, full_screen& screen, top_sample first)
    : period_(static_cast<std::int64_t>(c.interval_s * 1000)), node_(node), screen_(screen),
      before_(std::move(first)) {}

  void run() {
    numbers_ = top_numbers(before_, before_);
    while (true) {
      draw();
      const auto woken = screen_.wait(period_);
      using kind = full_screen::wake::kind;
      if (woken.what == kind::ended || (woken.what == kind::key && woken.key == 'q'))
        return;
      if (woken.what == kind::key && woken.key == 'p')
        is_held_ = !is_held_;
      if (woken.what == kind::time && !is_held_)
        refresh();
    }
  }

private:
  void refresh() {
    auto now = look_at(node_);
    trouble_ = now ? "" : now.error().text.substr(0, now.error().text.find('\n'));
    if (!now)
      return;
    numbers_ = top_numbers(before_, *now);
    before_ = std::move(*now);
  }

  void draw() {
    const auto v = screen_.view();
    std::string out = "\x1b[H";
    const auto put = [&](std::string_view text) { out.append(text).append("\x1b[K\n"); };
    const auto picture = render_top(numbers_, v);
    for (std::size_t from = 0, lines = 1; from < picture.size() && lines < v.height; ++lines) {
      const auto end = picture.find('\n', from);
      put(std::string_view{picture}.substr(from, end - from));
      from = end + 1;
    }
    out += "\x1b[J";
    if (v.height != 0)
      out += "\x1b[" + std::to_string(v.height) + ";1H"; // the last line, and no newline behind it
    screen_.draw(out + status(v));
  }

  [[nodiscard]] std::string status(const terminal_view& v) const {
    if (!trouble_.empty())
      return painted(v, ink::red, clipped(trouble_ + "; trying again, q ends", v.width));
    return painted(v, ink::dim,
                   clipped(is_held_ ? "held: p goes on, q ends" : "q ends, p holds", v.width));
  }

  const std::chrono::milliseconds period_;
  const node_client& node_;
  full_screen& screen_;
  top_sample before_;
  nlohmann::json numbers_;
  std::string trouble_;
  bool is_held_ = false;
};

int print_again_and_again(const console_command& c, const node_client& node,
                          console_environment& env, top_sample before) {
  while (env.pause(std::chrono::milliseconds{static_cast<std::int64_t>(c.interval_s * 1000)})) {
    auto now = look_at(node);
    if (!now)
      return complain(env, now.error().text, now.error().exit_code);
    const auto numbers = top_numbers(before, *now);
    auto whole = env.view;
    whole.height = 0;
    env.out << (c.json ? numbers.dump() + "\n" : render_top(numbers, whole)) << std::flush;
    if (c.once)
      break;
    if (!c.json)
      env.out << "\n";
    before = std::move(*now);
  }
  return exit_done;
}

} // namespace

int run_top(const console_command& c, const node_client& node, console_environment& env) {
  auto first = look_at(node); // with the terminal as it is: an error stays to be read
  if (!first)
    return complain(env, first.error().text, first.error().exit_code);
  const auto screen = c.once || c.json || !env.open_screen ? nullptr : env.open_screen();
  if (!screen)
    return print_again_and_again(c, node, env, std::move(*first));
  live_top{c, node, *screen, std::move(*first)}.run();
  return exit_done;
}

} // namespace tandem
