#include "runtime/actor/tree.hpp"

#include "runtime/actor/limits.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <mutex>
#include <utility>

namespace tandem {

namespace {

/// Branches with fewer children are searched one by one; most are, and need no table.
constexpr std::size_t children_without_table = 16;

} // namespace

/// What all lines of one tree share.
struct tree_commons {
  std::atomic<std::uint64_t> next_id{1};
  std::atomic<std::size_t> alive{0};
  std::array<std::mutex, 64> locks; // a lock of its own would be a fifth of a line
};

/// One line of the tree and the branch below it. Counted: by its entry, by its children (so a
/// parent's memory outlives them) and by readers. A call has nine of them for hours: small.
class tree_node {
public:
  tree_node(tree_place place, time_point at, caf::weak_actor_ptr who, tree_commons& c)
    : parent(std::move(place.parent)), commons(c), kind(place.kind), name(std::move(place.name)),
      id(c.next_id.fetch_add(1, std::memory_order_relaxed)), born(at), actor(std::move(who)),
      restarts(place.restarts) {
    set_last_error(place.last_error);
  }

  void add(tree_node&);
  void remove(tree_node&);
  [[nodiscard]] tree_branch child(std::string_view) const;
  void describe(std::uint64_t parent_id, time_point now, std::vector<node_view>&) const;
  /// Under the lock, but in the constructor.
  void set_last_error(std::string_view);
  /// Guards all below of this node; of its children what is marked. Others' may be the same one.
  [[nodiscard]] std::mutex& lock() const { return commons.locks[id % commons.locks.size()]; }

  mutable std::atomic<std::uint32_t> references{0};
  std::atomic<std::uint32_t> mailbox{0};

  const tree_branch parent;
  tree_commons& commons;
  const char* const kind;
  const std::string name;
  const std::uint64_t id;
  const time_point born;
  const caf::weak_actor_ptr actor;

  std::atomic<const char*> state{""};
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint32_t> restarts;

private:
  /// What stands below.
  struct branch {
    std::vector<tree_node*> children;
    std::vector<tree_node*> table; // heads of chains by name; empty in a small branch
  };

  [[nodiscard]] static std::size_t hash_of(std::string_view name) {
    return std::hash<std::string_view>{}(name);
  }
  void link_in_table(tree_node&);
  void grow_table();

