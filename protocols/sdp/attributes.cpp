#include "protocols/sdp/attributes.hpp"

#include <algorithm>
#include <array>
#include <charconv>

namespace tandem::sdp {

namespace {

constexpr std::array<std::string_view, 4> direction_names = {"sendrecv", "sendonly", "recvonly",
                                                             "inactive"};

template <class Integer>
std::optional<Integer> number(std::string_view text) {
  Integer value{};
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc{} || stopped != end)
    return std::nullopt;
  return value;
}

/// What precedes `separator`; the rest, without it, stays in `text`.
std::string_view take_until(std::string_view& text, char separator) {
  const auto at = text.find(separator);
  const auto taken = text.substr(0, at);
  text = at == std::string_view::npos ? std::string_view{} : text.substr(at + 1);
  return taken;
}

std::optional<direction> first_direction(const attributes& list) {
  for (const auto& a : list)
    if (const auto d = parse_direction(a.name); d && !a.value)
      return d;
  return std::nullopt;
}

/// The value of `name:format …` without the format.
std::optional<std::string_view> value_for_format(const media_section& m, std::string_view name,
                                                 std::string_view format) {
  for (const auto& a : m.attributes) {
    if (a.name != name || !a.value)
      continue;
    std::string_view rest = *a.value;
    if (take_until(rest, ' ') == format)
      return rest;
  }
  return std::nullopt;
}

/// RFC 3551 §6, the assignments that phones still offer without a=rtpmap.
std::optional<rtp_map> static_map(std::string_view format) {
  if (format == "0")
    return rtp_map{0, "PCMU", 8000, 1};
  if (format == "3")
    return rtp_map{3, "GSM", 8000, 1};
  if (format == "4")
    return rtp_map{4, "G723", 8000, 1};
  if (format == "8")
    return rtp_map{8, "PCMA", 8000, 1};
  if (format == "9")
    return rtp_map{9, "G722", 8000, 1}; // 8000 by an old mistake, see §4.5.2
  if (format == "18")
    return rtp_map{18, "G729", 8000, 1};
  return std::nullopt;
}

/// The endpoint of a=rtcp:port [IN IP4 address] (RFC 3605 §2.1); anything odd is as if absent.
std::optional<ip_endpoint> explicit_rtcp(const media_section& m, const ip_address& fallback) {
  const auto* a = find_attribute(m.attributes, "rtcp");
  if (a == nullptr || !a->value)
    return std::nullopt;
  std::string_view rest = *a->value;
  const auto port = number<std::uint16_t>(take_until(rest, ' '));
  if (!port || *port == 0)
    return std::nullopt;
  if (rest.empty())
    return ip_endpoint{fallback, *port};
  const bool is_internet = take_until(rest, ' ') == "IN";
  const auto family = take_until(rest, ' ') == "IP6" ? ip_family::v6 : ip_family::v4;
  const auto address = parse_ip_address(rest);
  if (!is_internet || !address || address->family != family)
    return std::nullopt;
  return ip_endpoint{*address, *port};
}

bool is_multicast(const ip_address& a) {
  return a.family == ip_family::v4 ? (a.bytes[0] & 0xf0) == 0xe0 : a.bytes[0] == 0xff;
}

const std::optional<connection>& connection_of(const session& s, const media_section& m) {
  return m.connection ? m.connection : s.connection;
}

} // namespace

std::string_view to_string(direction d) {
  return direction_names.at(static_cast<std::size_t>(d));
}

std::optional<direction> parse_direction(std::string_view text) {
  const auto found = std::ranges::find(direction_names, text);
  if (found == direction_names.end())
    return std::nullopt;
  return static_cast<direction>(found - direction_names.begin());
}

const attribute* find_attribute(const attributes& list, std::string_view name) {
  const auto found = std::ranges::find(list, name, &attribute::name);
  return found == list.end() ? nullptr : &*found;
}

direction direction_of(const session& s, const media_section& m) {
  if (const auto d = first_direction(m.attributes))
    return *d;
  return first_direction(s.attributes).value_or(direction::sendrecv);
}

void set_direction(media_section& m, direction d) {
  const auto is_direction = [](const attribute& a) { return parse_direction(a.name).has_value(); };
  auto& list = m.attributes;
  const auto place = std::ranges::find_if(list, is_direction);
  if (place == list.end()) {
    list.push_back({std::string{to_string(d)}, std::nullopt});
    return;
  }
  *place = {std::string{to_string(d)}, std::nullopt};
  list.erase(std::remove_if(place + 1, list.end(), is_direction), list.end());
}

std::optional<rtp_map> rtp_map_of(const media_section& m, std::string_view format) {
  const auto value = value_for_format(m, "rtpmap", format);
  if (!value)
    return static_map(format);
  std::string_view rest = *value;
  const auto payload_type = number<std::uint8_t>(format);
  const auto encoding = take_until(rest, '/');
  const auto clock_rate = number<std::uint32_t>(take_until(rest, '/'));
  if (!payload_type || *payload_type > 127 || encoding.empty() || !clock_rate || *clock_rate == 0)
    return std::nullopt;
  const auto channels = rest.empty() ? std::uint16_t{1} : number<std::uint16_t>(rest);
  if (!channels || *channels == 0)
    return std::nullopt;
  return rtp_map{*payload_type, std::string{encoding}, *clock_rate, *channels};
}

std::optional<std::string_view> fmtp_of(const media_section& m, std::string_view format) {
  return value_for_format(m, "fmtp", format);
}

std::optional<std::uint16_t> ptime_ms_of(const media_section& m) {
  const auto* a = find_attribute(m.attributes, "ptime");
  if (a == nullptr || !a->value)
    return std::nullopt;
  const auto ms = number<std::uint16_t>(*a->value);
  return ms && *ms >= 1 && *ms <= 1000 ? ms : std::nullopt;
}

std::string_view to_string(target_errc e) {
  switch (e) {
    case target_errc::no_such_media: return "there is no such m= line";
    case target_errc::rejected: return "the stream is rejected (port 0)";
    case target_errc::no_connection: return "no c= line applies";
    case target_errc::not_an_address: return "c= has no unicast IP address";
  }
  return "unknown";
}

tl::expected<remote_endpoints, target_errc> remote_media(const session& s, std::size_t index) {
  if (index >= s.media.size())
    return tl::unexpected{target_errc::no_such_media};
  const auto& m = s.media[index];
  if (m.port == 0)
    return tl::unexpected{target_errc::rejected};
  const auto& c = connection_of(s, m);
  if (!c)
    return tl::unexpected{target_errc::no_connection};
  const auto address = parse_ip_address(c->address);
  if (!address || address->family != c->family || is_multicast(*address))
    return tl::unexpected{target_errc::not_an_address};

  remote_endpoints out{{*address, m.port}, {*address, 0}, direction_of(s, m)};
  if (const auto rtcp = explicit_rtcp(m, *address))
    out.rtcp = *rtcp;
  else
    out.rtcp.port = static_cast<std::uint16_t>(m.port + 1); // RFC 3550 §11; 65535 has none
  if (address->is_unspecified())                            // RFC 3264 §8.4: nobody listens there
    out.direction = make_direction(sends(out.direction), false);
  return out;
}

bool is_held(const session& s, std::size_t index) {
  if (index >= s.media.size() || s.media[index].port == 0)
    return false;
  const auto& m = s.media[index];
  if (!receives(direction_of(s, m)))
    return true;
  const auto& c = connection_of(s, m);
  const auto address = c ? parse_ip_address(c->address) : std::nullopt;
  return address && address->is_unspecified();
}

} // namespace tandem::sdp
