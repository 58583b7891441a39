#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/real_clock.hpp"
#include "runtime/io/system_network.hpp"
#include "runtime/io/system_resolver.hpp"

#include <catch2/catch.hpp>

#include <optional>
#include <string>
#include <vector>

using namespace tandem;
using namespace std::chrono_literals;

namespace {

/// A name server on loopback with one answer: A 192.0.2.7, TTL 300, or NXDOMAIN for names that
/// begin with "no". RFC 1035 §4.1.
class one_answer_server {
public:
  explicit one_answer_server(reactor& r) {
    socket_ = net_.open_udp(r, parse_ip_endpoint("127.0.0.1:0").value(), port_sharing::exclusive,
                            [this](std::span<const received_datagram> batch) {
                              for (const auto& d : batch)
                                reply(d);
                            })
                  .value();
  }
  [[nodiscard]] std::string address() const { return to_string(socket_->local()); }
  bool silent = false;

private:
  void reply(const received_datagram& d) {
    if (silent || d.bytes.size() < 17)
      return;
    const auto end_of_name = d.bytes.find('\0', 12);
    const auto question = std::string{d.bytes.substr(12, end_of_name + 5 - 12)};
    const bool exists = question.substr(1, 2) != "no";
    const bool is_a = question[question.size() - 3] == 1; // QTYPE 1, else AAAA: no data
    std::string out{d.bytes.substr(0, 2)};
    out += exists ? std::string{"\x81\x80", 2} : std::string{"\x81\x83", 2}; // RCODE 3: NXDOMAIN
    out += std::string{"\0\1\0", 3} + (exists && is_a ? '\1' : '\0') + std::string(4, '\0');
    out += question;
    if (exists && is_a)
      out += std::string{"\xc0\x0c\0\1\0\1\0\0\1\x2c\0\4\xc0\0\2\7", 16};
    const std::vector one{outgoing_datagram{d.from, std::make_shared<const std::string>(out)}};
    CHECK(socket_->send(one) == 1);
  }

  system_network net_;
  std::unique_ptr<udp_socket> socket_;
};

address_answer ask(asio_reactor& r, resolver& names, const std::string& host,
                   address_question which = address_question::both) {
  std::optional<address_answer> got;
  names.addresses_of(r, host, which, [&](address_answer a) { got = std::move(a); });
  CHECK_FALSE(got); // never from within the question
  const real_clock time;
  const auto give_up = time.now() + 5s;
  while (!got && time.now() < give_up)
    r.poll(100ms);
  REQUIRE(got);
  return *got;
}

} // namespace

TEST_CASE("resolver: literals, names of /etc/hosts and nonsense need no server", "[io][dns]") {
  asio_reactor r;
  system_resolver names{{.servers = "127.0.0.1:9", .timeout = 50ms, .tries = 1}};
  CHECK(ask(r, names, "2001:db8::1").value()
        == host_addresses{{parse_ip_address("2001:db8::1").value()}, 0s});
  CHECK(ask(r, names, "localhost", address_question::a)->addresses
        == std::vector{parse_ip_address("127.0.0.1").value()});
  CHECK(ask(r, names, "").error() == "cannot resolve : no domain name");
  CHECK(ask(r, names, std::string(max_dns_name + 1, 'a')).error().ends_with("no domain name"));
  CHECK_FALSE(ask(r, names, std::string(max_dns_name, 'a')).error().ends_with("no domain name"));
}

TEST_CASE("resolver: addresses and TTL from a server, NXDOMAIN, silence, RFC 1035", "[io][dns]") {
  asio_reactor r;
  one_answer_server server{r};
  system_resolver names{{.servers = server.address(), .timeout = 100ms, .tries = 1}};
  const auto expected = host_addresses{{parse_ip_address("192.0.2.7").value()}, 300s};
  CHECK(ask(r, names, "sip.example.test", address_question::a).value() == expected);
  CHECK(ask(r, names, "sip.example.test", address_question::both).value() == expected);
  CHECK(ask(r, names, "no.example.test").error()
        == "cannot resolve no.example.test: Domain name not found");
  server.silent = true;
  CHECK(ask(r, names, "sip.example.test").error().starts_with("cannot resolve sip.example.test: "));
}

TEST_CASE("resolver: max_dns_questions are under way, one more is refused", "[io][dns]") {
  asio_reactor r;
  one_answer_server server{r};
  server.silent = true;
  std::size_t refused = 0, answered = 0;
  const auto count = [&](const address_answer& a) {
    ++answered;
    refused += !a && a.error().ends_with("too many questions under way") ? 1U : 0U;
  };
  {
    system_resolver names{{.servers = server.address(), .timeout = 5s, .tries = 1}};
    for (std::size_t i = 0; i < max_dns_questions; ++i)
      names.addresses_of(r, "x" + std::to_string(i) + ".test", address_question::a, count);
    r.poll(duration::zero());
    CHECK(refused == 0);
    names.addresses_of(r, "one.more.test", address_question::a, count);
    r.poll(100ms);
    CHECK(refused == 1);
    CHECK(answered == 1);
  }
  r.poll(duration::zero()); // what was unanswered is forgotten with the resolver
  CHECK(answered == 1);
}
