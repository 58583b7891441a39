#include "protocols/sip/parser.hpp"

#include "protocols/sip/check.hpp"
#include "protocols/sip/grammar.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <utility>

namespace tandem::sip {

/// Fills the index of one message. The first problem is kept, and reading goes on as far as it
/// can: whoever sent a broken request may still be told so.
class message_parser {
public:
  message_parser(std::string_view datagram, const message_limits& limits)
    : limits_(limits), message_(std::make_shared<message>(message::key{}, datagram)),
      at_(message_->text_.data()), end_(at_ + message_->text_.size()) {}

  tl::expected<message_ptr, parse_error> run(bool truncated);

private:
  struct line {
    char* begin;
    char* end; ///< Without CRLF.
    bool bad;  ///< A bare CR or LF inside.
  };
  enum class folds : std::uint8_t { joined, left };
  struct problem {
    parse_errc code;
    int status;
    std::string_view reason;
  };

  [[nodiscard]] std::size_t offset(const char* p) const {
    return static_cast<std::size_t>(p - message_->text_.data());
  }
  void note(parse_errc code, std::string_view reason, int status = 400) {
    if (!problem_)
      problem_ = {code, status, reason};
  }
  void skip_line_breaks();
  std::optional<line> next_line(folds);
  void read_start_line(std::string_view);
  void read_status_line(std::string_view);
  void read_request_line(std::string_view);
  void read_headers();
  void read_header(const line&);
  void add_header(header_id, std::string_view name, std::string_view value);
  void read_body();

