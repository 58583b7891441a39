#include "runtime/io/simulated/simulated_resolver.hpp"

#include "runtime/base/check.hpp"
#include "runtime/io/simulated/simulated_reactor.hpp"

#include <utility>

namespace tandem {

namespace {

address_answer only(address_answer all, address_question which, const std::string& host) {
  if (!all || which == address_question::both)
    return all;
  const auto wanted = which == address_question::a ? ip_family::v4 : ip_family::v6;
  std::erase_if(all->addresses, [&](const auto& a) { return a.family != wanted; });
  if (all->addresses.empty())
    return tl::unexpected("cannot resolve " + host + ": no address of this kind");
  return all;
}

} // namespace

simulated_resolver::simulated_resolver(duration latency)
  : latency_(latency), alive_(std::make_shared<bool>(true)) {
}

void simulated_resolver::addresses_of(reactor& r, const std::string& host, address_question which,
                                      address_handler answer) {
  auto* asker = dynamic_cast<simulated_reactor*>(&r);
  TANDEM_CHECK(asker != nullptr);
  address_answer found = tl::unexpected("cannot resolve " + host + ": Domain name not found");
  if (const auto literal = parse_ip_address(host))
    found = host_addresses{{*literal}, {}};
  else if (const auto entry = table_.find(host); entry != table_.end())
    found = entry->second;
  asker->at(asker->time().now() + latency_,
            [alive = std::weak_ptr{alive_}, answer = std::move(answer),
             found = only(std::move(found), which, host)] {
              if (!alive.expired())
                answer(found);
            });
}

void simulated_resolver::set(const std::string& host, address_answer answer) {
  table_.insert_or_assign(host, std::move(answer));
}

} // namespace tandem
