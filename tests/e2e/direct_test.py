"""Calls over a route with direct media: each phone reads what the other one described, whatever it
is, and the node takes no ports (RFC 3264)."""

import unittest

from node import DIRECT_ROUTE, MEDIA_FREE, count_kinds
from phone import TwoPhones, establish, hang_up

# What no anchored call could carry.
MORE = """m=audio 4000 RTP/SAVP 0\r
c=IN IP4 192.0.2.9\r
a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:d0RmdmcmVCspeEc3QGZiNWpVLFJhQX1cfHAwJSoj\r
m=image 4002 udptl t38\r
"""


def media_lines(message):
    """All of a description but its o= line."""
    return [line for line in message.body.splitlines() if not line.startswith("o=")]


def origin(message):
    """(session, version) of the o= line."""
    line = next(line for line in message.body.splitlines() if line.startswith("o="))
    return line.split()[1], int(line.split()[2])


class Direct(TwoPhones):
    node_options = {"routes": DIRECT_ROUTE}

    def assert_passed_on(self, body, message):
        self.assertEqual(media_lines(message),
                         [line for line in body.splitlines() if not line.startswith("o=")])
        self.assertNotIn("o=phone", message.body)

    def test_each_phone_is_told_where_the_other_listens(self):
        offer, answer = self.a.sdp() + MORE, self.b.sdp() + MORE
        leg = self.a.invite("5100", body=offer)
        invite = self.b.expect("INVITE")
        self.assert_passed_on(offer, invite)
        self.b.reply(invite, 183, "Session Progress", tag="b", body=answer)
        early = self.a.expect(183)
        self.assert_passed_on(answer, early)
        self.b.reply(invite, 200, "OK", tag="b", body=answer)
        taken = self.a.expect(200)
        self.assertEqual(taken.body, early.body)
        self.a.ack(leg, taken)
        self.b.expect("ACK")
        kinds = count_kinds(self.node.tree())
        self.assertIn("leg", kinds)
        self.assertNotIn("media_endpoint", kinds)
        self.assertEqual(self.node.metric(MEDIA_FREE), self.node.baseline_media)
        self.assertEqual([leg["media"] for call in self.node.calls() for leg in call["legs"]
                          if leg["media"] is not None], [])
        hang_up(self.a, leg, self.b)
        self.assertNotIn("packets_in", self.node.cdrs(1)[0]["legs"][0])

    def test_hold_is_passed_on_under_a_higher_version(self):
        leg, other = establish(self.a, self.b, "5100")
        before = origin(other.invite)
        hold = self.a.sdp().replace("m=audio", "a=sendonly\r\nm=audio")
        self.a.request(leg, "INVITE", body=hold)
        held = self.b.expect("INVITE")
        self.assert_passed_on(hold, held)
        self.assertEqual(origin(held), (before[0], before[1] + 1))
        self.b.reply(held, 200, "OK", body=self.b.sdp())
        answer = self.a.expect(200)
        self.assert_passed_on(self.b.sdp(), answer)
        self.a.ack(leg, answer)
        self.b.expect("ACK")
        hang_up(self.a, leg, self.b)

    def test_an_offer_in_the_2xx_is_answered_in_the_ack(self):
        leg = self.a.invite("5100", body="")
        invite = self.b.expect("INVITE")
        self.assertEqual(invite.body, "")
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp() + MORE)
        offer = self.a.expect(200)
        self.assert_passed_on(self.b.sdp() + MORE, offer)
        leg.remote, leg.target = offer.get("to"), offer.contact_uri
        answer = self.a.sdp() + MORE
        self.a.request(leg, "ACK", cseq=offer.cseq[0], body=answer)
        self.assert_passed_on(answer, self.b.expect("ACK"))
        hang_up(self.a, leg, self.b)


if __name__ == "__main__":
    unittest.main(verbosity=2)
