#include "runtime/io/system_resolver.hpp"

#include "runtime/base/check.hpp"
#include "runtime/io/asio_reactor.hpp"
#include "runtime/io/limits.hpp"
#include "runtime/io/socket_address.hpp"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace tandem {

namespace {

struct question {
  asio_reactor* asker = nullptr;
  std::string host;
  address_question which = address_question::both;
  address_handler answer;
};

void give(const question& q, address_answer a) {
  q.asker->post([answer = q.answer, a = std::move(a)] { answer(a); });
}

address_answer refusal(const std::string& host, std::string_view reason) {
  return tl::unexpected("cannot resolve " + host.substr(0, max_dns_name) + ": "
                        + std::string{reason});
}

host_addresses read(const ares_addrinfo* found) {
  host_addresses out;
  int ttl = found->nodes == nullptr ? 0 : found->nodes->ai_ttl;
  for (const auto* n = found->nodes; n != nullptr; n = n->ai_next) {
    sockaddr_storage s{};
    std::memcpy(&s, n->ai_addr, std::min<std::size_t>(n->ai_addrlen, sizeof s));
    const auto address = from_sockaddr(s).address;
    ttl = std::min(ttl, n->ai_ttl);
    if (out.addresses.size() < max_dns_addresses && std::ranges::count(out.addresses, address) == 0)
      out.addresses.push_back(address);
  }
  out.ttl = std::chrono::seconds{std::max(ttl, 0)};
  return out;
}

} // namespace

/// Owns the c-ares channel and the only thread that touches it.
class system_resolver::worker {
public:
  explicit worker(const settings&);
  worker(const worker&) = delete;
  worker& operator=(const worker&) = delete;
  ~worker();

  void ask(question);

private:
  struct pending {
    question asked;
    worker* owner;
  };

  void run();
  void start_queued();
  void wait_and_process();
  void ring() const;
  static void on_answer(void* arg, int status, int timeouts, ares_addrinfo* found);

  ares_channel channel_ = nullptr;
  int bell_;
  std::mutex mutex_;
  std::vector<question> queued_;
  std::atomic<std::size_t> under_way_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

system_resolver::worker::worker(const settings& s) : bell_(eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC)) {
  TANDEM_CHECK(bell_ >= 0);
  TANDEM_CHECK(ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS);
  std::string files_then_servers = "fb";
  ares_options options{};
  options.timeout = static_cast<int>(s.timeout.count());
  options.tries = s.tries;
  options.lookups = files_then_servers.data();
  const int used = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS;
  TANDEM_CHECK(ares_init_options(&channel_, &options, used) == ARES_SUCCESS);
  if (!s.servers.empty())
    TANDEM_CHECK(ares_set_servers_ports_csv(channel_, s.servers.c_str()) == ARES_SUCCESS);
  thread_ = std::thread{[this] { run(); }};
}

system_resolver::worker::~worker() {
  stopping_ = true;
  ring();
  thread_.join();
  ares_destroy(channel_); // on_answer() sees ARES_EDESTRUCTION and forgets
  ares_library_cleanup();
  ::close(bell_);
}

void system_resolver::worker::ask(question q) {
  if (q.host.empty() || q.host.size() > max_dns_name)
    return give(q, refusal(q.host, "no domain name"));
  if (under_way_.fetch_add(1) >= max_dns_questions) {
    under_way_.fetch_sub(1);
    return give(q, refusal(q.host, "too many questions under way"));
  }
  {
    const std::lock_guard hold{mutex_};
    queued_.push_back(std::move(q));
  }
  ring();
}

void system_resolver::worker::ring() const {
  const std::uint64_t one = 1;
  (void) !::write(bell_, &one, sizeof one); // fails only when it rings already
}

void system_resolver::worker::run() {
  while (!stopping_) {
    start_queued();
    wait_and_process();
  }
}

void system_resolver::worker::start_queued() {
  std::vector<question> batch;
  {
    const std::lock_guard hold{mutex_};
    batch.swap(queued_);
  }
  for (auto& q : batch) {
    ares_addrinfo_hints hints{};
    hints.ai_family = q.which == address_question::a      ? AF_INET
                      : q.which == address_question::aaaa ? AF_INET6
                                                          : AF_UNSPEC;
    auto kept = std::make_unique<pending>(pending{std::move(q), this});
    const auto host = kept->asked.host;
    // May call back from here; on_answer() takes the object over.
    ares_getaddrinfo(channel_, host.c_str(), nullptr, &hints, on_answer, kept.release());
  }
}

void system_resolver::worker::wait_and_process() {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const auto wanted = static_cast<unsigned>(
      ares_getsock(channel_, sockets.data(), static_cast<int>(sockets.size())));
  std::vector<pollfd> waits{{bell_, POLLIN, 0}};
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const bool reads = ARES_GETSOCK_READABLE(wanted, i);
    const bool writes = ARES_GETSOCK_WRITABLE(wanted, i);
    if (reads || writes)
      waits.push_back(
          {sockets[i], static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)), 0});
  }
  timeval left{};
  const auto* limit = ares_timeout(channel_, nullptr, &left);
  const int wait_ms =
      limit == nullptr ? -1 : static_cast<int>(limit->tv_sec * 1000 + limit->tv_usec / 1000 + 1);
  ::poll(waits.data(), waits.size(), wait_ms);
  if (waits[0].revents != 0) {
    std::uint64_t rings = 0;
    (void) !::read(bell_, &rings, sizeof rings);
  }
  for (std::size_t i = 1; i < waits.size(); ++i) {
    const auto ready = waits[i].revents;
    if (ready != 0)
      ares_process_fd(channel_, (ready & POLLOUT) == 0 ? waits[i].fd : ARES_SOCKET_BAD,
                      (ready & POLLOUT) != 0 ? waits[i].fd : ARES_SOCKET_BAD);
  }
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD); // fires what timed out
}

void system_resolver::worker::on_answer(void* arg, int status, int /*timeouts*/,
                                        ares_addrinfo* found) {
  const std::unique_ptr<pending> p{static_cast<pending*>(arg)};
  const std::unique_ptr<ares_addrinfo, decltype(&ares_freeaddrinfo)> owned{found,
                                                                           ares_freeaddrinfo};
  p->owner->under_way_.fetch_sub(1);
  if (status == ARES_EDESTRUCTION || status == ARES_ECANCELLED)
    return;
  if (status != ARES_SUCCESS)
    return give(p->asked, refusal(p->asked.host, ares_strerror(status)));
  give(p->asked, read(found));
}

system_resolver::system_resolver() : system_resolver(settings{}) {
}

system_resolver::system_resolver(const settings& s) : worker_(std::make_unique<worker>(s)) {
}

system_resolver::~system_resolver() = default;

void system_resolver::addresses_of(reactor& r, const std::string& host, address_question which,
                                   address_handler answer) {
  auto* asker = dynamic_cast<asio_reactor*>(&r);
  TANDEM_CHECK(asker != nullptr);
  question q{asker, host, which, std::move(answer)};
  if (const auto literal = parse_ip_address(host))
    return give(q, host_addresses{{*literal}, {}});
  worker_->ask(std::move(q));
}

} // namespace tandem
