#pragma once

#include <cstddef>
#include <memory>
#include <type_traits>
#include <utility>

namespace tandem {

/// A closure that is moved, called once and never allocates: its captures fit in `capacity` bytes
/// (checked at compile time; capture a unique_ptr for more).
class task {
public:
  static constexpr std::size_t capacity = 64;

  template <class F, class = std::enable_if_t<!std::is_same_v<std::decay_t<F>, task>>>
  task(F&& f) : verbs_(&verbs_of<std::decay_t<F>>) { // implicit: call sites read post([...] {...})
    using stored = std::decay_t<F>;
    static_assert(sizeof(stored) <= capacity && alignof(stored) <= alignof(std::max_align_t));
    static_assert(std::is_nothrow_move_constructible_v<stored>);
    std::construct_at(static_cast<stored*>(place()), std::forward<F>(f));
  }
  task(task&& other) noexcept : verbs_(std::exchange(other.verbs_, nullptr)) {
    if (verbs_ != nullptr)
      verbs_->move(place(), other.place());
  }
  task& operator=(task&&) = delete;
  ~task() {
    if (verbs_ != nullptr)
      verbs_->destroy(place());
  }

  void operator()() { verbs_->call(place()); }

private:
  struct verbs {
    void (*call)(void*);
    void (*move)(void* to, void* from) noexcept;
    void (*destroy)(void*) noexcept;
  };

  template <class F>
  static constexpr verbs verbs_of{
      [](void* f) { (*static_cast<F*>(f))(); },
      [](void* to, void* from) noexcept {
        std::construct_at(static_cast<F*>(to), std::move(*static_cast<F*>(from)));
        std::destroy_at(static_cast<F*>(from));
      },
      [](void* f) noexcept { std::destroy_at(static_cast<F*>(f)); },
  };

  void* place() { return &bytes_; }

  const verbs* verbs_;
  std::aligned_storage_t<capacity, alignof(std::max_align_t)> bytes_;
};

} // namespace tandem
