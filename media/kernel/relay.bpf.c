/* Passes RTP on at the ingress of an interface (tc, clsact), before the packet costs a socket.
 * It knows only what the node has settled: exact addresses and ports, SSRC, plain RTP. All else,
 * and all of it once the node has not been heard of for a while, goes up to the node's sockets as
 * if there were no program. Non-GPL: no helper that asks for that licence. */
#include "media/kernel/layout.h"

#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <linux/in.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/pkt_cls.h>
#include <linux/udp.h>

#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define LOOPBACK 1 /* the interface's number in every network namespace */
#define SECOND 1000000000ULL
#define MAX_DROPOUT 3000 /* RFC 3550 A.1, as protocols/rtp/sequence.hpp */
#define MAX_MISORDER 100

struct rtp_header {
  __u8 flags; /* version, padding, extension, count of CSRCs */
  __u8 type;  /* marker, payload type */
  __be16 sequence;
  __be32 timestamp;
  __be32 ssrc;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(max_entries, 16384); /* limits::kernel_flows */
  __type(key, struct tandem_flow_key);
  __type(value, struct tandem_flow);
} tandem_flows_1 SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, __u64); /* until when flows are carried, CLOCK_BOOTTIME */
} tandem_alive_1 SEC(".maps");

static __always_inline int is_alive(__u64 now) {
  const __u32 only = 0;
  const __u64* until = bpf_map_lookup_elem(&tandem_alive_1, &only);
  return until && now < *until;
}

/* RFC 3550 A.1: a number far off is for the node to judge. */
static __always_inline int is_in_sequence(struct tandem_flow* f, __u16 sequence) {
  const __u16 highest = (__u16) f->highest;
  const __u16 ahead = sequence - highest;
  if (ahead >= MAX_DROPOUT)
    return ahead > 65536 - MAX_MISORDER;
  if (sequence < highest)
    f->cycles += 65536;
  f->highest = sequence;
  return 1;
}

static __always_inline int is_flooded(struct tandem_flow* f, __u64 now) {
  if (now - f->second_began_ns >= SECOND) {
    f->second_began_ns = now;
    f->taken_this_second = 0;
  }
  if (f->taken_this_second >= f->packets_per_second)
    return 1;
  f->taken_this_second += 1;
  return 0;
}

/* RFC 3550 A.8. Packets of one stream come one after the other, nearly always on one processor:
 * where two meet, a jitter is a little wrong, but no packet is lost to the count. */
static __always_inline void count(struct tandem_flow* f, __u32 timestamp, __u64 bytes, __u64 now) {
  const __u64 rate = f->clock_rate_hz;
  const __u32 arrival = (__u32) (now / SECOND * rate + now % SECOND * rate / SECOND);
  const __u32 transit = arrival - timestamp;
  const __s32 d = (__s32) (transit - f->transit);
  const __u64 distance = d < 0 ? 0U - (__u32) d : (__u32) d;
  __u64 jitter = f->jitter_x16 + distance;
  f->jitter_x16 = jitter - ((jitter - distance + 8) >> 4);
  f->transit = transit;
  f->heard_ns = now;
  __sync_fetch_and_add(&f->packets, 1);
  __sync_fetch_and_add(&f->bytes, bytes);
}

/* TC_ACT_UNSPEC: not ours, up to the node and to whoever else listens. */
static __always_inline int judge(struct __sk_buff* skb, struct tandem_flow* f,
                                 const struct rtp_header* rtp, __u32 ip_bytes, __u32 rtp_bytes,
                                 __u8 hops) {
  const __u64 now = bpf_ktime_get_boot_ns();
  const int stays = f->interface == 0;
  if (stays != (skb->ifindex == LOOPBACK) || ip_bytes > f->most_bytes
      || bpf_ntohl(rtp->ssrc) != f->ssrc || !is_alive(now))
    return TC_ACT_UNSPEC;
  if (is_flooded(f, now)) {
    __sync_fetch_and_add(&f->flooded, 1);
    return TC_ACT_SHOT;
  }
  if (hops <= 1) { /* two calls that name each other's ports must not send in circles */
    __sync_fetch_and_add(&f->expired, 1);
    return TC_ACT_SHOT;
  }
  if (!is_in_sequence(f, bpf_ntohs(rtp->sequence)))
    return TC_ACT_UNSPEC;
  count(f, bpf_ntohl(rtp->timestamp), rtp_bytes, now);
  return TC_ACT_OK;
}

