"""The harness against itself: phones, sipp scenarios and the RTP probe talk to each other without a
node, and each check is shown failing when it should."""

import os
import socket
import stat
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import node
from node import Node, PortBlock
from phone import Phone, establish, hang_up
from probe import run_probe
from sipp import run_pair
from wire import Capture

# Stands in for tandemd: the admin API of an idle node, with one thing wrong that $FAULT names.
FAKE_NODE = '''
import http.server, json, os, re, signal, sys
config = open(sys.argv[2]).read()
port = int(re.search(r'listen = "127.0.0.1:(\\d+)"', config).group(1))
fault = os.environ["FAULT"]
if fault == "dies":
    sys.exit(7)
asked = 0
def tree():
    kinds = ["transport"] + (["leg"] if fault == "actor stays" and asked else [])
    return {"kind": "node", "children": [{"kind": k, "children": []} for k in kinds]}
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global asked
        asked += self.path == "/api/v1/calls"
        free = 3 if fault == "port stays" and asked else 1
        calls = [{"key": "7f"}] if fault == "call stays" else []
        body = {"/readyz": "", "/api/v1/tree": json.dumps(tree()),
                "/api/v1/calls": json.dumps({"calls": calls}),
                "/metrics": "tandem_media_pairs_free %d\\n" % free}[self.path].encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *args):
        pass
def stop(*_):
    if fault == "asan":
        print("==1==ERROR: AddressSanitizer: heap-use-after-free", flush=True)
    os._exit(1 if fault == "bad exit" else 0)
signal.signal(signal.SIGTERM, stop)
http.server.HTTPServer(("127.0.0.1", port), Handler).serve_forever()
'''


