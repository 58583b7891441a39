"""Strangers flood a node while honest phones call: every call of theirs succeeds, memory stays
bounded, and afterwards descriptors, actors and calls are where they were.

    python3 tests/e2e/floods_test.py [--seconds 30] [--rate 5000] [--connections 3000] [--only X]

Each flood comes from addresses of its own on loopback; the honest phones (one by UDP, one by TCP)
log in with digest, repeat what is not answered (RFC 3261 §17.1) and make one call after the other:
INVITE, 401, INVITE, 200, ACK, BYE, 200. Without arguments it is short, as CI runs it. The last
lines are a table.
"""

import argparse
import contextlib
import multiprocessing
import os
import random
import re
import resource
import secrets
import select
import socket
import sys
import threading
import time

from endpoint import Connection
from load_test import cpu_seconds, rss_mb, settled_rss_mb
from login_test import answer, challenges
from node import Node, eventually
from phone import FINAL, Message

HONEST, STRANGERS = "127.0.0.1", "127.66.{}.{}"
T1, GIVE_UP_S = 0.5, 32
# What floods may make of the node's memory while they last, and leave of it: pages that malloc
# keeps, and the calls, registrations and figures of the honest.
MOST_RSS_MB, KEPT_RSS_MB = 350, 80
USERS = ("alice", "bob", "mallory")
SDP = ("v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio 40000 RTP/AVP 0\r\n")


def request_text(method, uri, via, user, *, headers=(), body="", call_id=None, number=1, to="",
                 tag=None):
    return "\r\n".join([
        f"{method} {uri} SIP/2.0", f"Via: SIP/2.0/{via};rport;branch=z9hG4bK{secrets.token_hex(8)}",
        f"From: <sip:{user}@example.test>;tag={tag or secrets.token_hex(4)}",
        f"To: {to or f'<{uri}>'}", f"Call-ID: {call_id or secrets.token_hex(8)}",
        f"CSeq: {number} {method}", "Max-Forwards: 70",
        f"Contact: <sip:{user}@{via.split()[1]}>", *headers,
        *(["Content-Type: application/sdp"] if body else []), f"Content-Length: {len(body)}", "",
        body])


# ---- the honest ones ----------------------------------------------------------------------------

class Honest:
    """A registered phone that calls and repeats itself as RFC 3261 wants, over one transport."""

    def __init__(self, user, transport, node_port, address=HONEST):
        self.address = address
        self.user, self.transport = user, transport
        self.node = (HONEST, node_port)
        self.repeated = 0
        self.connect()

    def connect(self):
        kind = socket.SOCK_STREAM if self.transport == "tcp" else socket.SOCK_DGRAM
        self.socket = socket.socket(socket.AF_INET, kind)
        self.socket.settimeout(10)
        self.socket.bind((self.address, 0))
        self.socket.connect(self.node)
        self.via = f"{self.transport.upper()} {self.address}:{self.socket.getsockname()[1]}"
        self.stream = Connection(self.socket)

    def close(self):
        self.socket.close()

    def receive(self, seconds):
        self.socket.settimeout(max(0.001, seconds))
        try:
            while True:
                if self.transport == "udp":
                    return Message(self.socket.recv(65536))
                if message := self.stream.message():
                    return Message(message)
                data = self.socket.recv(65536)
                assert data, "the node has closed the connection of an honest phone"
                self.stream.buffer += data
        except TimeoutError:
            return None

    def ask(self, text):
        """The final response to this request."""
        wanted = Message(text.encode())
        self.socket.sendall(text.encode())
        begun, wait = time.monotonic(), T1
        again = begun + wait
        while time.monotonic() < begun + GIVE_UP_S:
            told = self.receive(again - time.monotonic())
            if told and told.cseq == wanted.cseq and told.get("call-id") == wanted.get("call-id"):
                if told.status in FINAL:
                    return told
                if wanted.method == "INVITE":
                    again = begun + GIVE_UP_S  # §17.1.1.2: no more after a provisional response
            elif told is None and self.transport == "udp":
                self.socket.sendall(text.encode())
                self.repeated += 1
                wait *= 2
                again = time.monotonic() + wait
            elif told is None:
                again = begun + GIVE_UP_S
        raise AssertionError(f"{self.user}: nothing in {GIVE_UP_S} s to\n{text}")

    def login(self, method, uri, **more):
        """Asks, is challenged, and asks again; the answer and what the dialog needs."""
        dialog = {"call_id": secrets.token_hex(8), "tag": secrets.token_hex(4)}
        told = self.ask(request_text(method, uri, self.via, self.user, **dialog, **more))
        if method == "INVITE":
            self.acknowledge(uri, told, dialog, 1)
        assert told.status == 401, told
        header, _ = answer(challenges(told)[0], self.user, "secret", method, uri)
        more["headers"] = [*more.get("headers", ()), header]
        text = request_text(method, uri, self.via, self.user, **dialog, **more, number=2)
        return self.ask(text), dialog

    def acknowledge(self, uri, told, dialog, number):
        text = request_text("ACK", uri, self.via, self.user, **dialog, number=number,
                            to=told.get("to"))
        if told.status >= 300:  # §17.1.1.3: of the INVITE's transaction
            text = re.sub("branch=[^;\r]*", f"branch={told.branch}", text, count=1)
        self.socket.sendall(text.encode())

    def register(self):
        told, _ = self.login("REGISTER", "sip:example.test", headers=["Expires: 60"],
                             to=f"<sip:{self.user}@example.test>")
        assert told.status == 200, told

    def call(self):
        uri = f"sip:9196@{HONEST}:{self.node[1]}"
        told, dialog = self.login("INVITE", uri, body=SDP)
        assert told.status == 200, told
        self.acknowledge(told.contact_uri, told, dialog, 2)
        told = self.ask(request_text("BYE", told.contact_uri, self.via, self.user, **dialog,
                                     number=3, to=told.get("to")))
        assert told.status == 200, told


