"""What a node says to requests that are no call: OPTIONS, unknown numbers, nonsense (RFC 3261 §8.2,
§11, §18.3; RFC 4475)."""

import unittest

from node import count_kinds, eventually
from phone import REFUSED, TwoPhones


class Requests(TwoPhones):
    def refused_invite(self, status, user="7100", change=lambda text: text, **options):
        leg = self.a.leg(user)
        leg.first_target = leg.target
        sent = []
        self.a.send_raw, wire = sent.append, self.a.send_raw
        leg.invite_branch = self.a.request(leg, "INVITE", body=self.a.sdp(), **options)
        self.a.send_raw = wire
        self.a.send_raw(change(sent[0]))
        told = self.a.expect(REFUSED)
        self.assertEqual(told.status, status, told.start)
        self.a.ack(leg, told)
        return told

    def test_options(self):
        """§11.2: as an INVITE would be answered, with Allow and Accept."""
        self.a.request(self.a.leg("9196"), "OPTIONS")
        told = self.a.expect(200)
        self.assertLessEqual({"INVITE", "ACK", "CANCEL", "BYE", "OPTIONS"},
                             {method.strip() for method in told.get("allow").split(",")})
        self.assertIn("application/sdp", told.get("accept"))

    def test_unknown_number(self):
        self.assertIsNotNone(self.refused_invite(404, user="nobody").tag("to"))

    def test_unknown_method(self):
        """§8.2.1: 405 with Allow (501 from an element that does not know the method at all)."""
        self.a.request(self.a.leg("9196"), "DANCE")
        told = self.a.expect(405, 501)
        self.assertTrue(told.status == 501 or "INVITE" in told.get("allow"), told)

    def test_max_forwards_zero(self):
        """§16.3: 483."""
        self.refused_invite(483, change=lambda t: t.replace("Max-Forwards: 70", "Max-Forwards: 0"))

    def test_required_extension(self):
        """§8.2.2.3: 420 names what is not understood."""
        told = self.refused_invite(420, headers=["Require: levitation"])
        self.assertEqual(told.get("unsupported"), "levitation")

    def test_version(self):
        """RFC 4475 §3.1.2.16: 505."""
        self.refused_invite(505, change=lambda t: t.replace("SIP/2.0", "SIP/7.0", 1))

    def test_scheme(self):
        """§8.2.2.1: 416."""
        self.refused_invite(416, target="nosuch:7100")

    def test_body_of_another_type(self):
        """§8.2.3: 415 with Accept."""
        told = self.refused_invite(
            415, change=lambda t: t.replace("application/sdp", "application/dance"))
        self.assertIn("application/sdp", told.get("accept"))

    def test_an_offer_that_nobody_can_read(self):
        leg = self.a.invite("7100", body="v=0\r\nthis is no SDP\r\n")
        told = self.a.expect(400, 488)
        self.a.ack(leg, told)

    def test_missing_and_broken_headers(self):
        """§8.1.1, RFC 4475 §3.1.2: 400, and the reason names the header."""
        for header, broken in (("Call-ID", "a b"), ("CSeq", "?"), ("From", "<"), ("To", "<")):
            with self.subTest(header=header):
                lines = ["OPTIONS sip:9196@127.0.0.1 SIP/2.0",
                         f"Via: SIP/2.0/{self.a.transport.upper()} {self.a.host}"
                         f";branch=z9hG4bK{header};rport",
                         f"From: <sip:a@127.0.0.1>;tag=1{header}", "To: <sip:9196@127.0.0.1>",
                         f"Call-ID: broken-{header}", "CSeq: 1 OPTIONS", "Max-Forwards: 70",
                         "Content-Length: 0", "", ""]
                bad = [f"{header}: {broken}" if line.startswith(header + ":") else line
                       for line in lines]
                self.a.send_raw("\r\n".join(bad))
                self.assertEqual(self.a.expect(400).start.count(header), 1)

    def test_requests_outside_any_dialog(self):
        """§12.2.2: 481; an ACK is never answered."""
        leg = self.a.leg("7100")
        leg.remote += ";tag=nobody"
        self.a.request(leg, "BYE")
        self.a.expect(481)
        self.a.request(leg, "ACK")

    def test_an_old_cseq(self):
        """§12.2.2: 500."""
        leg = self.a.invite("9196")
        self.a.ack(leg, self.a.expect(200))
        self.a.request(leg, "OPTIONS", cseq=leg.cseq)
        self.a.expect(500, 482, of="OPTIONS")
        self.a.bye(leg)
        self.a.expect(200, of="BYE")

    def test_noise(self):
        """§18.3: what is no message is dropped, and the node lives."""
        noise = [b"\r\n\r\n", b"\0", b"\xff" * 1400, b"GET / HTTP/1.1\r\n\r\n",
                 b"INVITE sip:7100@127.0.0.1 SIP/2.0\r\n\r\n", b"x" * 60000,
                 b"SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKstray\r\n"
                 b"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\nCall-ID: stray\r\n"
                 b"CSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n"]
        for datagram in noise:
            self.a.send_raw(datagram)
        self.a.request(self.a.leg("9196"), "OPTIONS")
        self.a.expect(200)
        eventually("no call came of it", 5,
                   lambda: "call" not in count_kinds(self.node.tree()) or not self.node.calls())

    def test_a_retransmitted_invite_makes_one_call(self):
        """§17.2.1."""
        leg = self.a.invite("9196")
        self.a.request(leg, "INVITE", branch=leg.invite_branch, cseq=leg.cseq, body=self.a.sdp())
        self.a.ack(leg, self.a.expect(200))
        self.a.bye(leg)
        self.a.expect(200, of="BYE")


class RequestsOverTcp(Requests):
    way = "tcp 127.0.0.1"

    test_noise = None  # on a stream noise has no end; tests of streams are elsewhere


if __name__ == "__main__":
    unittest.main(verbosity=2)
