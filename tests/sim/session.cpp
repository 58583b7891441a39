// What phones do and check while they talk.
#include "protocols/sip/typed_headers.hpp"
#include "tests/sim/phone_call.hpp"

using namespace std::chrono_literals;

namespace tandem::test {

namespace {

/// How long after a change it is out of the wire everywhere.
constexpr duration settling = 2s;

} // namespace

void phone_call::act(const planned_act& a, time_point until) {
  if (is_over() || bye_sent_ || street_.time.now() > until)
    return;
  if (a.is == planned_act::what::info) {
    const auto branch = phone_.fresh_branch();
    const auto number = ++cseq_;
    auto body = name() + ": " + std::to_string(number);
    return phone_.ask(*this, "INFO", branch, fill("INFO", branch, number, std::move(body)));
  }
  if (offering_ || asked_ > 0)
    return street_.after(300ms, [this, a, until] { act(a, until); });
  change(a.is == planned_act::what::reinvite ? "INVITE" : "UPDATE");
}

/// Hold or resume (RFC 3264 §8.4).
void phone_call::change(const std::string& method) {
  offering_ = offer{method, holding_};
  holding_ = !holding_;
  const auto branch = phone_.fresh_branch();
  phone_.ask(*this, method, branch, fill(method, branch, ++cseq_, describe(wanted())));
}

/// The node has said how our change went.
void phone_call::on_changed(const sip::message& m) {
  const auto status = m.status().value();
  if (!offering_)
    return;
  if (status < 300) {
    check_description(m, false);
    last_change_ = street_.time.now();
    offering_.reset();
    return;
  }
  const auto tried = *offering_;
  offering_.reset();
  holding_ = tried.held_before;
  last_change_ = street_.time.now();
  if (status == 491) // §14.1: the owner of the Call-ID waits longer
    return street_.after(is_caller_ ? street_.between(2100ms, 4s) : street_.between(0s, 2s),
                         [this, how = tried.method] {
                           const auto is = how == "INVITE" ? planned_act::what::reinvite
                                                           : planned_act::what::update;
                           act({.is = is}, street_.time.now() + 20s);
                         });
  unsure_ = true;
  if (status == 481 || status == 408) // §12.2.1.2
    hang_up();
}

void phone_call::on_request(const sip::message_ptr& request, const std::string& transaction) {
  const auto& m = *request;
  const auto cseq = sip::read_cseq(m)->number;
  if (is_over())
    return phone_.answer(transaction, m, 481, local_tag_);
  if (state_ == state::calling) { // it overtook the answer to our INVITE
    phone_.answer(transaction, m, m.get_method() == sip::method::bye ? 200 : 500, local_tag_);
    if (m.get_method() == sip::method::bye)
      end();
    return;
  }
  check_dialog(m);
  if (cseq <= remote_cseq_) // §12.2.2: one that was overtaken
    return phone_.answer(transaction, m, 500, local_tag_);
  remote_cseq_ = cseq;
  const auto method = m.get_method();
  if (method == sip::method::invite)
    return on_reinvite(request, transaction);
  if (method == sip::method::update)
    return on_update(m, transaction);
  if (method == sip::method::bye)
    return on_bye(m, transaction);
  phone_.answer(transaction, m, 200, local_tag_);
}

void phone_call::on_reinvite(const sip::message_ptr& request, const std::string& transaction) {
  const auto& m = *request;
  if (offering_) // §14.2
    return phone_.answer(transaction, m, 491, local_tag_);
  if (asked_ > 0)
    return phone_.answer(transaction, m, 500, local_tag_, "Retry-After: 1\r\n");
  ++asked_;
  check_description(m, !m.body().empty());
  street_.after(street_.between(0ms, 300ms), [this, request, transaction] {
    if (is_over() || phone_.is_answered(transaction))
      return;
    const auto cseq = sip::read_cseq(*request)->number;
    auto headers = own_headers("200");
    if (!header_of(*request, "Session-Expires").empty())
      headers += "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n";
    const auto body = answer_to(*request);
    phone_.answer(transaction, *request, 200, local_tag_, headers, body);
    successes_[cseq] = write_response(*request, 200, local_tag_, headers, body);
    repeat_success(cseq, 500ms, street_.time.now() + 32s);
  });
}

void phone_call::on_update(const sip::message& m, const std::string& transaction) {
  const bool offers = !m.body().empty();
  if (offers && offering_) // RFC 3311 §5.2
    return phone_.answer(transaction, m, 491, local_tag_);
  if (offers && asked_ > 0)
    return phone_.answer(transaction, m, 500, local_tag_, "Retry-After: 1\r\n");
  check_description(m, true);
  auto headers = own_headers("200");
  if (!header_of(m, "Session-Expires").empty())
    headers += "Require: timer\r\nSession-Expires: 90;refresher=uac\r\n";
  phone_.answer(transaction, m, 200, local_tag_, headers, offers ? answer_to(m) : "");
}

void phone_call::on_bye(const sip::message& m, const std::string& transaction) {
  phone_.answer(transaction, m, 200, local_tag_);
  successes_.clear();
  end();
}

/// Tags, route set and target are those of the dialog, for ever (RFC 3261 §12.2.1.1).
void phone_call::check_dialog(const sip::message& m) {
  if (sip::read_from(m)->tag != remote_tag_)
    fail("tags", "the From tag is not " + remote_tag_, m);
  if (m.request_uri() != phone_.contact())
    fail("target", "the Request-URI is not our Contact", m);
  std::vector<std::string> routes;
  if (const auto read = sip::read_routes(m))
    for (const auto& r : *read)
      routes.emplace_back(r.text);
  if (routes != routes_)
    fail("route_set", "the Routes are not those of the dialog", m);
}

/// What the node says of its media: one port for the dialog's life, one Contact, and a direction
/// that is the other phone's wish.
void phone_call::check_description(const sip::message& m, bool is_offer) {
  const auto facts = read_description(m.body());
  if (!facts)
    return;
  if (std::exchange(node_port_, facts->port) != facts->port && node_port_ != 0 && was_answered_)
    if (last_change_ != time_point{})
      fail("media_address", "another port than before", m);
  if (const auto contacts = sip::read_contacts(m);
      contacts && !contacts->list.empty()
      && contacts->list.front().address.uri.text != node_contact_)
    fail("target", "another Contact than " + node_contact_, m);
  const auto* other = partner();
  if (other == nullptr || state_ != state::talking || unsure_ || !other->is_steady())
    return;
  if (facts->way.receives == other->holding_ && (is_offer || wanted().sends))
    fail("hold", other->holding_ ? "the other side holds" : "the other side does not hold", m);
}

bool phone_call::is_steady() const {
  return state_ == state::talking && !unsure_ && !offering_ && !bye_sent_
         && street_.time.now() - last_change_ > settling;
}

/// The one that we talk to.
const phone_call* phone_call::partner() const {
  const phone_call* found = nullptr;
  for (const auto* other : street_.sides[plan_.number])
    if (other != this && other->was_answered() && other->is_caller_ != is_caller_) {
      if (found != nullptr)
        return nullptr; // two have answered: whose wish counts is open
      found = other;
    }
  return found;
}

std::uint16_t phone_call::rtp_port() const {
  const auto phone = static_cast<unsigned>(phone_.name().front() - '0');
  return static_cast<std::uint16_t>(30000 + 100 * plan_.number + 2 * phone);
}

std::string phone_call::describe(media_way way) {
  const auto host = phone_.address().substr(0, phone_.address().find(':'));
  const auto text = [&](std::uint64_t version) {
    return "v=0\r\no=phone " + std::to_string(1000 + plan_.number) + " " + std::to_string(version)
           + " IN IP4 " + host + "\r\ns=-\r\nc=IN IP4 " + host + "\r\nt=0 0\r\nm=audio "
           + std::to_string(rtp_port()) + " RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\n"
           + "a=rtpmap:8 PCMA/8000\r\na=" + std::string(to_text(way)) + "\r\n";
  };
  if (described_.empty() || text(version_) != described_)
    described_ = text(++version_);
  return described_;
}

/// To an offer; to none: an offer.
std::string phone_call::answer_to(const sip::message& m) {
  const auto offered = read_description(m.body());
  if (!offered)
    return describe(wanted());
  return describe({offered->way.receives, offered->way.sends && !holding_});
}

} // namespace tandem::test
