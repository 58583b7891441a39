#pragma once

#include "runtime/base/time.hpp"

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <caf/actor_control_block.hpp>

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem {

class tree_node;
void intrusive_ptr_add_ref(const tree_node*) noexcept;
void intrusive_ptr_release(const tree_node*) noexcept;

/// A place in the tree below which entries can be made; it outlives the actor that stands there.
using tree_branch = boost::intrusive_ptr<tree_node>;

/// The generation of what stands or stood there.
[[nodiscard]] std::uint64_t id_of(const tree_branch&);
/// Null when it has ended, and for the root.
[[nodiscard]] caf::strong_actor_ptr actor_of(const tree_branch&);

/// One actor as the console shows it, plain data.
struct node_view {
  std::uint64_t id = 0; ///< unique in the life of this process; the generation of a `ref`
  std::uint64_t parent_id = 0;
  std::string_view kind; ///< static text
  std::string name;
  std::string_view state; ///< static text, in words
  duration age{};
  std::uint64_t messages = 0; ///< handled so far
  std::uint32_t mailbox = 0;  ///< waiting now
  std::uint32_t restarts = 0;
  std::string last_error;
};

/// Where an actor is to stand, given to its constructor by whoever spawns it.
struct tree_place {
  tree_branch parent;
  const char* kind = "actor"; ///< static text
  std::string name{};         ///< without '/'; unique among its living siblings
  std::uint32_t restarts = 0; ///< of earlier actors in this place
  std::string last_error{};   ///< of the last of them
};

/// An actor's own line in the tree, there as long as this object. Its owner alone calls it, except
/// for mailbox_grew(), which any thread may call. A default-constructed entry stands in no tree.
class tree_entry {
public:
  tree_entry() = default;
  tree_entry(tree_place, time_point born, caf::weak_actor_ptr);
  tree_entry(tree_entry&&) noexcept = default;
  tree_entry& operator=(tree_entry&&) = delete;
  ~tree_entry() { reset(); }

  /// Leaves the tree at once; from then on `resolve` finds it no more. Any thread; further calls
  /// do nothing.
  void reset();

  /// `words` must be static text: it is stored as a pointer. Lock-free.
  void set_state(const char* words);
  void count_message();
  void mailbox_grew();
  void mailbox_shrank();
  void set_restarts(std::uint32_t, std::string_view last_error);

  /// For the entries of this actor's children. Null for an entry that stands in no tree.
  [[nodiscard]] tree_branch branch() const { return node_; }
  [[nodiscard]] std::uint64_t id() const;
  [[nodiscard]] const std::string& name() const;
  [[nodiscard]] std::string path() const;

private:
  tree_branch node_;
};

/// Why a path or a `ref` leads nowhere.
enum class unresolved : std::uint8_t {
  no_such_node, ///< the ref names another node of the cluster that is not known here
  gone,         ///< nobody stands there
  restarted,    ///< somebody stands there, but of another generation
};
[[nodiscard]] std::string_view to_string(unresolved);

/// The registry of the node: every actor with its place, readable while everything runs. Branches
/// share 64 locks; creating, removing and resolving a child take constant time.
class tree {
public:
  /// `node_name` is the cluster's name for this node.
  explicit tree(std::string node_name, time_point born = {});
  tree(const tree&) = delete;
  tree& operator=(const tree&) = delete;
  ~tree();

  [[nodiscard]] const std::string& node_name() const { return node_name_; }
  [[nodiscard]] const tree_branch& root() const { return root_; }

  /// Parents before their children, siblings in order of birth, the root itself first. Each set
  /// of siblings is a consistent cut; different branches may be a few microseconds apart. `path`
  /// ("calls/7f3a…") chooses a subtree; empty result: nobody stands there. Any thread.
  [[nodiscard]] std::vector<node_view> snapshot(time_point now, std::string_view path = {}) const;

  /// Entries alive at this moment, the root not counted.
  [[nodiscard]] std::size_t size() const;

  /// What stands at the path ("calls/7f3a…/leg 0"): null when nobody does.
  [[nodiscard]] tree_branch find(std::string_view path) const;

private:
  std::string node_name_;
  tree_branch root_;
};

} // namespace tandem
