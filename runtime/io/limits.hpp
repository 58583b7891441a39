#pragma once

#include <chrono>
#include <cstddef>

namespace tandem {

/// Datagrams handed over in one call of a datagram_handler.
constexpr std::size_t max_datagrams_per_batch = 32;
/// Batches read from a socket before the next ready socket has its turn.
constexpr std::size_t max_batches_per_turn = 2;
/// Turns in one poll: a flood delays timers and commits by no more than
/// 8 turns * 2 batches * 32 datagrams, and what waits in the kernel grows old unseen.
constexpr std::size_t max_turns_per_poll = 8;
/// A slot holds any UDP payload (RFC 768: 65,535 less two headers), so nothing is ever truncated.
constexpr std::size_t datagram_slot_bytes = 65'536;
/// Longest UDP payload over IPv4: 65,535 - 20 - 8.
constexpr std::size_t max_datagram_bytes = 65'507;
/// Asked of the kernel for each signalling socket: bursts while a shard commits are queued there.
constexpr int udp_receive_buffer_bytes = 4 * 1024 * 1024;
constexpr int udp_send_buffer_bytes = 1024 * 1024;

/// Bytes of one stream handed over in one piece, and pieces in one turn of that stream.
constexpr std::size_t stream_read_bytes = 16'384;
constexpr std::size_t max_reads_per_turn = 4;
/// Bytes of one stream that wait for a peer that does not read. What the kernel holds besides is
/// bounded by the send buffer.
constexpr std::size_t max_stream_queue_bytes = std::size_t{512} * 1024;
constexpr int stream_send_buffer_bytes = 128 * 1024;
/// Buffers written by one sendmsg(2).
constexpr std::size_t max_buffers_per_write = 32;
/// Connections accepted from one listener before the next ready socket has its turn; those that
/// wait to be accepted.
constexpr std::size_t max_accepts_per_turn = 16;
constexpr int stream_backlog = 1'024;
/// Descriptors of the process that accepted connections leave to it: a flood of them must not keep
/// the store from its files.
constexpr int descriptors_kept_from_streams = 256;
/// With no descriptor left, connections wait so long before they are tried again.
constexpr std::chrono::milliseconds accept_pause{100};
/// What was sent and is not acknowledged for so long ends the connection: the peer is gone.
constexpr std::chrono::seconds stream_acknowledge_time{20};

/// Largest file that `disk::read_file` will load.
constexpr std::size_t max_file_bytes = std::size_t{64} * 1024 * 1024;

/// Questions of a resolver that are under way at once; one more is refused.
constexpr std::size_t max_dns_questions = 1'024;
/// Addresses kept of one answer.
constexpr std::size_t max_dns_addresses = 16;
/// RFC 1035 §3.1: a name has 255 octets on the wire, 253 characters in writing.
constexpr std::size_t max_dns_name = 253;

} // namespace tandem
