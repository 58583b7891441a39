"""Many calls through a node to one callee, with a transaction layer: requests and 2xx answers are
sent again until they are heard (RFC 3261 §17.1, §13.3.1.4), what arrives twice is answered twice.
All callers share one socket, all callees the other; one thread serves both.
"""

import re
import secrets
import selectors
import socket
import threading
import time

SDP = ("v=0\r\no=crowd 1 {version} IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio {port} RTP/AVP 0\r\na=rtpmap:0 PCMU/8000\r\n")
REPEAT_S, PATIENCE_S = 0.5, 12.0


class Text:
    """What a crowd needs to know of a message."""

    def __init__(self, raw):
        self.raw = raw
        self.start = raw.partition("\r\n")[0]
        self.is_request = not self.start.startswith("SIP/2.0")
        self.status = None if self.is_request else int(self.start.split()[1])
        self.cseq = self.get("CSeq")
        self.method = self.cseq.split()[1]

    def get(self, name):
        found = re.search(rf"^{name}\s*:\s*(.*?)\r$", self.raw, re.M | re.I)
        return found and found.group(1)

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)", self.get(name) or "")
        return found and found.group(1)

    @property
    def branch(self):
        return re.search(r"branch=([^;\s]+)", self.get("Via")).group(1)

    @property
    def contact(self):
        return re.search(r"<([^>]+)>", self.get("Contact")).group(1)

    @property
    def audio(self):
        return int(re.search(r"^m=audio (\d+)", self.raw, re.M).group(1))


class Side:
    """One phone in one call."""

    def __init__(self, crowd, name, port):
        self.crowd, self.name, self.port = crowd, name, port
        self.call_id = self.target = self.local = self.remote = None
        self.cseq, self.version, self.media = 0, 1, None
        self.heard = []      # methods of the peer's requests, each once
        self.over = threading.Event()  # a BYE came

    def sdp(self):
        return SDP.format(version=self.version, port=self.port)

    def request(self, method, body="", raise_version=False):
        """Sends it and waits for the final answer; None: there is none."""
        if raise_version:
            self.version += 1
        return self.crowd.ask(self, method, self.sdp() if body == "sdp" else body)


class Call:
    def __init__(self, crowd, user, ports):
        self.user = user
        self.caller = Side(crowd, "caller", ports[0])
        self.callee = Side(crowd, "callee", ports[1])
        self.key = None  # in the node's tree

    @property
    def sides(self):
        return self.caller, self.callee