/* Version 2, no padding, extension or CSRC; not one of RTCP's types (RFC 5761 section 4). */
static __always_inline int is_plain(const struct rtp_header* rtp) {
  const __u8 type = rtp->type & 0x7f;
  return rtp->flags == 0x80 && (type < 72 || type > 76);
}

static __always_inline int send_on(const struct tandem_flow* f) {
  const __u32 interface = f->interface;
  return interface == 0 ? TC_ACT_OK : bpf_redirect_neigh(interface, 0, 0, 0);
}

/* The checksum may be one that hardware will complete: the helpers know, a subtraction would not. */
static __always_inline void fix_udp(struct __sk_buff* skb, __u32 at, __s64 addresses,
                                    __be32 old_ports, __be32 new_ports) {
  bpf_l4_csum_replace(skb, at, 0, (__u64) addresses, BPF_F_PSEUDO_HDR | BPF_F_MARK_MANGLED_0);
  bpf_l4_csum_replace(skb, at, old_ports, new_ports, 4 | BPF_F_MARK_MANGLED_0);
}

static __always_inline int relay4(struct __sk_buff* skb, void* data, void* end) {
  struct iphdr* ip = data + ETH_HLEN;
  struct udphdr* udp = (void*) (ip + 1);
  struct rtp_header* rtp = (void*) (udp + 1);
  if ((void*) (rtp + 1) > end)
    return TC_ACT_UNSPEC;
  const __u32 bytes = bpf_ntohs(ip->tot_len);
  if (ip->ihl != 5 || ip->protocol != IPPROTO_UDP || (ip->frag_off & bpf_htons(0x3fff)) != 0
      || !is_plain(rtp) || bpf_ntohs(udp->len) + sizeof *ip != bytes)
    return TC_ACT_UNSPEC;
  struct tandem_flow_key key = {};
  __builtin_memcpy(key.local, &ip->daddr, 4);
  __builtin_memcpy(key.remote, &ip->saddr, 4);
  key.local_port = udp->dest;
  key.remote_port = udp->source;
  key.family = 4;
  struct tandem_flow* f = bpf_map_lookup_elem(&tandem_flows_1, &key);
  if (!f)
    return TC_ACT_UNSPEC;
  const int verdict =
      judge(skb, f, rtp, bytes, bytes - (__u32) (sizeof *ip + sizeof *udp), ip->ttl);
  if (verdict != TC_ACT_OK)
    return verdict;

  __be32 old_addresses[2] = {ip->saddr, ip->daddr}, new_addresses[2];
  __builtin_memcpy(&new_addresses[0], f->source, 4);
  __builtin_memcpy(&new_addresses[1], f->destination, 4);
  const __be16 old_hops = bpf_htons((__u16) (ip->ttl << 8 | ip->protocol));
  ip->ttl -= 1;
  const __be16 new_hops = bpf_htons((__u16) (ip->ttl << 8 | ip->protocol));
  const __be32 old_ports = *(__be32*) udp;
  ip->saddr = new_addresses[0];
  ip->daddr = new_addresses[1];
  udp->source = f->source_port;
  udp->dest = f->destination_port;
  const __be32 new_ports = *(__be32*) udp;
  const __s64 diff = bpf_csum_diff(old_addresses, 8, new_addresses, 8, 0);
  const __u32 ip_check = ETH_HLEN + offsetof(struct iphdr, check);
  bpf_l3_csum_replace(skb, ip_check, 0, (__u64) diff, 0);
  bpf_l3_csum_replace(skb, ip_check, old_hops, new_hops, 2);
  fix_udp(skb, ETH_HLEN + sizeof(struct iphdr) + offsetof(struct udphdr, check), diff, old_ports,
          new_ports);
  return send_on(f);
}

