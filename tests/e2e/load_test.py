"""Calls at a steady rate through the node: sipp to sipp. Run by hand for the figures:

    python3 tests/e2e/load_test.py --rate 200 --seconds 60

0 calls may fail. Retransmissions, CPU and memory are reported, not judged: they depend on the
machine. Afterwards actors, calls and ports must be back at the baseline; memory is read when the
node has had time to give back what the crowd of calls took (its ladders, else kept for minutes, are
turned off).
"""

import argparse
import json
import os
import re
import sys

from node import RFC_T1_MS, Node, eventually
from sipp import run_pair


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def rss_mb(pid):
    with open(f"/proc/{pid}/statm", encoding="ascii") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def settled_rss_mb(pid, seconds=20):
    """Waits until memory has stopped falling: the node gives it back some seconds after the last
    call, not at once."""
    seen = [rss_mb(pid)]

    def falls_no_more():
        seen.append(rss_mb(pid))
        return len(seen) > 7 and seen[-8] - seen[-1] < 0.5

    eventually("memory stops falling", seconds, falls_no_more, every=1)
    return seen[-1]


def quantile_s(node, histogram, share):
    """The bound of the first bucket that holds this share of what was observed."""
    text = node.request("GET", "/metrics")[1]
    buckets = [(float(bound), float(count)) for bound, count in
               re.findall(rf'^{histogram}_bucket{{.*le="([^"]+)"}} (\S+)$', text, re.M)]
    return next(bound for bound, count in buckets if count >= share * buckets[-1][1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=int, default=200, help="calls a second")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--hold-ms", type=int, default=500, help="talk time of a call")
    parser.add_argument("--t1-ms", type=int, default=RFC_T1_MS)
    options = parser.parse_args()
    calls = options.rate * options.seconds
    at_once = int(options.rate * (options.hold_ms / 1000 + 4)) + 50
    # Four ports a call and room for what is in quarantine after its end.
    node = Node(media_ports=min(16000, 4 * at_once // 2 * 2),
                node_settings="ladder_minutes = 0", t1_ms=options.t1_ms).start()
    try:
        pid = node.process.pid
        cpu, rss = cpu_seconds(pid), rss_mb(pid)
        callers, callees = run_pair(
            "uac_call", "uas_answer", node_port=node.sip, caller_port=node.spare[0],
            callee_port=node.callee, calls=calls, rate=options.rate, at_once=at_once,
            hold_ms=options.hold_ms, seconds=options.seconds + 30)
        cpu, peak = cpu_seconds(pid) - cpu, rss_mb(pid)
        assert callers["failed"] == callees["failed"] == 0, (callers, callees)
        assert callers["good"] == callees["good"] == calls, (callers, callees)
        node.settle()
        print(json.dumps({
            "calls": calls, "rate": options.rate, "seconds": options.seconds, "failed": 0,
            "retransmissions_caller": callers["retransmissions"],
            "retransmissions_callee": callees["retransmissions"],
            "cpu_ms_per_call": round(1000 * cpu / calls, 3),
            # Two commits stand between an INVITE and its 180.
            "commit_ms_p99": 1000 * quantile_s(node, "tandem_call_commit_seconds", 0.99),
            "rss_mb": {"before": round(rss, 1), "at_load": round(peak, 1),
                       "settled": round(settled_rss_mb(pid), 1)}}))
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        node.stop()


if __name__ == "__main__":
    main()
