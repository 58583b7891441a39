// The order of the strings is told at Session in call_record.capnp.
#include "actors/call/record/session_codec.hpp"

#include "actors/call/record/limits.hpp"
#include "actors/call/record/wire_enums.hpp"
#include "runtime/base/check.hpp"

#include <boost/container/small_vector.hpp>

#include <cstring>
#include <string_view>

namespace tandem::actors {

namespace {

constexpr std::uint16_t absent_length = 0xffff;

std::uint16_t u16(std::size_t n) {
  TANDEM_CHECK(n < absent_length); // the parser's limits are far below
  return static_cast<std::uint16_t>(n);
}

// The strings are walked over twice: for their lengths, then to copy them. A list of views in
// between costs more than the second walk.

template <class Visit>
void walk(const std::optional<std::string>& s, Visit& visit) {
  s ? visit(std::string_view{*s}) : visit.absent();
}

template <class Visit>
void walk(const std::optional<sdp::connection>& c, Visit& visit) {
  c ? visit(std::string_view{c->address}) : visit.absent();
}

template <class Visit>
void walk(const std::vector<sdp::raw_line>& lines, Visit& visit) {
  for (const auto& l : lines) {
    visit(std::string_view{&l.type, 1});
    visit(std::string_view{l.value});
  }
}

template <class Visit>
void walk(const std::vector<sdp::bandwidth>& lines, Visit& visit) {
  for (const auto& b : lines) {
    visit(std::string_view{b.type});
    visit(std::string_view{b.value});
  }
}

template <class Visit>
void walk(const sdp::attributes& lines, Visit& visit) {
  for (const auto& a : lines) {
    visit(std::string_view{a.name});
    walk(a.value, visit);
  }
}

template <class Visit>
void walk(const sdp::session& s, Visit& visit) {
  visit(std::string_view{s.origin.username});
  visit(std::string_view{s.origin.address});
  visit(std::string_view{s.name});
  walk(s.connection, visit);
  walk(s.descriptive, visit);
  walk(s.bandwidths, visit);
  walk(s.timing, visit);
  walk(s.attributes, visit);
  for (const auto& m : s.media) {
    visit(std::string_view{m.kind});
    visit(std::string_view{m.proto});
    for (const auto& f : m.formats)
      visit(std::string_view{f});
    walk(m.information, visit);
    walk(m.connection, visit);
    walk(m.bandwidths, visit);
    walk(m.attributes, visit);
  }
}

struct measure {
  void operator()(std::string_view s) {
    lengths.push_back(u16(s.size()));
    total += s.size();
  }
  void absent() { lengths.push_back(absent_length); }

  boost::container::small_vector<std::uint16_t, 64> lengths;
  std::size_t total = 0;
};

struct copy {
  void operator()(std::string_view s) {
    std::memcpy(at, s.data(), s.size());
    at += s.size();
  }
  void absent() {}

  kj::byte* at;
};

/// Hands the strings out in the same order. Once they do not fit, everything it gives is empty and
/// `fits()` is false.
class string_cursor {
public:
  explicit string_cursor(Session::Reader from)
    : lengths_(from.getLengths()), broken_(lengths_.size() > limits::session_strings) {
    const auto text = from.getText();
    left_ = {reinterpret_cast<const char*>(text.begin()), text.size()};
  }

  void take(std::string& into) {
    const auto s = take_optional();
    broken_ = broken_ || !s;
    into = s.value_or(std::string_view{});
  }
  void take(std::optional<std::string>& into) {
    if (const auto s = take_optional())
      into.emplace(*s);
  }
  void take(std::optional<sdp::connection>& into, IpFamily family) {
    const auto known = from_wire<ip_family>(family);
    broken_ = broken_ || !known;
    if (const auto address = take_optional(); address && known)
      into = sdp::connection{*known, std::string{*address}};
  }
  void take(std::vector<sdp::raw_line>& into, std::size_t count) {
    std::string letter;
    for (into.clear(); count > 0 && !broken_; --count) {
      auto& line = into.emplace_back();
      take(letter);
      broken_ = broken_ || letter.size() != 1;
      line.type = broken_ ? '\0' : letter.front();
      take(line.value);
    }
  }
  void take(std::vector<sdp::bandwidth>& into, std::size_t count) {
    for (; count > 0 && !broken_; --count) {
      auto& line = into.emplace_back();
      take(line.type);
      take(line.value);
    }
  }
  void take(sdp::attributes& into, std::size_t count) {
    for (; count > 0 && !broken_; --count) {
      auto& line = into.emplace_back();
      take(line.name);
      take(line.value);
    }
  }
  void take(std::vector<std::string>& into, std::size_t count) {
    for (; count > 0 && !broken_; --count)
      take(into.emplace_back());
  }

