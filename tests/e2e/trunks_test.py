"""Kamailio as a trunk in front of the node and behind it, at once: what it record-routes must be
obeyed in both dialogs (RFC 3261 §12, §16.12), digest passes it and is given to it (§22.3), and the
audio goes through the node all the same."""

import unittest

from baresip import Baresip
from kamailio import Kamailio
from node import NodeCase
from phone_audio import both_hear

FRONT, BEHIND = 8, 9  # of the node's spare ports
ROUTE = """
[[routes]]
match = "^bob$"
app = "bridge"
to = "sip:bob@127.0.0.1:{spare[9]}%s"
"""


class TrunkCase(NodeCase):
    """alice → Kamailio → node → Kamailio → bob."""

    transport, password = "udp", ""
    login = {}

    def setUp(self):
        ports = iter(self.node.beyond)
        self.a = self.enterContext(Baresip("alice", ports, 440))
        self.b = self.enterContext(Baresip("bob", ports, 1000))
        self.trunk = self.enterContext(Kamailio(
            iter(self.node.spare[FRONT:BEHIND + 1]), f"127.0.0.1:{self.node.sip}", self.b.host,
            transport=self.transport, password=self.password))
        self.a.account(self.trunk.front, transport=self.transport, **self.login)
        self.b.account(self.trunk.behind, transport=self.transport)

    def call(self, who_ends, other):
        self.a.dial("bob")
        self.b.answer()
        self.a.talks()
        self.b.talks()
        both_hear(self.a, self.b)
        who_ends.hang_up()
        other.expect("CALL_CLOSED")
        self.a.forget()
        self.b.forget()

    def passed_on(self):
        """How many requests of each method the trunk has seen."""
        methods = [line.split()[0] for line in self.trunk.requests()]
        return {method: methods.count(method) for method in set(methods)}


class Trunk(TrunkCase):
    node_options = {"media_ports": 60, "routes": ROUTE % ""}

    def test_call_and_hang_up_by_either_side(self):
        self.call(self.a, self.b)
        self.call(self.b, self.a)
        self.assertEqual(self.passed_on(), {"INVITE": 4, "ACK": 4, "BYE": 4}, self.trunk.requests())


class TrunkOverTcp(Trunk):
    transport = "tcp"
    node_options = {"media_ports": 60, "routes": ROUTE % ";transport=tcp",
                    "listens": ("tcp 127.0.0.1",)}


class Login(TrunkCase):
    """alice logs in at the node through the trunk, the node at the trunk."""

    password = "trunk-secret"
    login = {"password": "alice-secret", "expires": 0}
    node_options = {"media_ports": 60, "routes": ROUTE % "" + """
[[users]]
name = "alice"
password = "alice-secret"
[[trunks]]
name = "kamailio"
address = "127.0.0.1:{spare[9]}"
username = "node"
password = "trunk-secret"
"""}

    def test_a_call(self):
        self.call(self.b, self.a)
        # Each side was challenged once and came again; the ACKs of the 407 and the 401 are the
        # trunk's own business or the node's.
        self.assertEqual(self.passed_on()["INVITE"], 4, self.trunk.requests())


if __name__ == "__main__":
    unittest.main(verbosity=2)
