#pragma once

#include "runtime/io/resolver.hpp"

#include <memory>

namespace tandem {

/// Resolves through c-ares (/etc/hosts, then the servers of /etc/resolv.conf) on a thread of its
/// own. The reactors given to it must be `asio_reactor`s. Any thread may ask.
class system_resolver final : public resolver {
public:
  struct settings {
    /// "127.0.0.1:5353,127.0.0.2"; empty: those of the system.
    std::string servers{};
    std::chrono::milliseconds timeout{2000};
    int tries = 2;
  };

  system_resolver();
  explicit system_resolver(const settings&);
  ~system_resolver() override;

  void addresses_of(reactor&, const std::string& host, address_question, address_handler) override;

private:
  class worker;
  std::unique_ptr<worker> worker_;
};

} // namespace tandem
