#pragma once

#include <boost/container/small_vector.hpp>

#include <cstddef>

namespace tandem {

/// What a machine asks of its host, in order; the usual few need no allocation.
template <class Action, std::size_t Inline = 4>
using actions = boost::container::small_vector<Action, Inline>;

} // namespace tandem
