"""A node of its own for one test: started on free loopback ports in a temporary folder, watched
through its admin API, stopped with SIGTERM, and checked to have left nothing behind.

Needs Python's standard library alone. `TANDEM_BIN` is the folder of the binaries under test.
"""

import contextlib
import fcntl
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
BIN = Path(os.environ.get("TANDEM_BIN", ROOT / "build/release/bin"))

# RFC 3261 keeps a transaction for 64*T1 after its final response, so the actors of a call may
# outlive it that long. With the RFC's own T1 that is 32 s; a test that is not about these times
# runs with less, so that it need not wait for them.
RFC_T1_MS, SHORT_T1_MS = 500, 100
LOADED_MACHINE_S = 12


def linger_s(t1_ms):
    """How long actors may outlive their call."""
    return 64 * t1_ms / 1000 + LOADED_MACHINE_S


MEDIA_FREE = "tandem_media_pairs_free"
SANITIZER_MARKS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "runtime error:",
                   "WARNING: ThreadSanitizer")


# For `routes`: ^5 is bridged to the callee as well, with media from phone to phone.
DIRECT_ROUTE = """
[[routes]]
match = "^5"
app = "bridge"
to = "sip:{{user}}@127.0.0.1:{callee}"
media = "direct"
"""


LOOPBACK = {socket.AF_INET: "127.0.0.1", socket.AF_INET6: "::1"}


def eventually(what, seconds, check, every=0.05):
    """Calls `check` until it returns something true and returns that; fails after `seconds`."""
    end = time.monotonic() + seconds
    pause = threading.Event()
    while True:
        found = check()
        if found:
            return found
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        pause.wait(every)


def at_port(address, port):
    """HOST:PORT, with the brackets that an IPv6 address needs (RFC 3986 §3.2.2)."""
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


class PortBlock:
    """Consecutive ports below the kernel's ephemeral range that no other test of this machine
    uses: a file lock holds them for as long as the object (or the process) lives."""

    SIZE, FIRST, LAST = 500, 10000, 31999

    def __init__(self, count):
        folder = Path(tempfile.gettempdir()) / f"tandem-e2e-{os.getuid()}"
        folder.mkdir(exist_ok=True)
        blocks = (count + self.SIZE - 1) // self.SIZE
        total = (self.LAST + 1 - self.FIRST) // self.SIZE
        start = os.getpid() % total  # so that tests seldom meet
        for shift in range(total):
            first = (start + shift) % total
            if first + blocks > total:
                continue
            self._locks = [self._lock(folder / f"block-{first + i}") for i in range(blocks)]
            base = self.FIRST + first * self.SIZE
            if all(self._locks) and self._free(base, 40):
                self.ports = range(base, base + blocks * self.SIZE)
                return
            self.release()
        raise AssertionError(f"no {count} consecutive free ports")

    @staticmethod
    def _lock(path):
        handle = path.open("w")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return handle
        except BlockingIOError:
            handle.close()
            return None

    @staticmethod
    def _free(base, count):
        for port in range(base, base + count):
            for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
                for family, address in LOOPBACK.items():
                    with socket.socket(family, kind) as probe:
                        try:
                            probe.bind((address, port))
                        except OSError:
                            return False
        return True

    def release(self):
        for handle in self._locks:
            if handle:
                handle.close()
        self._locks = []


def count_kinds(tree):
    """How many nodes of each kind a tree of the admin API has."""
    counts = {}
    for node in walk(tree):
        counts[node["kind"]] = counts.get(node["kind"], 0) + 1
    return counts


def walk(tree):
    yield tree
    for child in tree["children"]:
        yield from walk(child)


