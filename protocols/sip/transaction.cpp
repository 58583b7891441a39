#include "protocols/sip/transaction.hpp"

#include "runtime/base/check.hpp"

namespace tandem::sip {

namespace {

/// Calls `input` on the machine if it has such an input; the host's matching sees to it that it
/// has.
template <class Input>
auto give(any_transaction& t, Input input) {
  return std::visit(
      [&](auto& machine) -> transaction_actions {
        if constexpr (std::is_invocable_v<Input, decltype(machine)>)
          return input(machine);
        else
          fail_check("an input of this kind of transaction", __FILE__, __LINE__);
      },
      t);
}

} // namespace

transaction_actions on_start(any_transaction& t) {
  return std::visit(
      [](auto& machine) -> transaction_actions {
        if constexpr (requires { machine.on_start(); })
          return machine.on_start();
        else
          return {};
      },
      t);
}

transaction_actions on_request_again(any_transaction& t) {
  return give(t, [](auto& machine) -> decltype(machine.on_request_again()) {
    return machine.on_request_again();
  });
}

transaction_actions on_resumed(any_transaction& t) {
  struct {
    transaction_actions operator()(const invite_client_transaction& m) const {
      return request_if(m.current() == invite_client_transaction::state::calling);
    }
    transaction_actions operator()(const non_invite_client_transaction& m) const {
      using state = non_invite_client_transaction::state;
      return request_if(m.current() == state::trying || m.current() == state::proceeding);
    }
    transaction_actions operator()(invite_server_transaction& m) const {
      return m.on_request_again();
    }
    transaction_actions operator()(non_invite_server_transaction& m) const {
      return m.on_request_again();
    }
    static transaction_actions request_if(bool waits) {
      return waits ? transaction_actions{transaction_action::resend_request}
                   : transaction_actions{};
    }
  } const by_kind;
  return std::visit(by_kind, t);
}

transaction_actions on_ack(any_transaction& t, time_point now) {
  return give(
      t, [now](auto& machine) -> decltype(machine.on_ack(now)) { return machine.on_ack(now); });
}

transaction_actions on_user_response(any_transaction& t, status_code code, time_point now) {
  return give(t, [code, now](auto& machine) -> decltype(machine.on_user_response(code, now)) {
    return machine.on_user_response(code, now);
  });
}

transaction_actions on_response(any_transaction& t, status_code code, time_point now) {
  return give(t, [code, now](auto& machine) -> decltype(machine.on_response(code, now)) {
    return machine.on_response(code, now);
  });
}

void on_cancel_sent(any_transaction& t, time_point now) {
  auto* invite = std::get_if<invite_client_transaction>(&t);
  TANDEM_CHECK(invite != nullptr);
  invite->on_cancel_sent(now);
}

transaction_actions on_transport_error(any_transaction& t) {
  return std::visit([](auto& machine) { return machine.on_transport_error(); }, t);
}

transaction_actions on_deadline(any_transaction& t, time_point now) {
  return std::visit([now](auto& machine) { return machine.on_deadline(now); }, t);
}

std::optional<time_point> next_deadline(const any_transaction& t) {
  return std::visit([](const auto& machine) { return machine.next_deadline(); }, t);
}

bool is_terminated(const any_transaction& t) {
  return std::visit(
      [](const auto& machine) {
        return machine.current() == std::decay_t<decltype(machine)>::state::terminated;
      },
      t);
}

bool is_server(const any_transaction& t) {
  return std::holds_alternative<invite_server_transaction>(t)
         || std::holds_alternative<non_invite_server_transaction>(t);
}

message_need needs_of(const any_transaction& t) {
  struct {
    message_need operator()(const invite_server_transaction& m) const {
      using state = invite_server_transaction::state;
      switch (m.current()) {
        case state::proceeding: return message_need::all;
        case state::completed: return message_need::last;
        case state::accepted: // the TU repeats the 2xx
        case state::confirmed:
        case state::terminated: return message_need::none;
      }
      return message_need::all;
    }
    message_need operator()(const non_invite_server_transaction& m) const {
      using state = non_invite_server_transaction::state;
      switch (m.current()) {
        case state::trying:
        case state::proceeding: return message_need::all;
        case state::completed: return message_need::last;
        case state::terminated: return message_need::none;
      }
      return message_need::all;
    }
    message_need operator()(const invite_client_transaction& m) const {
      using state = invite_client_transaction::state;
      switch (m.current()) {
        case state::calling:
        case state::proceeding:
        case state::completed: return message_need::last; // CANCEL and ACK are made of it (§9.1)
        case state::accepted:
        case state::terminated: return message_need::none;
      }
      return message_need::last;
    }
    message_need operator()(const non_invite_client_transaction& m) const {
      using state = non_invite_client_transaction::state;
      switch (m.current()) {
        case state::trying:
        case state::proceeding: return message_need::last;
        case state::completed:
        case state::terminated: return message_need::none;
      }
      return message_need::last;
    }
  } const which;
  return std::visit(which, t);
}

std::string_view state_name(const any_transaction& t) {
  return std::visit([](const auto& machine) { return state_name(machine.current()); }, t);
}

transaction_snapshot snapshot_at(const any_transaction& t, time_point now) {
  return std::visit(
      [now](const auto& machine) -> transaction_snapshot { return machine.snapshot_at(now); }, t);
}

any_transaction restored(const transaction_snapshot& s, const timer_values& t, time_point now) {
  return std::visit(
      [&]<class Snapshot>(const Snapshot& of_one) -> any_transaction {
        if constexpr (std::is_same_v<Snapshot, invite_server_transaction::snapshot>)
          return invite_server_transaction{of_one, t, now};
        else if constexpr (std::is_same_v<Snapshot, invite_client_transaction::snapshot>)
          return invite_client_transaction{of_one, t, now};
        else if constexpr (std::is_same_v<Snapshot, non_invite_server_transaction::snapshot>)
          return non_invite_server_transaction{of_one, t, now};
        else
          return non_invite_client_transaction{of_one, t, now};
      },
      s);
}

} // namespace tandem::sip