static __always_inline int relay6(struct __sk_buff* skb, void* data, void* end) {
  struct ipv6hdr* ip = data + ETH_HLEN;
  struct udphdr* udp = (void*) (ip + 1);
  struct rtp_header* rtp = (void*) (udp + 1);
  if ((void*) (rtp + 1) > end)
    return TC_ACT_UNSPEC;
  const __u32 udp_bytes = bpf_ntohs(ip->payload_len);
  if (ip->nexthdr != IPPROTO_UDP || !is_plain(rtp) || bpf_ntohs(udp->len) != udp_bytes)
    return TC_ACT_UNSPEC;
  struct tandem_flow_key key = {};
  __builtin_memcpy(key.local, &ip->daddr, 16);
  __builtin_memcpy(key.remote, &ip->saddr, 16);
  key.local_port = udp->dest;
  key.remote_port = udp->source;
  key.family = 6;
  struct tandem_flow* f = bpf_map_lookup_elem(&tandem_flows_1, &key);
  if (!f)
    return TC_ACT_UNSPEC;
  const int verdict = judge(skb, f, rtp, udp_bytes + (__u32) sizeof *ip,
                            udp_bytes - (__u32) sizeof *udp, ip->hop_limit);
  if (verdict != TC_ACT_OK)
    return verdict;

  __be32 before[9], after[9]; /* the word with the hop limit, and the addresses */
  __builtin_memcpy(before, (void*) ip + 4, 36);
  ip->hop_limit -= 1;
  __builtin_memcpy(&ip->saddr, f->source, 16);
  __builtin_memcpy(&ip->daddr, f->destination, 16);
  __builtin_memcpy(after, (void*) ip + 4, 36);
  const __be32 old_ports = *(__be32*) udp;
  udp->source = f->source_port;
  udp->dest = f->destination_port;
  const __be32 new_ports = *(__be32*) udp;
  const __s64 addresses = bpf_csum_diff(before + 1, 32, after + 1, 32, 0);
  const __s64 header = bpf_csum_diff(before, 36, after, 36, 0);
  fix_udp(skb, ETH_HLEN + sizeof(struct ipv6hdr) + offsetof(struct udphdr, check), addresses,
          old_ports, new_ports);
  /* A sum over the whole packet that the card has made: an IPv6 header has no checksum of its own
   * that would make up for its new addresses, as the helper above takes for granted. */
  bpf_csum_update(skb, (__wsum) header);
  return send_on(f);
}

SEC("tc")
int tandem_relay(struct __sk_buff* skb) {
  const __u32 protocol = skb->protocol;
  const __u32 headers = ETH_HLEN + sizeof(struct udphdr) + sizeof(struct rtp_header)
                        + (protocol == bpf_htons(ETH_P_IPV6) ? sizeof(struct ipv6hdr)
                                                             : sizeof(struct iphdr));
  if ((protocol != bpf_htons(ETH_P_IP) && protocol != bpf_htons(ETH_P_IPV6)) || skb->vlan_present
      || skb->gso_size != 0 || skb->len < headers)
    return TC_ACT_UNSPEC;
  /* Some drivers leave the headers in pages. */
  if ((void*) (long) skb->data + headers > (void*) (long) skb->data_end
      && bpf_skb_pull_data(skb, headers) != 0)
    return TC_ACT_UNSPEC;
  void* data = (void*) (long) skb->data;
  void* end = (void*) (long) skb->data_end;
  return protocol == bpf_htons(ETH_P_IP) ? relay4(skb, data, end) : relay6(skb, data, end);
}

char tandem_licence[] SEC("license") = "Apache-2.0";