  std::uint32_t index_ = 0; // under the parent's lock
  bool listed_ = false;     // under the parent's lock
  std::unique_ptr<const std::string> last_error_;
  std::unique_ptr<branch> below_; // null until there is something
  tree_node* chained_ = nullptr;  // under the parent's lock
};

/// It has no parent, and outlives all others.
class tree_root final : private tree_commons, public tree_node {
public:
  tree_root(std::string node_name, time_point at)
    : tree_node({nullptr, "node", std::move(node_name), 0, {}}, at, {}, *this) {}
};

void intrusive_ptr_add_ref(const tree_node* n) noexcept {
  n->references.fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const tree_node* n) noexcept {
  if (n->references.fetch_sub(1, std::memory_order_acq_rel) != 1)
    return;
  if (n->parent != nullptr)
    std::default_delete<const tree_node>{}(n);
  else
    std::default_delete<const tree_root>{}(static_cast<const tree_root*>(n));
}

void tree_node::set_last_error(std::string_view text) {
  text = text.substr(0, max_last_error_bytes);
  last_error_ = text.empty() ? nullptr : std::make_unique<const std::string>(text);
}

void tree_node::link_in_table(tree_node& child) {
  auto& head = below_->table[hash_of(child.name) & (below_->table.size() - 1)];
  child.chained_ = head; // the newest first: it is the one that find() means
  head = &child;
}

void tree_node::grow_table() {
  auto& [children, table] = *below_;
  auto size = std::max<std::size_t>(table.size(), children_without_table);
  while (size < 2 * children.size())
    size *= 2;
  table.assign(size, nullptr);
  std::ranges::sort(children, {}, &tree_node::id);
  for (std::size_t i = 0; i < children.size(); ++i) {
    children[i]->index_ = static_cast<std::uint32_t>(i);
    link_in_table(*children[i]);
  }
}

void tree_node::add(tree_node& child) {
  const std::lock_guard guard{lock()};
  if (!below_)
    below_ = std::make_unique<branch>();
  auto& [children, table] = *below_;
  child.index_ = static_cast<std::uint32_t>(children.size());
  child.listed_ = true;
  children.push_back(&child);
  if (!table.empty() && children.size() <= table.size())
    link_in_table(child);
  else if (children.size() > children_without_table)
    grow_table();
  commons.alive.fetch_add(1, std::memory_order_relaxed);
}

void tree_node::remove(tree_node& child) {
  const std::lock_guard guard{lock()};
  if (!std::exchange(child.listed_, false))
    return;
  auto& [children, table] = *below_;
  if (!table.empty()) {
    auto** at = &table[hash_of(child.name) & (table.size() - 1)];
    while (*at != &child)
      at = &(*at)->chained_;
    *at = child.chained_;
  }
  children[child.index_] = children.back();
  children[child.index_]->index_ = child.index_;
  children.pop_back();
  commons.alive.fetch_sub(1, std::memory_order_relaxed);
}

tree_branch tree_node::child(std::string_view wanted) const {
  const std::lock_guard guard{lock()};
  if (!below_)
    return nullptr;
  const auto& [children, table] = *below_;
  const tree_node* found = nullptr;
  const auto consider = [&](const tree_node* n) {
    if (n->name == wanted && (found == nullptr || found->id < n->id))
      found = n;
  };
  if (table.empty())
    std::ranges::for_each(children, consider);
  else
    for (auto* n = table[hash_of(wanted) & (table.size() - 1)]; n != nullptr; n = n->chained_)
      consider(n);
  return tree_branch{const_cast<tree_node*>(found)};
}

void tree_node::describe(std::uint64_t parent_id, time_point now,
                         std::vector<node_view>& out) const {
  std::vector<tree_branch> below;
  auto& view = out.emplace_back();
  view.id = id;
  view.parent_id = parent_id;
  view.kind = kind;
  view.name = name;
  view.state = state.load(std::memory_order_relaxed);
  view.age = std::max(duration{}, now - born);
  view.messages = messages.load(std::memory_order_relaxed);
  view.mailbox = mailbox.load(std::memory_order_relaxed);
  view.restarts = restarts.load(std::memory_order_relaxed);
  {
    const std::lock_guard guard{lock()};
    if (last_error_)
      view.last_error = *last_error_;
    if (below_)
      below.assign(below_->children.begin(), below_->children.end());
  }
  std::ranges::sort(below, {}, [](const tree_branch& n) { return n->id; });
  for (const auto& n : below)
    n->describe(id, now, out);
}

std::uint64_t id_of(const tree_branch& n) {
  return n ? n->id : 0;
}

caf::strong_actor_ptr actor_of(const tree_branch& n) {
  return n ? n->actor.lock() : nullptr;
}

// -- tree_entry ----------------------------------------------------------------------------------

tree_entry::tree_entry(tree_place place, time_point born, caf::weak_actor_ptr actor) {
  if (!place.parent)
    return;
  TANDEM_CHECK(!place.name.empty() && place.name.find('/') == std::string::npos);
  auto& commons = place.parent->commons;
  node_ = tree_branch{
      std::make_unique<tree_node>(std::move(place), born, std::move(actor), commons).release()};
  node_->parent->add(*node_);
}

void tree_entry::reset() {
  // The node stays: other threads may be counting what they sent to an actor that is ending.
  if (node_)
    node_->parent->remove(*node_);
}

void tree_entry::set_state(const char* words) {
  if (node_)
    node_->state.store(words, std::memory_order_relaxed);
}

void tree_entry::count_message() {
  if (node_) // one writer: no read-modify-write needed
    node_->messages.store(node_->messages.load(std::memory_order_relaxed) + 1,
                          std::memory_order_relaxed);
}

void tree_entry::mailbox_grew() {
  if (node_)
    node_->mailbox.fetch_add(1, std::memory_order_relaxed);
}

void tree_entry::mailbox_shrank() {
  if (node_)
    node_->mailbox.fetch_sub(1, std::memory_order_relaxed);
}

void tree_entry::set_restarts(std::uint32_t count, std::string_view last_error) {
  if (!node_)
    return;
  node_->restarts.store(count, std::memory_order_relaxed);
  const std::lock_guard guard{node_->lock()};
  node_->set_last_error(last_error);
}

std::uint64_t tree_entry::id() const {
  return id_of(node_);
}

const std::string& tree_entry::name() const {
  TANDEM_CHECK(node_);
  return node_->name;
}

std::string tree_entry::path() const {
  std::string path;
  for (auto n = node_; n && n->parent; n = n->parent)
    path = path.empty() ? n->name : n->name + "/" + path;
  return path;
}

// -- tree ----------------------------------------------------------------------------------------

std::string_view to_string(unresolved why) {
  switch (why) {
    case unresolved::no_such_node: return "no such node";
    case unresolved::gone: return "gone";
    case unresolved::restarted: return "restarted";
  }
  return "";
}

tree::tree(std::string node_name, time_point born)
  : node_name_(std::move(node_name)),
    root_(std::make_unique<tree_root>(node_name_, born).release()) {
}

tree::~tree() = default;

std::vector<node_view> tree::snapshot(time_point now, std::string_view path) const {
  std::vector<node_view> all;
  if (const auto from = find(path)) {
    all.reserve(from == root_ ? size() + 1 : 16);
    from->describe(id_of(from->parent), now, all);
  }
  return all;
}

std::size_t tree::size() const {
  return root_->commons.alive.load(std::memory_order_relaxed);
}

tree_branch tree::find(std::string_view path) const {
  if (path.size() > max_path_bytes)
    return nullptr;
  auto at = root_;
  while (at && !path.empty()) {
    const auto end = std::min(path.find('/'), path.size());
    at = at->child(path.substr(0, end));
    path.remove_prefix(std::min(path.size(), end + 1));
  }
  return at;
}

} // namespace tandem
