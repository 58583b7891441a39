#pragma once

#include <cstddef>

namespace tandem {

/// Datagrams handed over in one call of a datagram_handler.
constexpr std::size_t max_datagrams_per_batch = 32;
/// Batches read from a socket before the next ready socket has its turn.
constexpr std::size_t max_batches_per_turn = 2;
/// Turns in one poll: a flood delays timers and commits by no more than
/// 4 turns * 2 batches * 32 datagrams.
constexpr std::size_t max_turns_per_poll = 4;
/// A slot holds any UDP payload (RFC 768: 65,535 less two headers), so nothing is ever truncated.
constexpr std::size_t datagram_slot_bytes = 65'536;
/// Longest UDP payload over IPv4: 65,535 - 20 - 8.
constexpr std::size_t max_datagram_bytes = 65'507;
/// Asked of the kernel for each signalling socket: bursts while a shard commits are queued there.
constexpr int udp_receive_buffer_bytes = 4 * 1024 * 1024;
constexpr int udp_send_buffer_bytes = 1024 * 1024;

/// Largest file that `disk::read_file` will load.
constexpr std::size_t max_file_bytes = std::size_t{64} * 1024 * 1024;

/// Questions of a resolver that are under way at once; one more is refused.
constexpr std::size_t max_dns_questions = 1'024;
/// Addresses kept of one answer.
constexpr std::size_t max_dns_addresses = 16;
/// RFC 1035 §3.1: a name has 255 octets on the wire, 253 characters in writing.
constexpr std::size_t max_dns_name = 253;

} // namespace tandem
