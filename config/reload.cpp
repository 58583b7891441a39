#include "config/reload.hpp"

#include "config/limits.hpp"

#include <algorithm>
#include <map>
#include <string_view>

namespace tandem {

namespace {

/// "added 1004, 1005 and 7 more": names first, since an operator looks for his.
class name_list {
public:
  explicit name_list(const char* what) : what_(what) {}

  void add(std::string_view name) {
    if (++count_ > max_names_reported)
      return;
    text_ += text_.empty() ? "" : ", ";
    text_ += name;
  }
  void append_to(std::string& out) const {
    if (count_ == 0)
      return;
    out += out.empty() ? "" : "; ";
    out += std::string(what_) + ' ' + text_;
    if (count_ > max_names_reported)
      out += " and " + std::to_string(count_ - max_names_reported) + " more";
  }

private:
  const char* what_;
  std::string text_;
  std::size_t count_ = 0;
};

/// Entries are told apart by name, so a list in another order is the same list.
template <class Entry>
std::string compare_named(const std::vector<Entry>& running, const std::vector<Entry>& next) {
  std::map<std::string_view, const Entry*> before;
  for (const auto& entry : running)
    before.emplace(entry.name, &entry);
  name_list added("added"), changed("changed"), removed("removed");
  for (const auto& entry : next) {
    const auto known = before.find(entry.name);
    if (known == before.end())
      added.add(entry.name);
    else if (!(*known->second == entry))
      changed.add(entry.name);
    if (known != before.end())
      before.erase(known);
  }
  for (const auto& [name, entry] : before)
    removed.add(name);
  std::string out;
  added.append_to(out);
  changed.append_to(out);
  removed.append_to(out);
  return out;
}

} // namespace

reload_report compare_settings(const configuration& running, const configuration& next) {
  reload_report r;
  const auto say = [&r](const char* table, const std::string& what) {
    if (!what.empty())
      r.changes.push_back(std::string(table) + ": " + what);
  };
  say("users", compare_named(running.users, next.users));
  // Trunks are tried in their order: another order is a change, even with the same names.
  auto trunks = compare_named(running.trunks, next.trunks);
  if (trunks.empty() && !(running.trunks == next.trunks))
    trunks = "in another order";
  say("trunks", trunks);
  // Routes have no names, and the first that matches wins: they change as a whole.
  if (!(running.routes == next.routes))
    say("routes", std::to_string(next.routes.size()) + " in place of "
                      + std::to_string(running.routes.size()));

  say("auth", running.auth == next.auth ? "" : "changed");

  const auto is_later = [&r](const char* table, bool same) {
    if (!same)
      r.later.push_back(std::string(table) + ": changed, in force at the next start");
  };
  is_later("node", running.node == next.node);
  is_later("sip", running.sip == next.sip);
  is_later("registrar", running.registrar == next.registrar);
  is_later("restore", running.restore == next.restore);
  is_later("admin", running.admin == next.admin);
  is_later("media", running.media == next.media);
  return r;
}

configuration reloaded(const configuration& running, const configuration& next) {
  auto out = running;
  out.auth = next.auth;
  out.users = next.users;
  out.trunks = next.trunks;
  out.routes = next.routes;
  return out;
}

} // namespace tandem
