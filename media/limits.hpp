#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the packet path. What a stranger sends is dropped and counted beyond them.
namespace tandem::media::limits {

/// A longer datagram is not relayed. Ethernet carries 1,500; RTP does not fragment.
constexpr std::size_t datagram_bytes = 2048;
/// Read from one socket before the next has its turn, so that a flood delays nobody else.
constexpr std::size_t datagrams_per_turn = 32;
/// A socket that has more again so soon is read in larger batches.
constexpr std::chrono::milliseconds burst_gap{1};
/// Thrown away at most when a port changes hands; a socket buffer of the default size holds about
/// 300 and is not refilled while parked.
constexpr std::size_t datagrams_drained = 4096;
/// Ready sockets served between two looks at the command queue.
constexpr int sockets_per_turn = 128;
/// Commands carried out before packets have their turn again.
constexpr std::size_t commands_per_turn = 256;
/// Commands waiting for one worker; about three make a call.
constexpr std::size_t commands_waiting = 16384;

/// Taken from one slot in one second; audio needs 50 to 100. It also ends the circles that
/// signalling can build out of our own ports, where a packet would otherwise run for ever.
constexpr std::uint32_t packets_per_second = 1000;

/// A stream whose last packet is older is silent, for the figures of the node.
constexpr std::chrono::seconds stream_is_heard{5};
/// RTP from the latched source must be missing for this long before the same stream may be taken
/// up from another address.
constexpr std::chrono::seconds latch_silence{2};
/// After an SDP that moves a stream, packets of the old source still under way do not lock it again
/// for this long.
constexpr std::chrono::seconds latch_settle{1};

/// Flows of one node in the kernel (flow_table.hpp), each one direction of a stream; what finds no
/// room is relayed through sockets. Stands in kernel/relay.bpf.c as well.
constexpr std::size_t kernel_flows = 16384;
/// The kernel carries flows on for so long after the last sign of life of the node; a restarted
/// node takes over within it, or from the sockets.
constexpr std::chrono::seconds kernel_lease{5};
/// A packet that comes to the socket in spite of its flow ends the flow; the next is not set up
/// before this.
constexpr std::chrono::seconds flow_pause{1};
/// Not within this after the flow was set up: it may have waited in the socket.
constexpr std::chrono::milliseconds flow_grace{250};

/// Descriptors that are left to the rest of the process: SIP, HTTP, the store.
constexpr std::size_t descriptors_kept = 1024;
/// With fewer pairs per family a node that was asked for more refuses to start.
constexpr std::size_t least_pairs = 16;
constexpr std::size_t most_workers = 64;

} // namespace tandem::media::limits