class Node:
    """`with Node() as node:` runs tandemd. `node.callee` is the port that ^7(.*) is bridged to, the
    way of the first of `listens`: its SIP sockets, such as "tcp ::1", all at port `node.sip`."""

    def __init__(self, media_ports=400, sip_settings="", routes="", auth_settings="", args=(),
                 listens=("udp 127.0.0.1",), node_settings="", t1_ms=SHORT_T1_MS,
                 media_settings="", extra_ports=0, admin_settings="", realm="example.test"):
        self._realm = realm
        self._auth_settings = auth_settings
        self._listens = [listen.split() for listen in listens]
        self.t1_ms = t1_ms
        self._ports = PortBlock(40 + media_ports + extra_ports)
        taken = iter(self._ports.ports)
        self.sip, self.admin, self.callee = next(taken), next(taken), next(taken)
        self.spare = [next(taken) for _ in range(17)]  # for the test's own sockets
        first = self._ports.ports[0] + 40
        self.media = (first, first + media_ports - 1)
        self.beyond = self._ports.ports[40 + media_ports:]  # for programs that take many
        self.folder = Path(tempfile.mkdtemp(prefix="tandem-e2e-"))
        self.config = self.folder / "tandem.toml"
        self.config.write_text(self._configuration(sip_settings, routes, node_settings,
                                                    media_settings, admin_settings))
        self.log = self.folder / "node.log"
        self._args = args
        self.process = None

    def _configuration(self, sip_settings, routes, node_settings, media_settings,
                       admin_settings):
        return f"""# written by tests/e2e/node.py
[node]
name = "e2e"
data = "data"
{node_settings}
[auth]
realm = "{self._realm}"
{self._auth_settings}
[sip]
t1_ms = {self.t1_ms}
{sip_settings}
{self._listen_entries()}
[admin]
listen = "127.0.0.1:{self.admin}"
{admin_settings}
[media]
address = "127.0.0.1"
address6 = "::1"
ports = [{self.media[0]}, {self.media[1]}]
{media_settings}
{routes.format(callee=self.callee, spare=self.spare)}
[[routes]]
match = "^9196$"
app = "echo"
[[routes]]
match = "^7(.*)"
app = "bridge"
to = "sip:{{user}}@{self._to_callee()}"
"""

    def _to_callee(self):
        transport, address = self._listens[0]
        parameter = "" if transport == "udp" else f";transport={transport}"
        return at_port(address, self.callee) + parameter

    def _listen_entries(self):
        """One [[sip.listen]] for each "TRANSPORT ADDRESS", all at the same port."""
        return "\n".join(f'[[sip.listen]]\ntransport = "{transport}"\n'
                         f'address = "{at_port(address, self.sip)}"'
                         for transport, address in self._listens)

    # ---- life -----------------------------------------------------------------------------------

    def start(self, again=False):
        """`again`: after a crash, with the calls of the life before; the log goes on."""
        with self.log.open("ab" if again else "wb") as log:
            self.process = subprocess.Popen(
                [BIN / "tandemd", "--config", self.config, *self._args],
                stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            eventually("/readyz answers 200", 20, self._ready)
            if not again:
                self.baseline = count_kinds(self.tree())
                self.baseline_media = self.metric(MEDIA_FREE)
        except BaseException:
            self.process.kill()
            self.process.wait()
            self._ports.release()
            raise
        return self

    def _ready(self):
        if self.process.poll() is not None:
            raise AssertionError(f"tandemd ended with {self.process.returncode}:\n{self.tail()}")
        with contextlib.suppress(OSError):
            return self.request("GET", "/readyz")[0] == 200
        return False

    def crash(self):
        """kill -9 of the process that this object started."""
        self.process.kill()
        self.process.wait()

    def stop(self):
        """SIGTERM, then the exit status must be 0 and the log without a sanitizer's report."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            status = "none: it had to be killed 20 s after SIGTERM"
        text = self.log.read_text(errors="replace")
        self._ports.release()
        marks = [mark for mark in SANITIZER_MARKS if mark in text]
        assert status == 0 and not marks, f"exit status {status}, {marks}:\n{self.tail(60)}"
        if "TANDEM_E2E_KEEP" not in os.environ:
            shutil.rmtree(self.folder)

    def tail(self, lines=30):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        return f"--- the last lines of {self.log}\n" + "\n".join(
            line[:300] for line in text.splitlines()[-lines:])

    def settle(self, seconds=None):
        """Calls, media ports and actors are back where they were when the node was ready."""
        seconds = seconds or linger_s(self.t1_ms)

        def differences():
            now = count_kinds(self.tree())
            return {kind: (self.baseline.get(kind, 0), now.get(kind, 0))
                    for kind in self.baseline.keys() | now.keys()
                    if self.baseline.get(kind, 0) != now.get(kind, 0)}

        eventually("no call is left", seconds, lambda: not self.calls())
        eventually("media ports are back", 5,
                   lambda: self.metric(MEDIA_FREE) == self.baseline_media)
        try:
            eventually("actors are back at the baseline", seconds, lambda: not differences())
        except AssertionError as error:
            raise AssertionError(f"{error}; kind: (before, now) = {differences()}") from None

    # ---- admin API ------------------------------------------------------------------------------

    def request(self, method, path, body=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.admin, timeout=10)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        status, body = self.request("GET", path)
        assert status == 200, f"GET {path}: {status} {body}"
        return json.loads(body)

    def tree(self):
        return self.get("/api/v1/tree")

    def calls(self):
        return self.get("/api/v1/calls")["calls"]

    def metric(self, name):
        """The sum of all samples of one metric; it must exist."""
        status, body = self.request("GET", "/metrics")
        assert status == 200, f"GET /metrics: {status}"
        samples = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", body, re.M)
        assert samples, f"/metrics has no {name}"
        return sum(map(float, samples))

    def console(self, *args, status=0, admin=None):
        """Runs `tandem` against this node (or whoever is at `admin`); returns what it printed."""
        admin = admin or f"127.0.0.1:{self.admin}"
        done = subprocess.run([BIN / "tandem", "--admin", admin, *args],
                              capture_output=True, text=True, timeout=20, check=False)
        assert done.returncode == status, (
            f"tandem {args}: exit status {done.returncode}, not {status}\n{done.stderr}")
        return done.stdout

    def cdrs(self, count):
        """The first `count` call detail records, as soon as they are written."""
        def records():
            lines = [line for file in sorted((self.folder / "data/cdr").glob("*.jsonl"))
                     for line in file.read_text().splitlines()]
            return (lines,) if len(lines) >= count else None
        (found,) = eventually(f"{count} CDR lines", linger_s(self.t1_ms), records)
        return [json.loads(line) for line in found]


class NodeCase(unittest.TestCase):
    """One node for all test methods of a class; nothing may be left when they are done. `way` is
    how phones reach the node and the node its callee, unless the options say otherwise."""

    way = "udp 127.0.0.1"
    node_options = {}

    @classmethod
    def setUpClass(cls):
        cls.node = Node(**{"listens": (cls.way,)} | cls.node_options).start()

    @classmethod
    def tearDownClass(cls):
        try:
            cls.node.settle()
        except BaseException:
            print(cls.node.tail(), file=sys.stderr)
            raise
        finally:
            cls.node.stop()

    def run(self, result=None):
        before = len(result.failures) + len(result.errors)
        super().run(result)
        if len(result.failures) + len(result.errors) > before:
            print(self.node.tail(), file=sys.stderr)
        return result
