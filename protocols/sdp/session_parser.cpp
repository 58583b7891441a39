#include "protocols/sdp/limits.hpp"
#include "protocols/sdp/session.hpp"

#include <charconv>

namespace tandem::sdp {

namespace {

constexpr std::string_view blanks = " \t";

/// Takes the next word off `rest`; several blanks count as one, as phones write them.
std::string_view take_word(std::string_view& rest) {
  const auto first = rest.find_first_not_of(blanks);
  if (first == std::string_view::npos) {
    rest = {};
    return {};
  }
  rest.remove_prefix(first);
  const auto word = rest.substr(0, rest.find_first_of(blanks));
  rest.remove_prefix(word.size());
  return word;
}

/// Takes the last word off `rest`.
std::string_view take_last_word(std::string_view& rest) {
  const auto last = rest.find_last_not_of(blanks);
  rest = last == std::string_view::npos ? std::string_view{} : rest.substr(0, last + 1);
  const auto before = rest.find_last_of(blanks);
  const auto start = before == std::string_view::npos ? 0 : before + 1;
  const auto word = rest.substr(start);
  rest.remove_suffix(word.size());
  return word;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos)
    return {};
  return text.substr(first, text.find_last_not_of(blanks) + 1 - first);
}

template <class Integer>
bool read_number(std::string_view text, Integer& into) {
  const auto* end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, into);
  return error == std::errc{} && stopped == end;
}

bool is_network_address(std::string_view net_type, std::string_view addr_type, ip_family& family) {
  if (net_type != "IN" || (addr_type != "IP4" && addr_type != "IP6"))
    return false;
  family = addr_type == "IP4" ? ip_family::v4 : ip_family::v6;
  return true;
}

class parser {
public:
  explicit parser(std::string_view text) : rest_{text} {}

  tl::expected<session, sdp_error> run() {
    if (rest_.size() > max_text_bytes)
      return tl::unexpected{
          sdp_error{0, "longer than " + std::to_string(max_text_bytes) + " bytes"}};
    s_.timing.clear();
    while (!rest_.empty() && wrong_.empty())
      read_line(next_line());
    if (wrong_.empty() && line_ == 0)
      wrong_ = "empty";
    if (wrong_.empty() && !has_origin_)
      wrong_ = "o= is missing";
    if (!wrong_.empty())
      return tl::unexpected{sdp_error{line_, std::move(wrong_)}};
    if (s_.timing.empty())
      s_.timing.push_back({'t', "0 0"}); // lenient: t= is mandatory (RFC 8866 §5.9)
    return std::move(s_);
  }

private:
  std::string_view next_line() {
    const auto end = rest_.find('\n');
    auto line = rest_.substr(0, end);
    rest_.remove_prefix(end == std::string_view::npos ? rest_.size() : end + 1);
    if (line.ends_with('\r')) // RFC 8866 §5: parsers SHOULD take a bare LF as well
      line.remove_suffix(1);
    ++line_;
    return line;
  }

  void read_line(std::string_view line) {
    using namespace std::string_view_literals;
    if (line_ > max_lines)
      return fail("more than " + std::to_string(max_lines) + " lines");
    if (line.find_first_of("\0\r"sv) != std::string_view::npos)
      return fail("NUL or CR within a line"); // RFC 8866 §9, byte-string
    if (line_ == 1) {
      if (line != "v=0") // RFC 8866 §5.1
        fail("a description begins with v=0");
      return;
    }
    if (trimmed(line).empty()) { // lenient: phones end the body with empty lines
      ended_ = true;
      return;
    }
    if (ended_)
      return fail("text behind an empty line");
    if (line.size() < 2 || line[1] != '=')
      return fail("not of the form letter=value");
    in_media() ? read_media_line(line[0], line.substr(2))
               : read_session_line(line[0], line.substr(2));
  }

  void read_session_line(char type, std::string_view value) {
    switch (type) {
      case 'o': return read_origin(value);
      case 's':
        if (!value.empty()) // lenient: "s=" as "s=-"; one character is required (RFC 8866 §5.3)
          s_.name = value;
        return;
      case 'i':
      case 'u':
      case 'e':
      case 'p': return keep(s_.descriptive, type, value);
      case 't':
      case 'r':
      case 'z': return keep(s_.timing, type, value);
      case 'k': return; // RFC 8866 §5.12: discarded
      case 'c': return read_connection(value, s_.connection);
      case 'b': return read_bandwidth(value, s_.bandwidths);
      case 'a': return read_attribute(value, s_.attributes);
      case 'm': return read_media(value);
      default: return unknown_type(type);
    }
  }

  void read_media_line(char type, std::string_view value) {
    auto& m = s_.media.back();
    switch (type) {
      case 'i': m.information = value; return;
      case 'k': return; // RFC 8866 §5.12: discarded
      case 'c': return read_connection(value, m.connection);
      case 'b': return read_bandwidth(value, m.bandwidths);
      case 'a': return read_attribute(value, m.attributes);
      case 'm': return read_media(value);
      default: return unknown_type(type);
    }
  }