  const message_limits& limits_;
  std::shared_ptr<message> message_;
  char* at_;
  char* end_;
  std::array<std::uint8_t, header_id_count> last_; ///< Valid where first_ is.
  std::optional<problem> problem_;
};

namespace {

std::string_view between(const char* from, const char* to) {
  return {from, static_cast<std::size_t>(to - from)};
}

char* find(char* from, char* to, char c) {
  return static_cast<char*>(std::memchr(from, c, static_cast<std::size_t>(to - from)));
}

enum class version : std::uint8_t { ours, other, malformed };

/// SIP-Version = "SIP" "/" 1*DIGIT "." 1*DIGIT, any case (§7.1)
version version_of(std::string_view text) {
  if (same_word(text, "SIP/2.0"))
    return version::ours;
  if (text.size() < 4 || !same_word(text.substr(0, 4), "SIP/"))
    return version::malformed;
  const auto number = text.substr(4);
  const auto dot = number.find('.');
  if (dot == std::string_view::npos)
    return version::malformed;
  const auto are_digits = [](std::string_view part) {
    return !part.empty() && std::ranges::all_of(part, is_digit);
  };
  return are_digits(number.substr(0, dot)) && are_digits(number.substr(dot + 1))
             ? version::other
             : version::malformed;
}

bool mentions_sip(std::string_view line) {
  for (std::size_t i = 0; i + 4 <= line.size(); ++i)
    if (same_word(line.substr(i, 4), "SIP/"))
      return true;
  return false;
}

} // namespace

void message_parser::skip_line_breaks() { // §7.5
  while (end_ - at_ >= 2 && at_[0] == '\r' && at_[1] == '\n')
    at_ += 2;
}

/// Steps over the next CRLF that ends a line; one that is followed by a space is a fold and becomes
/// spaces (§7.3.1).
std::optional<message_parser::line> message_parser::next_line(folds f) {
  line l{at_, at_, false};
  for (char* from = at_;;) {
    char* cr = find(from, end_, '\r');
    if (cr == nullptr || end_ - cr < 2)
      return std::nullopt;
    l.bad = l.bad || find(from, cr, '\n') != nullptr;
    from = cr + 2;
    if (cr[1] != '\n') {
      l.bad = true;
      from = cr + 1;
    } else if (f == folds::joined && cr != l.begin && from != end_ && is_space(*from)) {
      cr[0] = cr[1] = ' ';
    } else {
      l.end = cr;
      at_ = from;
      return l;
    }
  }
}

void message_parser::read_status_line(std::string_view text) {
  const auto space = text.find(' ');
  message_->status_ = 400; // so that nobody takes it for a request, and answers it
  const auto v = version_of(text.substr(0, space));
  if (v == version::other)
    return note(parse_errc::unsupported_version, "Version Not Supported", 505);
  const auto left = space == std::string_view::npos ? std::string_view{} : text.substr(space + 1);
  // A missing space before an empty reason is forgiven: some do send "SIP/2.0 200".
  const bool ends_well = left.size() == 3 || (left.size() > 3 && left[3] == ' ');
  const auto number = parse_number(left.substr(0, 3));
  const auto code = status_code::from(number.value_or(0));
  if (v == version::malformed || !ends_well || !code)
    return note(parse_errc::bad_status_line, "Bad Status-Line");
  message_->status_ = code->value();
  message_->reason_ = left.substr(std::min<std::size_t>(4, left.size()));
}

void message_parser::read_request_line(std::string_view text) {
  cursor in{text};
  message_->method_name_ = in.take_run(token_chars);
  message_->method_ = parse_method(message_->method_name_);
  const auto bad = [&] {
    const bool sip = !message_->method_name_.empty() && mentions_sip(text);
    note(sip ? parse_errc::bad_request_line : parse_errc::not_sip, "Bad Request-Line");
  };
  if (message_->method_name_.empty() || !in.take(' '))
    return bad();
  const auto left = in.rest();
  const auto space = left.find(' ');
  if (space == 0 || space == std::string_view::npos)
    return bad();
  message_->request_uri_ = left.substr(0, space);
  switch (version_of(left.substr(space + 1))) {
    case version::ours: return;
    case version::other: return note(parse_errc::unsupported_version, "Version Not Supported", 505);
    case version::malformed: return bad();
  }
}

void message_parser::read_start_line(std::string_view text) {
  if (text.size() > limits_.line_bytes)
    note(parse_errc::line_too_long, "Start-Line Too Long", 414);
  if (text.size() >= 4 && same_word(text.substr(0, 4), "SIP/")) // no method contains "/"
    read_status_line(text);
  else
    read_request_line(text);
}

void message_parser::add_header(header_id id, std::string_view name, std::string_view value) {
  auto& entries = message_->entries_;
  const auto number = static_cast<std::uint8_t>(entries.size());
  auto& first = message_->first_[message::index(id)];
  if (first == message::none)
    first = number;
  else
    entries[last_[message::index(id)]].next = number;
  last_[message::index(id)] = number;
  const auto u16 = [](std::size_t n) { return static_cast<std::uint16_t>(n); };
  entries.push_back({u16(offset(name.data())), u16(name.size()), u16(offset(value.data())),
                     u16(value.size()), id, message::none});
}

void message_parser::read_header(const line& l) {
  const auto text = between(l.begin, l.end);
  cursor in{text};
  const auto name = in.take_run(token_chars);
  in.skip_spaces(); // HCOLON = *( SP / HTAB ) ":" SWS
  if (l.bad || name.empty() || !in.take(':'))
    return note(parse_errc::bad_header_line, "Bad Header Line");
  if (text.size() > limits_.line_bytes)
    return note(parse_errc::line_too_long, "Header Too Long");
  add_header(parse_header_id(name), name, trim(in.rest()));
}

void message_parser::read_headers() {
  const auto most = std::min(limits_.headers, most_headers);
  while (auto l = next_line(folds::joined)) {
    if (l->begin == l->end)
      return;
    if (message_->entries_.size() == most)
      return note(parse_errc::too_many_headers, "Too Many Headers");
    read_header(*l);
  }
  note(parse_errc::no_end_of_headers, "No End Of Headers");
}

void message_parser::read_body() {
  const auto available = static_cast<std::size_t>(end_ - at_);
  auto size = available;
  if (const auto value = message_->header(header_id::content_length)) {
    if (message_->count(header_id::content_length) > 1)
      return note(parse_errc::bad_content_length, "Repeated Content-Length");
    if (value->empty() || !std::ranges::all_of(*value, is_digit))
      return note(parse_errc::bad_content_length, "Bad Content-Length");
    size = parse_number(*value).value_or(0xffff'ffffU);
    if (size > available) // §18.3: over UDP an error, 400
      return note(parse_errc::body_too_short, "Content-Length Beyond Message");
  }
  message_->body_ = {at_, size};
  end_ = at_ + size;
}

tl::expected<message_ptr, parse_error> message_parser::run(bool truncated) {
  if (truncated)
    note(parse_errc::message_too_large, "Message Too Large", 513);
  skip_line_breaks();
  const char* begin = at_;
  if (at_ == end_)
    note(parse_errc::empty, "Empty Message");
  else if (const auto l = next_line(folds::left); l && !l->bad)
    read_start_line(between(l->begin, l->end));
  else
    note(parse_errc::not_sip, "Bad Start-Line");
  if (!problem_ || problem_->code != parse_errc::not_sip)
    read_headers();
  if (!problem_)
    read_body();
  message_->raw_ = between(begin, end_);
  if (!problem_)
    return message_;
  const bool hopeless =
      problem_->code == parse_errc::not_sip || problem_->code == parse_errc::empty;
  return tl::make_unexpected(
      parse_error{problem_->code, problem_->status, problem_->reason,
                  !hopeless && is_answerable(*message_) ? message_ptr{message_} : message_ptr{}});
}

tl::expected<message_ptr, parse_error> parse_message(std::string_view datagram,
                                                     const message_limits& limits) {
  const auto most = std::min(limits.message_bytes, most_message_bytes);
  return message_parser{datagram.substr(0, most), limits}.run(datagram.size() > most);
}

} // namespace tandem::sip
