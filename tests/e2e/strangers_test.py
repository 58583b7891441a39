"""The drivers of foreign phones without a node between them: two that call each other directly hear
each other, and what a driver must notice is shown failing."""

import itertools
import unittest

from baresip import Baresip
from linphone import Linphone
from node import PortBlock
from phone_audio import both_hear
from program import Program
from wiretap import Wiretap, hold_and_resume


class Direct(unittest.TestCase):
    def setUp(self):
        block = PortBlock(100)
        self.addCleanup(block.release)
        self.ports = iter(block.ports)

    def phone(self, name, tone, address="127.0.0.1", kind=Baresip):
        return self.enterContext(kind(name, self.ports, tone, address))

    def call(self, caller, callee, target):
        caller.dial(target)
        callee.answer()
        caller.talks()
        callee.talks()
        both_hear(caller, callee)

    def test_two_baresips(self):
        for address, transport in (("127.0.0.1", "udp"), ("::1", "tcp")):
            with self.subTest(address=address, transport=transport):
                a = self.phone("alice", 440, address)
                b = self.phone("bob", 1000, address)
                a.account(a.host, transport=transport)
                b.account(b.host, transport=transport)
                self.call(a, b, f"sip:bob@{b.host};transport={transport}")
                with self.assertRaisesRegex(AssertionError, "not hear 440 Hz.*1000 Hz [01][.]"):
                    a.hears(440, [1000], within=0)
                b.hang_up()
                a.expect("CALL_CLOSED")

    def test_the_wire_tells_a_hold(self):
        a, b = self.phone("alice", 440), self.phone("bob", 1000)
        a.account(a.host)
        b.account(b.host)
        with Wiretap([a, b]) as tap:
            self.call(a, b, f"sip:bob@{b.host}")
            hold_and_resume(tap, a, b)
            hold_and_resume(tap, b, a)
            with self.assertRaisesRegex(AssertionError, "no RTP for 1.0 s"):
                tap.silent(a, b, within=1)
            with self.assertRaisesRegex(AssertionError, "no 440 Hz.* 1000 Hz [01][.]"):
                tap.hears(a, 440, [1000], within=1)

    def test_linphone_and_baresip(self):
        a, b = self.phone("linus", 600, kind=Linphone), self.phone("bob", 1000)
        b.account(b.host)
        self.call(a, b, f"sip:bob@{b.host}")
        a.hang_up()
        b.expect("CALL_CLOSED")
        with self.assertRaisesRegex(AssertionError, "does not hear 600 Hz"):
            a.hears(600, within=0)

    def test_nobody_answers(self):
        """The end of a call that the test waits to be established fails it at once."""
        a = self.phone("alice", 440)
        a.account(a.host)
        a.dial("sip:nobody@" + a.host)
        with self.assertRaisesRegex(AssertionError, "CALL_CLOSED.*404"):
            a.talks()
        with self.assertRaisesRegex(AssertionError, "no .*CALL_INCOMING.* within 0.1 s"):
            a._events.clear()
            a.expect("CALL_INCOMING", seconds=0.1)

    def test_it_dies(self):
        a = self.phone("alice", 440)
        self.ports = itertools.chain([a.port], self.ports)  # which is taken
        with self.assertRaisesRegex(AssertionError, "bob ended with"):
            self.phone("bob", 1000)
        program = self.enterContext(Program("false"))
        program.launch(["sh", "-c", "echo last words; exit 3"])
        program.process.wait()
        with self.assertRaisesRegex(AssertionError, "ended with 3:\n(.|\n)*last words"):
            program.alive()


if __name__ == "__main__":
    unittest.main(verbosity=2)
