"""SIGHUP: users, trunks and routes change under a live call, which does not notice."""

import os
import signal
import unittest

from node import NodeCase, eventually
from phone import Phone, establish, hang_up

NEW_ROUTE = '[[routes]]\nmatch = "^9197$"\napp = "echo"\n'


class Reload(NodeCase):
    def setUp(self):
        self.a = self.enterContext(Phone(self.node.sip, name="alice"))
        self.b = self.enterContext(Phone(self.node.sip, self.node.callee, name="bob"))
        self.written = self.node.config.read_text()

    def tearDown(self):
        self.node.config.write_text(self.written)

    def reload(self, text, says):
        """Writes the configuration, sends SIGHUP and waits for the line that it leads to."""
        seen = len(self.node.log.read_text())
        self.node.config.write_text(text)
        os.kill(self.node.process.pid, signal.SIGHUP)
        eventually(f"the log says {says!r}", 10,
                   lambda: says in self.node.log.read_text()[seen:])
        return self.node.log.read_text()[seen:]

    def call_is_answered(self, user):
        leg = self.a.invite(user)
        told = self.a.expect(200, 404, of="INVITE")
        self.a.ack(leg, told)
        if told.status == 200:
            self.a.bye(leg)
            self.a.expect(200, of="BYE")
        return told.status == 200

    def test_routes_change_under_a_live_call(self):
        live, _ = establish(self.a, self.b)
        self.assertFalse(self.call_is_answered("9197"))
        self.reload(self.written + NEW_ROUTE, "routes: 3 in place of 2")
        self.assertTrue(self.call_is_answered("9197"))
        self.reload(self.written, "routes: 2 in place of 3")
        self.assertFalse(self.call_is_answered("9197"))
        hang_up(self.a, live, self.b)

    def test_a_mistake_changes_nothing(self):
        said = self.reload(NEW_ROUTE.replace("^9197$", "(") + self.written, "nothing was changed")
        self.assertIn("tandem.toml:2: routes[1].match", said)
        self.assertFalse(self.call_is_answered("9197"))
        self.assertTrue(self.call_is_answered("9196"))

    def test_users_are_named_and_their_secrets_are_not(self):
        user = '[[users]]\nname = "{}"\npassword = "{}"\n'
        said = self.reload(self.written + user.format("1009", "hush-1"), "users: added 1009")
        said += self.reload(self.written + user.format("1009", "hush-2"), "users: changed 1009")
        said += self.reload(self.written, "users: removed 1009")
        self.assertNotIn("hush", said)

    def test_what_waits_for_the_next_start_is_said(self):
        self.reload(self.written.replace("[media]", "[media]\nrtp_timeout_s = 7"),
                    "media: changed, in force at the next start")


if __name__ == "__main__":
    unittest.main(verbosity=2)
