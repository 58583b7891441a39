"""tshark reads every SIP, RTP and RTCP packet of the node without a warning."""

import unittest

from node import NodeCase
from phone import Phone, establish, hang_up
from probe import run_probe
from wire import Capture

CALLS, SECONDS = 10, 2


class Wire(NodeCase):
    def test_every_packet(self):
        last = self.node.media[1] + 4 * CALLS
        with Capture((self.node.sip, last), (self.node.sip, self.node.callee)) as capture:
            run_probe(self.node.sip, self.node.callee, self.node.media[1] + 1, calls=CALLS,
                      seconds=SECONDS)
            with Phone(self.node.sip, name="alice") as a, \
                    Phone(self.node.sip, self.node.callee, name="bob") as b:
                leg, _ = establish(a, b)
                hang_up(a, leg, b)
                refused = a.invite("nobody")
                a.ack(refused, a.expect(404))
                a.request(a.leg("9196"), "OPTIONS")
                a.expect(200)
        packets = capture.packets()
        self.assertEqual([p for p in packets if p["complaint"]], [])
        counts = Capture.summary(packets)
        rtp, rtcp = 2 * CALLS * SECONDS * 50, 2 * CALLS * SECONDS
        self.assertEqual((counts["rtp"], counts["rtcp"]), (2 * rtp, 2 * rtcp))  # in and out
        self.assertGreater(counts["sip"], 10 * CALLS)
        self.assertEqual(counts.keys(), {"sip", "rtp", "rtcp"})


if __name__ == "__main__":
    unittest.main(verbosity=2)
