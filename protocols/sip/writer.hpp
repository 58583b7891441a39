#pragma once

#include "protocols/sip/header_id.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/method.hpp"
#include "protocols/sip/status.hpp"

#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace tandem::sip {

/// The bytes of a message on the wire, shared by transport, retransmission and trace.
using wire_ptr = std::shared_ptr<const std::string>;

/// A piece of a header value: written between quotes, with `"` and `\` escaped (RFC 3261 §25.1).
struct quoted {
  std::string_view text;
};

/// Writes one message into one buffer: start line, headers, then the body.
///
///     message_writer w;
///     w.request_line(method::bye, target);
///     w.header(header_id::via, "SIP/2.0/UDP ", sent_by, ";branch=", branch);
///     w.header(header_id::cseq, number, " BYE");
///     auto wire = w.finish(); // adds Content-Length: 0
///
/// A line break inside a line would be header injection. What our parser yields never contains
/// one, so it is a bug of the caller: TANDEM_CHECK. So are an empty name, a Content-Length written
/// by hand and calls out of order.
class message_writer {
public:
  explicit message_writer(std::size_t reserve_bytes = 1'024) { out_.reserve(reserve_bytes); }

  void request_line(std::string_view method, std::string_view uri);
  void request_line(method m, std::string_view uri) { request_line(to_string(m), uri); }
  /// An empty reason becomes the default one.
  void status_line(status_code, std::string_view reason = {});

  /// Pieces are strings, unsigned numbers and `quoted`; they are written one after the other.
  template <class... Pieces>
  void header(header_id id, const Pieces&... pieces) {
    const auto begin = begin_header(id);
    (append(pieces), ...);
    end_line(begin);
  }
  template <class... Pieces>
  void header(std::string_view name, const Pieces&... pieces) {
    const auto begin = begin_header(name);
    (append(pieces), ...);
    end_line(begin);
  }

  /// Every line of `m` with this header, in order and as written.
  void copy(const message& m, header_id);

  /// Ends the headers with Content-Type (unless empty) and Content-Length. At most once.
  void body(std::string_view content_type, std::string_view bytes);
  /// The message; without a body it ends with Content-Length: 0. The writer is spent.
  [[nodiscard]] wire_ptr finish();

private:
  enum class stage : std::uint8_t { start_line, headers, done };

  std::size_t begin_header(header_id);
  std::size_t begin_header(std::string_view name);
  void end_line(std::size_t begin);

  void append(std::string_view text) { out_.append(text); }
  void append(const quoted&);
  template <std::unsigned_integral N>
  void append(N number) {
    char digits[20]; // 2^64 has 20
    const auto* end = std::to_chars(digits, digits + sizeof digits, number).ptr;
    out_.append(digits, static_cast<std::size_t>(end - digits));
  }

  std::string out_;
  stage stage_ = stage::start_line;
};

} // namespace tandem::sip
