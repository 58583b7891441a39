#pragma once

#include "protocols/digest/limits.hpp"
#include "protocols/sip/message.hpp"
#include "protocols/sip/writer.hpp"
#include "runtime/base/hash.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::sip {

/// Whom we log in as. Views of the configuration: nothing secret is kept.
struct login {
  std::string_view username, password;
};

/// The request that was challenged, as it will be sent again.
struct challenged_request {
  std::string_view method, uri;
};

/// Answers the challenges to one request of ours: 401 (WWW-Authenticate) and 407
/// (Proxy-Authenticate), RFC 3261 §22.2, §22.3. A value without time.
///
/// Each nonce is answered once, and a second challenge of the same side only if it says stale=true
/// (RFC 7616 §3.3): anything else means that the password is wrong. Every answer is to a fresh
/// nonce, so nc is always 1.
class digest_client {
public:
  digest_client() = default;

  /// One side: the server's 401 or a proxy's 407.
  struct side {
    std::string nonce;       ///< answered last
    std::string credentials; ///< the header's value
    std::uint8_t answered = 0;

    bool operator==(const side&) const = default;
  };
  struct snapshot {
    side server, proxy;

    bool operator==(const snapshot&) const = default;
  };
  explicit digest_client(snapshot s) : s_(std::move(s)) {}
  [[nodiscard]] const snapshot& snapshot_now() const { return s_; }

  enum class refusal : std::uint8_t {
    no_challenge,   ///< none in it that we can answer
    wrong_password, ///< our answer was refused
  };
  /// `cnonce` must be new for each answer. On success the request is to be sent again with what
  /// write() adds, the next CSeq number and a new branch (RFC 3261 §8.1.3.5).
  [[nodiscard]] tl::expected<void, refusal> on_challenge(const message& response, const login&,
                                                         const challenged_request&,
                                                         std::string_view cnonce,
                                                         const hash_functions&);

  /// Authorization and Proxy-Authorization, as far as there are any. The ACK for a 2xx carries
  /// those of its INVITE (RFC 3261 §13.2.2.4).
  void write(message_writer&) const;
  [[nodiscard]] bool empty() const {
    return s_.server.credentials.empty() && s_.proxy.credentials.empty();
  }

private:
  snapshot s_;
};

} // namespace tandem::sip
