"""More calls than the node can serve (docs/OVERLOAD.md). Each new call costs it 4 ms of its one
shard (`tandem fault cost`), so it serves 250 a second at most. Offered that, 2.5 and 10 times as
much, it must go on serving them, and refuse the others with 503. Run by hand for the figures:

    python3 tests/e2e/overload_test.py --seconds 20 --factors 0.5 0.9 1 1.5 2.5 5 10

A call is good when the callee has seen it to its end: INVITE, 200, ACK, BYE, 200. Goodput is good
calls a second; its peak is the best of all rates offered. Then a flood comes from one address and
a few calls from another: all of these must be served.
"""

import argparse
import json
import sys

from load_test import cpu_seconds
from node import RFC_T1_MS, SHORT_T1_MS, Node, eventually
from sipp import Sipp

REFUSED = r'tandem_admission_refused_total\{reason="(?:waited|full)"\}'  # for the first time
MODEST_RATE = 20
OTHER_ADDRESS = ("-i", "127.0.0.2")


def steal_s():
    with open("/proc/stat", encoding="ascii") as stat:
        return int(stat.readline().split()[8]) / 100


class Overload:
    def __init__(self, options):
        self.seconds = options.seconds
        self.capacity = 1000 / options.cost_ms
        at_once = int(self.capacity * 5)
        self.node = Node(media_ports=4 * at_once, node_settings="ladder_minutes = 0",
                         admin_settings="fault_injection = true", t1_ms=options.t1_ms).start()
        self.node.console("fault", "cost", str(options.cost_ms))
        self.ports = iter(self.node.spare)
        # It answers all there are, and is stopped with the test.
        self.callee = Sipp("uas_answer", self.node.callee, 10**9, seconds=3600)
        self.served = 0

    def newly_served(self):
        """Calls that the callee has seen to their end; sipp writes its counts once a second."""
        seen = []

        def settled():
            seen.append(int(self.callee.counts().get("SuccessfulCall(C)", 0)))
            return len(seen) > 5 and seen[-1] == seen[-6]

        eventually("the callee's calls end", 30, settled, every=0.25)
        before, self.served = self.served, seen[-1]
        return self.served - before

    def crowd(self, rate, arguments=()):
        calls = int(rate * self.seconds)
        return Sipp("uac_crowd", next(self.ports), calls, peer=self.node.sip, rate=int(rate),
                    at_once=20 * calls, seconds=self.seconds + 45, hold_ms=100,
                    arguments=arguments)

    def offer(self, factor):
        """So many times the capacity from one address, and some calls from another."""
        rate = self.capacity * factor
        refused, modest_refused = self.node.metric(REFUSED), 0
        cpu, steal = cpu_seconds(self.node.process.pid), steal_s()
        modest = self.crowd(MODEST_RATE, OTHER_ADDRESS)
        try:
            crowd = self.crowd(rate)
            try:
                repeated = crowd.wait()["retransmissions"]
                modest.wait()
                modest_refused = int(modest.counts()["refused(C)"])
            finally:
                crowd.kill()
        finally:
            modest.kill()
        return {"factor": factor, "offered": int((rate + MODEST_RATE) * self.seconds),
                "good": self.newly_served(), "refused": int(self.node.metric(REFUSED) - refused),
                "modest_offered": MODEST_RATE * self.seconds, "modest_refused": modest_refused,
                "repeated": repeated,
                "cpu_s": round(cpu_seconds(self.node.process.pid) - cpu, 2),
                "steal_s": round(steal_s() - steal, 2)}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--factors", type=float, nargs="+", default=[1, 2.5, 10])
    parser.add_argument("--seconds", type=int, default=2, help="for each rate")
    parser.add_argument("--cost-ms", type=int, default=4)
    parser.add_argument("--least", type=float, default=0.6,
                        help="goodput that must be left, of the peak")
    parser.add_argument("--t1-ms", type=int, default=SHORT_T1_MS, help=f"the RFC's: {RFC_T1_MS}")
    options = parser.parse_args()
    test = Overload(options)
    try:
        rows = [test.offer(factor) for factor in options.factors]
        peak = max(row["good"] for row in rows) / options.seconds
        for row in rows:
            row["goodput"] = round(row["good"] / options.seconds, 1)
            row["of_peak"] = round(row["goodput"] / peak, 3)
            print(json.dumps(row))
        for row in rows:
            assert row["factor"] < 1 or row["of_peak"] >= options.least, row
            assert row["good"] + row["refused"] == row["offered"], row
            assert row["modest_refused"] <= row["modest_offered"] / 10, row
        test.node.settle()
    except BaseException:
        print(test.node.tail(), file=sys.stderr)
        raise
    finally:
        test.callee.kill()
        test.node.stop()


if __name__ == "__main__":
    main()
