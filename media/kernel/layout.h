/* What the program in the kernel and the node share: plain C, since one half is compiled for BPF.
 * Whoever changes a field changes the names of the maps in relay.bpf.c as well: a node takes over
 * the maps of the process before it only under the same name. */
#ifndef TANDEM_MEDIA_KERNEL_LAYOUT_H
#define TANDEM_MEDIA_KERNEL_LAYOUT_H

#include <linux/types.h>

/* Addresses and ports in network order; an IPv4 address is the first four bytes, the rest is 0. */
struct tandem_flow_key {
  __u8 local[16];
  __u8 remote[16];
  __u16 local_port;
  __u16 remote_port;
  __u32 family; /* 4 or 6 */
};

struct tandem_flow {
  /* Set by the node. */
  __u8 source[16];
  __u8 destination[16];
  __u16 source_port;
  __u16 destination_port;
  __u32 interface; /* where it leaves; 0: it came by loopback and stays on this machine */
  __u32 ssrc;      /* host order */
  __u32 clock_rate_hz;
  __u32 most_bytes; /* of the IP packet */
  __u32 packets_per_second;
  __u64 described; /* for the node alone: flow::described */

  /* Kept by the program, begun by the node; RFC 3550 A.1 and A.8. */
  __u64 packets;
  __u64 bytes; /* UDP payload */
  __u64 flooded;
  __u64 expired; /* no hop left */
  __u64 heard_ns;
  __u64 jitter_x16;
  __u64 second_began_ns;
  __u32 taken_this_second;
  __u32 transit;
  __u32 cycles;
  __u32 highest;
};

#endif
