"""Phones that vanish: no RTP for `media.rtp_timeout_s` ends a call, unless it is on hold; what was
silent while it rang is counted from the answer."""

import time
import unittest

from node import NodeCase
from phone import Phone, establish, hang_up

TIMEOUT_S = 2


class Silence(NodeCase):
    node_options = {"media_settings": f"rtp_timeout_s = {TIMEOUT_S}"}

    def setUp(self):
        self.a = self.enterContext(Phone(self.node.sip, name="alice"))
        self.b = self.enterContext(Phone(self.node.sip, self.node.callee, name="bob"))

    def ended(self):
        """Both sides get a BYE; returns when the first came."""
        self.b.reply(self.b.expect("BYE", seconds=3 * TIMEOUT_S), 200, "OK")
        at = time.monotonic()
        self.a.reply(self.a.expect("BYE"), 200, "OK")
        return at

    def test_neither_speaks(self):
        before = len(self.node.cdrs(0))
        establish(self.a, self.b)
        since = time.monotonic()
        self.assertGreater(self.ended() - since, TIMEOUT_S / 2)
        detail = self.node.cdrs(before + 1)[-1]
        self.assertEqual((detail["cause"], detail["hung_up_by"]), ("RTP timeout", "node"))
        self.assertEqual(detail["status"], 200)

    def test_silence_since_it_rang(self):
        """The early media fell silent long before the answer: the answer gets its full time."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 183, "Session Progress", tag="b", body=self.b.sdp())
        self.a.expect(183)
        self.a.quiet(2 * TIMEOUT_S)
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        self.a.ack(leg, self.a.expect(200))
        self.b.expect("ACK")
        since = time.monotonic()
        self.assertGreater(self.ended() - since, TIMEOUT_S / 2)

    def test_on_hold(self):
        """RFC 3264 §8.4: nobody is missed on hold, whichever way."""
        for offered, answered in (("sendonly", "recvonly"), ("recvonly", "sendonly"),
                                  ("inactive", "inactive")):
            with self.subTest(offered=offered):
                leg = self.a.invite("7100", body=self.a.sdp() + f"a={offered}\r\n")
                invite = self.b.expect("INVITE")
                self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp() + f"a={answered}\r\n")
                self.a.ack(leg, self.a.expect(200))
                self.b.expect("ACK")
                self.a.quiet(2 * TIMEOUT_S)
                self.b.quiet(0.1)
                hang_up(self.a, leg, self.b)


class Retries(NodeCase):
    """RFC 3261 §8.1.3.5: refused, and tried again with the same Call-ID and From tag."""

    def test_retry(self):
        with Phone(self.node.sip, name="alice") as a, \
                Phone(self.node.sip, self.node.callee, name="bob") as b:
            leg = a.invite("7100")
            callee = leg.remote
            b.reply(b.expect("INVITE"), 486, "Busy Here", tag="b")
            b.expect("ACK")
            a.ack(leg, a.expect(486))
            leg.remote = callee
            leg.invite_branch = a.request(leg, "INVITE", body=a.sdp())
            invite = b.expect("INVITE")
            b.reply(invite, 200, "OK", tag="b", body=b.sdp())
            a.ack(leg, a.expect(200))
            b.expect("ACK")
            hang_up(a, leg, b)
            a.quiet(0.1)
            b.quiet(0.1)
            self.assertEqual([(d["status"], d["cause"]) for d in self.node.cdrs(2)],
                             [(486, "rejected"), (200, "bye")])


if __name__ == "__main__":
    unittest.main(verbosity=2)
