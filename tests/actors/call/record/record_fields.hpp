#pragma once

#include "actors/call/snapshots.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <tuple>

/// Walks over all fields of a call record. A field that is added to a struct of the record breaks
/// the structured binding here, so that neither comparison nor full_record() can forget it.
namespace tandem::test {

template <class... Ts>
auto all(const Ts&... fields) {
  return std::tie(fields...);
}

inline auto fields(const actors::call_record& x) {
  const auto& [a, b, c, d, newer] = x; // which is no field of ours
  (void) newer;
  return all(a, b, c, d);
}
inline auto fields(const actors::call_root& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = x;
  return all(a, b, c, d, e, f, g, h, i, j);
}
inline auto fields(const actors::call_account& x) {
  const auto& [a, b, c, d, e, f] = x;
  return all(a, b, c, d, e, f);
}
inline auto fields(const actors::call_root::ending& x) {
  const auto& [a, b, c, d, e] = x;
  return all(a, b, c, d, e);
}
inline auto fields(const actors::leg_detail& x) {
  const auto& [a, b, c, d, e, f] = x;
  return all(a, b, c, d, e, f);
}
inline auto fields(const actors::call_record::child& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const actors::app_record& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return all(a, b, c, d, e, f, g);
}
inline auto fields(const actors::incoming_call& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return all(a, b, c, d, e, f, g);
}
inline auto fields(const actors::contact& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const actors::flow& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const actors::app_record::leg_row& x) {
  const auto& [a, b, c, d, e, f, g, h] = x;
  return all(a, b, c, d, e, f, g, h);
}
inline auto fields(const actors::app_record::timer_row& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const actors::incoming_leg_record& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l] = x;
  return all(a, b, c, d, e, f, g, h, i, j, k, l);
}
inline auto fields(const actors::outgoing_leg_record& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t] = x;
  return all(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t);
}
inline auto fields(const actors::leg_change& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const actors::pending_request& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const actors::relayed_request& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const actors::dialog_record::outgoing_offer& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const actors::outgoing_leg_record::branch& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const actors::leg_media& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const actors::section_endpoint& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const actors::relayed_stream& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const actors::dialog_record& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u] = x;
  return all(a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p, q, r, s, t, u);
}
inline auto fields(const sip::digest_client::snapshot& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const sip::digest_client::side& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const actors::transaction_match& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const actors::transaction_record& x) {
  const auto& [a, b, c, d, e, f, g, h] = x;
  return all(a, b, c, d, e, f, g, h);
}
inline auto fields(const actors::media_endpoint_record& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j] = x;
  return all(a, b, c, d, e, f, g, h, i, j);
}

inline auto fields(const sip::dialog_id& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const sip::dialog::snapshot& x) {
  const auto& [a, b, c, d, e, f, g, h, i, j, k] = x;
  return all(a, b, c, d, e, f, g, h, i, j, k);
}
inline auto fields(const sip::invite_usage::snapshot& x) {
  const auto& [a, b, c, d, e] = x;
  return all(a, b, c, d, e);
}
inline auto fields(const sip::session_exchange::snapshot& x) {
  const auto& [a, b, c, d, e] = x;
  return all(a, b, c, d, e);
}
inline auto fields(const sip::session_timer::snapshot& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const sip::incoming_leg::snapshot& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const sip::outgoing_leg::snapshot& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const sip::invite_server_transaction::snapshot& x) {
  const auto& [a, b, c, d, e] = x;
  return all(a, b, c, d, e);
}
inline auto fields(const sip::invite_client_transaction::snapshot& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}
inline auto fields(const sip::non_invite_server_transaction::snapshot& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const sip::non_invite_client_transaction::snapshot& x) {
  const auto& [a, b, c, d] = x;
  return all(a, b, c, d);
}

