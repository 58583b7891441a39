"""Several answers to one INVITE: a proxy behind the node forked it (RFC 3261 §13.2.2.4)."""

import unittest

from phone import TwoPhones, hang_up


class Forks(TwoPhones):
    def test_two_answers(self):
        """Both are acknowledged, the surplus one is hung up, the caller sees one call."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 200, "OK", tag="first", body=self.b.sdp())
        self.b.reply(invite, 200, "OK", tag="second", body=self.b.sdp())
        self.a.ack(leg, self.a.expect(200))
        acked = {self.b.expect("ACK").tag("to"), self.b.expect("ACK").tag("to")}
        self.assertEqual(acked, {"first", "second"})
        bye = self.b.expect("BYE")
        self.assertEqual(bye.tag("to"), "second")
        self.b.reply(bye, 200, "OK")
        self.b.quiet()
        self.a.quiet()
        self.a.bye(leg)
        self.a.expect(200, of="BYE")
        bye = self.b.expect("BYE")
        self.assertEqual(bye.tag("to"), "first")
        self.b.reply(bye, 200, "OK")

    def test_two_early_dialogs_and_one_answer(self):
        """§12.1: the call goes on in the dialog that was answered."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 180, "Ringing", tag="first")
        self.b.reply(invite, 183, "Session Progress", tag="second", body=self.b.sdp())
        self.a.expect(180)
        self.a.expect(183)
        self.b.reply(invite, 200, "OK", tag="second", body=self.b.sdp())
        self.a.ack(leg, self.a.expect(200))
        self.assertEqual(self.b.expect("ACK").tag("to"), "second")
        hang_up(self.a, leg, self.b)


class ForksOverTcp(Forks):
    way = "tcp 127.0.0.1"


if __name__ == "__main__":
    unittest.main(verbosity=2)
