"""One call at a time, message by message: answer, early media, hang-up, refusal (RFC 3261 §13-15,
RFC 3665 §3)."""

import unittest

from node import RFC_T1_MS, NodeCase, at_port
from phone import TwoPhones, establish, hang_up
from sipp import run_pair


class Calls(TwoPhones):
    def test_call_and_hang_up_by_the_caller(self):
        leg, _ = establish(self.a, self.b)
        hang_up(self.a, leg, self.b)

    def test_call_and_hang_up_by_the_callee(self):
        _, leg = establish(self.a, self.b)
        hang_up(self.b, leg, self.a)

    def test_the_callee_sees_a_dialog_of_the_node(self):
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 486, "Busy Here", tag="b")
        self.b.expect("ACK")
        self.a.ack(leg, self.a.expect(486))
        self.assertEqual(invite.uri, self.b.uri("7100"))
        self.assertNotEqual(invite.get("call-id"), leg.call_id)
        self.assertEqual(len(invite.all("via")), 1)
        self.assertIn(f"@{self.a.node}", invite.contact_uri)
        address, port = invite.audio
        self.assertEqual(address, self.b.address)
        self.assertTrue(self.node.media[0] <= port <= self.node.media[1])

    def test_max_forwards_falls_by_one(self):
        """RFC 7332: else a loop through the node has no end."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 486, "Busy Here", tag="b")
        self.b.expect("ACK")
        self.a.ack(leg, self.a.expect(486))
        self.assertEqual(invite.get("max-forwards"), "69")

    def test_early_media_is_anchored_and_answered(self):
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 183, "Session Progress", tag="b", body=self.b.sdp())
        early = self.a.expect(183)
        self.assertTrue(self.node.media[0] <= early.audio[1] <= self.node.media[1])
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        answer = self.a.expect(200)
        self.assertEqual(answer.audio, early.audio)
        self.assertEqual(answer.tag("to"), early.tag("to"))
        self.a.ack(leg, answer)
        self.b.expect("ACK")
        hang_up(self.a, leg, self.b)

    def test_echo_answers_by_itself(self):
        leg = self.a.invite("9196")
        self.a.ack(leg, self.a.expect(200))
        self.a.bye(leg)
        self.a.expect(200, of="BYE")

    def test_bye_from_both_sides_at_once(self):
        """RFC 3261 §15: each BYE is answered, whoever was first."""
        leg, other = establish(self.a, self.b)
        self.a.bye(leg)
        self.b.bye(other)
        self.a.expect(200, of="BYE")
        self.b.expect(200, 481, of="BYE")
        self.b.reply(self.b.expect("BYE"), 200, "OK")

    def test_the_response_to_the_callers_bye_is_lost(self):
        """RFC 3261 §17.2.2: the same BYE again gets the same answer, and the callee no second."""
        leg, _ = establish(self.a, self.b)
        branch = self.a.bye(leg)
        self.a.expect(200, of="BYE")
        self.a.request(leg, "BYE", branch=branch, cseq=leg.cseq)
        again, _ = self.a.next_datagram()
        self.assertEqual((again.status, again.cseq[1]), (200, "BYE"))
        self.b.reply(self.b.expect("BYE"), 200, "OK")

    def test_the_callees_response_to_the_bye_is_lost(self):
        """RFC 3261 §17.1.2.2: the node sends the BYE again at T1, then 2*T1."""
        leg, _ = establish(self.a, self.b)
        self.a.bye(leg)
        self.a.expect(200, of="BYE")
        first, at = self.b.next_datagram()
        second, later = self.b.next_datagram()
        third, last = self.b.next_datagram()
        self.assertEqual(first.method, "BYE")
        self.assertEqual([first.raw, first.raw], [second.raw, third.raw])
        t1 = self.node.t1_ms / 1000
        self.assertAlmostEqual(later - at, t1, delta=0.6 * t1)
        self.assertAlmostEqual(last - later, 2 * t1, delta=0.8 * t1)
        self.b.reply(first, 200, "OK")

    def test_a_lost_200_is_sent_again_until_the_ack(self):
        """RFC 3261 §13.3.1.4."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        answer = self.a.expect(200)
        again, _ = self.a.next_datagram()
        self.assertEqual(again.raw, answer.raw)
        self.a.ack(leg, answer)
        self.b.expect("ACK")
        hang_up(self.a, leg, self.b)

    def test_a_lost_ack_is_sent_again(self):
        """RFC 3261 §13.2.2.4: every 200 of the callee draws an ACK."""
        leg = self.a.invite("7100")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        self.a.ack(leg, self.a.expect(200))
        ack = self.b.expect("ACK")
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        again, _ = self.b.next_datagram()
        self.assertEqual((again.method, again.cseq), ("ACK", ack.cseq))
        hang_up(self.a, leg, self.b)


