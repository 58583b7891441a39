"""What ends by time alone. Slow by nature (64*T1 = 32 s), so all stories wait at the same time."""

import threading
import time
import unittest

from node import RFC_T1_MS, NodeCase
from phone import REFUSED, Phone, establish

DOUBLING_TO_T2 = [0, 0.5, 1.5, 3.5, 7.5, 11.5, 15.5, 19.5, 23.5, 27.5, 31.5]


class Timeouts(NodeCase):
    node_options = {"sip_settings": "ring_timeout_s = 4", "t1_ms": RFC_T1_MS}

    def setUp(self):
        self.callee = self.enterContext(Phone(self.node.sip, self.node.callee, name="bob"))
        self.phones = {name: self.enterContext(Phone(self.node.sip, name=name))
                       for name in ("lost_bye", "lost_ack", "no_answer", "silent")}

    def test_all_at_once(self):
        caller = self.phones["lost_bye"]
        leg, other = establish(caller, self.callee)
        legs, self.invites = {}, {"lost_bye": other.invite}
        for name in ("lost_ack", "no_answer", "silent"):
            legs[name] = self.phones[name].invite("7100"), time.monotonic()
            self.invites[name] = self.callee.expect("INVITE")
        self.callee.reply(self.invites["no_answer"], 180, "Ringing", tag="b")
        self.callee.reply(self.invites["lost_ack"], 200, "OK", tag="b", body=self.callee.sdp())
        stories = [self.in_background(getattr(self, name), self.phones[name], *legs[name])
                   for name in legs]
        caller.bye(leg)
        self.callee_side()
        caller.expect(200, of="BYE")
        for join in stories:
            join()

    def in_background(self, check, *args):
        failed = []

        def body():
            try:
                check(*args)
            except BaseException as error:  # handed to the test's own thread
                failed.append(error)

        thread = threading.Thread(target=body)
        thread.start()

        def join():
            thread.join(60)
            self.assertFalse(thread.is_alive(), check.__name__)
            if failed:
                raise failed[0]
        return join

    def lost_ack(self, caller, _, since):
        """RFC 3261 §13.3.1.4: the 200 again at T1 doubling to T2 for 64*T1, then a BYE."""
        times = []
        while not (got := caller.next_datagram(45))[0].is_request:
            if got[0].status == 200:
                times.append(got[1])
        self.assertEqual(got[0].method, "BYE")
        self.assertAlmostEqual(got[1] - times[0], 32, delta=3)
        self.check_times(times)
        caller.reply(got[0], 200, "OK")

    def no_answer(self, caller, leg, since):
        """It rings until the ring time-out; then the caller is told, the callee cancelled."""
        caller.expect(180)
        told = caller.expect(REFUSED, seconds=12)
        self.assertIn(told.status, (408, 480, 487))
        self.assertAlmostEqual(time.monotonic() - since, 4, delta=2)
        caller.ack(leg, told)

    def silent(self, caller, leg, since):
        """A callee that says nothing at all: the ring time-out comes before timer B."""
        told = caller.expect(REFUSED, seconds=45)
        self.assertIn(told.status, (408, 480, 487, 503, 504))
        caller.ack(leg, told)

    def callee_side(self):
        """Answers what must be answered, and nothing to the call named lost_bye: timer F
        (§17.1.2.2) must end that one after eleven BYEs."""
        story = {invite.get("call-id"): name for name, invite in self.invites.items()}
        ended, byes = set(), []
        end = time.monotonic() + 42
        while time.monotonic() < end:
            got = self.callee.receive(0.5)
            if not got or not got[0].is_request:
                continue
            message, name = got[0], story[got[0].get("call-id")]
            if message.method == "CANCEL":
                ended.add(name)
                self.callee.reply(message, 200, "OK", tag="b")
                self.callee.reply(self.invites[name], 487, "Request Terminated", tag="b")
            elif message.method == "BYE" and name == "lost_bye":
                byes.append(got[1])
            elif message.method == "BYE":
                ended.add(name)
                self.callee.reply(message, 200, "OK")
        self.assertEqual(ended, {"lost_ack", "no_answer"})
        self.check_times(byes)

    def check_times(self, times):
        self.assertEqual(len(times), len(DOUBLING_TO_T2))
        for real, due in zip(times, DOUBLING_TO_T2):
            self.assertAlmostEqual(real - times[0], due, delta=1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
