"""A SIP phone that does what a test tells it and nothing else: one socket, no timers, no automatic
answers. What arrives twice is counted and set aside; what nobody expected is an error.
"""

import re
import secrets
import time

from endpoint import ENDPOINTS
from node import NodeCase, at_port

SDP = """v=0\r
o=phone 1 1 IN {address}\r
s=-\r
c=IN {address}\r
t=0 0\r
m=audio {port} RTP/AVP 0 8 101\r
a=rtpmap:0 PCMU/8000\r
a=rtpmap:8 PCMA/8000\r
a=rtpmap:101 telephone-event/8000\r
a=ptime:20\r
"""
FINAL, REFUSED = range(200, 700), range(300, 700)
COMPACT = {"v": "via", "f": "from", "t": "to", "i": "call-id", "m": "contact",
           "l": "content-length", "c": "content-type", "k": "supported",
           "s": "subject", "e": "content-encoding"}


class Message:
    """A SIP message as lists of text, read strictly: what a test must not overlook raises."""

    def __init__(self, raw, connection=None):
        self.raw = raw
        self.connection = connection  # over TCP: what it came on
        head, _, self.body = raw.decode().partition("\r\n\r\n")
        self.start, *lines = head.split("\r\n")
        self.headers = []
        for line in lines:
            name, colon, value = line.partition(":")
            assert colon, f"a header without a colon: {line!r}"
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        first, second, *rest = self.start.split(" ", 2)
        self.is_request = rest == ["SIP/2.0"]
        assert self.is_request or first == "SIP/2.0", f"not a start line: {self.start!r}"
        self.method = first if self.is_request else None
        self.uri = second if self.is_request else None
        self.status = None if self.is_request else int(second)
        length = self.get("content-length")
        assert length is None or int(length) == len(self.body.encode()), "Content-Length is wrong"

    def all(self, name):
        return [value for header, value in self.headers if header == name.lower()]

    def get(self, name):
        return next(iter(self.all(name)), None)

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)$|;tag=([^;>\s]+);", self.get(name))
        return found and (found.group(1) or found.group(2))

    @property
    def cseq(self):
        number, method = self.get("cseq").split()
        return int(number), method

    @property
    def branch(self):
        return re.search(r"branch=([^;\s]+)", self.get("via")).group(1)

    @property
    def contact_uri(self):
        value = self.get("contact")
        found = re.search(r"<([^>]+)>", value)
        return found.group(1) if found else value.split(";")[0]

    @property
    def audio(self):
        """(address, port) of the first audio stream of the body."""
        address = re.search(r"^c=IN IP[46] (\S+)", self.body, re.M).group(1)
        return address, int(re.search(r"^m=audio (\d+) ", self.body, re.M).group(1))

    def __str__(self):
        return self.raw.decode(errors="replace")


class Leg:
    """What a phone knows of one call: enough to write the next request of its dialog."""

    def __init__(self, call_id, local, remote, target):
        self.call_id, self.local, self.remote, self.target = call_id, local, remote, target
        self.cseq = 0
        self.invite_branch = None
        self.invite = None  # the INVITE as received (callee) or as sent (caller)


