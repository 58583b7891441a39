#include "tests/sim/wire_text.hpp"

#include "protocols/sip/typed_headers.hpp"

#include <charconv>

namespace tandem::test {

namespace {

constexpr std::string_view crlf = "\r\n";

std::string_view take_word(std::string_view& rest) {
  const auto end = std::min(rest.find(' '), rest.size());
  const auto word = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return word;
}

template <class Number>
Number number_of(std::string_view text) {
  Number n = 0;
  (void) std::from_chars(text.data(), text.data() + text.size(), n);
  return n;
}

void append_body(std::string& out, std::string_view type, std::string_view body) {
  if (!body.empty())
    out.append("Content-Type: ").append(type).append(crlf);
  out.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n\r\n");
  out.append(body);
}

} // namespace

std::string_view to_text(media_way w) {
  if (w.sends)
    return w.receives ? "sendrecv" : "sendonly";
  return w.receives ? "recvonly" : "inactive";
}

std::optional<description_facts> read_description(std::string_view body) {
  description_facts out;
  bool has_origin = false;
  while (!body.empty()) {
    const auto end = std::min(body.find(crlf), body.size());
    auto line = body.substr(0, end);
    body.remove_prefix(std::min(end + 2, body.size()));
    if (line.starts_with("o=")) {
      has_origin = true;
      auto rest = line.substr(2);
      out.origin = take_word(rest);
      out.origin.append(" ").append(take_word(rest));
      out.version = number_of<std::uint64_t>(take_word(rest));
    } else if (line.starts_with("m=") && out.port == 0) {
      (void) take_word(line);
      out.port = number_of<std::uint16_t>(take_word(line));
    } else if (line == "a=sendonly" || line == "a=inactive" || line == "a=recvonly") {
      out.way = {line == "a=sendonly", line == "a=recvonly"};
    }
  }
  return has_origin && out.port != 0 ? std::optional{out} : std::nullopt;
}

std::string write_request(const request_text& r) {
  std::string out;
  out.append(r.method).append(" ").append(r.uri).append(" SIP/2.0\r\n");
  out.append("Via: SIP/2.0/UDP ").append(r.via).append(";branch=").append(r.branch);
  out.append(";rport\r\nMax-Forwards: 70\r\n");
  for (const auto& route : r.routes)
    out.append("Route: ").append(route).append(crlf);
  out.append("From: ").append(r.from).append("\r\nTo: ").append(r.to);
  out.append("\r\nCall-ID: ").append(r.call_id).append("\r\nCSeq: ");
  out.append(std::to_string(r.cseq)).append(" ").append(r.method).append(crlf);
  out.append(r.headers);
  append_body(out, r.content_type, r.body);
  return out;
}

std::string write_response(const sip::message& request, unsigned status, std::string_view tag,
                           std::string_view headers, std::string_view body) {
  using sip::header_id;
  std::string out = "SIP/2.0 " + std::to_string(status) + " As planned\r\n";
  for (const auto& field : request.headers(header_id::via))
    out.append("Via: ").append(field.value).append(crlf);
  for (const auto& field : request.headers(header_id::record_route))
    out.append("Record-Route: ").append(field.value).append(crlf);
  out.append("From: ").append(*request.header(header_id::from)).append(crlf);
  out.append("To: ").append(*request.header(header_id::to));
  if (status != 100 && sip::read_to(request)->tag.empty())
    out.append(";tag=").append(tag);
  out.append("\r\nCall-ID: ").append(*request.header(header_id::call_id)).append(crlf);
  out.append("CSeq: ").append(*request.header(header_id::cseq)).append(crlf);
  out.append(headers);
  append_body(out, "application/sdp", body);
  return out;
}

std::string_view header_of(const sip::message& m, std::string_view name) {
  return m.header(name).value_or(std::string_view{});
}

std::string label_of_message(const sip::message& m) {
  if (m.is_request())
    return std::string(m.method_name());
  const auto cseq = sip::read_cseq(m);
  return std::to_string(m.status().value()) + " " + std::string(cseq ? cseq->method_name : "?");
}

} // namespace tandem::test
