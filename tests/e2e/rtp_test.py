"""Media through the relay: nothing is lost, nothing goes astray, a stranger neither hears nor
speaks."""

import json
import unittest

from node import NodeCase
from probe import run_probe

CALLS, SECONDS = 100, 5


class Media(NodeCase):
    node_options = {"media_ports": 960}

    def probe(self, **options):
        counts = run_probe(self.node.sip, self.node.callee, self.node.media[1] + 1, **options)
        print(json.dumps(counts))
        sent = 2 * options["calls"] * options["seconds"] * 50
        self.assertEqual((counts["sent"], counts["received"]), (sent, sent))
        for name in ("lost", "duplicated", "wrong", "rtcp_wrong", "intruder_heard", "stolen"):
            self.assertEqual(counts[name], 0, name)
        self.assertEqual(counts["rtcp_received"], counts["rtcp_sent"])
        self.assertGreater(counts["rtcp_sent"], 0)
        return counts

    def setUp(self):
        self.records = len(self.node.cdrs(0))

    def test_a_hundred_calls(self):
        self.probe(calls=CALLS, seconds=SECONDS)
        for record in self.node.cdrs(self.records + CALLS)[self.records:]:
            packets = SECONDS * 50
            for leg in record["legs"]:
                self.assertEqual((leg["packets_in"], leg["packets_out"], leg["lost"]),
                                 (packets, packets, 0))

    def test_a_third_source(self):
        counts = self.probe(calls=20, seconds=SECONDS, intruder=True)
        self.assertGreater(counts["intruder_sent"], 1000)


if __name__ == "__main__":
    unittest.main(verbosity=2)
