"""Phones register (RFC 3261 §10), calls find them, and kill -9 loses none of them."""

import json
import re
import secrets
import unittest

from node import Node, NodeCase, eventually
from phone import Phone, hang_up

USERS = [str(number) for number in range(1001, 1011)]
# The phones of these tests are trusted by their address: passwords have tests of their own.
TRUSTED = """
[registrar]
bindings_per_user = 3
[[trunks]]
name = "phones"
address = "127.0.0.1"
trusted = true
"""


def user_tables(names):
    return "".join(f'[[users]]\nname = "{name}"\npassword = "secret"\n' for name in names)


class Registrations:
    """The REGISTERs of one phone: one Call-ID, rising CSeq (§10.2)."""

    def __init__(self, phone, user, host="example.test"):
        self.phone, self.user = phone, user
        self.leg = phone.leg(user)
        self.leg.local = f"<sip:{user}@{host}>;tag={secrets.token_hex(4)}"
        self.leg.remote = f"<sip:{user}@{host}>"
        self.leg.target = f"sip:{host}"

    def send(self, *headers, cseq=None):
        """Sends with these header lines alone: Phone.request would add a Contact of its own."""
        if cseq is None:
            self.leg.cseq += 1
            cseq = self.leg.cseq
        lines = [f"REGISTER {self.leg.target} SIP/2.0",
                 f"Via: SIP/2.0/{self.phone.transport.upper()} {self.phone.host};rport;"
                 f"branch=z9hG4bK{secrets.token_hex(8)}",
                 f"From: {self.leg.local}", f"To: {self.leg.remote}",
                 f"Call-ID: {self.leg.call_id}", f"CSeq: {cseq} REGISTER", "Max-Forwards: 70",
                 "User-Agent: e2e phone", *headers, "Content-Length: 0", "", ""]
        self.phone.send_raw("\r\n".join(lines))

    def put(self, *headers, status=200, cseq=None):
        self.send(*headers, cseq=cseq)
        return self.phone.expect(status, of="REGISTER")

    @property
    def contact(self):
        return f"Contact: <{self.phone.uri(self.user)}>"


def listed(answer):
    """{URI: seconds} of a 200."""
    found = (re.fullmatch(r"<([^>]+)>;expires=(\d+)(?:;q=[\d.]+)?", value)
             for value in answer.all("contact"))
    return {match.group(1): int(match.group(2)) for match in found}