  void unknown_type(char type) { // RFC 8866 §5: a description with an unknown letter is no use
    const bool is_printable = type > ' ' && type < 127;
    fail(is_printable ? std::string{"unknown or misplaced line type "} + type + '='
                      : std::string{"a line type is one letter"});
  }

  void read_origin(std::string_view value) {
    if (has_origin_)
      return fail("a second o=");
    has_origin_ = true;
    // From the right: some phones write a display name, with blanks, as the user name.
    auto& o = s_.origin;
    o.address = take_last_word(value);
    const auto addr_type = take_last_word(value);
    const auto net_type = take_last_word(value);
    const auto version = take_last_word(value);
    const auto session_id = take_last_word(value);
    if (!read_number(session_id, o.session_id) || !read_number(version, o.version))
      return fail("o= needs a session id and a version, numbers of 64 bits"); // RFC 3264 §5
    if (!is_network_address(net_type, addr_type, o.family))
      return fail("o= needs \"IN IP4\" or \"IN IP6\"");
    const auto username = trimmed(value);
    o.username = username.empty() ? "-" : username;
  }

  void read_connection(std::string_view value, std::optional<connection>& into) {
    connection c;
    const auto net_type = take_word(value);
    const auto addr_type = take_word(value);
    c.address = take_word(value);
    if (!is_network_address(net_type, addr_type, c.family))
      return fail("c= needs \"IN IP4\" or \"IN IP6\"");
    if (c.address.empty() || !trimmed(value).empty())
      return fail("c= needs one address");
    if (!into) // RFC 8866 §5.7: only layered multicast has several; the first one is used
      into = std::move(c);
  }

  void read_bandwidth(std::string_view value, std::vector<bandwidth>& into) {
    const auto colon = value.find(':');
    if (colon == std::string_view::npos || colon == 0)
      return fail("b= needs type:value");
    if (into.size() == max_bandwidth_lines)
      return fail("more than " + std::to_string(max_bandwidth_lines) + " b= lines in one section");
    into.push_back({std::string{value.substr(0, colon)}, std::string{value.substr(colon + 1)}});
  }

  void read_attribute(std::string_view value, attributes& into) {
    if (into.size() == max_attributes)
      return fail("more than " + std::to_string(max_attributes) + " a= lines in one section");
    const auto colon = value.find(':');
    attribute a{std::string{trimmed(value.substr(0, colon))}, std::nullopt};
    if (a.name.empty())
      return fail("a= needs a name");
    if (colon != std::string_view::npos)
      a.value = value.substr(colon + 1);
    into.push_back(std::move(a));
  }

  void keep(std::vector<raw_line>& into, char type, std::string_view value) {
    if (into.size() == max_descriptive_lines)
      return fail("more than " + std::to_string(max_descriptive_lines)
                  + (&into == &s_.timing ? " lines of timing" : " lines of description"));
    into.push_back({type, std::string{value}});
  }

  void read_media(std::string_view value) {
    if (s_.media.size() == max_media_sections)
      return fail("more than " + std::to_string(max_media_sections) + " m= lines");
    media_section m;
    m.kind = take_word(value);
    const auto ports = take_word(value);
    m.proto = take_word(value);
    if (m.kind.empty() || ports.empty() || m.proto.empty())
      return fail("m= needs a kind, a port, a protocol and formats");
    const auto slash = ports.find('/');
    if (!read_number(ports.substr(0, slash), m.port))
      return fail("the port of m= is not a number from 0 to 65535");
    if (slash != std::string_view::npos
        && (!read_number(ports.substr(slash + 1), m.port_count) || m.port_count == 0))
      return fail("the port count of m= is not a number from 1 to 65535");
    for (auto word = take_word(value); !word.empty(); word = take_word(value)) {
      if (m.formats.size() == max_formats)
        return fail("more than " + std::to_string(max_formats) + " formats in one m= line");
      m.formats.emplace_back(word);
    }
    // Lenient: some phones refuse a stream without naming a format (RFC 3264 §6 wants one).
    if (m.formats.empty() && m.port != 0)
      return fail("m= needs at least one format");
    s_.media.push_back(std::move(m));
  }

  void fail(std::string what) {
    if (wrong_.empty())
      wrong_ = std::move(what);
  }
  [[nodiscard]] bool in_media() const { return !s_.media.empty(); }

  std::string_view rest_;
  std::size_t line_ = 0;
  session s_;
  bool has_origin_ = false;
  bool ended_ = false;
  std::string wrong_;
};

} // namespace

tl::expected<session, sdp_error> parse_session(std::string_view text) {
  return parser{text}.run();
}

} // namespace tandem::sdp