class Phone:
    """`way` is "TRANSPORT ADDRESS", as in `Node`'s listens; `port` 0 is any."""

    def __init__(self, node_port, port=0, name="phone", way="udp 127.0.0.1"):
        self.transport, self.address = way.split()
        self.node = at_port(self.address, node_port)
        self.name = name
        self._endpoint = ENDPOINTS[self.transport](self.address, port, node_port)
        self.port = self._endpoint.port
        self.host = at_port(self.address, self.port)
        self.media_port = 40000 + 2 * (self.port % 10000)  # nobody listens there
        self.again = 0      # how many messages came a second time
        self._seen = set()
        self._kept = []     # arrived while something else was expected

    def close(self):
        self._endpoint.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # ---- the wire -------------------------------------------------------------------------------

    def send_raw(self, text, connection=None):
        self._endpoint.send(text if isinstance(text, bytes) else text.encode(), connection)

    def receive(self, seconds):
        """The next datagram, whatever it is, as (Message, time of arrival); None after `seconds`."""
        end = time.monotonic() + seconds
        while True:
            got = self._endpoint.receive(end - time.monotonic())
            if got is None:
                return None
            if got[0].strip():
                return Message(*got), time.monotonic()

    def next_datagram(self, seconds=5):
        """Like `receive`, but something must arrive; repetitions count like anything else."""
        got = self.receive(seconds)
        assert got, f"{self.name}: nothing within {seconds} s"
        return got

    def expect(self, *wanted, seconds=5, of=None):
        """The next new message that is one of `wanted` (methods, statuses, ranges of them); `of` is
        the CSeq method of a response. 100s and repetitions are passed over; anything else waits for
        the `expect` that wants it and fails the test in `quiet`."""
        def fits(message):
            what = message.method if message.is_request else message.status
            wants = any(what in w if isinstance(w, range) else what == w for w in wanted)
            return wants and (of is None or message.cseq[1] == of)

        for kept in self._kept:
            if fits(kept):
                self._kept.remove(kept)
                return kept
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            message = self._next_new(left)
            if message and fits(message):
                return message
            if message:
                self._kept.append(message)
        raise AssertionError(f"{self.name}: no {wanted} within {seconds} s; got "
                             f"{[kept.start for kept in self._kept]}")

    def _next_new(self, seconds):
        got = self.receive(seconds)
        if got is None or got[0].status == 100:
            return None
        if got[0].raw in self._seen:
            self.again += 1
            return None
        self._seen.add(got[0].raw)
        return got[0]

    def quiet(self, seconds=0.3):
        """Nothing new is waiting or arrives within `seconds`."""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            if message := self._next_new(left):
                self._kept.append(message)
        assert not self._kept, f"{self.name}: nobody expected\n{self._kept[0]}"

    # ---- messages -------------------------------------------------------------------------------

    def uri(self, user=None):
        transport = "" if self.transport == "udp" else f";transport={self.transport}"
        return f"sip:{user or self.name}@{self.host}{transport}"

    def sdp(self):
        version = 6 if ":" in self.address else 4
        return SDP.format(port=self.media_port, address=f"IP{version} {self.address}")

    def request(self, leg, method, *, branch=None, cseq=None, target=None, body="", headers=()):
        """Sends a request of `leg` and returns its branch."""
        if cseq is None:
            leg.cseq += 1
            cseq = leg.cseq
        branch = branch or "z9hG4bK" + secrets.token_hex(8)
        lines = [f"{method} {target or leg.target} SIP/2.0",
                 f"Via: SIP/2.0/{self.transport.upper()} {self.host};branch={branch};rport",
                 f"From: {leg.local}", f"To: {leg.remote}", f"Call-ID: {leg.call_id}",
                 f"CSeq: {cseq} {method}", "Max-Forwards: 70", f"Contact: <{self.uri()}>", *headers]
        lines += ["Content-Type: application/sdp"] if body else []
        lines += [f"Content-Length: {len(body)}", "", body]
        self.send_raw("\r\n".join(lines))
        return branch

    def leg(self, user):
        """A fresh leg to `user` at the node; nothing is sent yet."""
        target = f"sip:{user}@{self.node}"
        return Leg(f"{secrets.token_hex(8)}@127.0.0.1",
                   f"\"{self.name}\" <{self.uri()}>;tag={secrets.token_hex(4)}", f"<{target}>",
                   target)

    def invite(self, user, *, headers=(), body=None):
        leg = self.leg(user)
        leg.first_target = leg.target
        leg.invite_branch = self.request(leg, "INVITE", headers=headers,
                                         body=self.sdp() if body is None else body)
        return leg

    def cancel(self, leg):
        """RFC 3261 §9.1: the INVITE's branch, CSeq number and Request-URI."""
        self.request(leg, "CANCEL", branch=leg.invite_branch, cseq=leg.cseq,
                     target=leg.first_target)

    def ack(self, leg, response):
        """The ACK to a final response: its own transaction for a 2xx (§13.2.2.4), else the
        INVITE's branch (§17.1.1.3)."""
        number = response.cseq[0]
        leg.remote = response.get("to")
        if response.status < 300:
            leg.target = response.contact_uri
            self.request(leg, "ACK", cseq=number)
        else:
            self.request(leg, "ACK", cseq=number, branch=leg.invite_branch,
                         target=leg.first_target)

    def ack_refused(self, leg, response, branch):
        """The ACK to a refusal of an INVITE inside a dialog, or of any but the leg's latest."""
        known, leg.remote = leg.remote, response.get("to")
        self.request(leg, "ACK", cseq=response.cseq[0], branch=branch)
        leg.remote = known

    def bye(self, leg):
        return self.request(leg, "BYE")

    def reply(self, request, status, reason="Because", *, tag=None, body="", headers=()):
        """Sends a response; `tag` completes a To without one (§8.2.6.2)."""
        to = request.get("to")
        if tag and not request.tag("to"):
            to += f";tag={tag}"
        lines = [f"SIP/2.0 {status} {reason}"]
        lines += [f"Via: {via}" for via in request.all("via")]
        lines += [f"Record-Route: {route}" for route in request.all("record-route")]
        lines += [f"From: {request.get('from')}", f"To: {to}",
                  f"Call-ID: {request.get('call-id')}", f"CSeq: {request.get('cseq')}",
                  f"Contact: <{self.uri()}>", *headers]
        lines += ["Content-Type: application/sdp"] if body else []
        lines += [f"Content-Length: {len(body)}", "", body]
        self.send_raw("\r\n".join(lines), request.connection)

    def callee_leg(self, invite, tag):
        """The leg of a callee that answers `invite` under `tag`."""
        leg = Leg(invite.get("call-id"), f"{invite.get('to')};tag={tag}", invite.get("from"),
                  invite.contact_uri)
        leg.invite = invite
        return leg


def establish(caller, callee, user="7100"):
    """A call through the node from INVITE to ACK; returns the caller's and the callee's legs."""
    leg = caller.invite(user)
    invite = callee.expect("INVITE")
    callee.reply(invite, 180, "Ringing", tag="b")
    caller.expect(180)
    callee.reply(invite, 200, "OK", tag="b", body=callee.sdp())
    caller.ack(leg, caller.expect(200))
    callee.expect("ACK")
    return leg, callee.callee_leg(invite, "b")


def hang_up(one, leg, other):
    """`one` says BYE; both sides get what RFC 3261 §15 gives them."""
    one.bye(leg)
    other.reply(other.expect("BYE"), 200, "OK")
    one.expect(200, of="BYE")


class TwoPhones(NodeCase):
    """alice, who calls, and bob, whom the node calls for 7…; neither hears what it did not expect.
    """

    def setUp(self):
        self.a = self.enterContext(Phone(self.node.sip, name="alice", way=self.way))
        self.b = self.enterContext(Phone(self.node.sip, self.node.callee, "bob", self.way))

    def tearDown(self):
        self.a.quiet(0.2)
        self.b.quiet(0.2)
