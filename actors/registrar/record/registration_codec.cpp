#include "actors/registrar/record/registration_codec.hpp"

#include "actors/registrar/record/limits.hpp"
#include "actors/registrar/record/registration.capnp.h"
#include "protocols/sip/limits.hpp"

#include <capnp/message.h>
#include <capnp/serialize.h>

#include <algorithm>
#include <array>
#include <cstring>

namespace tandem::actors {

namespace {

constexpr std::uint16_t level = 1; // of registration.capnp
constexpr std::uint16_t no_q = 65535;
constexpr std::size_t first_segment_words = 256; // three bindings and more

capnp::Text::Reader text(const std::string& s) {
  return {s.data(), s.size()};
}

std::string text(capnp::Text::Reader s) {
  return {s.begin(), s.size()};
}

struct endpoint_bytes {
  explicit endpoint_bytes(const ip_endpoint& e) : size(e.address.family == ip_family::v4 ? 4 : 16) {
    std::copy_n(e.address.bytes.begin(), size, bytes.begin());
    bytes[size++] = static_cast<kj::byte>(e.port >> 8U);
    bytes[size++] = static_cast<kj::byte>(e.port & 0xffU);
  }
  std::array<kj::byte, 18> bytes{};
  std::size_t size;
};

/// Nullopt: nobody writes that.
std::optional<ip_endpoint> endpoint(capnp::Data::Reader from) {
  if (from.size() != 6 && from.size() != 18)
    return std::nullopt;
  ip_endpoint e;
  e.address.family = from.size() == 6 ? ip_family::v4 : ip_family::v6;
  std::copy_n(from.begin(), from.size() - 2, e.address.bytes.begin());
  e.port = static_cast<std::uint16_t>(from[from.size() - 2] << 8U | from[from.size() - 1]);
  return e;
}

void write(const sip::address_of_record::kept_binding& b, Binding::Builder to) {
  const auto& [uri, call_id, source, remaining, granted_s, cseq, q, parameters] = b;
  to.setUri(text(uri));
  to.setCallId(text(call_id));
  to.setRemaining(remaining.count());
  to.setGrantedS(granted_s);
  to.setCseq(cseq);
  to.setQ(q.value_or(no_q));
  to.setTransport(source.transport);
  const endpoint_bytes peer{source.peer};
  to.setPeer({peer.bytes.data(), peer.size});
  if (!parameters.empty())
    to.setParameters(text(parameters));
}

/// Nullopt: damage.
std::optional<sip::address_of_record::kept_binding> read(Binding::Reader from) {
  sip::address_of_record::kept_binding b;
  b.uri = text(from.getUri());
  b.call_id = text(from.getCallId());
  const auto peer = endpoint(from.getPeer());
  b.remaining = duration{from.getRemaining()};
  b.granted_s = from.getGrantedS();
  b.parameters = text(from.getParameters());
  b.cseq = from.getCseq();
  if (from.getQ() != no_q)
    b.q = from.getQ();
  if (!peer || b.uri.empty() || b.uri.size() > sip::max_binding_uri_bytes
      || b.call_id.size() > sip::max_binding_call_id_bytes
      || b.parameters.size() > sip::max_binding_parameter_bytes
      || b.remaining > limits::longest_registration || b.remaining < duration{}
      || b.q.value_or(0) > 1000)
    return std::nullopt;
  b.source = {from.getTransport(), *peer};
  return b;
}

tl::unexpected<std::string> damaged(const std::string& why) {
  return tl::unexpected{"the record of a registration is damaged: " + why};
}

tl::expected<registration_record, std::string> read(Registration::Reader from) {
  if (from.getLevel() == 0 || from.getLevel() > level)
    return tl::unexpected{"a registration was written by a newer version of this program (level "
                          + std::to_string(from.getLevel()) + ")"};
  registration_record r;
  r.user = text(from.getUser());
  r.user_agent = text(from.getUserAgent());
  r.since_register = duration{from.getSinceRegister()};
  r.written = {text(from.getBootId()), time_point{duration{from.getWrittenAt()}},
               wall_time{std::chrono::duration_cast<wall_time::duration>(
                   std::chrono::nanoseconds{from.getWrittenWall()})}};
  if (r.user.empty() || r.user_agent.size() > limits::user_agent_bytes
      || r.since_register < duration{} || r.since_register > limits::longest_registration
      || r.written.at < time_point{} || r.written.wall < wall_time{}
      || from.getBindings().size() > sip::max_bindings)
    return damaged("its facts do not fit together");
  for (const auto row : from.getBindings()) {
    auto b = read(row);
    if (!b)
      return damaged("a binding that nobody writes");
    r.bindings.bindings.push_back(std::move(*b));
  }
  return r;
}

} // namespace

duration time_between(const moment& before, const moment& now) {
  const auto passed = before.boot_id == now.boot_id && now.at >= before.at
                          ? now.at - before.at
                          : std::chrono::duration_cast<duration>(now.wall - before.wall);
  return std::max(passed, duration{});
}

std::string encode_registration(const registration_record& r) {
  std::array<capnp::word, first_segment_words> scratch{};
  capnp::MallocMessageBuilder message{kj::arrayPtr(scratch.data(), scratch.size())};
  auto to = message.initRoot<Registration>();
  const auto& [user, user_agent, bindings, since_register, written] = r;
  to.setLevel(level);
  to.setUser(text(user));
  to.setUserAgent(text(user_agent));
  to.setSinceRegister(since_register.count());
  to.setBootId(text(written.boot_id));
  to.setWrittenAt(written.at.time_since_epoch().count());
  to.setWrittenWall(
      std::chrono::duration_cast<std::chrono::nanoseconds>(written.wall.time_since_epoch())
          .count());
  auto list = to.initBindings(static_cast<unsigned>(bindings.bindings.size()));
  for (unsigned i = 0; i < list.size(); ++i)
    write(bindings.bindings[i], list[i]);
  const auto words = capnp::messageToFlatArray(message);
  return {words.asChars().begin(), words.asChars().size()};
}

tl::expected<registration_record, std::string> decode_registration(std::string_view bytes) {
  if (bytes.empty() || bytes.size() % sizeof(capnp::word) != 0
      || bytes.size() > limits::registration_bytes)
    return damaged("it has " + std::to_string(bytes.size()) + " bytes");
  capnp::ReaderOptions options;
  options.traversalLimitInWords = 2 * bytes.size() / sizeof(capnp::word);
  options.nestingLimit = 4;
  try {
    auto words = kj::heapArray<capnp::word>(bytes.size() / sizeof(capnp::word)); // aligned
    std::memcpy(words.begin(), bytes.data(), bytes.size());
    capnp::FlatArrayMessageReader message{words, options};
    return read(message.getRoot<Registration>());
  } catch (const kj::Exception& e) { // how capnp says that bytes are damaged
    return damaged(e.getDescription().cStr());
  }
}

registration_record aged(registration_record r, const moment& now) {
  const auto passed = std::min(time_between(r.written, now), limits::longest_registration);
  for (auto& b : r.bindings.bindings)
    b.remaining -= passed;
  std::erase_if(r.bindings.bindings, [](const auto& b) { return b.remaining <= duration{}; });
  r.since_register = std::min(r.since_register + passed, limits::longest_registration);
  r.written = now;
  return r;
}

} // namespace tandem::actors
