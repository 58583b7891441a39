"""baresip and linphone against the node: calls between strange phones, and what each of them hears.
"""

import itertools
import unittest

from baresip import Baresip
from linphone import Linphone
from node import NodeCase, at_port
from phone_audio import both_hear, everybody_calls

FOUR, SIX = "127.0.0.1", "::1"


WAYS = (("udp", FOUR), ("tcp", FOUR), ("udp", SIX), ("tcp", SIX))
TONES = range(400, 2000, 200)


class Routed(NodeCase):
    """Without registration: the addresses of bob0 to bob3, one for each way, are in routes."""

    listens = [" ".join(way) for way in WAYS]
    node_options = {"media_ports": 60, "listens": listens, "routes": "".join(
        f'''
[[routes]]
match = "^bob{number}$"
app = "bridge"
to = "sip:bob{number}@{at_port(address, "{spare[%d]}" % (2 * number))};transport={transport}"
''' for number, (transport, address) in enumerate(WAYS))}

    def setUp(self):
        self.ports = iter(self.node.beyond)

    def baresip(self, name, tone, way=WAYS[0], fixed=()):
        transport, address = way
        phone = self.enterContext(
            Baresip(name, itertools.chain(fixed, self.ports), tone, address))
        phone.account(at_port(address, self.node.sip), transport=transport)
        return phone

    def bob(self, number, tone):
        """On the port of his route; baresip takes the one after it too."""
        return self.baresip(f"bob{number}", tone, WAYS[number],
                            self.node.spare[2 * number:2 * number + 2])

    def call(self, caller, callee, target):
        caller.dial(target)
        callee.answer()
        caller.talks()
        callee.talks()
        both_hear(caller, callee)

    def test_echo(self):
        for number, way in enumerate(WAYS):
            with self.subTest(way=way):
                phone = self.baresip(f"alice{number}", 440, way)
                phone.dial("9196")
                phone.talks()
                phone.hears(440)
                phone.hang_up()

    def test_calls_between_all_ways(self):
        """UDP and TCP, IPv4 and IPv6 in every pairing (RFC 3261 §18.1.1)."""
        everybody_calls([self.baresip(f"alice{number}", TONES[number], way)
                         for number, way in enumerate(WAYS)],
                        [self.bob(number, TONES[4 + number]) for number in range(len(WAYS))])

    def test_linphone_calls_baresip(self):
        a = self.enterContext(Linphone("linus", self.ports, 600))
        b = self.bob(0, 1000)
        self.call(a, b, f"sip:bob0@127.0.0.1:{self.node.sip}")
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
