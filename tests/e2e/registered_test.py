"""Phones that register with digest and call each other by name: over UDP and TCP, IPv4 and IPv6 in
every pairing, several phones of one user, and wrong passwords."""

import unittest

from baresip import Baresip
from linphone import Linphone
from node import NodeCase, at_port, eventually
from phone_audio import both_hear, everybody_calls
from wiretap import Wiretap, hold_and_resume

FOUR, SIX = "127.0.0.1", "::1"
WAYS = (("udp", FOUR), ("tcp", FOUR), ("udp", SIX), ("tcp", SIX))
EXPIRES = 600


def users(*names):
    return "".join(f'[[users]]\nname = "{name}"\npassword = "secret-of-{name}"\n' for name in names)


class Phones(NodeCase):
    """What the tests below have in common: a node with users that listens in every way."""

    NAMES = ("alice", "bob", "linus")
    node_options = {"media_ports": 60, "routes": users(*NAMES),
                    "listens": [" ".join(way) for way in WAYS]}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ports = iter(cls.node.beyond)  # none twice: what one phone left must not reach another

    def start(self, name, tone, way=WAYS[0]):
        return self.enterContext(Baresip(name, self.ports, tone, way[1]))

    def baresip(self, name, tone, way=WAYS[0]):
        phone = self.start(name, tone, way)
        phone.account(at_port(way[1], self.node.sip), transport=way[0],
                      password=f"secret-of-{name}", expires=EXPIRES)
        return phone

    def linphone(self, name, tone, transport="udp"):
        phone = self.enterContext(Linphone(name, self.ports, tone))
        phone.register(f"{FOUR}:{self.node.sip}", f"secret-of-{name}", transport=transport)
        return phone


class EveryWay(Phones):
    """Four callers and four callees, one for each transport and family."""

    CALLERS = [f"caller-{transport}{6 if ':' in address else 4}" for transport, address in WAYS]
    CALLEES = [name.replace("caller", "callee") for name in CALLERS]
    node_options = Phones.node_options | {"routes": users(*CALLERS, *CALLEES)}

    def test_all_pairs(self):
        callers = [self.baresip(name, 400 + 200 * number, WAYS[number])
                   for number, name in enumerate(self.CALLERS)]
        callees = [self.baresip(name, 1200 + 200 * number, WAYS[number])
                   for number, name in enumerate(self.CALLEES)]
        everybody_calls(callers, callees)


class Features(Phones):
    def hold_and_resume(self, way):
        """RFC 3264 §8.4, from both sides, seen in the RTP that arrives at the phones."""
        a, b = self.baresip("alice", 440, way), self.baresip("bob", 1000, way)
        with Wiretap([a, b]) as tap:
            a.dial("bob")
            b.answer()
            a.talks()
            b.talks()
            hold_and_resume(tap, a, b)
            hold_and_resume(tap, b, a)
            b.hang_up()
            a.expect("CALL_CLOSED")

    def test_hold_and_resume_over_udp(self):
        self.hold_and_resume(("udp", FOUR))

    def test_hold_and_resume_over_tcp(self):
        self.hold_and_resume(("tcp", SIX))

    def test_one_user_with_two_phones(self):
        """RFC 3261 §16.7: both ring, one answers, the other is told to stop."""
        a, b = self.baresip("alice", 440), self.baresip("bob", 1000)
        other = self.baresip("bob", 1400, WAYS[1])
        a.dial("bob")
        other.expect("CALL_INCOMING")
        b.answer()
        other.expect("CALL_CLOSED")
        a.talks()
        b.talks()
        both_hear(a, b)
        b.hang_up()
        a.expect("CALL_CLOSED")

    def test_wrong_password(self):
        """Neither a registration nor a call, and no difference to an unknown name."""
        for name in ("alice", "nobody"):
            with self.subTest(name=name):
                phone = self.start(name, 440)
                phone.account(f"{FOUR}:{self.node.sip}", password="a-guess", expires=EXPIRES,
                              event="REGISTER_FAIL")
                phone.dial("9196")
                self.assertRegex(phone.expect("CALL_CLOSED")["param"], "40[13]")

    def test_echo_without_password(self):
        """An INVITE by a stranger is challenged and comes to nothing."""
        phone = self.start("alice", 440)
        phone.account(f"{FOUR}:{self.node.sip}")
        phone.dial("9196")
        self.assertIn("401", phone.expect("CALL_CLOSED")["param"])
        eventually("no call came of it", 5, lambda: not self.node.calls())


class OtherStack(Phones):
    """linphone 5.1 gives up a response with a challenge by SHA-512-256; the node knows."""

    def test_linphone_and_baresip(self):
        """Another stack's digest, offers and codecs; each calls the other."""
        a, b = self.linphone("linus", 600), self.baresip("bob", 1000)
        a.dial("bob")
        b.answer()
        a.talks()
        b.talks()
        both_hear(a, b)
        a.hang_up()
        b.expect("CALL_CLOSED")
        b.forget()
        a.forget()
        b.dial("linus")
        a.answer()
        a.talks()
        b.talks()
        both_hear(a, b)
        b.hang_up()
        a.is_hung_up()


if __name__ == "__main__":
    unittest.main(verbosity=2)