class Crowd:
    def __init__(self, node_port, caller_port, callee_port):
        self.node = ("127.0.0.1", node_port)
        self.sockets = {}
        self.selector = selectors.DefaultSelector()
        for name, port in (("caller", caller_port), ("callee", callee_port)):
            s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
            s.bind(("127.0.0.1", port))
            s.setblocking(False)
            self.sockets[name] = s
            self.selector.register(s, selectors.EVENT_READ, name)
        self.lock = threading.RLock()
        self.by_user, self.by_call_id = {}, {}
        self.pending = {}    # (branch, method): a request of ours
        self.answered = {}   # (branch, method): what we said to a request
        self.unacked = {}    # (Call-ID, CSeq number): our 2xx to an INVITE
        self.acks = {}       # (Call-ID, CSeq number): our ACK
        self.surprises = []  # what nobody should have sent
        self.running = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def close(self):
        self.running = False
        self.thread.join()
        for s in self.sockets.values():
            s.close()

    # ---- what tests do --------------------------------------------------------------------------

    def invite(self, call):
        """Places the call and waits for its final answer."""
        side = call.caller
        side.call_id = f"crowd-{secrets.token_hex(8)}"
        host = f"127.0.0.1:{self.sockets['caller'].getsockname()[1]}"
        side.target = f"sip:{call.user}@127.0.0.1:{self.node[1]}"
        side.local = f"<sip:crowd@{host}>;tag={secrets.token_hex(4)}"
        side.remote = f"<{side.target}>"
        self.by_user[call.user] = call
        self.by_call_id[side.call_id] = side
        answer = side.request("INVITE", "sdp")
        assert answer is not None, f"no answer to the INVITE of {call.user}"
        return answer

    def ask(self, side, method, body):
        with self.lock:
            side.cseq += 1
            branch = "z9hG4bK" + secrets.token_hex(8)
            text = self._write(side, method, side.cseq, branch, body)
            entry = {"side": side, "text": text, "done": threading.Event(), "answer": None,
                     "again": time.monotonic() + REPEAT_S, "heard": False}
            self.pending[branch, method] = entry
            self._send(side, text)
        entry["done"].wait(PATIENCE_S)
        with self.lock:
            self.pending.pop((branch, method), None)
        return entry["answer"]

    # ---- the wire -------------------------------------------------------------------------------

    def _write(self, side, method, number, branch, body):
        host = f"127.0.0.1:{self.sockets[side.name].getsockname()[1]}"
        kind = "Content-Type: application/sdp\r\n" if body.startswith("v=0") else (
            "Content-Type: application/dtmf-relay\r\n" if body else "")
        return (f"{method} {side.target} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {host};branch={branch};rport\r\n"
                f"From: {side.local}\r\nTo: {side.remote}\r\nCall-ID: {side.call_id}\r\n"
                f"CSeq: {number} {method}\r\nMax-Forwards: 70\r\nContact: <sip:crowd@{host}>\r\n"
                f"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO\r\n"
                f"{kind}Content-Length: {len(body)}\r\n\r\n{body}")

    def _send(self, side, text):
        self.sockets[side.name].sendto(text.encode(), self.node)

    def _run(self):
        while self.running:
            for key, _ in self.selector.select(0.05):
                while True:
                    try:
                        raw = key.fileobj.recv(65536).decode()
                    except BlockingIOError:
                        break
                    with self.lock:
                        try:
                            self._on_message(key.data, Text(raw))
                        except Exception as error:  # pylint: disable=broad-except
                            self.surprises.append(f"{error!r}: {raw[:80]!r}")
            with self.lock:
                self._repeat(time.monotonic())

    def _repeat(self, now):
        for entry in self.pending.values():
            if now >= entry["again"] and not entry["heard"]:
                entry["again"] = now + 2 * REPEAT_S
                self._send(entry["side"], entry["text"])
        for key, entry in list(self.unacked.items()):
            if now >= entry["end"]:
                del self.unacked[key]
            elif now >= entry["again"]:
                entry["again"] = now + 2 * REPEAT_S
                self._send(entry["side"], entry["text"])

    def _on_message(self, name, m):
        if not m.is_request:
            return self._on_response(m)
        call_id = m.get("Call-ID")
        side = self.by_call_id.get(call_id)
        if side is None and name == "callee" and m.method == "INVITE":
            side = self._on_call(call_id, m)
        if m.method == "ACK":
            return self.unacked.pop((call_id, m.cseq.split()[0]), None) and None
        if side is None:
            return self.surprises.append(m.start)
        if known := self.answered.get((m.branch, m.method)):
            return self._send(side, known)
        side.heard.append(m.method)
        if m.get("Contact"):
            side.target = m.contact
        body = ""
        if m.method in ("INVITE", "UPDATE") and "m=audio" in m.raw:
            side.media = m.audio
            body = side.sdp()
        text = self._answer(side, m, body)
        self.answered[m.branch, m.method] = text
        self._send(side, text)
        if m.method == "INVITE":
            now = time.monotonic()
            self.unacked[call_id, m.cseq.split()[0]] = {
                "side": side, "text": text, "again": now + REPEAT_S, "end": now + 16}
        if m.method == "BYE":
            side.over.set()
        return None

    def _on_call(self, call_id, m):
        call = self.by_user[re.search(r"sip:([^@]+)@", m.start).group(1)]
        side = call.callee
        side.call_id = call_id
        side.local = m.get("To") + ";tag=" + secrets.token_hex(4)
        side.remote = m.get("From")
        call.key = m.tag("From").split(".")[0]
        self.by_call_id[call_id] = side
        return side

    def _answer(self, side, m, body):
        to = m.get("To") if m.tag("To") else side.local
        host = f"127.0.0.1:{self.sockets[side.name].getsockname()[1]}"
        vias = "".join(f"Via: {v}\r\n" for v in re.findall(r"^Via\s*:\s*(.*?)\r$", m.raw, re.M))
        kind = "Content-Type: application/sdp\r\n" if body else ""
        return (f"SIP/2.0 200 OK\r\n{vias}From: {m.get('From')}\r\nTo: {to}\r\n"
                f"Call-ID: {m.get('Call-ID')}\r\nCSeq: {m.cseq}\r\nContact: <sip:crowd@{host}>\r\n"
                f"Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, UPDATE, INFO\r\n"
                f"{kind}Content-Length: {len(body)}\r\n\r\n{body}")

    def _on_response(self, m):
        number = m.cseq.split()[0]
        entry = self.pending.get((m.branch, m.method))
        if m.status < 200:
            if entry:
                entry["heard"] = m.method == "INVITE"
            return
        if m.method == "INVITE":
            self._acknowledge(m, number, entry)
        if entry:
            entry["answer"] = m
            entry["heard"] = True
            entry["done"].set()

    def _acknowledge(self, m, number, entry):
        """§13.2.2.4 for a 2xx, with a branch of its own; §17.1.1.3 for the others."""
        side = self.by_call_id[m.get("Call-ID")]
        if m.status >= 300:
            text = (entry or {}).get("text")
            if text:
                ack = re.sub(r"^INVITE", "ACK", text).replace(f"CSeq: {number} INVITE",
                                                              f"CSeq: {number} ACK")
                ack = re.sub(r"^To: .*?\r$", f"To: {m.get('To')}\r", ack, flags=re.M)
                head = re.sub(r"Content-(Type|Length): .*?\r\n", "", ack.partition("\r\n\r\n")[0]
                              + "\r\n")
                self._send(side, head + "Content-Length: 0\r\n\r\n")
            return
        key = (side.call_id, number)
        if key not in self.acks:
            side.remote = m.get("To")
            side.target = m.contact
            if "m=audio" in m.raw:
                side.media = m.audio
            self.acks[key] = self._write(side, "ACK", int(number),
                                         "z9hG4bK" + secrets.token_hex(8), "")
        self._send(side, self.acks[key])
