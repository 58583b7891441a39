#include "protocols/sdp/session.hpp"

#include <string_view>

namespace tandem::sdp {

namespace {

constexpr std::string_view crlf = "\r\n";

std::string_view address_type(ip_family f) {
  return f == ip_family::v4 ? "IN IP4 " : "IN IP6 ";
}

void append_line(std::string& out, char type, std::string_view value) {
  out += type;
  out += '=';
  out += value;
  out += crlf;
}

void append(std::string& out, const origin& o) {
  out += "o=";
  out += o.username;
  out += ' ';
  out += std::to_string(o.session_id);
  out += ' ';
  out += std::to_string(o.version);
  out += ' ';
  out += address_type(o.family);
  out += o.address;
  out += crlf;
}

void append(std::string& out, const std::optional<connection>& c) {
  if (!c)
    return;
  out += "c=";
  out += address_type(c->family);
  out += c->address;
  out += crlf;
}

void append(std::string& out, const std::vector<bandwidth>& lines) {
  for (const auto& b : lines) {
    out += "b=";
    out += b.type;
    out += ':';
    out += b.value;
    out += crlf;
  }
}

void append(std::string& out, const std::vector<raw_line>& lines) {
  for (const auto& l : lines)
    append_line(out, l.type, l.value);
}

void append(std::string& out, const attributes& lines) {
  for (const auto& a : lines) {
    out += "a=";
    out += a.name;
    if (a.value) {
      out += ':';
      out += *a.value;
    }
    out += crlf;
  }
}

void append(std::string& out, const media_section& m) {
  out += "m=";
  out += m.kind;
  out += ' ';
  out += std::to_string(m.port);
  if (m.port_count != 1) {
    out += '/';
    out += std::to_string(m.port_count);
  }
  out += ' ';
  out += m.proto;
  for (const auto& f : m.formats) {
    out += ' ';
    out += f;
  }
  out += crlf;
  if (m.information)
    append_line(out, 'i', *m.information);
  append(out, m.connection);
  append(out, m.bandwidths);
  append(out, m.attributes);
}

} // namespace

origin make_origin(std::uint64_t session_id, std::uint64_t version, const ip_address& address) {
  return {"-", session_id, version, address.family, to_string(address)};
}

connection make_connection(const ip_address& address) {
  return {address.family, to_string(address)};
}

std::string to_string(const sdp_error& e) {
  return e.line == 0 ? e.what : "line " + std::to_string(e.line) + ": " + e.what;
}

std::string to_text(const session& s) {
  std::string out;
  out.reserve(512);
  append_line(out, 'v', "0");
  append(out, s.origin);
  append_line(out, 's', s.name);
  append(out, s.descriptive);
  append(out, s.connection);
  append(out, s.bandwidths);
  append(out, s.timing);
  append(out, s.attributes);
  for (const auto& m : s.media)
    append(out, m);
  return out;
}

} // namespace tandem::sdp
