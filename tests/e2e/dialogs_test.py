"""What phones say to each other inside a call: INFO and MESSAGE, offers that meet, requests that are
refused (RFC 3261 §12.2, §14; RFC 6086; RFC 3428 §2)."""

import time
import unittest

from phone import TwoPhones, establish, hang_up

HOLD, HELD = "a=sendonly\r\n", "a=recvonly\r\n"


class Dialogs(TwoPhones):
    def setUp(self):
        super().setUp()
        self.leg, self.other = establish(self.a, self.b)
        self.sides = ((self.a, self.leg, self.b), (self.b, self.other, self.a))

    def tearDown(self):
        hang_up(self.a, self.leg, self.b)
        super().tearDown()

    def refused(self, status, method, **options):
        self.a.request(self.leg, method, **options)
        return self.a.expect(status, of=method)

    def test_info_and_message_from_both_sides(self):
        """Passed on with their bodies; the answer is the other phone's."""
        for one, leg, other in self.sides:
            for method, status in (("INFO", 200), ("MESSAGE", 202), ("INFO", 415)):
                with self.subTest(one=one.name, method=method, status=status):
                    one.request(leg, method, body="Signal=5\r\nDuration=160\r\n")
                    got = other.expect(method)
                    self.assertEqual(got.body, "Signal=5\r\nDuration=160\r\n")
                    self.assertEqual(got.get("content-type"), "application/sdp")
                    other.reply(got, status, "So it is")
                    self.assertEqual(one.expect(status, of=method).start.split(" ", 2)[2],
                                     "So it is")

    def test_both_hold_at_once(self):
        """§14.1, §14.2: 491 to the one, a back-off by the node towards the other; both get their
        way, the caller 2.1 to 4 s later, since the Call-ID towards the callee is the node's."""
        self.a.request(self.leg, "INVITE", body=self.a.sdp() + HOLD)
        offer = self.b.expect("INVITE")
        branch = self.b.request(self.other, "INVITE", body=self.b.sdp() + HOLD)
        self.b.ack_refused(self.other, self.b.expect(491), branch)
        self.b.reply(offer, 491, "Request Pending")
        self.b.expect("ACK")
        since = time.monotonic()
        offer = self.b.expect("INVITE", seconds=6)
        self.assertTrue(2 < time.monotonic() - since < 4.5, time.monotonic() - since)
        self.assertIn(HOLD, offer.body)
        self.b.reply(offer, 200, "OK", body=self.b.sdp() + HELD)
        self.b.expect("ACK")
        answer = self.a.expect(200)
        self.assertIn(HELD, answer.body)
        self.a.request(self.leg, "ACK", cseq=answer.cseq[0])
        self.b.request(self.other, "INVITE", body=self.b.sdp() + "a=inactive\r\n")
        offer = self.a.expect("INVITE")
        self.a.reply(offer, 200, "OK", body=self.a.sdp() + "a=inactive\r\n")
        self.a.expect("ACK")
        answer = self.b.expect(200)
        self.b.request(self.other, "ACK", cseq=answer.cseq[0])

    def test_offers_that_are_refused(self):
        """§14.1: the session stays as it was."""
        for method in ("INVITE", "UPDATE"):
            for body, status in (("v=0\r\nno description\r\n", 400),
                                 (self.a.sdp().replace("RTP/AVP", "RTP/SAVP"), 488)):
                with self.subTest(method=method, status=status):
                    branch = self.a.request(self.leg, method, body=body)
                    told = self.a.expect(status, of=method)
                    if method == "INVITE":
                        self.a.ack_refused(self.leg, told, branch)

    def test_methods(self):
        """§8.2.1: 405 for what is known and not done here, 501 for what is not known."""
        for method, status in (("REFER", 405), ("PRACK", 405), ("PUBLISH", 405),
                               ("SUBSCRIBE", 489), ("NOTIFY", 481), ("DANCE", 501)):
            with self.subTest(method=method):
                told = self.refused(status, method)
                if status in (405, 501):
                    self.assertIn("UPDATE", told.get("allow"))

    def test_an_extension_that_is_required(self):
        """§8.2.2.3."""
        for method in ("OPTIONS", "INFO", "UPDATE"):
            told = self.refused(420, method, headers=["Require: levitation, timer"])
            self.assertEqual(told.get("unsupported"), "levitation")

    def test_another_dialog(self):
        """§12.2.2: 481 for a tag that nobody has."""
        leg = self.a.leg("7100")
        leg.call_id, leg.local, leg.target = self.leg.call_id, self.leg.local, self.leg.target
        leg.remote = self.leg.remote + "x"
        leg.cseq = 10
        self.a.request(leg, "INFO")
        self.a.expect(481, of="INFO")

    def test_an_invite_that_came_by_two_ways(self):
        """§8.2.2.2: 482 to the second one."""
        leg = self.a.invite("7200")
        invite = self.b.expect("INVITE")
        branch = self.a.request(leg, "INVITE", cseq=leg.cseq, body=self.a.sdp())
        told = self.a.expect(482)
        self.a.ack_refused(leg, told, branch)
        self.b.reply(invite, 486, "Busy Here", tag="c")
        self.b.expect("ACK")
        told = self.a.expect(486)
        self.a.ack_refused(leg, told, leg.invite_branch)


class DialogsOverTcp(Dialogs):
    way = "tcp 127.0.0.1"


if __name__ == "__main__":
    unittest.main(verbosity=2)
