#include "protocols/rtcp/description.hpp"

#include "protocols/rtcp/wire.hpp"

#include <algorithm>

namespace tandem::rtcp {

namespace {

std::string_view as_text(bytes_view b) noexcept {
  return {reinterpret_cast<const char*>(b.data()), b.size()};
}

} // namespace

sdes_walk::sdes_walk(const packet& p) noexcept {
  if (p.type != packet_type::source_description)
    return;
  body_ = p.body;
  chunks_left_ = p.count;
}

std::optional<sdes_item> sdes_walk::next() noexcept {
  while (in_chunk_ || chunks_left_ > 0) {
    if (!in_chunk_ && !enter_chunk())
      return stop_broken();
    if (at_ >= body_.size()) // §6.5: a list of items ends with at least one null octet
      return stop_broken();
    const auto type = body_[at_];
    if (type == 0) { // §6.5: null octets up to the next 32-bit boundary
      at_ = at_ / 4 * 4 + 4;
      in_chunk_ = false;
      continue;
    }
    if (at_ + 2 > body_.size() || at_ + 2 + body_[at_ + 1] > body_.size())
      return stop_broken();
    const std::size_t length = body_[at_ + 1];
    const sdes_item item{ssrc_, static_cast<sdes_type>(type),
                         as_text(body_.subspan(at_ + 2, length))};
    at_ += 2 + length;
    return item;
  }
  return std::nullopt;
}

bool sdes_walk::enter_chunk() noexcept {
  if (at_ + 4 > body_.size())
    return false;
  ssrc_ = read_u32(body_, at_);
  at_ += 4;
  --chunks_left_;
  in_chunk_ = true;
  return true;
}

std::optional<sdes_item> sdes_walk::stop_broken() noexcept {
  broken_ = true;
  in_chunk_ = false;
  chunks_left_ = 0;
  return std::nullopt;
}

std::uint32_t bye::source(std::size_t i) const noexcept {
  return read_u32(sources, i * 4);
}

std::optional<bye> read_bye(const packet& p) noexcept {
  const std::size_t list = std::size_t{p.count} * 4;
  if (p.type != packet_type::bye || p.body.size() < list)
    return std::nullopt;
  bye b{p.body.first(list), {}};
  const auto tail = p.body.subspan(list);
  if (tail.empty())
    return b;
  if (std::size_t{tail[0]} + 1 > tail.size()) // §6.6: an octet count, then that many octets
    return std::nullopt;
  b.reason = as_text(tail.subspan(1, tail[0]));
  return b;
}

std::optional<application> read_application(const packet& p) noexcept {
  if (p.type != packet_type::application || p.body.size() < 8)
    return std::nullopt;
  application a{p.count, read_u32(p.body, 0), {}, p.body.subspan(8)};
  std::copy_n(p.body.begin() + 4, 4, a.name.begin());
  return a;
}

} // namespace tandem::rtcp
