"""Final responses other than 2xx: passed on where the caller can use them, mapped where they speak
of the node's own request (RFC 3261 §21, RFC 7092 §3)."""

import unittest

from node import NodeCase
from phone import REFUSED, Phone

PASSED_ON = (403, 404, 408, 410, 480, 484, 486, 488, 500, 501, 504, 600, 603, 604, 606)
# A challenge is for the node's credentials, 481-483 for its transaction and path, a 503 for the
# next hop: the caller must not act on them as if they were about him.
MAPPED = {401: {403, 500, 502}, 407: {403, 500, 502}, 481: {480, 500, 502}, 482: {480, 500, 502},
          503: {480, 500, 502, 503}}


class Refusals(NodeCase):
    def refused(self, status):
        """What the caller is told when the callee says `status`."""
        with Phone(self.node.sip, name="alice", way=self.way) as a, \
                Phone(self.node.sip, self.node.callee, "bob", self.way) as b:
            leg = a.invite("7100")
            invite = b.expect("INVITE")
            b.reply(invite, status, "No", tag="b",
                    headers=['WWW-Authenticate: Digest realm="x", nonce="y"'])
            self.assertEqual(b.expect("ACK").branch, invite.branch)  # §17.1.1.3
            told = a.expect(REFUSED)
            a.ack(leg, told)
            a.quiet(0.05)
            b.quiet(0.05)
            return told

    def test_passed_on(self):
        for status in PASSED_ON:
            with self.subTest(status=status):
                self.assertEqual(self.refused(status).status, status)

    def test_mapped(self):
        for status, fitting in MAPPED.items():
            with self.subTest(status=status):
                told = self.refused(status)
                self.assertIn(told.status, fitting)
                self.assertIsNone(told.get("www-authenticate"))


class RefusalsOverTcp(Refusals):
    way = "tcp 127.0.0.1"


if __name__ == "__main__":
    unittest.main(verbosity=2)
