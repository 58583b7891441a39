"""An hour of calls at a steady rate: whether memory, actors and ports stay where they are. By hand:

    TANDEM_BIN=build/release/bin python3 -B tests/e2e/soak.py --rate 900 --minutes 60

sipp calls sipp through the node, whose transactions linger as long as RFC 3261 wants them to. Each
minute a line says what the node holds. 0 calls may fail; actors, calls and ports must be back at the
baseline afterwards. When the load has been steady for the time of `WARM_MINUTES`, the median of the
memory of the last third may not be above that of the first by more than `GROWTH`.
"""

import argparse
import statistics
import threading
import time

from load_test import cpu_seconds, rss_mb, settled_rss_mb
from node import RFC_T1_MS, Node
from sipp import run_pair

WARM_MINUTES = 3  # calls linger for 32 s; RocksDB's tables of memory have all been filled once
GROWTH = 0.05
FIGURES = {"calls": "tandem_calls", "actors": "tandem_actors",
           "ports free": "tandem_media_pairs_free"}


class Samples(threading.Thread):
    """Reads the node's figures at an interval, until it is stopped."""

    def __init__(self, node, every_s):
        super().__init__()
        self._node, self._every_s, self._over = node, every_s, threading.Event()
        self.rows = []
        self.start()

    def run(self):
        pid, begun = self._node.process.pid, time.monotonic()
        cpu = cpu_seconds(pid)
        while not self._over.wait(self._every_s):
            now = cpu_seconds(pid)
            row = {"minute": (time.monotonic() - begun) / 60, "RSS MB": rss_mb(pid),
                   "CPU": (now - cpu) / self._every_s}
            row |= {name: self._node.metric(metric) for name, metric in FIGURES.items()}
            cpu = now
            self.rows.append(row)
            print("  ".join(f"{name} {value:.2f}" if value < 10 else f"{name} {value:.0f}"
                            for name, value in row.items()), flush=True)

    def stop(self):
        self._over.set()
        self.join()


def slope_mb_per_hour(rows):
    times = [row["minute"] / 60 for row in rows]
    return statistics.linear_regression(times, [row["RSS MB"] for row in rows]).slope


def judge(rows):
    """Prints how the figures went, and fails if memory went up."""
    steady = [row for row in rows if row["minute"] > WARM_MINUTES][:-1]  # the last: it may be over
    third = len(steady) // 3
    assert third, "too short to be judged"
    first, last = (statistics.median(row["RSS MB"] for row in part)
                   for part in (steady[:third], steady[-third:]))
    for name in FIGURES:
        print(f"{name}: {min(row[name] for row in steady):.0f} to "
              f"{max(row[name] for row in steady):.0f}")
    print(f"RSS: {first:.0f} MB in the first third, {last:.0f} in the last; slope "
          f"{slope_mb_per_hour(steady):+.1f} MB an hour")
    assert last < first * (1 + GROWTH), "memory grows"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=900, help="calls a second")
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--every", type=float, default=60, help="seconds between two lines")
    options = parser.parse_args()
    seconds = round(options.minutes * 60)
    calls = options.rate * seconds
    # A trunk: any other address may have 20,000 calls, those included that linger.
    trunk = '[[trunks]]\nname = "carrier"\naddress = "127.0.0.1"\ntrusted = true\n'
    node = Node(media_ports=16000, node_settings="ladder_minutes = 0", t1_ms=RFC_T1_MS,
                routes=trunk)
    # Sockets of IPv6 would take half of the descriptors that a process may have.
    node.config.write_text(node.config.read_text().replace('address6 = "::1"\n', ""))
    node.start()
    try:
        pid = node.process.pid
        before = rss_mb(pid)
        samples = Samples(node, options.every)
        try:
            callers, callees = run_pair(
                "uac_call", "uas_answer", node_port=node.sip, caller_port=node.spare[0],
                callee_port=node.callee, calls=calls, rate=options.rate,
                at_once=options.rate * 5, hold_ms=500, seconds=seconds + 60)
        finally:
            samples.stop()
        node.settle()
        judge(samples.rows)
        print(f"{callers['good']} calls, {callers['failed'] + callees['failed']} failed, "
              f"{callers['retransmissions']} and {callees['retransmissions']} retransmissions; "
              f"actors and ports at the baseline; RSS {before:.0f} MB before, "
              f"{settled_rss_mb(pid):.0f} afterwards")
        assert callers["good"] == callees["good"] == calls, (callers, callees)
    except BaseException:
        print(node.tail())
        raise
    finally:
        node.stop()


if __name__ == "__main__":
    main()
