#include "tests/support/sip_phone.hpp"

#include "protocols/sip/check.hpp"
#include "protocols/sip/parser.hpp"
#include "protocols/sip/typed_headers.hpp"

#include <algorithm>
#include <stdexcept>

namespace tandem::test {

namespace {

constexpr std::string_view crlf = "\r\n";

std::string body_part(const sip_extras& x, const std::string& described) {
  const auto& body = x.body == "default" ? described : x.body;
  std::string out;
  if (!body.empty())
    out.append("Content-Type: ").append(x.content_type).append(crlf);
  return out.append("Content-Length: ")
      .append(std::to_string(body.size()))
      .append("\r\n\r\n")
      .append(body);
}

/// Without its own parameters, so that a tag can be put in their place.
std::string address_of(const sip::name_addr& n) {
  return "<" + std::string(n.uri.text) + ">";
}

} // namespace

std::string label_of(const sip::message& m) {
  if (m.is_request())
    return std::string(m.method_name());
  const auto cseq = sip::read_cseq(m);
  return std::to_string(m.status().value()) + " " + std::string(cseq ? cseq->method_name : "?");
}

sip_phone::sip_phone(ip_endpoint local, ip_endpoint node, sender send, stopwatch elapsed,
                     std::string protocol)
  : local_(local), node_(node), send_(std::move(send)), elapsed_(std::move(elapsed)),
    protocol_(std::move(protocol)) {
}

// -- caller --------------------------------------------------------------------------------------

void sip_phone::invite(std::string_view user, const sip_extras& x) {
  const auto self = to_string(local_);
  ++calls_;
  invite_uri_ = "sip:" + std::string(user) + "@" + to_string(node_);
  session_ = {"call-" + std::to_string(calls_) + "@" + self,
              "<sip:phone@" + self + ">;tag=t" + std::to_string(calls_), "<" + invite_uri_ + ">",
              invite_uri_};
  cseq_ = invite_cseq_ = 1;
  invite_branch_ = fresh_branch();
  auto bytes = write("INVITE", invite_uri_, session_, cseq_, invite_branch_, x);
  remember("INVITE", bytes);
  say(std::move(bytes));
}

void sip_phone::invite_again(const sip_extras& x) {
  session_.remote = "<" + invite_uri_ + ">";
  session_.target = invite_uri_;
  invite_cseq_ = ++cseq_;
  invite_branch_ = fresh_branch();
  auto bytes = write("INVITE", invite_uri_, session_, cseq_, invite_branch_, x);
  remember("INVITE", bytes);
  say(std::move(bytes));
}

void sip_phone::cancel() {
  const bool again =
      invite_cseq_ != 1 && !session_.target.empty() && session_.target != invite_uri_;
  session plain = session_; // §9.1: To and Request-URI as in the INVITE
  if (!again)
    plain.remote = "<" + invite_uri_ + ">";
  auto bytes = write("CANCEL", again ? session_.target : invite_uri_, plain, invite_cseq_,
                     invite_branch_, {.body = ""});
  remember("CANCEL", bytes);
  say(std::move(bytes));
}

void sip_phone::ack(const sip_extras& x) {
  auto bytes = write("ACK", session_.target, session_, accepted_cseq_, fresh_branch(), x);
  remember("ACK", bytes);
  say(std::move(bytes));
}

// -- callee --------------------------------------------------------------------------------------

void sip_phone::respond(std::uint16_t status, const sip_extras& x) {
  const auto invite = last("INVITE");
  if (!invite)
    throw std::logic_error{"nobody has called this phone"};
  const auto from = sip::read_from(*invite);
  const auto to = sip::read_to(*invite);
  const auto contacts = sip::read_contacts(*invite);
  const auto tag = to->tag.empty() ? x.tag : std::string(to->tag); // of a re-INVITE
  session_ = {std::string(*sip::read_call_id(*invite)), address_of(*to) + ";tag=" + tag,
              address_of(*from) + ";tag=" + std::string(from->tag),
              std::string(contacts->list.front().address.uri.text)};
  answer(*invite, status, x);
}

void sip_phone::respond_to(std::string_view method, std::uint16_t status, const sip_extras& x) {
  const auto request = last(method);
  if (!request)
    throw std::logic_error{"this phone has heard no " + std::string(method)};
  answer(*request, status, x);
}

void sip_phone::answer(const sip::message& request, std::uint16_t status, const sip_extras& x) {
  std::string out = "SIP/2.0 " + std::to_string(status) + " Because\r\n";
  for (const auto& field : request.headers(sip::header_id::via))
    out.append("Via: ").append(field.value).append(crlf);
  const auto to = sip::read_to(request);
  out.append("From: ").append(*request.header(sip::header_id::from)).append(crlf);
  out.append("To: ").append(*request.header(sip::header_id::to));
  if (to->tag.empty() && status != 100)
    out.append(";tag=").append(x.tag);
  out.append("\r\nCall-ID: ").append(*request.header(sip::header_id::call_id)).append(crlf);
  out.append("CSeq: ").append(*request.header(sip::header_id::cseq)).append(crlf);
  if (x.contact)
    out += contact();
  const bool describes = status / 100 == 2 || status == 183 || x.body != "default";
  out.append(x.headers);
  out.append(body_part(describes ? x : sip_extras{.body = ""}, described(1)));
  remember(std::to_string(status) + " " + std::string(request.method_name()), out);
  say(std::move(out));
}

// -- both ----------------------------------------------------------------------------------------

void sip_phone::request(std::string_view method, std::string_view headers, std::string_view body) {
  auto bytes = write(method, session_.target, session_, ++cseq_, fresh_branch(),
                     {.headers = std::string(headers), .body = std::string(body)});
  remember(std::string(method), bytes);
  say(std::move(bytes));
}

void sip_phone::request_outside(std::string_view method, std::string_view user) {
  const auto self = to_string(local_);
  const auto uri = "sip:" + std::string(user) + "@" + to_string(node_);
  const session alone{"alone-" + std::to_string(++calls_) + "@" + self,
                      "<sip:phone@" + self + ">;tag=o" + std::to_string(calls_), "<" + uri + ">",
                      uri};
  auto bytes = write(method, uri, alone, 1, fresh_branch(), {.body = ""});
  remember(std::string(method), bytes);
  say(std::move(bytes));
}

const std::string& sip_phone::sent(const std::string& label) const {
  const auto found = sent_.find(label);
  if (found == sent_.end())
    throw std::logic_error{"this phone has sent no " + label};
  return found->second;
}

void sip_phone::remember(const std::string& label, const std::string& bytes) {
  sent_[label] = bytes;
}

std::string sip_phone::fresh_branch() {
  return "z9hG4bK-" + std::to_string(local_.port) + "-" + std::to_string(++branches_);
}

std::string sip_phone::described(unsigned version, std::string_view lines,
                                 std::uint16_t port_above_sip) const {
  const std::string net = local_.address.family == ip_family::v4 ? " IN IP4 " : " IN IP6 ";
  const auto host = to_string(local_.address);
  return "v=0\r\no=- 1 " + std::to_string(version) + net + host + "\r\ns=-\r\nc=" + net.substr(1)
         + host + "\r\nt=0 0\r\nm=audio " + std::to_string(local_.port + port_above_sip)
         + " RTP/AVP 0 8\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:8 PCMA/8000\r\n" + std::string(lines);
}

void sip_phone::reinvite(const sip_extras& x) {
  change("INVITE", x);
  invite_cseq_ = cseq_;
}

void sip_phone::update(const sip_extras& x) {
  change("UPDATE", x);
}

void sip_phone::change(std::string_view method, const sip_extras& x) {
  const auto branch = fresh_branch();
  if (method == "INVITE")
    invite_branch_ = branch;
  auto bytes = write(method, session_.target, session_, ++cseq_, branch, x);
  remember(std::string(method), bytes);
  say(std::move(bytes));
}

std::string sip_phone::contact() const {
  const auto* how = protocol_ == "TCP" ? ";transport=tcp>\r\n" : ">\r\n";
  return "Contact: <sip:phone@" + to_string(local_) + how;
}

std::string sip_phone::write(std::string_view method, std::string_view uri, const session& s,
                             std::uint32_t cseq, std::string_view branch,
                             const sip_extras& x) const {
  std::string out;
  out.append(method).append(" ").append(uri).append(" SIP/2.0\r\nVia: SIP/2.0/");
  out.append(protocol_).append(" ");
  out.append(to_string(local_)).append(";branch=").append(branch).append(";rport\r\n");
  out.append("Max-Forwards: 70\r\nFrom: ").append(s.local).append("\r\nTo: ").append(s.remote);
  out.append("\r\nCall-ID: ").append(s.call_id).append("\r\nCSeq: ");
  out.append(std::to_string(cseq)).append(" ").append(method).append(crlf);
  if (x.contact && (method == "INVITE" || method == "UPDATE"))
    out += contact();
  out.append(x.headers);
  return out.append(body_part(x, described(1)));
}

// -- what it hears -------------------------------------------------------------------------------

void sip_phone::take(std::string_view datagram) {
  const auto parsed = sip::parse_message(datagram);
  if (!parsed) {
    complaints_.push_back(std::string(parsed.error().reason) + ": " + std::string(datagram));
    return;
  }
  const auto& m = **parsed;
  heard_.push_back({label_of(m), *parsed, elapsed_().count()});
  if (m.is_request()) {
    if (const auto fit = sip::check_request(m); !fit)
      complaints_.push_back(fit.error().reason + ": " + std::string(datagram));
    else
      on_request(m);
  } else if (!sip::check_response(m)) {
    complaints_.push_back("bad response: " + std::string(datagram));
  } else {
    on_response(m);
  }
}

void sip_phone::on_request(const sip::message& m) {
  if (m.get_method() == sip::method::bye && habits.answers_bye)
    answer(m, 200, {.body = "", .contact = false});
  if (m.get_method() == sip::method::cancel && habits.obeys_cancel) {
    answer(m, 200, {.body = "", .contact = false});
    if (const auto invite = last("INVITE"))
      answer(*invite, 487, {.body = "", .contact = false});
  }
}

void sip_phone::on_response(const sip::message& m) {
  if (sip::read_cseq(m)->method != sip::method::invite)
    return;
  const auto status = m.status();
  const auto to = m.header(sip::header_id::to).value_or("");
  if (status.is_failure()) {
    if (!habits.acknowledges_failures)
      return;
    session peer = session_;
    peer.remote = to;
    const auto invite = sip::parse_message(sent("INVITE")); // §17.1.1.3: its Request-URI
    auto bytes = write("ACK", (*invite)->request_uri(), peer, sip::read_cseq(m)->number,
                       sip::read_top_via(m)->branch, {.body = ""});
    remember("ACK", bytes);
    return say(std::move(bytes));
  }
  if (!sip::read_to(m)->tag.empty()) {
    session_.remote = to;
    if (const auto contacts = sip::read_contacts(m); contacts && !contacts->list.empty())
      session_.target = contacts->list.front().address.uri.text;
  }
  if (!status.is_success())
    return;
  accepted_cseq_ = sip::read_cseq(m)->number; // §13.2.2.4
  if (habits.acknowledges)
    ack();
}

strings sip_phone::heard() const {
  strings out;
  for (const auto& e : heard_)
    out.push_back(e.label);
  return out;
}

std::size_t sip_phone::count(std::string_view label) const {
  return static_cast<std::size_t>(std::ranges::count(heard_, label, &entry::label));
}

sip::message_ptr sip_phone::last(std::string_view label) const {
  for (auto e = heard_.rbegin(); e != heard_.rend(); ++e)
    if (e->label == label)
      return e->message;
  return nullptr;
}

std::vector<std::int64_t> sip_phone::times_ms(std::string_view label) const {
  std::vector<std::int64_t> out;
  for (const auto& e : heard_)
    if (e.label == label)
      out.push_back(e.at_ms);
  return out;
}

} // namespace tandem::test
