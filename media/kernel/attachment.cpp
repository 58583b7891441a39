#include "media/kernel/attachment.hpp"

#include "media/port_pool.hpp"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace tandem::media {

extern const unsigned char relay_program[]; // relay.bpf.c, compiled (embed.cmake)
extern const std::size_t relay_program_bytes;

namespace {

constexpr auto program_name = "tandem_relay", flows_name = "tandem_flows_1",
               alive_name = "tandem_alive_1";
// Among the filters of one interface; others may come before and behind.
constexpr std::uint32_t priority = 500;

std::string sentence(const std::string& what, int error) {
  auto s = "[media] kernel_interfaces: " + what + ": " + std::strerror(error);
  if (error == EPERM || error == EACCES)
    s += "; the node needs CAP_BPF and CAP_NET_ADMIN, or none of it where the key is left out";
  return s;
}

// FNV-1a over what no two live nodes of one machine share: they could not bind the same ports.
std::uint32_t handle_of(const kernel_identity& who) {
  std::uint32_t h = 2166136261U;
  const auto mix = [&h](unsigned byte) { h = (h ^ (byte & 0xffU)) * 16777619U; };
  for (const auto b : who.address.bytes)
    mix(b);
  for (const unsigned port : {who.first_port, who.last_port}) {
    mix(port);
    mix(port >> 8);
  }
  return h == 0 ? 1 : h;
}

bpf_tc_hook ingress_of(int interface) {
  bpf_tc_hook hook{};
  hook.sz = sizeof hook;
  hook.ifindex = interface;
  hook.attach_point = BPF_TC_INGRESS;
  return hook;
}

bpf_tc_opts filter_of(std::uint32_t handle) {
  bpf_tc_opts options{};
  options.sz = sizeof options;
  options.handle = handle;
  options.priority = priority;
  return options;
}

// The program reads an Ethernet header, as loopback has one too.
bool is_ethernet(const std::string& name) {
  ifreq request{};
  name.copy(request.ifr_name, IFNAMSIZ - 1);
  const owned_fd any{socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
  return ioctl(any.get(), SIOCGIFHWADDR, &request) == 0
         && (request.ifr_hwaddr.sa_family == ARPHRD_ETHER
             || request.ifr_hwaddr.sa_family == ARPHRD_LOOPBACK);
}

// The map that program `id` uses under that name, if it is built as ours is.
owned_fd map_of(std::uint32_t id, const bpf_map* ours) {
  std::array<std::uint32_t, 8> maps{};
  bpf_prog_info program{};
  program.nr_map_ids = static_cast<std::uint32_t>(maps.size());
  program.map_ids = reinterpret_cast<std::uint64_t>(maps.data());
  std::uint32_t size = sizeof program;
  const owned_fd fd{bpf_prog_get_fd_by_id(id)}; // asks for CAP_SYS_ADMIN
  if (!fd.is_open() || bpf_obj_get_info_by_fd(fd.get(), &program, &size) != 0
      || std::string_view{program.name} != program_name)
    return {};
  for (std::size_t i = 0; i < std::min<std::size_t>(program.nr_map_ids, maps.size()); ++i) {
    owned_fd map{bpf_map_get_fd_by_id(maps[i])};
    bpf_map_info found{};
    size = sizeof found;
    if (map.is_open() && bpf_obj_get_info_by_fd(map.get(), &found, &size) == 0
        && std::string_view{found.name} == bpf_map__name(ours)
        && found.key_size == bpf_map__key_size(ours)
        && found.value_size == bpf_map__value_size(ours)
        && found.max_entries == bpf_map__max_entries(ours))
      return map;
  }
  return {};
}

} // namespace

void attachment::object_end::operator()(bpf_object* o) const noexcept {
  bpf_object__close(o);
}

tl::expected<attachment, std::string> attachment::make(const std::vector<std::string>& names,
                                                       const kernel_identity& who) {
  libbpf_set_print(nullptr); // what matters of it is in our sentences
  attachment a;
  a.handle_ = handle_of(who);
  std::vector<int> indices;
  for (const auto& name : names) {
    const auto index = static_cast<int>(if_nametoindex(name.c_str()));
    if (index == 0)
      return tl::unexpected(sentence("interface \"" + name + "\"", errno));
    if (!is_ethernet(name))
      return tl::unexpected("[media] kernel_interfaces: \"" + name
                            + "\" carries no Ethernet frames, so it cannot be one of them");
    indices.push_back(index);
  }
  a.object_.reset(bpf_object__open_mem(relay_program, relay_program_bytes, nullptr));
  if (!a.object_)
    return tl::unexpected(sentence("the program is not readable", errno));
  for (const auto index : indices)
    a.reuse_maps(index);
  if (const int r = bpf_object__load(a.object_.get()); r != 0)
    return tl::unexpected(sentence("the kernel does not take the program (bpf)", -r));
  a.flows_ = bpf_object__find_map_fd_by_name(a.object_.get(), flows_name);
  a.alive_ = bpf_object__find_map_fd_by_name(a.object_.get(), alive_name);
  for (std::size_t i = 0; i < names.size(); ++i)
    if (auto done = a.attach(names[i], indices[i]); !done)
      return tl::unexpected(done.error());
  return a;
}

attachment::attachment(attachment&& other) noexcept = default;
attachment& attachment::operator=(attachment&& other) noexcept = default;

attachment::~attachment() {
  for (const auto index : interfaces_) { // a moved-from vector is empty
    const auto hook = ingress_of(index);
    const auto filter = filter_of(handle_);
    (void) bpf_tc_detach(&hook, &filter);
  }
}

bool attachment::has(int interface) const noexcept {
  return std::ranges::find(interfaces_, interface) != interfaces_.end();
}

// What a killed process has left goes on with its flows, now as ours.
void attachment::reuse_maps(int interface) {
  const auto hook = ingress_of(interface);
  auto filter = filter_of(handle_);
  if (bpf_tc_query(&hook, &filter) != 0)
    return;
  auto* flows = bpf_object__find_map_by_name(object_.get(), flows_name);
  auto* alive = bpf_object__find_map_by_name(object_.get(), alive_name);
  const auto flows_fd = map_of(filter.prog_id, flows);
  const auto alive_fd = map_of(filter.prog_id, alive);
  if (flows_fd.is_open() && alive_fd.is_open()) {
    (void) bpf_map__reuse_fd(flows, flows_fd.get()); // duplicates the descriptor
    (void) bpf_map__reuse_fd(alive, alive_fd.get());
  }
}

tl::expected<void, std::string> attachment::attach(const std::string& name, int index) {
  auto hook = ingress_of(index);
  if (const int r = bpf_tc_hook_create(&hook); r != 0 && r != -EEXIST)
    return tl::unexpected(sentence("no clsact on \"" + name + "\" (CONFIG_NET_SCH_INGRESS)", -r));
  auto filter = filter_of(handle_);
  filter.prog_fd = bpf_program__fd(bpf_object__find_program_by_name(object_.get(), program_name));
  filter.flags = BPF_TC_F_REPLACE;
  if (const int r = bpf_tc_attach(&hook, &filter); r != 0)
    return tl::unexpected(sentence("no filter on \"" + name + "\" (CONFIG_NET_CLS_BPF)", -r));
  interfaces_.push_back(index);
  return {};
}

} // namespace tandem::media
