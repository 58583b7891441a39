"""The 49 messages of RFC 4475, byte for byte, against a running node over UDP and TCP: what it says
to each, that it lives, and that an honest call succeeds afterwards. `--table` prints the answers as
docs/TORTURE.md has them.

The messages lie beside the source tree (../shared/conformance); without them this test reports
itself as skipped.
"""

import re
import select
import socket
import sys
import time
import unittest
from pathlib import Path

from node import ROOT, NodeCase, eventually
from phone import FINAL, Message, Phone

FOLDER = ROOT.parent / "shared/conformance/rfc4475"
SKIPPED = 4  # what CTest takes for "skipped", see CMakeLists.txt

TESTER = "127.44.75.1"  # most Vias name port 5060 without rport, so answers go there
PORTS = (5060, 5050)
WHOLE_MESSAGE_S = 10  # how long the node waits for the rest of a message on a stream

BUSY = {486}            # the callee's own word: the INVITE went through
OK, NOT_HERE = {200}, {404}
DROPPED = set()
OPEN, CLOSED, UNFINISHED, UNFRAMED = "open", "closed", "unfinished", "unframed"

# dblreq: over TCP the second request is one, and the bytes behind it are none.
# name: (answers allowed, the stream afterwards, section). UNFINISHED: over TCP the message never
# ends, so it is not answered and its connection is closed after WHOLE_MESSAGE_S. UNFRAMED: over TCP
# its end cannot be told (RFC 3261 §18.3), so it is answered 400 and the connection is closed.
TABLE = {
    "wsinv": ({481}, OPEN, "3.1.1.1"),
    "intmeth": ({405, 501}, OPEN, "3.1.1.2"),
    "esc01": (BUSY, OPEN, "3.1.1.3"),
    "escnull": (NOT_HERE, OPEN, "3.1.1.4"),
    "esc02": ({405, 501}, OPEN, "3.1.1.5"),
    "lwsdisp": (OK, OPEN, "3.1.1.6"),
    "longreq": (BUSY, OPEN, "3.1.1.7"),
    "dblreq": (OK, CLOSED, "3.1.1.8"),
    "semiuri": (OK, OPEN, "3.1.1.9"),
    "transports": (OK, OPEN, "3.1.1.10"),
    "mpart01": (NOT_HERE, OPEN, "3.1.1.11"),
    "unreason": (DROPPED, OPEN, "3.1.1.12"),
    "noreason": (DROPPED, OPEN, "3.1.1.13"),
    "badinv01": ({400}, OPEN, "3.1.2.1"),
    "clerr": ({400}, UNFINISHED, "3.1.2.2"),
    "ncl": ({400}, CLOSED, "3.1.2.3"),
    "scalar02": ({400}, OPEN, "3.1.2.4"),
    "scalarlg": (DROPPED, OPEN, "3.1.2.5"),
    "quotbal": ({400}, OPEN, "3.1.2.6"),
    "ltgtruri": ({400}, OPEN, "3.1.2.7"),
    "lwsruri": ({400}, OPEN, "3.1.2.8"),
    "lwsstart": ({400}, OPEN, "3.1.2.9"),
    "trws": ({400}, OPEN, "3.1.2.10"),
    "escruri": ({400}, OPEN, "3.1.2.11"),
    "baddate": ({400} | BUSY, OPEN, "3.1.2.12"),
    "regbadct": ({400}, OPEN, "3.1.2.13"),
    "badaspec": ({400} | OK, OPEN, "3.1.2.14"),
    "baddn": ({400} | OK, OPEN, "3.1.2.15"),
    "badvers": ({505}, OPEN, "3.1.2.16"),
    "mismatch01": ({400}, OPEN, "3.1.2.17"),
    "mismatch02": ({400, 501}, OPEN, "3.1.2.18"),
    "bigcode": (DROPPED, OPEN, "3.1.2.19"),
    "badbranch": (OK, OPEN, "3.2.1"),
    "insuf": ({400}, OPEN, "3.3.1"),
    "unkscm": ({416}, OPEN, "3.3.2"),
    "novelsc": ({416}, OPEN, "3.3.3"),
    "unksm2": (NOT_HERE, OPEN, "3.3.4"),
    "bext01": ({420}, OPEN, "3.3.5"),
    "invut": ({415}, OPEN, "3.3.6"),
    "regaut01": (OK, OPEN, "3.3.7"),
    "multi01": ({400}, OPEN, "3.3.8"),
    "mcl01": ({400}, CLOSED, "3.3.9"),
    "bcast": (DROPPED, OPEN, "3.3.10"),
    "zeromf": ({483}, OPEN, "3.3.11"),
    "cparam01": (OK, OPEN, "3.3.12"),
    "cparam02": (OK, OPEN, "3.3.13"),
    "regescrt": (OK, OPEN, "3.3.14"),
    "sdp01": ({406}, OPEN, "3.3.15"),
    "inv2543": (BUSY, UNFRAMED, "3.4.1"),
}
# What an answer must bring along.
BRINGS = {"intmeth": "allow", "esc02": "allow", "bext01": "unsupported",
          "invut": "accept", "cparam01": "contact", "cparam02": "contact", "regescrt": "contact"}
