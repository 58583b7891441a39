// Replaces malloc and its kin for this one test program, so that no way of allocating is missed:
// operator new, C libraries and the compiler's own calls all end here.
#include "tests/media/alloc/counted_malloc.hpp"

#include <cstddef>
#include <cstdlib>

namespace {

thread_local bool is_counted_thread = false;
thread_local unsigned long allocations = 0;

void count() noexcept {
  if (is_counted_thread)
    ++allocations;
}

} // namespace

namespace tandem::test {

void count_this_thread() noexcept {
  is_counted_thread = true;
}

unsigned long allocations_of_this_thread() noexcept {
  return allocations;
}

} // namespace tandem::test

extern "C" {
void* __libc_malloc(std::size_t);
void* __libc_calloc(std::size_t, std::size_t);
void* __libc_realloc(void*, std::size_t);
void* __libc_memalign(std::size_t, std::size_t);

void* malloc(std::size_t size) {
  count();
  return __libc_malloc(size);
}
void* calloc(std::size_t n, std::size_t size) {
  count();
  return __libc_calloc(n, size);
}
void* realloc(void* old, std::size_t size) {
  count();
  return __libc_realloc(old, size);
}
void* aligned_alloc(std::size_t alignment, std::size_t size) {
  count();
  return __libc_memalign(alignment, size);
}
int posix_memalign(void** out, std::size_t alignment, std::size_t size) {
  count();
  *out = __libc_memalign(alignment, size);
  return *out == nullptr ? 12 : 0; // ENOMEM
}
}
