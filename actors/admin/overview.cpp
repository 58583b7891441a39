#include "actors/admin/overview.hpp"

#include <algorithm>
#include <unordered_map>

namespace tandem::actors {

namespace {

using views = std::vector<const node_view*>;

/// The first `most` in that order.
template <class Order>
void keep_first(views& all, std::size_t most, Order order) {
  const auto kept = std::min(most, all.size());
  std::ranges::partial_sort(all, all.begin() + static_cast<std::ptrdiff_t>(kept), order);
  all.resize(kept);
}

/// Without the root's name, which is the node's.
std::string path_of(const node_view& n, const std::unordered_map<std::uint64_t, std::size_t>& at,
                    const std::vector<node_view>& nodes) {
  std::string path = n.name;
  for (auto up = at.find(n.parent_id); up != at.end() && up->second != 0;
       up = at.find(nodes[up->second].parent_id))
    path.insert(0, nodes[up->second].name + "/");
  return path;
}

} // namespace

overview look_over(const std::vector<node_view>& nodes, std::size_t most) {
  overview out;
  views busy, calls;
  std::unordered_map<std::uint64_t, std::size_t> at;
  at.reserve(nodes.size());
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const auto& n = nodes[i];
    at.emplace(n.id, i);
    out.restarts += n.restarts;
    out.failed += n.last_error.empty() ? 0 : 1;
    if (n.mailbox != 0)
      busy.push_back(&n);
    if (n.kind != "call" || n.state == "over")
      continue;
    ++out.states[n.state];
    calls.push_back(&n);
  }
  keep_first(busy, most, [](const auto* a, const auto* b) { return a->mailbox > b->mailbox; });
  for (const auto* n : busy)
    out.mailboxes.push_back({path_of(*n, at, nodes), n->mailbox});
  keep_first(calls, most, [](const auto* a, const auto* b) { return a->age < b->age; });
  for (const auto* n : calls)
    if (const auto key = parse_key(n->name))
      out.newest.push_back(*key);
  return out;
}

} // namespace tandem::actors
