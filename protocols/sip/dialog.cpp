#include "protocols/sip/dialog.hpp"

#include "protocols/sip/route_uri.hpp"
#include "runtime/base/check.hpp"

#include <algorithm>

namespace tandem::sip {

namespace {

tl::expected<void, dialog_error> check(const dialog_start& from) {
  if (from.record_route.size() > max_routes)
    return tl::unexpected(dialog_error::too_many_routes);
  if (from.cseq > last_cseq)
    return tl::unexpected(dialog_error::bad_cseq);
  return {};
}

dialog::snapshot common(dialog_start&& from, dialog::state current) {
  TANDEM_CHECK(current != dialog::state::terminated);
  dialog::snapshot s;
  s.id = std::move(from.id);
  s.local = without_parameters(from.local);
  s.remote = without_parameters(from.remote);
  s.remote_target = std::move(from.remote_target);
  s.route_set = std::move(from.record_route);
  s.secure = from.secure;
  s.current = current;
  return s;
}

std::string with_tag(const std::string& name_addr, const std::string& tag) {
  return tag.empty() ? name_addr : name_addr + ";tag=" + tag; // §12.2.1.1: no tag, no parameter
}

} // namespace

tl::expected<dialog, dialog_error> dialog::as_uas(dialog_start from, state current) {
  if (auto ok = check(from); !ok)
    return tl::unexpected(ok.error());
  if (from.remote_target.empty())
    return tl::unexpected(dialog_error::no_remote_target);
  const auto cseq = from.cseq;
  auto s = common(std::move(from), current);
  s.remote_cseq = cseq; // §12.1.1; the local number MUST be empty
  s.remote_invite_cseq = cseq;
  return dialog{std::move(s)};
}

tl::expected<dialog, dialog_error> dialog::as_uac(dialog_start from, state current) {
  if (auto ok = check(from); !ok)
    return tl::unexpected(ok.error());
  const auto cseq = from.cseq;
  auto s = common(std::move(from), current);
  if (s.remote_target.empty())
    s.remote_target = uri_of(s.remote);
  std::ranges::reverse(s.route_set); // §12.1.2
  s.local_cseq = cseq;               // §12.1.2; the remote number MUST be empty
  s.local_invite_cseq = cseq;
  return dialog{std::move(s)};
}

void dialog::confirm() {
  if (s_.current == state::early)
    s_.current = state::confirmed;
}

void dialog::on_reinvite_accepted(std::uint32_t cseq) {
  s_.remote_invite_cseq = cseq;
}

tl::expected<void, dialog_error> dialog::confirm_by_2xx(std::vector<std::string> record_route,
                                                        std::string remote_target) {
  const bool was_early = s_.current == state::early;
  confirm();
  refresh_target(std::move(remote_target));
  if (!was_early)
    return {}; // §12.2: requests within a dialog never change its route set
  if (record_route.size() > max_routes)
    return tl::unexpected(dialog_error::too_many_routes);
  s_.route_set = std::move(record_route);
  std::ranges::reverse(s_.route_set);
  return {};
}

void dialog::refresh_target(std::string remote_target) {
  if (!remote_target.empty())
    s_.remote_target = std::move(remote_target);
}

void dialog::terminate() {
  s_.current = state::terminated;
}

request_verdict dialog::on_request(request_class what, std::uint32_t cseq) {
  if (s_.current == state::terminated)
    return request_verdict::no_dialog;
  if (what == request_class::ack) // §13.2.2.4: carries the number of its INVITE
    return s_.remote_invite_cseq == cseq ? request_verdict::accepted : request_verdict::stray_ack;
  if (s_.remote_cseq && cseq <= *s_.remote_cseq)
    return request_verdict::lower_cseq; // §12.2.2
  s_.remote_cseq = cseq;                // §12.2.2: it may be higher by more than one
  return request_verdict::accepted;
}

request_plan dialog::next_request(request_class what) {
  if (what == request_class::ack)
    return ack_request(s_.local_invite_cseq);
  TANDEM_CHECK(s_.local_cseq < last_cseq);
  ++s_.local_cseq; // §12.2.1.1; the first one after an empty number is ours to choose
  if (what == request_class::invite)
    s_.local_invite_cseq = s_.local_cseq;
  return plan(s_.local_cseq);
}

request_plan dialog::ack_request(std::uint32_t invite_cseq) const {
  TANDEM_CHECK(s_.local_invite_cseq != 0 && invite_cseq <= s_.local_cseq);
  return plan(invite_cseq);
}

void dialog::raise_cseq(std::uint32_t by) {
  TANDEM_CHECK(by <= last_cseq - s_.local_cseq);
  s_.local_cseq += by;
}

request_plan dialog::plan(std::uint32_t cseq) const {
  request_plan p;
  p.from = with_tag(s_.local, s_.id.local_tag);
  p.to = with_tag(s_.remote, s_.id.remote_tag);
  p.call_id = s_.id.call_id;
  p.cseq = cseq;
  p.secure = s_.secure;
  p.routes = s_.route_set;
  if (p.routes.empty()) {
    p.request_uri = as_request_uri(s_.remote_target);
    p.next_hop = p.request_uri;
  } else if (const auto first = uri_of(s_.route_set.front()); is_loose_router(first)) {
    p.request_uri = as_request_uri(s_.remote_target);
    p.next_hop = first;
  } else { // §12.2.1.1: a strict router finds itself in the Request-URI, the target at the end
    p.request_uri = as_request_uri(first);
    p.next_hop = p.request_uri;
    p.routes.erase(p.routes.begin());
    p.routes.push_back("<" + s_.remote_target + ">");
  }
  return p;
}

std::string_view state_name(dialog::state s) {
  switch (s) {
    case dialog::state::early: return "early";
    case dialog::state::confirmed: return "confirmed";
    case dialog::state::terminated: return "terminated";
  }
  return "?";
}

bool ends_dialog(status_code code) {
  return code == 481 || code == 408;
}

} // namespace tandem::sip
