#pragma once

#include "actors/call/scope.hpp"
#include "protocols/sdp/anchor.hpp"
#include "protocols/sdp/negotiation.hpp"

#include <tl/expected.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::actors {

/// The SDP side of a leg: reads what the peer describes, writes what we describe, and tells the
/// media endpoints where the peer listens: that of the audio, and those of video beside it. Where
/// media are direct there are no endpoints, and each side gets the other's description under an o=
/// line of ours. Both directions of a leg hold one.
class leg_sdp {
public:
  leg_sdp(const leg_media&, call_scope&);

  /// A fresh leg's: our o= line is drawn from the call's key and the leg's number.
  [[nodiscard]] static leg_media fresh(const call_scope&, std::uint8_t leg, ip_family);

  /// Starts anew, for a leg whose address family is known only now.
  void reset(const leg_media&);
  [[nodiscard]] const leg_media& record() const { return r_; }
  [[nodiscard]] child_id endpoint() const { return r_.endpoint; }
  /// The endpoint of the audio, to be connected with that one: media_ready or media_failed follows.
  /// False: media are direct, so there is none, and the leg can go on at once.
  [[nodiscard]] bool open_audio(ip_family, child_id with = the_call);
  void set_slot(const media::slot&);
  [[nodiscard]] bool ready() const { return r_.slot || call_.is_direct(); }
  /// The leg is over: the endpoints leave, what was described is forgotten.
  void end_media();

  // Both legs number the m= lines alike: each offers what the other described (RFC 3264 §6, §8).
  void join(const msg::join_streams&);
  void join(const msg::streams_to_join&);

  /// The description in a message body; null when there is none. The error is what to answer:
  /// 415 for another type, 400 for a body that does not parse.
  [[nodiscard]] static tl::expected<session_ptr, std::uint16_t> read(const sip::message&);

  /// The caller's offer: false if nothing in it can be relayed (488). Direct: whatever it is.
  [[nodiscard]] bool take_offer(const session_ptr&);
  /// Our answer, from what the other leg described; or that of an echo. Nullopt: it does not fit,
  /// or there is no endpoint to echo.
  /// `early`: in a provisional response, where the 2xx repeats it.
  enum class stage : std::uint8_t { early, final };
  [[nodiscard]] std::optional<std::string> answer(const sdp::session& other_leg, stage);
  [[nodiscard]] std::optional<std::string> echo_answer();

  /// The offer that is not answered yet, once more.
  [[nodiscard]] std::string pending_offer() const;
  /// Our offer, from what the other leg described. Nullopt: it drops m= lines that we have, or
  /// another offer is under way.
  [[nodiscard]] std::optional<std::string> offer(const sdp::session& other_leg);
  /// One of our own: what was agreed last, unchanged (RFC 3264 §8), or a first one.
  [[nodiscard]] std::optional<std::string> own_offer();
  /// The callee's answer; false if it does not fit the offer.
  [[nodiscard]] bool take_answer(const session_ptr&, stage);

  /// This offer repeats what the peer described last: the answer is ours of last time.
  [[nodiscard]] bool is_unchanged(const sdp::session& offer) const;
  [[nodiscard]] std::optional<std::string> same_answer();
  /// The offer under way, ours or the peer's, came to nothing.
  void rollback();

private:
  [[nodiscard]] sdp::local_media where() const;
  /// The other leg's description as we send it, anchored or passed on.
  [[nodiscard]] sdp::session ours(const sdp::session& other_leg) const;
  void changed(); ///< keeps the record as of the negotiation
  /// Media go by the peer's description from now on.
  void use(const sdp::session& remote, stage);
  void point(child_id endpoint, const sdp::session& remote, std::size_t section);
  /// A media endpoint for each m=video that has none, while there are ports.
  void open_streams(const sdp::session& described);
  /// Those of m= lines on which the two sides have not agreed leave.
  void close_streams();

  leg_media r_;
  call_scope& call_;
  sdp::negotiation negotiation_;
};

/// The other leg's description as the leg of these media sends it: our addresses in place of
/// theirs.
[[nodiscard]] sdp::session anchored(const leg_media&, const sdp::session& other_leg,
                                    const sdp::origin&);

} // namespace tandem::actors
