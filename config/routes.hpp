#pragma once

#include <tl/expected.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace re2 {
class RE2;
}

namespace tandem {

/// A compiled RE2. RE2 runs in linear time whatever a stranger sends; std::regex overflows the
/// stack. Copies share the program; two patterns are equal if their texts are.
class pattern {
public:
  /// The error is "what is wrong; what is right".
  [[nodiscard]] static tl::expected<pattern, std::string> compile(std::string_view text);

  [[nodiscard]] const std::string& text() const;
  /// Number of capture groups.
  [[nodiscard]] std::size_t groups() const;
  /// Group 0 (what matched) and the others, or nullopt. Unanchored: write ^ and $ where wanted.
  [[nodiscard]] std::optional<std::vector<std::string_view>> match(std::string_view subject) const;

  bool operator==(const pattern& other) const { return text() == other.text(); }

private:
  explicit pattern(std::shared_ptr<const re2::RE2> program);
  std::shared_ptr<const re2::RE2> program_;
};

/// The `to` of a route: a SIP URI whose user part may hold {user} and {1}, {2} …; never the host,
/// so that no caller chooses where we send.
class uri_template {
public:
  /// `groups`: how many groups the route's pattern has. The error is "what is wrong; what is
  /// right".
  [[nodiscard]] static tl::expected<uri_template, std::string> parse(std::string_view text,
                                                                     std::size_t groups);

  [[nodiscard]] const std::string& text() const { return text_; }
  /// Fills in user and groups, escaped for a user part (RFC 3261 §19.1.2). Nullopt if that leaves
  /// the user part empty, which no SIP URI has.
  [[nodiscard]] std::optional<std::string>
  expand(std::string_view user, const std::vector<std::string_view>& groups) const;

  bool operator==(const uri_template&) const = default;

private:
  struct piece {
    std::string literal;
    std::optional<std::size_t> group; ///< what follows the literal; 0 is {user}
    bool operator==(const piece&) const = default;
  };
  std::string text_;
  std::vector<piece> pieces_;
};

/// Which way the media of a call go.
enum class media_path : std::uint8_t {
  anchored, ///< through ports of the node
  direct    ///< from phone to phone: the node passes their descriptions on
};

struct route {
  pattern match;
  std::string app;                ///< name of the call application
  std::optional<uri_template> to; ///< for applications that call on
  media_path media = media_path::anchored;

  bool operator==(const route&) const = default;
};

struct route_match {
  std::string app;
  std::string to;        ///< a SIP URI, or empty
  std::size_t index = 0; ///< of the route, from 0
  media_path media = media_path::anchored;

  bool operator==(const route_match&) const = default;
};

/// The first route whose pattern matches. `user` is the user part of a Request-URI as it stands
/// there; escapes are undone before matching, since %37 means 7 (RFC 3261 §19.1.4). Nullopt too if
/// the matching route's `to` comes out without a user.
[[nodiscard]] std::optional<route_match> expand_route(const std::vector<route>& routes,
                                                      std::string_view user);

} // namespace tandem
