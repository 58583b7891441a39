#include "apps/tandem/console.hpp"

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

namespace {

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

} // namespace

int main(int argc, char** argv) {
  tandem::console_environment env{std::cout, std::cerr};
  env.view = tandem::look_at_terminal();
  env.admin = variable("TANDEM_ADMIN");
  env.token = variable("TANDEM_TOKEN");
  env.pause = [] {
    std::this_thread::sleep_for(std::chrono::seconds{1});
    return bool{std::cout}; // nobody reads any more: done
  };
  return tandem::run_console({argv + 1, argv + argc}, env);
}
