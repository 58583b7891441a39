"""Session timers as short as RFC 4028 §5 allows, both refreshers at the same time: 62 s, most of it
waiting."""

import time
import unittest

from node import NodeCase
from phone import Phone

SHORTEST = 90


class SessionTimers(NodeCase):
    node_options = {"media_settings": "rtp_timeout_s = 300"}  # these phones have no voice

    def call(self, caller, refresher):
        leg = caller.invite("7100", headers=["Supported: timer",
                                             f"Session-Expires: {SHORTEST};refresher={refresher}"])
        invite = self.callee.expect("INVITE")
        self.callee.reply(invite, 200, "OK", tag=caller.name, body=self.callee.sdp())
        answer = caller.expect(200)
        self.assertEqual(answer.get("session-expires"), f"{SHORTEST};refresher={refresher}")
        caller.ack(leg, answer)
        self.callee.expect("ACK")
        return leg, time.monotonic()

    def test_both_refreshers(self):
        self.callee = self.enterContext(Phone(self.node.sip, self.node.callee, "bob", self.way))
        ours, theirs = (self.enterContext(Phone(self.node.sip, name=name, way=self.way))
                        for name in ("ours", "theirs"))
        too_short = theirs.invite("7100", headers=["Supported: timer", "Session-Expires: 89"])
        told = theirs.expect(422)
        self.assertEqual(told.get("min-se"), str(SHORTEST))
        theirs.ack(too_short, told)

        leg, since = self.call(ours, "uas")
        _, other_since = self.call(theirs, "uac")  # who never does it
        refresh = ours.expect("INVITE", "UPDATE", seconds=SHORTEST / 2 + 5)
        self.assertAlmostEqual(time.monotonic() - since, SHORTEST / 2, delta=3)
        self.assertIn("timer", refresh.get("supported"))
        ours.reply(refresh, 200, "OK", body=ours.sdp(),
                   headers=["Require: timer", refresh_fields(refresh)])
        if refresh.method == "INVITE":
            ours.expect("ACK")
        theirs.reply(theirs.expect("BYE", seconds=30), 200, "OK")  # §10: a third before the end
        self.assertAlmostEqual(time.monotonic() - other_since, SHORTEST * 2 / 3, delta=3)
        self.callee.reply(self.callee.expect("BYE"), 200, "OK")
        self.assertEqual(self.node.cdrs(2)[-1]["cause"], "session expired")
        ours.bye(leg)
        self.callee.reply(self.callee.expect("BYE"), 200, "OK")
        ours.expect(200, of="BYE")


def refresh_fields(refresh):
    """§9: the 2xx repeats what the request says."""
    return f"Session-Expires: {refresh.get('session-expires')}"


class SessionTimersOverTcp(SessionTimers):
    way = "tcp 127.0.0.1"


if __name__ == "__main__":
    unittest.main(verbosity=2)
