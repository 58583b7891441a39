#pragma once

#include "actors/call/record/call_record.capnp.h"
#include "actors/call/record/wire_enums.hpp"
#include "actors/call/snapshots.hpp"

#include <tl/expected.hpp>

#include <string>
#include <vector>

namespace tandem::actors {

/// Reads one record. The first thing that is wrong is kept as a sentence and reading goes on with
/// defaults, since lists are bounded. Pointers that lead nowhere throw kj::Exception.
class record_reader {
public:
  explicit record_reader(CallRecord::Reader from) : from_(from) {}

  /// Once.
  [[nodiscard]] tl::expected<call_record, std::string> read();

private:
  void read_parts();
  void read_children(call_record&);
  [[nodiscard]] call_root read(Root::Reader); // root_codec.cpp, with the next
  [[nodiscard]] call_account read_account(Root::Reader);
  [[nodiscard]] child_record read(Child::Record::Reader);
  [[nodiscard]] app_record read(App::Reader);
  [[nodiscard]] incoming_leg_record read(IncomingLeg::Reader);
  [[nodiscard]] outgoing_leg_record read(OutgoingLeg::Reader);
  [[nodiscard]] dialog_record read(Dialog::Reader);
  [[nodiscard]] sip::dialog::snapshot read_dialog(Dialog::Reader);
  [[nodiscard]] sip::invite_usage::snapshot read_usage(Dialog::Reader);
  [[nodiscard]] sip::session_exchange::snapshot read_exchange(Dialog::Reader);
  [[nodiscard]] sip::session_timer::snapshot read_timer(Dialog::Reader);
  [[nodiscard]] pending_request read(Dialog::Pending::Reader);
  [[nodiscard]] leg_change read(Change::Reader);
  [[nodiscard]] transaction_record read(Transaction::Reader);
  [[nodiscard]] sip::transaction_snapshot read_machine(Transaction::Reader);
  [[nodiscard]] media_endpoint_record read(MediaEndpoint::Reader);
  [[nodiscard]] leg_media read(LegMedia::Reader);
  [[nodiscard]] sip::digest_client::snapshot read(Login::Reader);
  [[nodiscard]] sdp::negotiation::snapshot read(Negotiation::Reader);
  [[nodiscard]] media::slot read(Slot::Reader);
  [[nodiscard]] flow read(Flow::Reader);

  [[nodiscard]] ip_endpoint endpoint(capnp::Data::Reader);
  [[nodiscard]] duration time(std::int64_t);
  [[nodiscard]] std::optional<duration> timer(std::int64_t);
  [[nodiscard]] std::optional<std::uint32_t> cseq(std::int64_t);
  template <class Native, class Wire>
  [[nodiscard]] Native as(Wire wire) {
    const auto native = from_wire<Native>(wire);
    if (!native)
      fail("a state or kind of the record has the unknown number "
           + std::to_string(static_cast<unsigned>(wire)));
    return native.value_or(Native{});
  }
  [[nodiscard]] std::optional<sip::end_cause> cause(EndCause);
  /// True if `list` is no longer than `most`; else nothing of it is to be read.
  [[nodiscard]] bool bounded(const auto& list, std::size_t most, const char* what) {
    if (list.size() <= most)
      return true;
    fail("the record has " + std::to_string(list.size()) + " " + what + ", " + std::to_string(most)
         + " are allowed");
    return false;
  }
  /// The part with this number, counted from 1; none for 0.
  template <class Part>
  [[nodiscard]] Part part(const std::vector<Part>& parts, std::uint16_t number);

  void fail(std::string sentence) {
    if (error_.empty())
      error_ = std::move(sentence);
  }

  CallRecord::Reader from_;
  std::string error_;
  std::vector<sip::message_ptr> messages_;
  std::vector<wire_bytes> buffers_;
  std::vector<session_ptr> sessions_;
};

} // namespace tandem::actors