# Those whose Via or To cannot be read, so that nothing can be added to it; wsinv has a tag.
WITHOUT_VIA, WITHOUT_TO = ("badinv01",), ("insuf", "quotbal", "wsinv")


def message_bytes(name):
    return (FOLDER / f"{name}.dat").read_bytes()


def first_of(data, *names):
    """The value of the first header of these names, unfolded, as text."""
    head = re.sub(rb"\r\n[ \t]+", b" ", data.partition(b"\r\n\r\n")[0])
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.strip().lower().decode(errors="replace") in names:
            return value.strip().decode(errors="replace")
    return None


class Tester:
    """Sends from port 5060 of an address of its own, and hears what comes to it and to 5050."""

    def __init__(self, node):
        self.node = node
        self.sockets = []
        for port in PORTS:
            made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.sockets.append(made)
            made.bind((TESTER, port))

    def close(self):
        for one in self.sockets:
            one.close()

    def send(self, data):
        self.sockets[0].sendto(data, ("127.0.0.1", self.node.sip))

    def heard(self):
        """What has come, without waiting."""
        out = []
        while ready := select.select(self.sockets, [], [], 0)[0]:
            out += [Message(one.recv(65536)) for one in ready]
        return out


class Stream:
    """One connection of the tester."""

    def __init__(self, node):
        self.stream = socket.create_connection(("127.0.0.1", node.sip),
                                               source_address=(TESTER, 0))
        self.buffer, self.closed = b"", False

    def close(self):
        self.stream.close()

    def send(self, data):
        self.stream.sendall(data)

    def heard(self):
        while not self.closed and select.select([self.stream], [], [], 0)[0]:
            data = self.stream.recv(65536)
            self.buffer += data
            self.closed = not data
        out = []
        while b"\r\n\r\n" in self.buffer:
            head, _, rest = self.buffer.partition(b"\r\n\r\n")
            size = int(first_of(head + b"\r\n\r\n", "content-length", "l"))
            out.append(Message(head + b"\r\n\r\n" + rest[:size]))
            self.buffer = rest[size:]
        return out


def acknowledge(way, request, told):
    """RFC 3261 §17.1.1.3: the INVITE's first Via, without what the node has added to it."""
    uri = request.split(b" ")[1].decode()
    via = re.sub(r";received=[^;,]*", "", told.get("via"))
    way.send("\r\n".join([f"ACK {uri} SIP/2.0", f"Via: {via}", f"From: {told.get('from')}",
                          f"To: {told.get('to')}", f"Call-ID: {told.get('call-id')}",
                          f"CSeq: {told.cseq[0]} ACK", "Content-Length: 0", "", ""]).encode())


