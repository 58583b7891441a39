#pragma once

#include <caf/allowed_unsafe_message_type.hpp>
#include <caf/meta/type_name.hpp>

#include <type_traits>

namespace tandem {

/// A message that never leaves this process and needs no serialisation, so it may hold pointers
/// and move-only captures behind a shared_ptr. CAF asks every message for `inspect` all the same.
///
///     struct visit {
///       using stays_local = void;
///       const input& in;
///       effects& out;
///     };
template <class T>
concept local_message = requires {
  typename T::stays_local;
};

} // namespace tandem

namespace caf {

template <tandem::local_message T>
struct allowed_unsafe_message_type<T> : std::true_type {};

template <class Inspector, tandem::local_message T>
typename Inspector::result_type inspect(Inspector& f, T&) {
  return f(meta::type_name("tandem::local_message"));
}

} // namespace caf
