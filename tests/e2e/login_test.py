"""Digest authentication by a real node, with a client that shares no line with it (RFC 7616, RFC 8760,
RFC 3261 §22)."""

import hashlib
import re
import secrets
import unittest

from node import NodeCase, eventually
from phone import Phone

HASHES = {"SHA-512-256": "sha512_256", "SHA-256": "sha256", "MD5": "md5"}
USERS = """
[[users]]
name = "alice"
password = "wonder land"
[[users]]
name = "mallory"
password = "m"
"""


def challenges(response):
    """Parameters of each WWW-Authenticate, in order."""
    return [dict(re.findall(r'(\w+)="?([^",]*)"?', value))
            for value in response.all("www-authenticate")]


def answer(challenge, user, password, method, uri, nc=1):
    name = HASHES[challenge["algorithm"]]

    def digest(*parts):
        return hashlib.new(name, ":".join(parts).encode()).hexdigest()

    count, cnonce = f"{nc:08x}", secrets.token_hex(8)
    response = digest(digest(user, challenge["realm"], password), challenge["nonce"], count, cnonce,
                      "auth", digest(method, uri))
    return (f'Authorization: Digest username="{user}", realm="{challenge["realm"]}", '
            f'nonce="{challenge["nonce"]}", uri="{uri}", algorithm={challenge["algorithm"]}, '
            f'qop=auth, nc={count}, cnonce="{cnonce}", response="{response}"'), response


class Login(NodeCase):
    node_options = {"routes": USERS}

    def setUp(self):
        self.a = self.enterContext(Phone(self.node.sip, name="alice"))

    def invite(self, leg, headers=()):
        leg.first_target = leg.target
        leg.invite_branch = self.a.request(leg, "INVITE", headers=headers, body=self.a.sdp())

    def challenged(self):
        leg = self.a.leg("9196")
        self.invite(leg)
        told = self.a.expect(401)
        self.refused(leg, told)
        return leg, challenges(told)

    def refused(self, leg, told):
        plain = leg.remote
        self.a.ack(leg, told)
        leg.remote, leg.target = plain, leg.first_target  # of the next INVITE, as of the first

    def test_every_algorithm(self):
        """RFC 8760 §2.4: strongest first; whichever the phone knows will do."""
        for index, name in enumerate(HASHES):
            leg, asked = self.challenged()
            self.assertEqual([c["algorithm"] for c in asked], list(HASHES))
            self.assertEqual({c["qop"] for c in asked}, {"auth"})
            header, response = answer(asked[index], "alice", "wonder land", "INVITE", leg.target)
            self.invite(leg, [header])
            told = self.a.expect(200)
            self.a.ack(leg, told)
            key = self.node.calls()[0]["key"]
            ladder = self.node.console("ladder", key, "--json")
            self.assertIn("username", ladder)
            self.assertNotIn(response, ladder, name)  # it would let one guess at leisure
            self.a.bye(leg)
            self.a.expect(200, of="BYE")

    def test_failures_look_alike(self):
        """§26.3.2.4: who is nobody hears what a wrong password hears."""
        told = []
        for user, password in (("alice", "guess"), ("nobody", "guess")):
            leg, asked = self.challenged()
            header, _ = answer(asked[0], user, password, "INVITE", leg.target)
            self.invite(leg, [header])
            refusal = self.a.expect(401)
            self.refused(leg, refusal)
            told.append([{k: v for k, v in c.items() if k != "nonce"} for c in challenges(refusal)])
        self.assertEqual(told[0], told[1])
        self.assertNotIn("stale", told[0][0])

    def test_another_ones_name(self):
        leg, asked = self.challenged()
        header, _ = answer(asked[0], "mallory", "m", "INVITE", leg.target)
        self.invite(leg, [header])
        self.refused(leg, self.a.expect(403))

    def test_a_replay_is_stale(self):
        """RFC 7616 §5.12: the same nc in another request."""
        leg, asked = self.challenged()
        header, _ = answer(asked[0], "alice", "wonder land", "INVITE", leg.target)
        self.invite(leg, [header])
        self.a.ack(leg, self.a.expect(200))
        self.a.bye(leg)
        self.a.expect(200, of="BYE")
        other = self.a.leg("9196")
        self.invite(other, [header])
        again = self.a.expect(401)
        self.refused(other, again)
        self.assertEqual(challenges(again)[0]["stale"], "true")


class TrunkLogin(NodeCase):
    """A trunk that challenges us is answered (RFC 3261 §22.2)."""

    node_options = {"routes": """
[[trunks]]
name = "carrier"
address = "127.0.0.1:{callee}"
username = "tandem"
password = "pass word"
"""}

    def test_a_challenged_invite(self):
        with Phone(self.node.sip, name="alice") as a, \
             Phone(self.node.sip, self.node.callee, name="carrier") as b:
            leg = a.invite("7100")
            first = b.expect("INVITE")
            b.reply(first, 407, tag="x", headers=[
                'Proxy-Authenticate: Digest realm="carrier", nonce="abc", algorithm=SHA-256, '
                'qop="auth"'])
            b.expect("ACK")
            second = b.expect("INVITE")
            self.assertEqual(second.get("call-id"), first.get("call-id"))
            self.assertEqual(second.cseq[0], first.cseq[0] + 1)
            given = dict(re.findall(r'(\w+)="?([^",]*)"?', second.get("proxy-authorization")))

            def digest(*parts):
                return hashlib.sha256(":".join(parts).encode()).hexdigest()

            self.assertEqual(
                given["response"],
                digest(digest("tandem", "carrier", "pass word"), "abc", given["nc"],
                       given["cnonce"], "auth", digest("INVITE", second.start.split()[1])))
            b.reply(second, 200, "OK", tag="b", body=b.sdp())
            a.ack(leg, a.expect(200))
            self.assertEqual(b.expect("ACK").get("proxy-authorization"),
                             second.get("proxy-authorization"))
            a.bye(leg)
            a.expect(200, of="BYE")
            b.reply(b.expect("BYE"), 200, "OK")
            eventually("the call is over", 5, lambda: not self.node.calls())


if __name__ == "__main__":
    unittest.main()