class Direct(unittest.TestCase):
    """Without a node between them the two sides must understand each other."""

    @classmethod
    def setUpClass(cls):
        cls.block = PortBlock(480)
        cls.ports = iter(cls.block.ports)

    @classmethod
    def tearDownClass(cls):
        cls.block.release()

    def pair(self, caller, callee, **options):
        port = next(self.ports)
        return run_pair(caller, callee, node_port=port, callee_port=port,
                        caller_port=next(self.ports), calls=20, rate=50,
                        **{"seconds": 30} | options)

    def test_sipp_scenarios(self):
        for way in ("udp 127.0.0.1", "udp ::1", "tcp 127.0.0.1", "tcp-each ::1"):
            for caller, callee in (("uac_call", "uas_answer"), ("uac_busy", "uas_busy"),
                                   ("uac_cancel", "uas_ringing"),
                                   ("uac_early_media", "uas_early_media")):
                with self.subTest(caller=caller, way=way):
                    for side in self.pair(caller, callee, hold_ms=50, caller_way=way,
                                          callee_way=way.replace("-each", "")):
                        self.assertEqual((side["good"], side["failed"]), (20, 0))

    def test_sipp_notices_what_is_wrong(self):
        with self.assertRaisesRegex(AssertionError, "exit status"):
            self.pair("uac_early_media", "uas_answer", seconds=3)

    def test_phones(self):
        for way in ("udp 127.0.0.1", "udp ::1", "tcp 127.0.0.1", "tcp ::1"):
            with self.subTest(way=way):
                self.two_phones(way)

    def two_phones(self, way):
        one, other = next(self.ports), next(self.ports)
        with Phone(other, one, "alice", way) as a, Phone(one, other, "bob", way) as b:
            leg, callee_leg = establish(a, b)
            self.assertEqual(b.uri(), leg.target)
            hang_up(a, leg, b)
            refused = a.invite("7100")
            b.reply(b.expect("INVITE"), 486, tag="b")
            a.ack(refused, a.expect(486))
            self.assertEqual(b.expect("ACK").branch, refused.invite_branch)
            b.bye(callee_leg)
            a.expect("BYE")
            with self.assertRaisesRegex(AssertionError, "no .*'BYE'"):
                b.expect("BYE", seconds=0.1)
            a.bye(leg)
            with self.assertRaisesRegex(AssertionError, "nobody expected"):
                b.quiet()

    def test_a_stream_in_pieces(self):
        """Three messages in one segment, a fourth byte by byte, an empty line between them."""
        with Phone(1, name="bob", way="tcp 127.0.0.1") as b, \
                socket.create_connection(("127.0.0.1", b.port)) as peer:
            text = "".join(f"OPTIONS sip:b SIP/2.0\r\nCSeq: {number} OPTIONS\r\n"
                           f"l: {number}\r\n\r\n{'x' * number}" for number in range(4))
            peer.sendall(b"\r\n\r\n" + text[:-1].encode())
            self.assertEqual([b.next_datagram()[0].cseq[0] for _ in range(3)], [0, 1, 2])
            self.assertIsNone(b.receive(0.1))
            peer.sendall(b"x")
            self.assertEqual(b.next_datagram()[0].body, "xxx")
            peer.sendall(b"OPTIONS sip:b SIP/2.0\r\nCSeq: 5 OPTIONS\r\n\r\n")
            with self.assertRaisesRegex(AssertionError, "without Content-Length"):
                b.receive(1)

    def test_rtp_probe(self):
        port = next(self.ports)
        base = 2 * (self.block.ports[0] // 2) + 40
        counts = run_probe(port, port, base, calls=50, seconds=1)
        self.assertEqual((counts["received"], counts["lost"], counts["wrong"]), (5000, 0, 0))
        counts = run_probe(port, port, base, calls=5, seconds=1, intruder=True)
        self.assertEqual(counts["intruder_heard"], counts["intruder_sent"])  # nobody kept him out
        self.assertGreater(counts["intruder_sent"], 0)

    def test_tshark_reads_and_complains(self):
        sip, callee, rtp = next(self.ports), next(self.ports), self.block.ports[0] + 440
        with Capture(self.block.ports, (sip, callee)) as capture:
            run_probe(sip, sip, rtp, calls=2, seconds=1)
        packets = capture.packets()
        self.assertEqual([p for p in packets if p["complaint"]], [])
        counts = Capture.summary(packets)
        self.assertEqual((counts["sip"], counts["rtp"], counts["rtcp"]), (10, 200, 4))
        with Capture(self.block.ports, (sip, callee)) as capture, Phone(sip, callee) as phone:
            phone.send_raw("INVITE sip:a@b SIP/2.0\r\nno colon\r\nContent-Length: 0\r\n\r\n")
        packets = capture.packets()
        self.assertEqual(len(packets), 1)
        self.assertTrue(packets[0]["complaint"])


class Ports(unittest.TestCase):
    def test_blocks_do_not_overlap(self):
        one, two = PortBlock(600), PortBlock(400)
        try:
            self.assertFalse(set(one.ports) & set(two.ports))
            self.assertEqual((len(one.ports), len(two.ports)), (1000, 500))
        finally:
            one.release()
            two.release()


class Checks(unittest.TestCase):
    """Node must notice everything that a node leaves behind."""

    def run_node(self, fault):
        with tempfile.TemporaryDirectory() as folder:
            script = Path(folder) / "tandemd"
            script.write_text(f"#!{sys.executable}\n{FAKE_NODE}")
            script.chmod(script.stat().st_mode | stat.S_IXUSR)
            with mock.patch.object(node, "BIN", Path(folder)), \
                    mock.patch.dict(os.environ, {"FAULT": fault}):
                started = Node().start()
                try:
                    started.settle(0.3)
                finally:
                    started.stop()

    def test_a_good_node_passes(self):
        self.run_node("")

    def test_faults(self):
        for fault, complaint in (("dies", "ended with 7"), ("call stays", "no call is left"),
                                 ("port stays", "media ports"), ("actor stays", r"leg.*\(0, 1\)"),
                                 ("bad exit", "exit status 1"), ("asan", "AddressSanitizer")):
            with self.subTest(fault=fault), self.assertRaisesRegex(AssertionError, complaint):
                self.run_node(fault)


if __name__ == "__main__":
    unittest.main(verbosity=2)