class Register(NodeCase):
    node_options = {"routes": TRUSTED + user_tables(USERS)}

    def setUp(self):
        self.a = self.enterContext(Phone(self.node.sip, name="alice"))
        self.b = self.enterContext(Phone(self.node.sip, name="bob"))
        self.reg = Registrations(self.b, "1001")

    def tearDown(self):
        self.reg.put("Contact: *", "Expires: 0")
        self.a.quiet()
        self.b.quiet()

    def test_register_refresh_fetch_remove(self):
        uri = self.b.uri("1001")
        answer = self.reg.put(self.reg.contact, "Expires: 300")
        self.assertEqual(listed(answer), {uri: 300})
        self.assertRegex(answer.get("date"), r"^\w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT$")
        self.assertEqual(listed(self.reg.put(self.reg.contact + ";expires=600")), {uri: 600})
        self.assertIn(listed(self.reg.put())[uri], range(590, 601))
        self.assertEqual(listed(self.reg.put(self.reg.contact + ";expires=0")), {})
        self.assertEqual(listed(self.reg.put()), {})

    def test_several_bindings_and_the_wildcard(self):
        self.reg.put("Contact: <sip:a@127.0.0.1>;q=0.3, <sip:b@127.0.0.1>", "Expires: 100")
        other = Registrations(self.a, "1001", host="127.0.0.1")
        self.assertEqual(len(listed(other.put(other.contact))), 3)
        other.put("Contact: <sip:d@127.0.0.1>", status=403)
        self.reg.put("Contact: *", status=400)
        self.assertEqual(len(listed(self.reg.put())), 3)
        self.assertEqual(listed(self.reg.put("Contact: *", "Expires: 0")), {})

    def test_refusals(self):
        answer = self.reg.put(self.reg.contact, "Expires: 5", status=423)
        self.assertEqual(answer.get("min-expires"), "60")
        Registrations(self.b, "1999").put("Contact: <sip:x@127.0.0.1>", status=404)
        Registrations(self.b, "1001", host="other.test").put(self.reg.contact, status=404)
        self.reg.put(self.reg.contact, cseq=50)
        self.reg.put(self.reg.contact + ";expires=90", status=400, cseq=49)
        self.reg.leg.cseq = 50
        self.assertEqual(len(listed(self.reg.put())), 1)

    def test_a_call_to_a_registered_user(self):
        self.reg.put(self.reg.contact)
        leg = self.a.invite("1001")
        invite = self.b.expect("INVITE")
        self.assertEqual(invite.uri, self.b.uri("1001"))
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp())
        self.a.ack(leg, self.a.expect(200, of="INVITE"))
        self.b.expect("ACK")
        hang_up(self.a, leg, self.b)

    def test_nobody_there_and_nobody_known(self):
        for user, status in (("1002", 480), ("1999", 404)):
            leg = self.a.invite(user)
            self.a.ack(leg, self.a.expect(status))

    def test_what_the_operator_sees(self):
        self.reg.put(self.reg.contact + ";q=0.5", "Expires: 300")
        user = self.node.get("/api/v1/users/1001")
        self.assertEqual(user["user_agent"], "e2e phone")
        (binding,) = user["bindings"]
        self.assertEqual((binding["contact"], binding["q"], binding["transport"], binding["peer"]),
                         (self.b.uri("1001"), 0.5, "UDP", f"127.0.0.1:{self.b.port}"))
        self.assertIn(binding["expires_s"], range(290, 301))
        everybody = self.node.get("/api/v1/registrations?limit=5")
        self.assertEqual((everybody["users"], everybody["registrations"][0]["user"]), (1, "1001"))
        self.assertIn("1 user registered", self.node.console("registrations"))
        self.assertIn(self.b.uri("1001"), self.node.console("user", "1001"))
        self.assertEqual(json.loads(self.node.console("user", "1001", "--json"))["user"], "1001")
        self.assertIn("not registered", self.node.console("user", "1002"))
        self.node.console("user", "1999", status=1)
        self.assertEqual(self.node.metric("tandem_registrar_bindings"), 1)
        self.assertEqual(self.node.metric("tandem_store_degraded"), 0)


class Killed(unittest.TestCase):
    """`kill -9` and restart."""

    COUNT = 1000

    def test_a_thousand_registrations_are_there(self):
        users = [str(20000 + i) for i in range(self.COUNT)]
        node = Node(routes=TRUSTED + user_tables(users)).start()
        self.addCleanup(node.stop)
        a = self.enterContext(Phone(node.sip, name="alice"))
        b = self.enterContext(Phone(node.sip, name="bob"))
        for user in users:
            registrations = Registrations(b, user)
            registrations.put(registrations.contact, "Expires: 900")
        self.assertEqual(node.metric("tandem_registrar_users"), self.COUNT)
        node.crash()
        node.start()
        self.assertEqual(node.metric("tandem_registrar_users"), self.COUNT)
        self.assertEqual(node.metric("tandem_registrar_bindings"), self.COUNT)
        (binding,) = node.get(f"/api/v1/users/{users[-1]}")["bindings"]
        self.assertIn(binding["expires_s"], range(800, 901))
        leg = a.invite(users[500])
        invite = b.expect("INVITE")
        self.assertEqual(invite.uri, b.uri(users[500]))
        b.reply(invite, 200, "OK", tag="b", body=b.sdp())
        a.ack(leg, a.expect(200, of="INVITE"))
        b.expect("ACK")
        hang_up(a, leg, b)
        eventually("the call is over", 5, lambda: not node.calls())


if __name__ == "__main__":
    unittest.main(verbosity=2)