class HonestCalls(threading.Thread):
    """One after the other, until told to stop."""

    def __init__(self, phone):
        super().__init__()
        self.phone, self.stop = phone, threading.Event()
        self.good, self.failed, self.longest_s = 0, [], 0

    def run(self):
        self.phone.register()
        while not self.stop.is_set():
            begun = time.monotonic()
            try:
                if self.good % 10 == 9:  # a connection of the honest must be had at any time
                    self.phone.close()
                    self.phone.connect()
                self.phone.call()
                self.good += 1
            except (AssertionError, OSError) as error:
                self.failed.append(str(error))
            self.longest_s = max(self.longest_s, time.monotonic() - begun)
            self.stop.wait(0.02)


# ---- the strangers ------------------------------------------------------------------------------

def stranger(number):
    return STRANGERS.format(1 + number // 250, 1 + number % 250)


def datagrams(port, options, make, sources=20):
    """`make(address)` over and over from `sources` addresses, `options.rate` a second."""
    sockets = []
    for number in range(sources):
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind((stranger(number), 0))
        made.connect((HONEST, port))
        made.setblocking(False)
        sockets.append(made)
    begun, sent = time.monotonic(), 0
    while True:
        for one in sockets:
            try:
                one.send(make(one.getsockname()))
                while True:
                    one.recv(65536)
            except OSError:
                pass  # nothing to read, or the node is busy
            sent += 1
        ahead = sent / options.rate - (time.monotonic() - begun)
        if ahead > 0:
            time.sleep(ahead)


def flood_of(method, uri="sip:9196@127.0.0.1", body=""):
    def run(port, options):
        def make(address):
            return request_text(method, uri, "UDP {}:{}".format(*address), "mallory",
                                body=body).encode()
        datagrams(port, options, make)
    return run


def wrong_passwords(port, options):
    def make(address):
        guess = ('Authorization: Digest username="alice", realm="example.test", algorithm=MD5, '
                 f'uri="sip:example.test", nonce="{secrets.token_hex(24)}", qop=auth, '
                 f'response="{secrets.token_hex(16)}", nc=00000001, cnonce="x"')
        return request_text("REGISTER", "sip:example.test", "UDP {}:{}".format(*address), "alice",
                            headers=[guess]).encode()
    datagrams(port, options, make)


def garbage(port, options):
    draw = random.Random(1)

    def make(address):
        kind = draw.randrange(5)
        if kind == 0:
            return draw.randbytes(draw.randrange(1, 1400))
        whole = request_text("OPTIONS", "sip:9196@127.0.0.1", "UDP {}:{}".format(*address),
                             "x").encode()
        if kind == 1:
            return whole[:draw.randrange(len(whole))]
        if kind == 2:
            at = draw.randrange(len(whole))
            return whole[:at] + draw.randbytes(4) + whole[at:]
        if kind == 3:
            return whole.replace(b"OPTIONS sip", b"ACK sip").replace(b"1 OPTIONS", b"1 ACK")
        return b"SIP/2.0 200 OK\r\n" + whole.partition(b"\r\n")[2]
    datagrams(port, options, make)


class Login:
    """Mallory is a user, too, and calls from several addresses."""

    def __init__(self, port, number):
        self.phone = Honest("mallory", "udp", port, stranger(number))
        self.nc = 0

    def ask(self, method, uri, challenge):
        self.nc += 1
        header, _ = answer(challenge, "mallory", "secret", method, uri, self.nc)
        self.phone.socket.send(request_text(method, uri, self.phone.via, "mallory", body=SDP,
                                            headers=[header]).encode())


def left_alone(user, method="INVITE"):
    """Requests with a good password, to `user`, and then not a word more."""
    def run(port, options):
        uri = f"sip:{user}@{HONEST}:{port}"
        phones = []
        for number in range(20):
            one = Login(port, number)
            told = one.phone.ask(request_text(method, uri, one.phone.via, "mallory", body=SDP))
            phones.append((one, challenges(told)[0]))
            one.phone.socket.setblocking(False)
        begun, sent = time.monotonic(), 0
        while True:
            for one, challenge in phones:
                try:
                    one.ask(method, uri, challenge)
                    while True:
                        one.phone.socket.recv(65536)
                except OSError:
                    pass
                sent += 1
            ahead = sent / min(options.rate, 400) - (time.monotonic() - begun)
            if ahead > 0:
                time.sleep(ahead)
    return run


def connections(each_second):
    """Connections from many addresses; what `each_second(number, second)` says, they say. Those
    that the node closes are opened again."""
    def run(port, options):
        def connect(number):
            made = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
            made.bind((stranger(number % 40), 0))
            made.settimeout(2)
            try:
                made.connect((HONEST, port))
            except OSError:
                pass
            made.setblocking(False)
            return made
        held = [connect(number) for number in range(options.connections)]
        second = 0
        while True:
            begun = time.monotonic()
            second += 1
            for number, one in enumerate(held):
                try:
                    data = each_second(number, second)
                    if data:
                        one.send(data)
                    if not one.recv(65536):
                        raise ConnectionResetError
                except BlockingIOError:
                    pass
                except OSError:
                    one.close()
                    held[number] = connect(number)
            time.sleep(max(0, begun + 1 - time.monotonic()))
    return run


SLOW = request_text("OPTIONS", "sip:9196@127.0.0.1", "TCP 127.0.0.1:9", "x").encode()
HALF = SLOW.replace(b"Content-Length: 0", b"Content-Length: 60000") + b"x" * 59000

FLOODS = {
    "nothing": None,
    "REGISTER": flood_of("REGISTER", "sip:example.test"),
    "wrong passwords": wrong_passwords,
    "INVITE, the 401 never acknowledged": flood_of("INVITE", body=SDP),
    "INVITE with a login, the 200 never acknowledged": left_alone("9196"),
    "INVITE with a login, never answered": left_alone("7100"),
    "MESSAGE": flood_of("MESSAGE"),
    "MESSAGE with a login, never answered": left_alone("7100", "MESSAGE"),
    "OPTIONS": flood_of("OPTIONS"),
    "BYE of no dialog": flood_of("BYE"),
    "garbage": garbage,
    "idle connections": connections(lambda number, second: b""),
    "slow connections": connections(lambda number, second: SLOW[second % 200:second % 200 + 1]),
    "half messages": connections(lambda number, second: HALF if second == 1 else b""),
}


# ---- the test -----------------------------------------------------------------------------------

def descriptors(pid):
    """All but files, of which the store opens some when it has something to write."""
    def what(number):
        with contextlib.suppress(FileNotFoundError):
            return os.readlink(f"/proc/{pid}/fd/{number}")
        return "/"
    return sum(not what(number).startswith("/") for number in os.listdir(f"/proc/{pid}/fd"))


def run_flood(node, name, options):
    """One line of the table."""
    pid = node.process.pid
    phones = [Honest("alice", "udp", node.sip), Honest("bob", "tcp", node.sip)]
    flood = FLOODS[name] and multiprocessing.Process(target=FLOODS[name], args=(node.sip, options),
                                                     daemon=True)
    callers = [HonestCalls(phone) for phone in phones]
    cpu, peak = cpu_seconds(pid), rss_mb(pid)
    received = node.metric("tandem_sip_received_total")
    begun = time.monotonic()
    if flood:
        flood.start()
    for caller in callers:
        caller.start()
    most_descriptors = 0
    while time.monotonic() < begun + options.seconds:
        time.sleep(0.1)
        peak = max(peak, rss_mb(pid))
        most_descriptors = max(most_descriptors, descriptors(pid))
        assert node.process.poll() is None, node.tail()
    for caller in callers:
        caller.stop.set()
    for caller in callers:
        caller.join()
    spent = time.monotonic() - begun
    if flood:
        flood.terminate()
        flood.join()
    for phone in phones:
        phone.close()
    received = node.metric("tandem_sip_received_total") - received
    return {"flood": name, "messages/s": round(received / spent),
            "honest calls": sum(c.good for c in callers),
            "failed": sum(len(c.failed) for c in callers),
            "repeated": sum(c.phone.repeated for c in callers),
            "longest s": round(max(c.longest_s for c in callers), 2),
            "CPU": f"{100 * (cpu_seconds(pid) - cpu) / spent:.0f} %", "RSS MB": round(peak, 1),
            "sockets": most_descriptors, "why": [f for c in callers for f in c.failed][:2]}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seconds", type=float, default=0.6, help="of each flood")
    parser.add_argument("--rate", type=int, default=2000, help="datagrams a second")
    parser.add_argument("--connections", type=int, default=400)
    parser.add_argument("--only", action="append", choices=FLOODS, help="this flood")
    parser.add_argument("--t1-ms", type=int, default=100)
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    routes = "[registrar]\nbindings_per_user = 32\n" + "".join(
        f'[[users]]\nname = "{name}"\npassword = "secret"\n' for name in USERS)
    node = Node(listens=("udp 127.0.0.1", "tcp 127.0.0.1"), routes=routes, media_ports=2000,
                node_settings="ladder_minutes = 0", t1_ms=options.t1_ms).start()
    silent = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)  # whom 7100 rings, for ever
    silent.bind((HONEST, node.callee))
    silent.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
    pid = node.process.pid
    try:
        before, files = rss_mb(pid), descriptors(pid)
        lines = [run_flood(node, name, options) for name in options.only or FLOODS]
        columns = [key for key in lines[0] if key != "why"]
        print("| " + " | ".join(columns) + " |\n|" + "---|" * len(columns))
        for line in lines:
            print("| " + " | ".join(str(line[key]) for key in columns) + " |", flush=True)
        for line in lines:
            assert not line["failed"] and line["honest calls"], line
            assert line["RSS MB"] < before + MOST_RSS_MB, line
        node.settle()
        eventually("descriptors are back", 5, lambda: descriptors(pid) <= files)
        eventually("memory is back", 40, lambda: rss_mb(pid) < before + KEPT_RSS_MB, every=0.5)
        after = settled_rss_mb(pid, 60) if options.seconds >= 2 else rss_mb(pid)
        print(f"RSS: {before:.1f} MB before, {max(line['RSS MB'] for line in lines):.1f} at most, "
              f"{after:.1f} afterwards; {files} sockets before, {descriptors(pid)} afterwards")
    except BaseException:
        print(node.tail(), file=sys.stderr)
        raise
    finally:
        silent.close()
        node.stop()


if __name__ == "__main__":
    main()
