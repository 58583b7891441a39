#pragma once

#include "media/port_pool.hpp"

#include <catch2/catch.hpp>
#include <fcntl.h>
#include <sched.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace tandem::test {

[[nodiscard]] inline media::owned_fd present_network() {
  return media::owned_fd{open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)};
}

[[nodiscard]] inline ino_t number_of(const media::owned_fd& network) {
  struct stat s {};
  REQUIRE(fstat(network.get(), &s) == 0);
  return s.st_ino;
}

inline void shell(const std::string& line) {
  INFO(line);
  REQUIRE(std::system(line.c_str()) == 0);
}

/// A network namespace of this thread's own, with loopback up, and the way back. Threads and
/// processes that are started meanwhile are in it, too.
class own_network {
public:
  own_network() : before_(present_network()) {
    if (unshare(CLONE_NEWNET) != 0)
      FAIL("this test makes a network namespace of its own and filters in it: it needs root");
    own_ = present_network();
    REQUIRE(number_of(own_) != number_of(before_)); // before the first packet
    shell("ip link set lo up");
    // Of links made from here on: nobody else could have their addresses.
    shell("echo 0 > /proc/sys/net/ipv6/conf/default/accept_dad");
  }
  ~own_network() { (void) setns(before_.get(), CLONE_NEWNET); }
  own_network(const own_network&) = delete;
  own_network& operator=(const own_network&) = delete;

  void enter() const { REQUIRE(setns(own_.get(), CLONE_NEWNET) == 0); }
  [[nodiscard]] std::string path() const {
    return "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(own_.get());
  }

private:
  media::owned_fd before_, own_;
};

} // namespace tandem::test
