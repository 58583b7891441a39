#pragma once

#include "protocols/sip/header_id.hpp"
#include "protocols/sip/limits.hpp"
#include "protocols/sip/method.hpp"
#include "protocols/sip/status.hpp"

#include <boost/container/small_vector.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace tandem::sip {

class message;
class message_parser;
using message_ptr = std::shared_ptr<const message>;

/// One header line: the name as written and the value, unfolded and without surrounding space.
struct header_field {
  header_id id = header_id::unknown;
  std::string_view name;
  std::string_view value;
};

/// A SIP message: one immutable buffer, copied once from the datagram, and an index of views into
/// it. Made by `parse_message()` only and shared as `message_ptr`; views live as long as it does.
///
/// A line fold is replaced by as many spaces in our copy (RFC 3261 §7.3.1 calls them equal), so no
/// value ever contains CR or LF. Typed reading of headers: typed_headers.hpp.
class message {
public:
  /// Only the parser can make one.
  class key {
    friend class message_parser;
    key() = default; // NOLINT: not an aggregate
  };
  message(key, std::string_view datagram) : text_(datagram) { first_.fill(none); }
  message(const message&) = delete;
  message& operator=(const message&) = delete;
  ~message() = default;

  [[nodiscard]] bool is_request() const { return status_ == 0; }
  [[nodiscard]] bool is_response() const { return status_ != 0; }

  /// Of the request line; `unknown` for a response, whose method is in its CSeq.
  [[nodiscard]] method get_method() const { return method_; }
  [[nodiscard]] std::string_view method_name() const { return method_name_; }
  [[nodiscard]] std::string_view request_uri() const { return request_uri_; }

  /// A request has none: asking is a bug.
  [[nodiscard]] status_code status() const { return {status_}; }
  [[nodiscard]] std::string_view reason() const { return reason_; }

  /// Start line to the end of the body: without leading CRLFs and what trailed the body.
  [[nodiscard]] std::string_view raw() const { return raw_; }
  [[nodiscard]] std::string_view body() const { return body_; }

  /// First value of a header; an empty one is not the same as none.
  [[nodiscard]] std::optional<std::string_view> header(header_id) const;
  /// By name, in any case; finds known headers under their full and compact names too.
  [[nodiscard]] std::optional<std::string_view> header(std::string_view name) const;
  [[nodiscard]] bool has(header_id id) const { return first_[index(id)] != none; }
  /// Number of lines (not of list elements) with this header.
  [[nodiscard]] std::size_t count(header_id) const;

  /// Header lines in the order of the message: one by one, or those of one id. For unknown names
  /// walk `headers()` and compare.
  class header_iterator;
  struct header_range;
  [[nodiscard]] header_range headers() const;
  [[nodiscard]] header_range headers(header_id) const;

private:
  friend class message_parser;

  /// Offsets into text_: half the size of views.
  struct entry {
    std::uint16_t name_at = 0, name_size = 0, value_at = 0, value_size = 0;
    header_id id = header_id::unknown;
    std::uint8_t next = none; ///< The next line of the same id.
  };
  static constexpr std::uint8_t none = 0xff;
  static constexpr std::size_t index(header_id id) { return static_cast<std::size_t>(id); }
  [[nodiscard]] header_field field(const entry& e) const {
    return {e.id, view(e.name_at, e.name_size), view(e.value_at, e.value_size)};
  }
  [[nodiscard]] std::string_view view(std::size_t at, std::size_t size) const {
    return {text_.data() + at, size};
  }

  std::string text_;
  std::string_view raw_, body_, method_name_, request_uri_, reason_;
  boost::container::small_vector<entry, 20> entries_;
  std::array<std::uint8_t, header_id_count> first_; ///< First line of an id.
  std::uint16_t status_ = 0;                        ///< 0: a request.
  method method_ = method::unknown;
};

class message::header_iterator {
public:
  using iterator_category = std::forward_iterator_tag;
  using value_type = header_field;
  using difference_type = std::ptrdiff_t;
  using pointer = void;
  using reference = header_field;

  header_iterator() = default;
  [[nodiscard]] header_field operator*() const { return owner_->field(owner_->entries_[at_]); }
  header_iterator& operator++() {
    const auto following = all_ ? at_ + 1U : owner_->entries_[at_].next;
    at_ = following < owner_->entries_.size() ? static_cast<std::uint8_t>(following) : none;
    return *this;
  }
  header_iterator operator++(int) {
    auto before = *this;
    ++*this;
    return before;
  }
  bool operator==(const header_iterator& other) const { return at_ == other.at_; }

private:
  friend class message;
  header_iterator(const message* owner, std::uint8_t at, bool all)
    : owner_(owner), at_(at), all_(all) {}

  const message* owner_ = nullptr;
  std::uint8_t at_ = none;
  bool all_ = false;
};

struct message::header_range {
  header_iterator first, last;
  [[nodiscard]] header_iterator begin() const { return first; }
  [[nodiscard]] header_iterator end() const { return last; }
};

} // namespace tandem::sip
