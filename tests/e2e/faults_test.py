"""Throws in the actors of live calls, wanted through the admin API.

    faults_test.py [--calls 40] [--throws 100] [--poison 1000] [--seed N]

By hand `--calls 200 --throws 500` is the whole of it. Throws strike calls with RTP in a leg, a
dialog, a transaction, a media endpoint, the application and the call itself, before and after the
commit, while their phones change and ask things; no call is lost, no packet, and either side hangs
up.
"""

import argparse
import json
import random
import subprocess
import sys
import unittest

from crowd import Call, Crowd
from node import BIN, Node, PortBlock

OPTIONS = argparse.Namespace(calls=40, throws=100, poison=1000, seed=0)
TARGETS = (("calls/{key}", None), ("calls/{key}/**", "app"), ("calls/{key}/**", "leg"),
           ("calls/{key}/**", "dialog"), ("calls/{key}/**", "transaction"),
           ("calls/{key}/**", "media_endpoint"))
GAP_MS = 100


class Streams:
    """RTP both ways in all calls, by rtp_probe."""

    def __init__(self, first_port, calls, seconds):
        self.first = first_port
        self.process = subprocess.Popen(
            [BIN / "rtp_probe", "--rtp", str(first_port), "--calls", str(calls),
             "--seconds", str(seconds)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.process.stdout.readline() == "ready\n"

    def ports(self, call):
        return self.first + 4 * call, self.first + 4 * call + 2

    def start(self, calls):
        for call in calls:
            self.process.stdin.write(f"{call.caller.media} {call.callee.media}\n")
        self.process.stdin.close()

    def result(self):
        text = self.process.stdout.read()
        assert self.process.wait(30) == 0
        return json.loads(text)

    def end(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()


def media_ports(pairs, calls):
    """Enough for so many socket pairs, with room in the last block of 500 for the phones'."""
    ports = 40 + 2 * pairs + 4 * calls
    return -(-ports // PortBlock.SIZE) * PortBlock.SIZE - 40 - 4 * calls


class FaultCase(unittest.TestCase):
    calls = 0
    more_pairs = 40  # those of calls that have ended are not given to others at once

    def setUp(self):
        self.random = random.Random(OPTIONS.seed)
        print(f"\nseed {OPTIONS.seed}", flush=True)
        self.node = Node(media_ports=media_ports(2 * self.calls + self.more_pairs, self.calls),
                         node_settings='log_level = "error"',
                         admin_settings="fault_injection = true").start()
        self.addCleanup(self._stop)
        self.crowd = Crowd(self.node.sip, self.node.spare[0], self.node.callee)
        self.addCleanup(self.crowd.close)

    def _stop(self):
        try:
            self.node.settle()
        finally:
            self.node.stop()

    def arm(self, **what):
        status, body = self.node.request("POST", "/api/v1/faults", json.dumps(what))
        self.assertEqual(status, 201, body)
        return json.loads(body)["id"]

    def disarm(self):
        self.assertEqual(self.node.request("DELETE", "/api/v1/faults")[0], 200)

    def fired(self):
        return sum(fault["fired"] for fault in self.node.get("/api/v1/faults")["faults"])

    def connect(self, count, streams, first_user=70000):
        made = []
        for i in range(count):
            call = Call(self.crowd, str(first_user + i), streams.ports(i))
            self.assertEqual(self.crowd.invite(call).status, 200)
            made.append(call)
        return made

    def row(self, key):
        return self.node.get(f"/api/v1/calls/{key}")["tree"]

    def hang_up(self, calls):
        """From either side in turn: 200, and the other one hears of it."""
        for i, call in enumerate(calls):
            mine, other = call.sides if i % 2 else call.sides[::-1]
            answer = mine.request("BYE")
            self.assertEqual(answer and answer.status, 200, f"BYE of {mine.name} {call.user}")
            self.assertTrue(other.over.wait(10), f"{other.name} of {call.user} hears no BYE")


class Throws(FaultCase):
    calls = OPTIONS.calls

    def test_throws_while_they_talk(self):
        seconds = max(10, OPTIONS.throws // 8)
        streams = Streams(self.node.beyond[0], self.calls, seconds)
        self.addCleanup(streams.end)
        calls = self.connect(self.calls, streams)
        streams.start(calls)
        hit = self.throw_at(calls, OPTIONS.throws)
        counts = streams.result()
        gaps = counts.pop("gaps_ms")
        worst = [max(gaps[2 * i:2 * i + 2]) for i in range(self.calls)]
        of_hit = [worst[i] for i in sorted(hit)]
        others = [worst[i] for i in range(self.calls) if i not in hit]
        print(json.dumps(counts))
        print(f"{sum(map(len, hit.values()))} throws in {len(hit)} of {self.calls} calls; longest "
              f"gap of a hit call {max(of_hit)} ms, of the others {max(others)} ms", flush=True)
        for name in ("lost", "duplicated", "wrong", "rtcp_wrong"):
            self.assertEqual(counts[name], 0, name)
        self.assertLessEqual(max(of_hit), max(GAP_MS, max(others)))
        self.look_at_tree(calls, hit)
        self.assertEqual(len(self.node.calls()), self.calls)
        self.hang_up(calls)
        causes = [record["cause"] for record in self.node.cdrs(self.calls)]
        self.assertEqual(causes, ["bye"] * self.calls)
        self.assertEqual(self.crowd.surprises, [])

    def throw_at(self, calls, throws):
        """Returns what struck each call, by its index."""
        hit = {}
        queue = []
        while sum(map(len, hit.values())) < throws:
            some = len(calls) * 4 // 5  # the others show what the machine does to a stream
            queue = queue or self.random.sample(range(some), some)
            index = queue.pop()
            path, kind = self.random.choice(TARGETS)
            what = {"fault": "throw", "path": path.format(key=calls[index].key),
                    "entry": self.random.randint(1, 2),
                    "when": self.random.choice(("before_commit", "after_commit"))}
            if kind:
                what["kind"] = kind
            self.arm(**what)
            self.provoke(calls[index])
            self.disarm()
            hit.setdefault(index, []).append(kind or "call")
        return hit

    def provoke(self, call):
        """Requests within the dialogs, until it has happened."""
        for _ in range(10):
            side = self.random.choice(call.sides)
            how = self.random.choice(("INVITE", "INVITE", "UPDATE", "INFO", "OPTIONS"))
            if how in ("INVITE", "UPDATE"):
                answer = side.request(how, "sdp", raise_version=True)
            else:
                answer = side.request(how, "Signal=1\r\n" if how == "INFO" else "")
            # 500: it was set aside. 491, 408: what stood in its way was (RFC 3261 §14.1).
            self.assertIn(answer and answer.status, (200, 500, 491, 408),
                          f"{how} of {side.name} {call.user}")
            if self.fired():
                return
        self.fail(f"nothing of call {call.key} came to the actor that was to throw")

    def look_at_tree(self, calls, hit):
        for index, kinds in hit.items():
            row = self.row(calls[index].key)
            self.assertEqual(row["restarts"], len(kinds), calls[index].key)
            self.assertTrue(row["last_error"].endswith("injected fault"), row["last_error"])
        text = self.node.console("tree", "--limit", "0")
        self.assertIn("injected fault", text)


class Poison(FaultCase):
    calls = 10
    more_pairs = 2 * OPTIONS.poison

    def test_messages_that_throw_every_time(self):
        """A thousand of them: an INFO in calls, and the INVITE of calls to another application.
        Calls that get neither talk on."""
        streams = Streams(self.node.beyond[0], self.calls, 15)
        self.addCleanup(streams.end)
        bystanders = self.connect(self.calls, streams)
        streams.start(bystanders)
        self.arm(fault="throw", path="calls/*/leg 0/INFO*", times=0)
        self.arm(fault="throw", path="calls/*/app echo", times=0)
        sent = 0
        victims = 0
        while sent < OPTIONS.poison // 2:
            call = Call(self.crowd, str(75000 + victims), streams.ports(self.calls))
            self.assertEqual(self.crowd.invite(call).status, 200)
            victims += 1
            while not call.caller.over.is_set():
                answer = call.caller.request("INFO", "Signal=1\r\n")
                sent += 1
                self.assertIn(answer and answer.status, (500, 481), call.user)
                if answer.status == 500 and sent % 6 == 0:
                    self.assertTrue(call.caller.over.wait(5), "beyond the intensity: BYE")
            self.assertTrue(call.callee.over.wait(10), "BYE to the callee, too")
        refused = OPTIONS.poison - sent
        for i in range(refused):
            call = Call(self.crowd, "9196", streams.ports(self.calls))
            self.assertEqual(self.crowd.invite(call).status, 500)
        print(f"{sent} INFOs ended {victims} calls, {refused} INVITEs were refused", flush=True)
        self.disarm()
        counts = streams.result()
        print(f"others: longest gap {max(counts.pop('gaps_ms'))} ms, {json.dumps(counts)}")
        self.assertEqual((counts["lost"], counts["wrong"], counts["duplicated"]), (0, 0, 0))
        records = self.node.cdrs(victims + refused)
        self.assertEqual([r["cause"] for r in records], ["internal failure"] * (victims + refused))
        self.assertEqual(len(self.node.calls()), self.calls)
        rows = [self.row(call.key) for call in bystanders]
        self.assertEqual([(row["restarts"], row["last_error"]) for row in rows],
                         [(0, "")] * self.calls)
        self.hang_up(bystanders)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    for name, value in vars(OPTIONS).items():
        parser.add_argument(f"--{name}", type=int, default=value)
    parser.parse_args(namespace=OPTIONS)
    OPTIONS.seed = OPTIONS.seed or random.SystemRandom().randrange(1, 1 << 32)
    Throws.calls = OPTIONS.calls
    Poison.more_pairs = 2 * OPTIONS.poison
    unittest.main(verbosity=2, argv=sys.argv[:1])
