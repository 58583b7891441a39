#include "protocols/sip/writer.hpp"

#include "runtime/base/check.hpp"

#include <cstring>
#include <utility>

namespace tandem::sip {

namespace {

constexpr std::uint64_t each_byte(std::uint8_t b) {
  return 0x0101'0101'0101'0101U * b;
}

/// Whether any of eight bytes is zero.
constexpr bool has_zero_byte(std::uint64_t x) {
  return ((x - each_byte(0x01)) & ~x & each_byte(0x80)) != 0;
}

/// CR or LF anywhere; every byte that is written passes here, so it looks at eight at once.
bool has_line_break(std::string_view text) {
  while (text.size() >= sizeof(std::uint64_t)) {
    std::uint64_t eight = 0;
    std::memcpy(&eight, text.data(), sizeof eight);
    if (has_zero_byte(eight ^ each_byte('\r')) || has_zero_byte(eight ^ each_byte('\n')))
      return true;
    text.remove_prefix(sizeof eight);
  }
  return text.find_first_of("\r\n") != std::string_view::npos;
}

} // namespace

void message_writer::request_line(std::string_view method, std::string_view uri) {
  TANDEM_CHECK(stage_ == stage::start_line && !method.empty() && !uri.empty());
  out_.append(method).append(1, ' ').append(uri).append(" SIP/2.0");
  end_line(0);
  stage_ = stage::headers;
}

void message_writer::status_line(status_code code, std::string_view reason) {
  TANDEM_CHECK(stage_ == stage::start_line);
  out_.append("SIP/2.0 ");
  append(code.value());
  out_.append(1, ' ').append(reason.empty() ? default_reason(code) : reason);
  end_line(0);
  stage_ = stage::headers;
}

std::size_t message_writer::begin_header(header_id id) {
  TANDEM_CHECK(id != header_id::content_length);
  return begin_header(to_string(id));
}

std::size_t message_writer::begin_header(std::string_view name) {
  TANDEM_CHECK(stage_ == stage::headers && !name.empty());
  const auto begin = out_.size();
  out_.append(name).append(": ", 2);
  return begin;
}

void message_writer::end_line(std::size_t begin) {
  TANDEM_CHECK(!has_line_break(std::string_view{out_}.substr(begin)));
  out_.append("\r\n", 2);
}

void message_writer::append(const quoted& q) {
  out_.push_back('"');
  for (const char c : q.text) {
    if (c == '"' || c == '\\')
      out_.push_back('\\');
    out_.push_back(c);
  }
  out_.push_back('"');
}

void message_writer::copy(const message& m, header_id id) {
  for (const auto& field : m.headers(id))
    if (id == header_id::unknown)
      header(field.name, field.value);
    else
      header(id, field.value);
}

void message_writer::body(std::string_view content_type, std::string_view bytes) {
  if (!content_type.empty())
    header(header_id::content_type, content_type);
  const auto begin = begin_header(to_string(header_id::content_length));
  append(bytes.size());
  end_line(begin);
  out_.append("\r\n", 2).append(bytes);
  stage_ = stage::done;
}

wire_ptr message_writer::finish() {
  if (stage_ != stage::done)
    body({}, {});
  out_.shrink_to_fit(); // it is kept: by its transaction, the record, the trace
  return std::make_shared<const std::string>(std::move(out_));
}

} // namespace tandem::sip
