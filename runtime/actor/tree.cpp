#include "runtime/actor/tree.hpp"

#include "runtime/actor/limits.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>
#include <functional>
#include <mutex>
#include <utility>

namespace tandem {

namespace {

/// Branches with fewer children are searched one by one; most are, and need no table.
constexpr std::size_t children_without_table = 16;

} // namespace

/// One line of the tree and the branch below it. Counted: by its entry, by its children (so a
/// parent's memory outlives them) and by readers.
class tree_node {
public:
  tree_node(tree_place place, time_point at, caf::weak_actor_ptr who)
    : parent(std::move(place.parent)), root(parent ? parent->root : this), kind(place.kind),
      name(std::move(place.name)), hash(std::hash<std::string_view>{}(name)),
      id(root->next_id.fetch_add(1, std::memory_order_relaxed)), born(at), actor(std::move(who)),
      restarts(place.restarts), last_error(std::move(place.last_error)) {}

  void add(tree_node&);
  void remove(tree_node&);
  [[nodiscard]] tree_branch child(std::string_view) const;
  void describe(std::uint64_t parent_id, time_point now, std::vector<node_view>&) const;

  mutable std::atomic<std::uint32_t> references{0};
  std::atomic<std::uint64_t> next_id{1}; // the root's alone, like `alive`
  std::atomic<std::size_t> alive{0};

  const tree_branch parent;
  tree_node* const root;
  const char* const kind;
  const std::string name;
  const std::size_t hash;
  const std::uint64_t id;
  const time_point born;
  const caf::weak_actor_ptr actor;

  std::atomic<const char*> state{""};
  std::atomic<std::uint64_t> messages{0};
  std::atomic<std::uint32_t> mailbox{0};
  std::atomic<std::uint32_t> restarts;

  mutable std::mutex lock; // guards all below of this node; of its children what is marked
  std::string last_error;

private:
  void link_in_table(tree_node&);
  void grow_table();

  std::vector<tree_node*> children_;
  std::vector<tree_node*> table_; // heads of chains by name; empty in a small branch
  tree_node* chained_ = nullptr;  // under the parent's lock
  std::size_t index_ = 0;         // under the parent's lock
  bool listed_ = false;           // under the parent's lock
};

void intrusive_ptr_add_ref(const tree_node* n) noexcept {
  n->references.fetch_add(1, std::memory_order_relaxed);
}

void intrusive_ptr_release(const tree_node* n) noexcept {
  if (n->references.fetch_sub(1, std::memory_order_acq_rel) == 1)
    std::default_delete<const tree_node>{}(n);
}

void tree_node::link_in_table(tree_node& child) {
  auto& head = table_[child.hash & (table_.size() - 1)];
  child.chained_ = head; // the newest first: it is the one that find() means
  head = &child;
}

void tree_node::grow_table() {
  auto size = std::max<std::size_t>(table_.size(), children_without_table);
  while (size < 2 * children_.size())
    size *= 2;
  table_.assign(size, nullptr);
  std::ranges::sort(children_, {}, &tree_node::id);
  for (std::size_t i = 0; i < children_.size(); ++i) {
    children_[i]->index_ = i;
    link_in_table(*children_[i]);
  }
}

void tree_node::add(tree_node& child) {
  const std::lock_guard guard{lock};
  child.index_ = children_.size();
  child.listed_ = true;
  children_.push_back(&child);
  if (!table_.empty() && children_.size() <= table_.size())
    link_in_table(child);
  else if (children_.size() > children_without_table)
    grow_table();
  root->alive.fetch_add(1, std::memory_order_relaxed);
}

void tree_node::remove(tree_node& child) {
  const std::lock_guard guard{lock};
  if (!std::exchange(child.listed_, false))
    return;
  if (!table_.empty()) {
    auto** at = &table_[child.hash & (table_.size() - 1)];
    while (*at != &child)
      at = &(*at)->chained_;
    *at = child.chained_;
  }
  children_[child.index_] = children_.back();
  children_[child.index_]->index_ = child.index_;
  children_.pop_back();
  root->alive.fetch_sub(1, std::memory_order_relaxed);
}

tree_branch tree_node::child(std::string_view wanted) const {
  const std::lock_guard guard{lock};
  const tree_node* found = nullptr;
  const auto consider = [&](const tree_node* n) {
    if (n->name == wanted && (found == nullptr || found->id < n->id))
      found = n;
  };
  if (table_.empty())
    std::ranges::for_each(children_, consider);
  else
    for (auto* n = table_[std::hash<std::string_view>{}(wanted) & (table_.size() - 1)];
         n != nullptr; n = n->chained_)
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
    const std::lock_guard guard{lock};
    view.last_error = last_error;
    below.assign(children_.begin(), children_.end());
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
  place.last_error.resize(std::min(place.last_error.size(), max_last_error_bytes));
  node_ =
      tree_branch{std::make_unique<tree_node>(std::move(place), born, std::move(actor)).release()};
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
  const std::lock_guard guard{node_->lock};
  node_->last_error = last_error.substr(0, max_last_error_bytes);
}

std::uint64_t tree_entry::id() const {
  return id_of(node_);
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
    root_(std::make_unique<tree_node>(tree_place{nullptr, "node", node_name_, 0, {}}, born,
                                      caf::weak_actor_ptr{})
              .release()) {
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
  return root_->alive.load(std::memory_order_relaxed);
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
