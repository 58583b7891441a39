"""How long a node with many calls needs to be back after kill -9, and what a call costs it. By hand:

    TANDEM_BIN=build/release/bin python3 -B tests/e2e/restart_bench.py [--calls 4700]
    TANDEM_BIN=build/release/bin python3 -B tests/e2e/restart_bench.py --direct --calls 10000

A call has two legs and four sockets, so the limit of open files bounds them: 4700 with 20,000. With
--direct it has none.
"""

import argparse
import os
import time

from node import DIRECT_ROUTE, Node
from phone import Phone, establish, hang_up

TICKS = os.sysconf("SC_CLK_TCK")
SAMPLE = 100


def cpu_s(process):
    fields = open(f"/proc/{process.pid}/stat", encoding="ascii").read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def start(node, again):
    begin = time.monotonic()
    node.start(again=again)
    return time.monotonic() - begin, cpu_s(node.process)


def measure(node, calls, user):
    empty_s, empty_cpu_s = start(node, again=False)
    with Phone(node.sip, name="alice") as alice, Phone(node.sip, node.callee, "bob") as bob:
        legs = [establish(alice, bob, user) for _ in range(calls)]
        time.sleep(7)  # transactions go, as they have in calls that stand
        node.crash()
        back_s, back_cpu_s = start(node, again=True)
        (line,) = (line for line in node.log.read_text().splitlines() if "restored " in line)
        print(line)
        print(f"an empty node: ready after {empty_s:.2f} s, {empty_cpu_s:.2f} s of CPU")
        print(f"{calls} calls: ready after {back_s:.2f} s, {back_cpu_s:.2f} s of CPU, "
              f"{1000 * (back_cpu_s - empty_cpu_s) / calls:.3f} ms a call")
        assert len(node.calls()) == calls, len(node.calls())
        for number in range(0, calls, max(1, calls // SAMPLE)):
            one, other = legs[number]
            if number % 2:
                hang_up(alice, one, bob)
            else:
                hang_up(bob, other, alice)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=4700)
    parser.add_argument("--direct", action="store_true")
    args = parser.parse_args()
    calls, anchored = args.calls, not args.direct
    # One worker: else the key of a call says whose ports it takes, and one runs out of them.
    node = Node(media_ports=4 * calls if anchored else 2, routes=DIRECT_ROUTE,
                media_settings="workers = 1\nrtp_timeout_s = 3600")
    node.config.write_text(node.config.read_text().replace('address6 = "::1"\n', ""))
    try:
        measure(node, calls, "7100" if anchored else "5100")
    finally:
        node.stop()


if __name__ == "__main__":
    main()
