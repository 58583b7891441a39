"""baresip and linphone against the node: calls between strange phones, and what each of them hears."""

import itertools
import unittest

from baresip import Baresip
from linphone import Linphone
from node import NodeCase
from phone_audio import both_hear

BOB = '[[routes]]\nmatch = "^bob$"\napp = "bridge"\nto = "sip:bob@127.0.0.1:{callee}"'


class Routed(NodeCase):
    """Without registration: bob's address is written into a route."""

    node_options = {"media_ports": 60, "routes": BOB}

    def setUp(self):
        ports = itertools.chain((self.node.callee, self.node.spare[0]), self.node.beyond)
        self.b = self.enterContext(Baresip("bob", ports, 1000))
        self.a = self.enterContext(Baresip("alice", ports, 440))
        self.linus = self.enterContext(Linphone("linus", ports, 600))
        self.a.account(f"127.0.0.1:{self.node.sip}")
        self.b.account(f"127.0.0.1:{self.node.sip}")

    def test_echo(self):
        self.a.dial("9196")
        self.a.talks()
        self.a.hears(440, [1000])
        self.a.hang_up()

    def test_a_call(self):
        self.a.dial("bob")
        self.b.answer()
        self.a.talks()
        self.b.talks()
        both_hear(self.a, self.b)
        self.b.hang_up()
        self.a.expect("CALL_CLOSED")

    def test_linphone_calls_baresip(self):
        self.linus.dial(f"sip:bob@127.0.0.1:{self.node.sip}")
        self.b.answer()
        self.b.talks()
        self.linus.talks()
        both_hear(self.linus, self.b)
        self.b.hang_up()
        self.linus.is_hung_up()


if __name__ == "__main__":
    unittest.main(verbosity=2)
