"""baresip and linphone against the node: calls between strange phones, and what each of them hears.
"""

import itertools
import unittest

from baresip import Baresip
from linphone import Linphone
from node import NodeCase, at_port
from phone_audio import both_hear

FOUR, SIX = "127.0.0.1", "::1"


class Routed(NodeCase):
    """Without registration: bob's addresses are written into routes."""

    node_options = {"media_ports": 60, "listens": (f"udp {FOUR}", f"udp {SIX}"), "routes": """
[[routes]]
match = "^bob$"
app = "bridge"
to = "sip:bob@127.0.0.1:{callee}"
[[routes]]
match = "^bob6$"
app = "bridge"
to = "sip:bob6@[::1]:{spare[2]}"
"""}

    def setUp(self):
        self.ports = iter(self.node.beyond)

    def baresip(self, name, tone, address=FOUR, port=None):
        """`port` and the one after it are its own."""
        fixed = [] if port is None else [port, port + 1]
        phone = self.enterContext(
            Baresip(name, itertools.chain(fixed, self.ports), tone, address))
        phone.account(at_port(address, self.node.sip))
        return phone

    def call(self, caller, callee, target):
        caller.dial(target)
        callee.answer()
        caller.talks()
        callee.talks()
        both_hear(caller, callee)

    def test_echo(self):
        for name, address in (("alice", FOUR), ("carol", SIX)):
            with self.subTest(address=address):
                phone = self.baresip(name, 440, address)
                phone.dial("9196")
                phone.talks()
                phone.hears(440)
                phone.hang_up()

    def test_calls_between_families(self):
        """IPv4 and IPv6 in every pairing (RFC 3261 §18.1.1; the media in RFC 4566's addrtype)."""
        callees = {"bob": self.baresip("bob", 1000, FOUR, self.node.callee),
                   "bob6": self.baresip("bob6", 1000, SIX, self.node.spare[2])}
        for name, address in (("alice", FOUR), ("carol", SIX)):
            caller = self.baresip(name, 440, address)
            for callee in callees.values():
                with self.subTest(caller=address, callee=callee.address):
                    self.call(caller, callee, callee.name)
                    callee.hang_up()
                    caller.expect("CALL_CLOSED")
                    caller.forget()
                    callee.forget()

    def test_linphone_calls_baresip(self):
        a = self.enterContext(Linphone("linus", self.ports, 600))
        b = self.baresip("bob", 1000, FOUR, self.node.callee)
        self.call(a, b, f"sip:bob@127.0.0.1:{self.node.sip}")
        b.hang_up()
        a.is_hung_up()

    def test_linphone_hears_itself(self):
        """It offers a dozen codecs; the node echoes the first, whatever that is."""
        a = self.enterContext(Linphone("linus", self.ports, 600))
        a.dial(f"sip:9196@127.0.0.1:{self.node.sip}")
        a.talks()
        a.has_recorded(2)
        a.hang_up()
        a.hears(600)


if __name__ == "__main__":
    unittest.main(verbosity=2)
