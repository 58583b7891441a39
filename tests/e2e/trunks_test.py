"""Kamailio as a trunk in front of the node and behind it, at once: what it record-routes must be
obeyed in both dialogs (RFC 3261 §12, §16.12), and the audio still goes through the node."""

import itertools
import unittest

from baresip import Baresip
from kamailio import Kamailio
from node import NodeCase
from phone_audio import both_hear


class Trunk(NodeCase):
    """alice → Kamailio → node → Kamailio → bob."""

    transport = "udp"
    node_options = {"media_ports": 60, "routes": """
[[trunks]]
name = "kamailio"
address = "127.0.0.1"
trusted = true
[[routes]]
match = "^bob$"
app = "bridge"
to = "sip:bob@127.0.0.1:{spare[9]}"
"""}

    def setUp(self):
        ports = itertools.chain(self.node.beyond)
        self.a = self.enterContext(Baresip("alice", ports, 440))
        self.b = self.enterContext(Baresip("bob", ports, 1000))
        self.trunk = self.enterContext(Kamailio(
            iter(self.node.spare[8:10]), f"127.0.0.1:{self.node.sip}", self.b.host))
        self.a.account(self.trunk.front, transport=self.transport)
        self.b.account(self.trunk.behind, transport=self.transport)

    def test_call_and_hang_up_by_either_side(self):
        for ends, other in ((self.a, self.b), (self.b, self.a)):
            with self.subTest(ends=ends.name):
                self.a.dial("bob")
                self.b.answer()
                self.a.talks()
                self.b.talks()
                both_hear(self.a, self.b)
                ends.hang_up()
                other.expect("CALL_CLOSED")
                self.a.forget()
                self.b.forget()
        by_method = [line.split()[0] for line in self.trunk.requests()]
        self.assertEqual({method: by_method.count(method) for method in set(by_method)},
                         {"INVITE": 4, "ACK": 4, "BYE": 4}, self.trunk.requests())


if __name__ == "__main__":
    unittest.main(verbosity=2)