class Torture(NodeCase):
    node_options = {
        "listens": ("udp 127.0.0.1", "tcp 127.0.0.1"),
        "realm": "example.com",
        "routes": "".join(f"""
[[trunks]]
name = "{name}"
address = "{address}"
trusted = true
""" for name, address in (("tester", TESTER), ("honest", "127.0.0.1"))) + "".join(f"""
[[users]]
name = "{name}"
password = "secret"
""" for name in ("user", "j.user", "watson")) + """
[[routes]]
match = "^(user|UserB|vivekg|sips:user@example.com)$"
app = "bridge"
to = "sip:busy@127.0.0.1:{callee}"
""",
    }
    told = {}  # (name, way): what the node did, in words

    def setUp(self):
        self.callee = self.enterContext(Phone(self.node.sip, self.node.callee, "bob"))
        self.honest = self.enterContext(Phone(self.node.sip, name="alice"))

    def callee_is_busy(self):
        while got := self.callee.receive(0):
            if got[0].method == "INVITE":
                self.callee.reply(got[0], 486, "Busy Here", tag="b")

    def final_answers(self, way, request, least):
        """All final answers, once `least` have come and, after them, one to an OPTIONS that was
        sent behind the message. Those to an INVITE are acknowledged."""
        found = {}

        def collect():
            self.callee_is_busy()
            for told in way.heard():
                if told.status not in FINAL:
                    continue
                found[told.raw] = told
                if told.cseq[1] == "INVITE":
                    acknowledge(way, request, told)
            return len(found) >= least

        eventually(f"{least} final answers", 5, collect, every=0.002)
        self.lives()
        collect()
        return list(found.values())

    def lives(self):
        self.honest.request(self.honest.leg("9196"), "OPTIONS")
        self.honest.expect(200, of="OPTIONS")

    def dropped(self):
        return self.node.metric("tandem_sip_dropped_total")

    def judge(self, name, way, told, allowed):
        """`told` are all final answers to one message."""
        request = message_bytes(name)
        if not allowed:
            self.assertEqual(told, [])
            return "dropped"
        self.assertEqual(len(told), 1, [t.start for t in told])
        self.assertIn(told[0].status, allowed, told[0])
        self.assertEqual(told[0].get("call-id"), first_of(request, "call-id", "i"))
        if name not in WITHOUT_VIA:
            self.assertIn(f"received={TESTER}", told[0].get("via"))  # RFC 3261 §18.2.1
        if name not in WITHOUT_TO:
            self.assertTrue(told[0].tag("to"), told[0])  # §8.2.6.2
        if name in BRINGS:
            self.assertTrue(told[0].get(BRINGS[name]), told[0])
        return told[0].start.removeprefix("SIP/2.0 ")

    def test_udp(self):
        tester = Tester(self.node)
        self.addCleanup(tester.close)
        for name, (allowed, _, _) in TABLE.items():
            with self.subTest(name=name):
                before = self.dropped()
                tester.send(message_bytes(name))
                told = self.final_answers(tester, message_bytes(name), 1 if allowed else 0)
                self.told[name, "udp"] = self.judge(name, "udp", told, allowed)
                if not allowed:
                    self.assertEqual(self.dropped(), before + 1)
        self.an_honest_call()

    def test_tcp(self):
        unfinished = {}
        for name, (allowed, then, _) in TABLE.items():
            with self.subTest(name=name):
                way = Stream(self.node)
                self.addCleanup(way.close)
                way.send(message_bytes(name))
                if then == UNFINISHED:
                    unfinished[name] = way
                    continue
                wanted = 2 if name == "dblreq" else 1 if allowed else 0
                told = self.final_answers(way, message_bytes(name), wanted)
                if then != OPEN:
                    eventually("the stream is closed", 3, lambda w=way: w.heard() or w.closed)
                self.assertEqual(way.closed, then != OPEN)
                if then == UNFRAMED:
                    allowed = {400}
                if name == "dblreq":  # on a stream the second request is one
                    self.assertIn("INVITE", [one.cseq[1] for one in told])
                    told = [one for one in told if one.cseq[1] == "REGISTER"]
                self.told[name, "tcp"] = self.judge(name, "tcp", told, allowed) + (
                    ", closed" if way.closed else "")
        for name, way in unfinished.items():
            with self.subTest(name=name):
                eventually("the half message is given up", WHOLE_MESSAGE_S + 3,
                           lambda w=way: w.heard() or w.closed)
                self.assertTrue(way.closed)
                self.told[name, "tcp"] = f"closed after {WHOLE_MESSAGE_S} s"
        self.an_honest_call()

    def test_no_more_and_no_less(self):
        self.assertEqual({file.stem for file in FOLDER.glob("*.dat")}, TABLE.keys())

    def an_honest_call(self):
        leg = self.honest.invite("9196")
        self.honest.ack(leg, self.honest.expect(200))
        self.honest.bye(leg)
        self.honest.expect(200, of="BYE")
        self.honest.quiet(0.1)


def print_table():
    print("| message | RFC 4475 § | UDP | TCP |\n|---|---|---|---|")
    for name, (_, _, section) in TABLE.items():
        print(f"| {name} | {section} | {Torture.told.get((name, 'udp'), '?')} "
              f"| {Torture.told.get((name, 'tcp'), '?')} |")


if __name__ == "__main__":
    if not FOLDER.is_dir():
        print(f"conformance data is absent: {FOLDER}")
        sys.exit(SKIPPED)
    with_table = "--table" in sys.argv
    program = unittest.main(argv=[a for a in sys.argv if a != "--table"], exit=False)
    if with_table:
        print_table()
    sys.exit(not program.result.wasSuccessful())