  /// Every string was there and was taken.
  [[nodiscard]] bool fits() const { return !broken_ && next_ == lengths_.size() && left_.empty(); }

private:
  std::optional<std::string_view> take_optional() {
    if (broken_ || next_ == lengths_.size()) {
      broken_ = true;
      return std::nullopt;
    }
    const auto length = lengths_[next_++];
    if (length == absent_length)
      return std::nullopt;
    broken_ = length > left_.size();
    const auto s = left_.substr(0, length);
    left_.remove_prefix(s.size());
    return s;
  }

  capnp::List<std::uint16_t>::Reader lengths_;
  std::string_view left_;
  unsigned next_ = 0;
  bool broken_;
};

IpFamily family_of(const std::optional<sdp::connection>& c) {
  return to_wire(c ? c->family : ip_family::v4);
}

void write_media(const sdp::media_section& m, Session::Media::Builder to) {
  // The strings are written by walk().
  const auto& [kind, port, port_count, proto, formats, information, connection, bandwidths,
               attributes] = m;
  to.setPort(port);
  to.setPortCount(port_count);
  to.setFormats(u16(formats.size()));
  to.setConnectionFamily(family_of(connection));
  to.setBandwidths(u16(bandwidths.size()));
  to.setAttributes(u16(attributes.size()));
}

sdp::media_section read_media(Session::Media::Reader from, string_cursor& strings) {
  sdp::media_section m;
  m.port = from.getPort();
  m.port_count = from.getPortCount();
  strings.take(m.kind);
  strings.take(m.proto);
  strings.take(m.formats, from.getFormats());
  strings.take(m.information);
  strings.take(m.connection, from.getConnectionFamily());
  strings.take(m.bandwidths, from.getBandwidths());
  strings.take(m.attributes, from.getAttributes());
  return m;
}

} // namespace

void write_session(const sdp::session& s, Session::Builder to) {
  // The strings are written by walk().
  const auto& [origin, name, descriptive, connection, bandwidths, timing, attributes, media] = s;
  const auto& [username, session_id, version, family, address] = origin;
  to.setSessionId(session_id);
  to.setVersion(version);
  to.setOriginFamily(to_wire(family));
  to.setConnectionFamily(family_of(connection));
  to.setDescriptive(u16(descriptive.size()));
  to.setBandwidths(u16(bandwidths.size()));
  to.setTiming(u16(timing.size()));
  to.setAttributes(u16(attributes.size()));
  auto sections = to.initMedia(static_cast<unsigned>(media.size()));
  for (unsigned i = 0; i < sections.size(); ++i)
    write_media(media[i], sections[i]);

  measure lengths;
  walk(s, lengths);
  to.setLengths(kj::arrayPtr(lengths.lengths.data(), lengths.lengths.size()));
  copy text{to.initText(static_cast<unsigned>(lengths.total)).begin()};
  walk(s, text);
}

std::optional<sdp::session> read_session(Session::Reader from) {
  string_cursor strings{from};
  const auto family = from_wire<ip_family>(from.getOriginFamily());
  const auto sections = from.getMedia();
  if (!family || sections.size() > sdp::max_media_sections)
    return std::nullopt;
  sdp::session s;
  s.origin.session_id = from.getSessionId();
  s.origin.version = from.getVersion();
  s.origin.family = *family;
  strings.take(s.origin.username);
  strings.take(s.origin.address);
  strings.take(s.name);
  strings.take(s.connection, from.getConnectionFamily());
  strings.take(s.descriptive, from.getDescriptive());
  strings.take(s.bandwidths, from.getBandwidths());
  strings.take(s.timing, from.getTiming());
  strings.take(s.attributes, from.getAttributes());
  for (const auto section : sections)
    s.media.push_back(read_media(section, strings));
  if (!strings.fits())
    return std::nullopt;
  return s;
}

} // namespace tandem::actors
