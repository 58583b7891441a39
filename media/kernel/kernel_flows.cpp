#include "media/kernel/kernel_flows.hpp"

#include "media/kernel/attachment.hpp"
#include "media/kernel/layout.h"
#include "media/kernel/route.hpp"
#include "media/limits.hpp"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <net/if.h>

#include <algorithm>
#include <cstring>

namespace tandem::media {

namespace {

constexpr std::uint32_t loopback = 1; // in every network namespace

void put(const ip_endpoint& e, __u8 (&address)[16], __u16& port) noexcept {
  std::memcpy(address, e.address.bytes.data(), sizeof address);
  port = htons(e.port);
}

ip_endpoint endpoint_of(std::uint32_t family, const __u8 (&address)[16], __u16 port) noexcept {
  ip_endpoint e;
  e.address.family = family == 4 ? ip_family::v4 : ip_family::v6;
  std::memcpy(e.address.bytes.data(), address, sizeof address);
  e.port = ntohs(port);
  return e;
}

tandem_flow_key key_of(const flow_name& n) noexcept {
  tandem_flow_key k{};
  put(n.local, k.local, k.local_port);
  put(n.remote, k.remote, k.remote_port);
  k.family = n.local.address.family == ip_family::v4 ? 4 : 6;
  return k;
}

flow_counts counts_of(const tandem_flow& f) noexcept {
  return {f.packets,
          f.bytes,
          f.flooded,
          f.expired,
          time_point{std::chrono::nanoseconds{static_cast<std::int64_t>(f.heard_ns)}},
          {f.ssrc, static_cast<std::uint16_t>(f.highest), f.cycles, f.transit, f.jitter_x16}};
}

flow flow_of(const tandem_flow_key& k, const tandem_flow& f) noexcept {
  return {{endpoint_of(k.family, k.local, k.local_port),
           endpoint_of(k.family, k.remote, k.remote_port)},
          endpoint_of(k.family, f.source, f.source_port),
          endpoint_of(k.family, f.destination, f.destination_port),
          f.clock_rate_hz,
          f.packets_per_second,
          f.described,
          counts_of(f).position};
}

class kernel_table final : public flow_table {
public:
  explicit kernel_table(attachment a) : attached_(std::move(a)) {}

  bool install(const flow& f) noexcept override {
    const auto in = route_to(f.name.remote.address);
    const auto out = route_to(f.destination.address);
    // What is of this machine comes by loopback; between it and the world the program has no way.
    if (!in || !out || !attached_.has(in->interface)
        || (in->interface == loopback) != (out->interface == loopback))
      return false;
    tandem_flow v{};
    put(f.source, v.source, v.source_port);
    put(f.destination, v.destination, v.destination_port);
    v.interface = out->interface == loopback ? 0 : static_cast<std::uint32_t>(out->interface);
    v.ssrc = f.position.ssrc;
    v.clock_rate_hz = f.clock_rate_hz;
    v.packets_per_second = f.packets_per_second;
    v.described = f.described;
    const auto headers = f.name.local.address.family == ip_family::v4 ? 28U : 48U;
    v.most_bytes = std::min(out->mtu, static_cast<std::uint32_t>(limits::datagram_bytes) + headers);
    v.highest = f.position.highest;
    v.cycles = f.position.cycles;
    v.transit = f.position.transit;
    v.jitter_x16 = f.position.jitter_x16;
    const auto k = key_of(f.name);
    return bpf_map_update_elem(attached_.flows(), &k, &v, BPF_NOEXIST) == 0;
  }

  std::optional<flow_counts> read(const flow_name& n) const noexcept override {
    const auto k = key_of(n);
    tandem_flow v{};
    if (bpf_map_lookup_elem(attached_.flows(), &k, &v) != 0)
      return std::nullopt;
    return counts_of(v);
  }

  std::optional<flow_counts> remove(const flow_name& n) noexcept override {
    const auto k = key_of(n);
    tandem_flow v{};
    if (bpf_map_lookup_and_delete_elem(attached_.flows(), &k, &v) != 0)
      return std::nullopt;
    return counts_of(v);
  }

  void live_until(time_point t) noexcept override {
    const std::uint32_t only = 0;
    const auto until = static_cast<std::uint64_t>(t.time_since_epoch().count());
    (void) bpf_map_update_elem(attached_.alive(), &only, &until, BPF_ANY);
  }

  [[nodiscard]] std::vector<flow> all() const {
    std::vector<flow> out;
    tandem_flow_key k{};
    const tandem_flow_key* before = nullptr;
    while (bpf_map_get_next_key(attached_.flows(), before, &k) == 0) {
      tandem_flow v{};
      if (bpf_map_lookup_elem(attached_.flows(), &k, &v) == 0)
        out.push_back(flow_of(k, v));
      before = &k;
    }
    return out;
  }

  // The lease had run out: what stood then is not to wake up with the next one.
  void empty() {
    for (const auto& f : all())
      remove(f.name);
  }

  [[nodiscard]] bool is_alive(time_point now) const {
    const std::uint32_t only = 0;
    std::uint64_t until = 0;
    return bpf_map_lookup_elem(attached_.alive(), &only, &until) == 0
           && static_cast<std::uint64_t>(now.time_since_epoch().count()) < until;
  }

private:
  attachment attached_;
};

} // namespace

tl::expected<kernel_flows, std::string> open_kernel_flows(const std::vector<std::string>& names,
                                                          const kernel_identity& who,
                                                          time_point now) {
  auto attached = attachment::make(names, who);
  if (!attached)
    return tl::unexpected(attached.error());
  auto table = std::make_unique<kernel_table>(std::move(*attached));
  if (!table->is_alive(now))
    table->empty();
  table->live_until(now + limits::kernel_lease);
  auto inherited = table->all();
  return kernel_flows{std::move(table), std::move(inherited)};
}

} // namespace tandem::media
