"""kill -9 of the node with calls in every state, and a start right after: nobody redials."""

import collections
import itertools
import json
import statistics
import time
import unittest

from baresip import Baresip
from node import Node, eventually, linger_s
from phone import Phone, establish, hang_up
from phone_audio import both_hear
from probe import Probe

TALKING, RINGING, ON_HOLD = 200, 20, 5
SECONDS, UNTIL_KILL = 8, 2

TO_SPARE = """
[[routes]]
match = "^8"
app = "bridge"
to = "sip:{{user}}@127.0.0.1:{spare[0]}"
[[routes]]
match = "^bob$"
app = "bridge"
to = "sip:bob@127.0.0.1:{spare[2]}"
"""


def of_description(phone, direction):
    return phone.sdp().replace("o=phone 1 1", "o=phone 1 2") + f"a={direction}\r\n"


class Restarted(unittest.TestCase):
    media_ports, extra_ports = 60, 0

    def setUp(self):
        self.node = Node(media_ports=self.media_ports, extra_ports=self.extra_ports,
                         routes=TO_SPARE).start()
        self.addCleanup(self.node.stop)

    def come_back(self):
        """kill -9 and start; returns how long nobody was there."""
        gone = time.monotonic()
        self.node.crash()
        self.node.start(again=True)
        return time.monotonic() - gone

    def said(self, text):
        return [line for line in self.node.log.read_text().splitlines() if text in line]

    def one_cdr_each(self, count):
        """And not one more a while later; nothing of them is stored any more."""
        self.node.cdrs(count)
        self.node.settle(linger_s(self.node.t1_ms))
        records = self.node.cdrs(count)
        keys = collections.Counter(record["key"] for record in records)
        self.assertEqual(len(records), count)
        self.assertEqual([key for key, times in keys.items() if times != 1], [])
        return records

class Killed(Restarted):
    # Half as many again as calls take: the key of a call says which worker's ports are its own.
    media_ports = 6 * (TALKING + RINGING + ON_HOLD)
    extra_ports = 4 * TALKING

    def setUp(self):
        super().setUp()
        self.alice = self.enterContext(Phone(self.node.sip, name="alice"))
        self.bob = self.enterContext(Phone(self.node.sip, self.node.spare[0], "bob"))

    def ring(self, number):
        leg = self.alice.invite(f"8{number}")
        invite = self.bob.expect("INVITE")
        self.bob.reply(invite, 180, "Ringing", tag="b")
        self.alice.expect(180)
        return leg, invite

    def change(self, leg, direction, answer):
        """A re-INVITE of alice, answered by bob."""
        self.alice.request(leg, "INVITE", body=of_description(self.alice, direction))
        self.bob.reply(self.bob.expect("INVITE"), 200, "OK",
                       body=of_description(self.bob, answer))
        self.alice.ack(leg, self.alice.expect(200))
        self.bob.expect("ACK")

    def test_two_hundred_talk_twenty_ring_five_hold(self):
        ringing = [self.ring(number) for number in range(RINGING)]
        holding = [establish(self.alice, self.bob, f"89{number}") for number in range(ON_HOLD)]
        for leg, _ in holding:
            self.change(leg, "sendonly", "recvonly")
        probe = Probe(self.node.sip, self.node.callee, self.node.beyond[0], calls=TALKING,
                      seconds=SECONDS)
        time.sleep(UNTIL_KILL)
        away = self.come_back()

        for leg, invite in ringing:
            self.bob.reply(invite, 200, "OK", tag="b", body=self.bob.sdp())
            self.alice.ack(leg, self.alice.expect(200))
            self.bob.expect("ACK")
        for leg, _ in holding:
            self.change(leg, "sendrecv", "sendrecv")
        for number, (one, other) in enumerate(
                holding + [(leg, self.bob.callee_leg(invite, "b")) for leg, invite in ringing]):
            if number % 2:
                hang_up(self.alice, one, self.bob)
            else:
                hang_up(self.bob, other, self.alice)
        counts = probe.counts()
        gaps = sorted(counts["gaps_ms"])
        restored = self.said("restored ")
        print(json.dumps({"away_s": round(away, 3), "phones": len(gaps), "gap_ms": {
            "least": gaps[0], "median": statistics.median(gaps), "most": gaps[-1]}, **{
                name: counts[name] for name in ("sent", "received", "lost", "silent", "wrong")}}),
            *restored, sep="\n")
        self.assertEqual(counts["silent"], 0)
        for name in ("wrong", "duplicated", "rtcp_wrong"):
            self.assertEqual(counts[name], 0, name)
        self.assertGreater(gaps[0], 50)     # it was away
        self.assertEqual(len(restored), 1)
        self.assertIn(f"restored {TALKING + RINGING + ON_HOLD} calls", restored[0])
        for record in self.one_cdr_each(TALKING + RINGING + ON_HOLD):
            self.assertEqual((record["cause"], record["status"]), ("bye", 200))
        self.alice.quiet()
        self.bob.quiet()

    def test_killed_again_and_again(self):
        """Whenever it dies: calls that end meanwhile have one CDR each."""
        legs = [establish(self.alice, self.bob, f"8{number}") for number in range(12)]
        for number, (leg, _) in enumerate(legs):
            hang_up(self.alice, leg, self.bob)
            if number % 3 == 0:
                self.come_back()
        self.one_cdr_each(len(legs))

    def test_a_torn_last_line(self):
        first, second = (establish(self.alice, self.bob, f"8{number}") for number in range(2))
        hang_up(self.alice, first[0], self.bob)
        self.node.cdrs(1)
        self.node.crash()
        (file,) = (self.node.folder / "data/cdr").glob("*.jsonl")
        whole = file.read_bytes()
        file.write_bytes(whole[:-20])
        self.node.start(again=True)
        hang_up(self.alice, second[0], self.bob)
        eventually("both calls stand in the file", linger_s(self.node.t1_ms),
                   lambda: file.read_text().count("\n") == 3)
        torn, *lines = file.read_bytes().splitlines(keepends=True)
        self.assertEqual(torn, whole[:-20] + b"\n")
        self.assertEqual(len({json.loads(line)["key"] for line in lines}), 2)


class Strangers(Restarted):
    def test_baresip_hears_the_tone_again(self):
        ports = iter(self.node.beyond)
        alice = self.enterContext(Baresip("alice", ports, 440))
        bob = self.enterContext(Baresip(
            "bob", itertools.chain(self.node.spare[2:4], ports), 1000))
        for phone in (alice, bob):
            phone.account(f"127.0.0.1:{self.node.sip}")
        alice.dial("bob")
        bob.answer()
        alice.talks()
        bob.talks()
        both_hear(alice, bob)
        away = self.come_back()
        since = len(alice.recorded()), len(bob.recorded())
        alice.hears(bob.tone, [alice.tone], since=since[0])
        bob.hears(alice.tone, [bob.tone], since=since[1])
        print(f"away for {away:.3f} s; both tones are heard again")
        bob.hang_up()
        alice.expect("CALL_CLOSED")
        self.one_cdr_each(1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
