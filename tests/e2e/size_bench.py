"""What a standing call costs the node in memory, and that all of it comes back. By hand:

    TANDEM_BIN=build/release/bin python3 -B tests/e2e/size_bench.py [--calls 3600]
    TANDEM_BIN=build/release/bin python3 -B tests/e2e/size_bench.py --direct --calls 10000

A call is two legs with anchored media or, with --direct, of signalling alone. It is measured when
its transactions are gone. Memory is RSS; of it the ladders hold what tandem_trace_bytes says. What
one call takes is the slope from half of the calls to all of them: the code that is in memory then
and what threads have touched grow no more. What RocksDB's memtables hold (0 to 16 MB, by turns) is
taken off. The figure against the started node, with all that in it, stands beside it. More calls
with media need more than 20,000 sockets.
"""

import argparse
import time

from load_test import rss_mb, settled_rss_mb
from node import DIRECT_ROUTE, Node, count_kinds
from phone import Phone, establish, hang_up

LINGER_S = 36  # longer than any transaction (RFC 3261 17: 64*T1)
MEMTABLE_MB = 16  # cluster/store/rocks_database.cpp
SPARE_PORTS = 400  # other programs may have some of a range


def say(what, calls, memory_mb, traces):
    each, ladder = memory_mb * 1000 / calls, traces / calls / 1000
    print(f"{what}: {each:.1f} KB a call, of it ladders {ladder:.1f}, without {each - ladder:.1f}")


def memtables_mb(node):
    """What was written since RocksDB last emptied its memtables: just that is in its newest log."""
    logs = (node.config.parent / "data" / "store").rglob("*.log")
    return max(logs, key=lambda log: int(log.stem)).stat().st_size / 1e6


def measure(node, calls, user, endpoints):
    pid = node.process.pid
    base = rss_mb(pid)
    with Phone(node.sip, name="alice") as alice, Phone(node.sip, node.callee, "bob") as bob:
        legs, half, half_mb, half_own_mb, half_traces = [], calls // 2, 0, 0, 0
        for wanted in (half, calls):
            half_mb, half_traces = rss_mb(pid), node.metric("tandem_trace_bytes")
            half_own_mb = half_mb - memtables_mb(node)
            legs += [establish(alice, bob, user) for _ in range(wanted - len(legs))]
            print(f"{wanted} up: {rss_mb(pid):.1f} MB")
            time.sleep(LINGER_S)
        standing, traces = rss_mb(pid), node.metric("tandem_trace_bytes")
        own_mb = standing - memtables_mb(node)
        kinds = count_kinds(node.tree())  # only now: such a long answer takes memory, too
        assert kinds["call"] == calls and "transaction" not in kinds, kinds
        assert kinds.get("media_endpoint", 0) == endpoints * calls, kinds
        print(f"the started node {base:.1f} MB, {half} calls {half_mb:.1f}, {calls} {standing:.1f}")
        print(f"of it memtables: {half_mb - half_own_mb:.1f}, {standing - own_mb:.1f}")
        say("against the started node", calls, standing - base, traces)
        say("slope, without memtables", calls - half, own_mb - half_own_mb, traces - half_traces)
        for one, _ in legs:
            hang_up(alice, one, bob)
    node.settle()  # actors, calls and ports are at the baseline
    after = settled_rss_mb(pid, 60)
    print(f"all have ended: {after:.1f} MB, actors and ports at the baseline, "
          f"ladders {node.metric('tandem_trace_bytes'):.0f} bytes")
    assert node.metric("tandem_trace_bytes") == 0
    # The allocator's arenas are as large as they were, their free pages have gone back; a memtable
    # of RocksDB, which was empty at the start, has not.
    assert after - base < 0.1 * (standing - base) + 5 + MEMTABLE_MB, (base, standing, after)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=3600)
    parser.add_argument("--direct", action="store_true")
    args = parser.parse_args()
    calls, anchored = args.calls, not args.direct
    user, endpoints = ("7100", 2) if anchored else ("5100", 0)
    # One worker: else the key of a call says whose ports it takes, and one runs out of them.
    # No minutes for ladders: those of ended calls would be in the memory afterwards.
    node = Node(media_ports=4 * calls + SPARE_PORTS if anchored else 2, routes=DIRECT_ROUTE,
                media_settings="workers = 1\nrtp_timeout_s = 3600",
                node_settings="ladder_minutes = 0")
    node.config.write_text(node.config.read_text().replace('address6 = "::1"\n', ""))
    node.start()
    try:
        measure(node, calls, user, endpoints)
    finally:
        node.stop()


if __name__ == "__main__":
    main()
