"""RTP that the kernel relays ([media] kernel_interfaces): the same promises as through sockets, and
one more: a node that is killed and started again loses no packet of a settled stream. All of it in
a network namespace of this test's own."""

import json
import os
import shutil
import subprocess
import sys
import time
import unittest

import rtp_test
from node import Node, eventually
from probe import Probe

INSIDE = "TANDEM_KERNEL_TEST_NAMESPACE"
ON_LOOPBACK = 'kernel_interfaces = ["lo"]'
CARRIED, RECEIVED = "tandem_rtp_packets_carried_total", "tandem_rtp_packets_received_total"
TALKING = int(os.environ.get("TANDEM_KERNEL_TEST_CALLS", "40"))
# The calls outlive the lease under which a killed node's flows go on (5 s).
SECONDS = 7
rtp_test.SECONDS = 3


def enter_namespace():
    """Starts this file anew where loopback and its filters are nobody else's."""
    if INSIDE in os.environ:
        return
    if os.getuid() != 0:
        sys.exit("kernel_test: it attaches filters in a namespace of its own, so it needs root")
    os.environ[INSIDE] = os.readlink("/proc/self/ns/net")
    os.execvp("unshare", ["unshare", "--net", sys.executable, "-B", *sys.argv])


def filters():
    shown = subprocess.run(["tc", "filter", "show", "dev", "lo", "ingress"], check=True,
                           capture_output=True, text=True).stdout
    return sum("tandem_relay" in line for line in shown.splitlines())


class Media(rtp_test.Media):
    """What rtp_test asks of sockets: counts, detail records, a third source."""
    node_options = {"media_ports": 960, "media_settings": ON_LOOPBACK}

    def tearDown(self):
        # The first packets of a stream settle it, and no more.
        self.assertGreater(self.node.metric(CARRIED), 0.9 * self.node.metric(RECEIVED))


class Restarted(unittest.TestCase):
    def setUp(self):
        self.node = Node(media_ports=6 * TALKING, extra_ports=4 * TALKING,
                         media_settings=ON_LOOPBACK).start()
        self.addCleanup(self.node.stop)

    def test_killed_and_started_again(self):
        probe = Probe(self.node.sip, self.node.callee, self.node.beyond[0], calls=TALKING,
                      seconds=SECONDS)
        eventually("both directions of all calls are carried", 5,
                   lambda: self.node.metric(CARRIED) > 25 * 2 * TALKING)
        gone = time.monotonic()
        self.node.crash()
        self.assertEqual(filters(), 1)      # it outlives the process
        self.node.start(again=True)
        away = time.monotonic() - gone
        self.assertEqual(filters(), 1)
        counts = probe.counts()
        print(json.dumps({"away_s": round(away, 3), "gap_ms_most": max(counts["gaps_ms"]), **{
            name: counts[name] for name in ("sent", "received", "lost", "silent", "wrong")}}))
        self.assertEqual(counts["received"], counts["sent"])
        for name in ("lost", "silent", "wrong", "duplicated"):
            self.assertEqual(counts[name], 0, name)
        self.node.cdrs(TALKING)
        # What was inherited is the calls' again: nothing came through sockets for long.
        self.assertGreater(self.node.metric(CARRIED), 0.8 * self.node.metric(RECEIVED))

    def test_a_clean_stop_takes_the_filter_away(self):
        self.assertEqual(filters(), 1)
        self.node.process.terminate()
        eventually("the filter is gone", 10, lambda: filters() == 0)


class Refused(unittest.TestCase):
    def test_an_interface_that_is_not_there(self):
        node = Node(media_settings='kernel_interfaces = ["nowhere0"]')
        self.addCleanup(shutil.rmtree, node.folder)
        with self.assertRaisesRegex(AssertionError, 'interface "nowhere0": No such device'):
            node.start()


if __name__ == "__main__":
    enter_namespace()
    assert os.readlink("/proc/self/ns/net") != os.environ[INSIDE], "no namespace of its own"
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    unittest.main(verbosity=2)