inline auto fields(const sdp::origin& x) {
  const auto& [a, b, c, d, e] = x;
  return all(a, b, c, d, e);
}
inline auto fields(const sdp::connection& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const sdp::bandwidth& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const sdp::attribute& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const sdp::raw_line& x) {
  const auto& [a, b] = x;
  return all(a, b);
}
inline auto fields(const sdp::media_section& x) {
  const auto& [a, b, c, d, e, f, g, h, i] = x;
  return all(a, b, c, d, e, f, g, h, i);
}
inline auto fields(const sdp::session& x) {
  const auto& [a, b, c, d, e, f, g, h] = x;
  return all(a, b, c, d, e, f, g, h);
}
inline auto fields(const sdp::negotiation::snapshot& x) {
  const auto& [a, b, c, d, e, f, g] = x;
  return all(a, b, c, d, e, f, g);
}

inline auto fields(const media::slot_id& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const media::slot& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const media::packet_counters& x) {
  const auto& [a, b, c] = x;
  return all(a, b, c);
}
inline auto fields(const media::set_remote& x) {
  const auto& [a, b, c, d, e] = x;
  return all(a, b, c, d, e);
}

template <class T>
concept compound = requires(const T& x) {
  fields(x);
};
template <class T>
concept list = requires(const T& x) {
  x.begin();
  x.size();
}
&&!std::is_same_v<T, std::string>;
template <class T>
concept nullable = requires(const T& x) {
  *x;
  static_cast<bool>(x);
};
template <class T>
concept choice = requires {
  std::variant_size<T>::value;
};

/// "" if equal, else the way to the first difference: "/2/0/3/1" is field 1 of the record of child
/// 0. Parts are compared by content.
template <class T>
std::string difference(const T& a, const T& b, const std::string& at = {}) {
  const auto step = [&at](std::size_t i) { return at + "/" + std::to_string(i); };
  if constexpr (std::is_same_v<T, sip::message>) {
    return a.raw() == b.raw() ? "" : at;
  } else if constexpr (compound<T>) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto x = fields(a), y = fields(b);
      std::string first;
      (void) ((first = difference(std::get<I>(x), std::get<I>(y), step(I)), first.empty()) && ...);
      return first;
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(fields(a))>>{});
  } else if constexpr (choice<T>) {
    return std::visit(
        [&](const auto& x) {
          const auto* y = std::get_if<std::decay_t<decltype(x)>>(&b);
          return y == nullptr ? at + " alternative" : difference(x, *y, at);
        },
        a);
  } else if constexpr (list<T>) {
    if (a.size() != b.size())
      return at + " size";
    for (std::size_t i = 0; i < a.size(); ++i)
      if (auto first = difference(a[i], b[i], step(i)); !first.empty())
        return first;
    return "";
  } else if constexpr (nullable<T>) {
    if (!a || !b)
      return static_cast<bool>(a) == static_cast<bool>(b) ? "" : at + " null";
    return difference(*a, *b, at);
  } else {
    return a == b ? "" : at;
  }
}

/// "" if every field of `x` and below differs from that of a fresh one: no list is empty, nothing
/// is null. Else the way to the first that does not, so that a round trip of `x` proves something.
template <class T>
std::string untouched(const T& x, const T& fresh = T{}, const std::string& at = {}) {
  const auto step = [&at](std::size_t i) { return at + "/" + std::to_string(i); };
  if constexpr (std::is_same_v<T, sip::message>) {
    return "";
  } else if constexpr (compound<T>) {
    return [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto used = fields(x), unused = fields(fresh);
      std::string first;
      (void) ((first = untouched(std::get<I>(used), std::get<I>(unused), step(I)), first.empty())
              && ...);
      return first;
    }
    (std::make_index_sequence<std::tuple_size_v<decltype(fields(x))>>{});
  } else if constexpr (choice<T>) {
    return std::visit([&](const auto& y) { return untouched(y, std::decay_t<decltype(y)>{}, at); },
                      x);
  } else if constexpr (list<T>) {
    if (x.size() == 0)
      return at + " empty";
    for (std::size_t i = 0; i < x.size(); ++i)
      if (auto first = untouched(x[i], std::decay_t<decltype(x[i])>{}, step(i)); !first.empty())
        return first;
    return "";
  } else if constexpr (nullable<T>) {
    if (!x)
      return at + " null";
    using inner = std::remove_const_t<std::remove_reference_t<decltype(*x)>>;
    if constexpr (compound<inner>)
      return untouched(*x, inner{}, at);
    return "";
  } else {
    return x != fresh ? "" : at;
  }
}

} // namespace tandem::test
