"""Several answers to one INVITE: a proxy behind the node forked it (RFC 3261 §13.2.2.4), or the node
itself, to all the phones of a user (§16.7)."""

import unittest

from node import NodeCase
from phone import Phone, TwoPhones, hang_up
from register_test import TRUSTED, Registrations, user_tables


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


class ThreePhones(NodeCase):
    """1001 has three phones."""

    node_options = {"routes": TRUSTED + user_tables(["1001"])}

    def setUp(self):
        self.a, *self.phones = (self.enterContext(Phone(self.node.sip, name=name, way=self.way))
                                for name in ("alice", "desk", "kitchen", "mobile"))
        self.registered = [Registrations(phone, "1001") for phone in self.phones]
        for registered in self.registered:
            registered.put(registered.contact, "Expires: 300")

    def tearDown(self):
        self.registered[0].put("Contact: *", "Expires: 0")
        for phone in (self.a, *self.phones):
            phone.quiet(0.2)

    def ring(self):
        leg = self.a.invite("1001")
        invites = [phone.expect("INVITE") for phone in self.phones]
        for phone, invite in zip(self.phones, invites):
            phone.reply(invite, 180, "Ringing", tag=phone.name)
        self.a.expect(180)
        return leg, invites

    def cancelled(self, phone, invite):
        """§9.1, RFC 3326: returns the Reason that the phone was given."""
        cancel = phone.expect("CANCEL")
        self.assertEqual(cancel.branch, invite.branch)
        phone.reply(cancel, 200, "OK", tag=phone.name)
        phone.reply(invite, 487, "Request Terminated", tag=phone.name)
        self.assertEqual(phone.expect("ACK").branch, invite.branch)
        return cancel.get("reason")

    def test_one_answers_and_the_others_are_cancelled(self):
        leg, invites = self.ring()
        desk, kitchen, mobile = self.phones
        kitchen.reply(invites[1], 200, "OK", tag="kitchen", body=kitchen.sdp())
        self.a.ack(leg, self.a.expect(200))
        kitchen.expect("ACK")
        for phone, invite in ((desk, invites[0]), (mobile, invites[2])):
            self.assertIn("cause=200", self.cancelled(phone, invite))
        hang_up(self.a, leg, kitchen)

    def test_one_refuses_one_is_too_late(self):
        """§13.2.2.4: the 200 that crosses the CANCEL is acknowledged and hung up."""
        leg, invites = self.ring()
        desk, kitchen, mobile = self.phones
        desk.reply(invites[0], 486, "Busy Here", tag="desk")
        desk.expect("ACK")
        mobile.reply(invites[2], 200, "OK", tag="mobile", body=mobile.sdp())
        cancel = kitchen.expect("CANCEL")
        kitchen.reply(invites[1], 200, "OK", tag="kitchen", body=kitchen.sdp())
        kitchen.reply(cancel, 200, "OK", tag="kitchen")
        kitchen.expect("ACK")
        kitchen.reply(kitchen.expect("BYE"), 200, "OK")
        self.a.ack(leg, self.a.expect(200))
        mobile.expect("ACK")
        hang_up(self.a, leg, mobile)

    def test_the_caller_gives_up(self):
        leg, invites = self.ring()
        self.a.cancel(leg)
        self.a.expect(200, of="CANCEL")
        self.a.ack(leg, self.a.expect(487))
        for phone, invite in zip(self.phones, invites):
            self.assertIsNone(self.cancelled(phone, invite))


class ThreePhonesOverTcp(ThreePhones):
    way = "tcp 127.0.0.1"


if __name__ == "__main__":
    unittest.main(verbosity=2)
