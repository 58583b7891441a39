#pragma once

#include "runtime/io/resolver.hpp"

#include <map>
#include <memory>
#include <string>

namespace tandem {

/// A table of names. The reactors given to it must be `simulated_reactor`s; answers arrive
/// `latency` later.
class simulated_resolver final : public resolver {
public:
  explicit simulated_resolver(duration latency = std::chrono::milliseconds{5});

  void addresses_of(reactor&, const std::string& host, address_question, address_handler) override;

  /// A name without an entry does not exist; an error in the table is given as the answer.
  void set(const std::string& host, address_answer);

private:
  duration latency_;
  std::map<std::string, address_answer> table_;
  std::shared_ptr<bool> alive_;
};

} // namespace tandem
