"""CANCEL at every moment of an INVITE (RFC 3261 §9)."""

import unittest

from phone import TwoPhones, hang_up


class Cancel(TwoPhones):
    def caller_is_told_487(self, leg):
        self.a.expect(200, of="CANCEL")
        self.a.ack(leg, self.a.expect(487, of="INVITE"))

    def callee_obeys(self, invite):
        cancel = self.b.expect("CANCEL")
        self.assertEqual(cancel.branch, invite.branch)  # §9.1
        self.assertEqual(cancel.cseq[0], invite.cseq[0])
        self.b.reply(cancel, 200, "OK", tag="b")
        self.b.reply(invite, 487, "Request Terminated", tag="b")
        self.assertEqual(self.b.expect("ACK").branch, invite.branch)

    def test_while_it_rings(self):
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 180, "Ringing", tag="b")
        self.a.expect(180)
        self.a.cancel(leg)
        self.caller_is_told_487(leg)
        self.callee_obeys(invite)

    def test_before_the_callee_has_said_anything(self):
        """§9.1: the CANCEL waits for a provisional response."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.a.cancel(leg)
        self.a.expect(200, of="CANCEL")
        self.b.quiet()
        self.b.reply(invite, 180, "Ringing", tag="b")
        self.callee_obeys(invite)
        self.a.ack(leg, self.a.expect(487, of="INVITE"))

    def test_a_200_right_behind_the_cancel(self):
        """§9.1, §15: too late for the callee: the node acknowledges his 200, then hangs up."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 180, "Ringing", tag="b")
        self.a.expect(180)
        self.a.cancel(leg)
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        self.caller_is_told_487(leg)
        self.b.reply(self.b.expect("CANCEL"), 200, "OK", tag="b")
        self.b.expect("ACK")
        bye = self.b.expect("BYE")
        self.assertEqual(bye.tag("to"), "b")
        self.b.reply(bye, 200, "OK")

    def test_a_cancel_right_behind_the_200(self):
        """§9.2: no effect on a request that has its final response."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 180, "Ringing", tag="b")
        self.a.expect(180)
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        self.a.cancel(leg)
        self.a.expect(200, of="CANCEL")
        self.a.ack(leg, self.a.expect(200, of="INVITE"))
        self.b.expect("ACK")
        self.b.quiet()
        hang_up(self.a, leg, self.b)

    def test_a_cancel_for_nothing(self):
        """§9.2: 481."""
        leg = self.a.leg("7100")
        self.a.request(leg, "CANCEL")
        self.a.expect(481, of="CANCEL")


class CancelOverTcp(Cancel):
    way = "tcp 127.0.0.1"

    # Two connections have no order between them: either message may be the first.
    test_a_200_right_behind_the_cancel = None
    test_a_cancel_right_behind_the_200 = None


if __name__ == "__main__":
    unittest.main(verbosity=2)
