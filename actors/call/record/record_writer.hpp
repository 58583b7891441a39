#pragma once

#include "actors/call/record/call_record.capnp.h"
#include "actors/call/snapshots.hpp"

#include <boost/container/small_vector.hpp>

#include <cstdint>

namespace tandem::actors {

/// Writes one record into one message. Every struct is taken apart by structured bindings, so a
/// field that is added does not compile before somebody has decided how it is written.
class record_writer {
public:
  explicit record_writer(CallRecord::Builder to) : to_(to) {}

  /// Once. `record` must outlive it.
  void write(const call_record& record);

private:
  void write(const call_record::child&, Child::Builder);
  void write(const app_record&, App::Builder);
  void write(const incoming_leg_record&, IncomingLeg::Builder);
  void write(const outgoing_leg_record&, OutgoingLeg::Builder);
  void write(const dialog_record&, Dialog::Builder);
  void write(const transaction_record&, Transaction::Builder);
  void write(const media_endpoint_record&, MediaEndpoint::Builder);
  void write(const leg_media&, LegMedia::Builder);
  void write(const sip::digest_client::snapshot&, Login::Builder);
  void write(const pending_request&, Dialog::Pending::Builder);
  void write(const sdp::negotiation::snapshot&, Negotiation::Builder);
  void write_parts();

  /// The number of a part in the lists of the root, from 1; 0 for none. One that several children
  /// share gets one number.
  std::uint16_t number_of(const sip::message_ptr&);
  std::uint16_t number_of(const wire_bytes&);
  /// Equal descriptions share a number too: a leg's offer is another leg's answer.
  std::uint16_t number_of(const sdp::session*);

  CallRecord::Builder to_;
  boost::container::small_vector<const sip::message*, 8> messages_;
  boost::container::small_vector<const std::string*, 16> buffers_;
  boost::container::small_vector<const sdp::session*, 16> sessions_;
};

} // namespace tandem::actors