class CallsOverTcp(Calls):
    way = "tcp 127.0.0.1"

    # RFC 3261 §17.1.2.2, §17.2.2: there nothing but a 2xx to an INVITE is sent again, and a
    # transaction that is over is forgotten at once.
    test_the_response_to_the_callers_bye_is_lost = None
    test_the_callees_response_to_the_bye_is_lost = None
    # And two connections have no order between them.
    test_bye_from_both_sides_at_once = None


class CallsOverTcp6(CallsOverTcp):
    way = "tcp ::1"


class Calls6(Calls):
    way = "udp ::1"


class Crowds(NodeCase):
    """The same with sipp, forty a second and more, over every way to the node and from it."""

    WAYS = (("udp 127.0.0.1", "udp 127.0.0.1"), ("udp ::1", "udp 127.0.0.1"),
            ("udp 127.0.0.1", "udp ::1"), ("tcp 127.0.0.1", "tcp 127.0.0.1"),
            ("tcp-each 127.0.0.1", "udp ::1"), ("udp 127.0.0.1", "tcp ::1"),
            ("tcp ::1", "tcp 127.0.0.1"))
    CALLEES = ("udp 127.0.0.1", "udp ::1", "tcp 127.0.0.1", "tcp ::1")

    # sipp takes what is sent again for something new, so nothing must be sent again too soon.
    node_options = {"t1_ms": RFC_T1_MS, "media_ports": 960, "listens": CALLEES, "routes": "".join(
        f"""
[[routes]]
match = "^callee{number}$"
app = "bridge"
to = "sip:{{{{user}}}}@{at_port(way.split()[1], "{callee}")};transport={way.split()[0]}"
""" for number, way in enumerate(CALLEES))}

    def crowds(self, caller, callee, calls=100, rate=50, **options):
        for caller_way, callee_way in self.WAYS:
            with self.subTest(caller=caller_way, callee=callee_way):
                sides = run_pair(caller, callee, node_port=self.node.sip,
                                 caller_port=self.node.spare[0], callee_port=self.node.callee,
                                 user=f"callee{self.CALLEES.index(callee_way)}", calls=calls,
                                 rate=rate, caller_way=caller_way, callee_way=callee_way, **options)
                for side in sides:
                    self.assertEqual((side["good"], side["failed"]), (calls, 0))

    def test_calls(self):
        self.crowds("uac_call", "uas_answer", hold_ms=200)

    def test_hold_by_reinvite_and_resume_by_update(self):
        self.crowds("uac_session", "uas_session", calls=40)

    def test_the_offer_comes_late(self):
        self.crowds("uac_late_offer", "uas_late_offer", calls=40, hold_ms=50)

    def test_busy(self):
        self.crowds("uac_busy", "uas_busy")

    def test_cancelled_while_it_rings(self):
        self.crowds("uac_cancel", "uas_ringing", hold_ms=50)

    def test_early_media(self):
        self.crowds("uac_early_media", "uas_early_media", hold_ms=50)


if __name__ == "__main__":
    unittest.main(verbosity=2)
