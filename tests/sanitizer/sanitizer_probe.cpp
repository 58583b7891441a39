// Commits the crime that its argument names; the sanitizer that was requested must catch it.
// The guards below stop the build when a sanitizer is missing from the compile line. UBSan has no
// macro in g++ 12, so its proof is the crime alone, run by the build (CMakeLists.txt).
#include <climits>
#include <memory>
#include <string_view>
#include <thread>

#if defined(TANDEM_REQUESTS_ADDRESS) && !defined(__SANITIZE_ADDRESS__)
#error "TANDEM_SANITIZE asks for address, but -fsanitize=address is not on the compile line"
#endif
#if defined(TANDEM_REQUESTS_THREAD) && !defined(__SANITIZE_THREAD__)
#error "TANDEM_SANITIZE asks for thread, but -fsanitize=thread is not on the compile line"
#endif

namespace {

// What the crimes touch is volatile, so that no optimiser removes a crime or warns of it.
void use_after_free() {
  auto owner = std::make_unique<int>(1);
  const int* volatile dangling = owner.get();
  owner.reset();
  [[maybe_unused]] volatile int read = *dangling;
}

void leak() {
  for (int i = 0; i < 64; ++i) { // one copy may survive in a register; 64 cannot
    int* volatile lost = std::make_unique<int>(i).release();
    *lost = 1;
  }
}

void overflow() {
  volatile int most = INT_MAX;
  most = most + 1;
}

void race() {
  volatile int shared = 0;
  std::thread other{[&] { shared = shared + 1; }};
  shared = shared + 1;
  other.join();
}

} // namespace

int main(int argc, char** argv) {
  const std::string_view crime = argc > 1 ? argv[1] : "";
  if (crime == "address")
    use_after_free();
  else if (crime == "leak")
    leak();
  else if (crime == "undefined")
    overflow();
  else if (crime == "thread")
    race();
  return 0; // uncaught
}
