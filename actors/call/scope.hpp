#pragma once

#include "actors/call/events.hpp"
#include "actors/call/snapshots.hpp"
#include "actors/call_app/call_app.hpp"
#include "actors/node/facts.hpp"
#include "media/engine.hpp"
#include "runtime/base/key.hpp"
#include "runtime/base/time.hpp"

#include <tl/expected.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace tandem::actors {

/// A message for the wire, released once the call has committed.
struct outgoing {
  transport_index transport;
  ip_endpoint to;
  wire_bytes bytes;
  std::string summary; ///< "180 Ringing", for the ladder
};

/// What a child may see and ask for while its call runs it. It answers an input with these effects
/// and does nothing to the world itself: the call carries them out, in order, after its commit.
class call_scope {
public:
  virtual ~call_scope() = default;

  [[nodiscard]] virtual time_point now() const = 0;
  [[nodiscard]] virtual const key128& key() const = 0;
  [[nodiscard]] virtual const node_facts& node() const = 0;
  /// Media go from phone to phone: no leg has a media endpoint.
  [[nodiscard]] virtual bool is_direct() const = 0;
  /// Who is running.
  [[nodiscard]] virtual child_id self() const = 0;

  /// Says `what` to another child when this one has returned, in the order of asking.
  virtual void tell(child_id to, msg::event what) = 0;
  /// A new child under `parent`; it may be told things at once.
  virtual child_id spawn(child_id parent, std::string name, child_record fresh) = 0;
  /// Whether it has so many children that what a peer alone asks for should get none.
  [[nodiscard]] virtual bool is_crowded() const = 0;
  /// This child is done and leaves the tree when it has returned.
  virtual void finish() = 0;
  /// Likewise for a child of this one.
  virtual void end(child_id) = 0;

  /// What is durable has changed, though nobody outside is to see anything: some commit carries it.
  virtual void changed() = 0;
  virtual void send(outgoing) = 0;
  /// The same bytes as before: needs no commit.
  virtual void send_again(outgoing) = 0;
  virtual void command(media::command) = 0;
  /// Takes a socket pair; given back if this input is not committed.
  [[nodiscard]] virtual tl::expected<media::slot, media::error> allocate(ip_family) = 0;
  [[nodiscard]] virtual std::optional<media::slot_statistics> statistics(media::slot_id) const = 0;

  /// The connection of that name stands now and its peer opened it, so that it may be the only way
  /// to him. False for transports without connections.
  [[nodiscard]] virtual bool opened_by_peer(const flow&) const = 0;
  /// Answers a 401 or 407 of `peer` to a request of ours (RFC 3261 §22.2), if it is a trunk for
  /// which we have a login, and unless that was refused. True: send the request again, with what
  /// the client now writes.
  [[nodiscard]] virtual bool answer_challenge(sip::digest_client&, const sip::message& response,
                                              const ip_endpoint& peer,
                                              const sip::challenged_request&) = 0;

  /// A number for a branch, never used before in this call.
  [[nodiscard]] virtual std::uint32_t next_branch() = 0;

  /// Facts for the CDR.
  virtual void note_answer(std::uint8_t leg) = 0;
  /// Why the call ends, seen from this leg; the first leg to say so is believed. Implied by
  /// note_end(), and said earlier by a leg that still has to wait for its peer.
  virtual void note_cause(std::uint8_t leg, sip::end_cause) = 0;
  /// Once per leg: it is over, and the call with the last of them.
  virtual void note_end(std::uint8_t leg, sip::end_cause, std::uint16_t status) = 0;
  virtual void note_media(child_id leg, const media::slot_statistics&) = 0;
};

} // namespace tandem::actors
