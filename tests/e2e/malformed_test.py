"""Requests with one thing wrong, each sent to a running node over UDP and TCP (RFC 3261 §7, §8.2,
§18.3, RFC 4475): the status, what the reason or a header says of it, and whether the stream goes on."""

import secrets
import select
import socket
import unittest

from node import NodeCase
from phone import FINAL, Message, Phone

SDP = ("v=0\r\no=a 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
       "m=audio 40000 RTP/AVP 0\r\n")
MIXED = f"--b\r\nContent-Type: application/sdp\r\n\r\n{SDP}\r\n--b--\r\n"

# (header, value, status, what the reason says). None: the header is missing. Of an OPTIONS.
HEADERS = [
    ("Via", "", 400, "Bad Via"), ("Via", "x", 400, "Bad Via"),
    ("Via", "SIP/2.0/UDP", 400, "Bad Via"),
    ("Via", "SIP/2.0/UDP 127.0.0.1;rport;branch=", 400, "Bad Via"),
    ("Via", "SIP/2.0/UDP [::1;rport;branch=z9hG4bKx", 400, "Bad Via"),
    ("Via", "SIP/2.0/UDP 127.0.0.1;rport;ttl=300;branch=z9hG4bKx", 400, "Bad Via"),
    ("From", None, 400, "Missing From"), ("From", "", 400, "Bad From"),
    ("From", "<", 400, "Bad From"),
    ("From", "<sip:a@b", 400, "Bad From"), ("From", '"a <sip:a@b>;tag=1', 400, "Bad From"),
    ("From", "<sip:a@b>;tag=1;tag=2", 400, "Bad From"), ("From", "<sip:a@b>;tag=", 400, "Bad From"),
    ("From", '"a\0b" <sip:a@b>;tag=1', 400, "Bad From"),
    ("From", '"Jürgen" <sip:a@b>;tag=1', 200, "OK"),
    ("To", None, 400, "Missing To"), ("To", "", 400, "Bad To"),
    ("To", "<sip:a b@c>", 400, "Bad To"),
    ("To", "<sip:a@b:99999>", 400, "Bad To"), ("To", "<isbn:12345>", 200, "OK"),
    ("Call-ID", None, 400, "Missing Call-ID"), ("Call-ID", "", 400, "Bad Call-ID"),
    ("Call-ID", "a b", 400, "Bad Call-ID"), ("Call-ID", "\x01", 400, "Bad Call-ID"),
    ("CSeq", None, 400, "Missing CSeq"), ("CSeq", "", 400, "Bad CSeq"),
    ("CSeq", "1", 400, "Bad CSeq"),
    ("CSeq", "-1 OPTIONS", 400, "Bad CSeq"), ("CSeq", "2147483648 OPTIONS", 400, "Bad CSeq"),
    ("CSeq", "36893488147419103232 OPTIONS", 400, "Bad CSeq"),
    ("CSeq", "0x1 OPTIONS", 400, "Bad CSeq"), ("CSeq", "1 OPTIONS x", 400, "Bad CSeq"),
    ("CSeq", "1 INVITE", 400, "CSeq"), ("CSeq", "2147483647 OPTIONS", 200, "OK"),
    ("Max-Forwards", None, 200, "OK"), ("Max-Forwards", "", 400, "Bad Max-Forwards"),
    ("Max-Forwards", "-1", 400, "Bad Max-Forwards"),
    ("Max-Forwards", "256", 400, "Bad Max-Forwards"),
    ("Max-Forwards", "abc", 400, "Bad Max-Forwards"), ("Max-Forwards", "0", 483, "Too Many Hops"),
    ("Contact", "<", 400, "Bad Contact"), ("Contact", "*, <sip:a@b>", 400, "Bad Contact"),
    ("Contact", "<sip:a@b>;q=2", 400, "Bad Contact"),
    ("Route", "<", 400, "Bad Route"), ("Record-Route", "<sip:h;lr", 400, "Bad Record-Route"),
    ("Content-Type", "application", 400, "Bad Content-Type"),
    ("Require", "a b", 400, "Bad Require"), ("Require", "levitation", 420, "Bad Extension"),
    ("Proxy-Require", "a b", 400, "Bad Proxy-Require"),
    ("Subject", "x" * (8192 - len("Subject: ")), 200, "OK"),
    ("Subject", "x" * (8193 - len("Subject: ")), 400, "Header Too Long"),
    # §8.2.2: what is not needed may be malformed.
    ("Date", "yesterday", 200, "OK"), ("Supported", '"', 200, "OK"), ("Allow", "@", 200, "OK"),
    ("Expires", "-1", 200, "OK"), ("Timestamp", "x", 200, "OK"),
    ("Subject", "\0é\udcff", 200, "OK"),
    ("Authorization", "Digest ,", 200, "OK"), ("User-Agent", "", 200, "OK"),
]
ONCE = ("From", "To", "Call-ID", "CSeq", "Max-Forwards")
# Those of which the end of the message is read; over TCP the stream ends with them.
LENGTHS = [("-1", 400, "Bad Content-Length"), ("", 400, "Bad Content-Length"),
           ("0x0", 400, "Bad Content-Length"), ("+0", 400, "Bad Content-Length"),
           ("0 0", 400, "Bad Content-Length")]
URIS = [("tel:+123", 416), ("http://h", 416), ("nosuch:x", 416), ("urn:service:sos", 416),
        ("sip:", 400), ("9196", 400), ("<sip:9196@h>", 400), ("sip:9196@h:99999", 400),
        ("sip:9196@h?a=b", 400), ("sip:%zz@h", 400), ("sip:é@h", 400), ("sip:a@b@c", 400),
        ("sip:9196@h x", 400), (" sip:9196@h", 400), ("*", 400), ("sip:9\x00196@h", 400),
        ("sip:" + "a" * 9000 + "@h", 414), ("SIP:9196@h", 200), ("sip:h", 200)]
# RFC 5118 §4.1 to 4.4, 4.9, 4.10: what is within the brackets is the address, port and all.
IPV6_URIS = [("sip:[2001:db8::10]", 200), ("sip:9196@[2001:db8::10]", 200),
             ("sip:2001:db8::10", 400), ("sip:9196@2001:db8::10", 400),
             ("sip:[2001:db8::10:5070]", 200), ("sip:[2001:db8::10]:5070", 200),
             ("sip:[::ffff:192.0.2.1]", 200), ("sip:[2001:db8::192.0.2.1]", 200),
             ("sip:[2001:db8:::192.0.2.1]", 200), ("sip:[]", 400), ("sip:[::1", 400)]
# §4.5, 4.7, 4.9, of the first Via and of others.
IPV6_VIAS = ["{} [2001:db8::9:1];received=[2001:db8::9:255]",
             "{} [2001:db8::9:1];received=2001:db8::9:255",
             "{} [2001:db8::9:1]:6050", "{} [::ffff:192.0.2.10]:19823", "{} 192.0.2.1"]
# §4.6, 4.8, 4.9: the addresses of session and streams.
IPV6_SESSIONS = [("IP6 2001:db8::20", None, None), ("IP6 ::ffff:192.0.2.2", None, None),
                 (None, "IP4 192.0.2.1", "IP6 2001:db8::1"), (None, "IP6 2001:db8::1", "IP4 h.test")]
METHODS = [("DANCE", 501), ("options", 501), ("!x%*", 501), ("SUBSCRIBE", 405), ("PUBLISH", 405),
           ("REFER", 405), ("NOTIFY", 405), ("PRACK", 405), ("INFO", 405), ("BYE", 481),
           ("CANCEL", 481)]
# (what, headers, body, status, a header of the answer). Of an INVITE.
INVITES = [
    ("no Contact", {"Contact": None}, SDP, 400, None),
    ("Contact *", {"Contact": "*"}, SDP, 400, None),
    ("type", {"Content-Type": "a/b"}, SDP, 415, "accept"),
    ("no type", {"Content-Type": None}, SDP, 415, "accept"),
    ("encoding", {"Content-Encoding": "gzip"}, SDP, 415, "accept-encoding"),
    ("disposition", {"Content-Disposition": "dance;handling=required"}, SDP, 415, "accept"),
    ("extension", {"Require": "timer, 100rel"}, SDP, 420, "unsupported"),
    ("accept", {"Accept": "text/plain"}, SDP, 406, None),
    ("interval", {"Session-Expires": "-1"}, SDP, 400, None),
    ("no SDP at all", {}, "garbage", 400, None), ("NUL", {}, SDP.replace("-", "\0"), 400, None),
    ("no stream", {}, SDP[:SDP.index("m=")], 488, "warning"),
    ("lines", {}, SDP + "a=x\r\n" * 600, 400, None),
    ("sections", {}, SDP + "m=audio 40000 RTP/AVP 0\r\n" * 16, 400, None),
    ("no boundary", {"Content-Type": "multipart/mixed"}, MIXED, 415, "accept"),
    ("cut multipart", {"Content-Type": "multipart/mixed;boundary=b"}, MIXED[:-6], 415, "accept"),
    ("another number", {"uri": "sip:nobody@127.0.0.1"}, SDP, 404, None),
    ("another number and type", {"uri": "sip:nobody@127.0.0.1", "Content-Type": "a/b"}, SDP, 415,
     "accept"),
]


def text_of(method, way, *, uri="sip:9196@127.0.0.1", body="", version="SIP/2.0", **changes):
    lines = {"Via": f"SIP/2.0/{way} 127.0.0.1:9;rport;branch=z9hG4bK{secrets.token_hex(6)}",
             "From": f"<sip:a@127.0.0.1>;tag={secrets.token_hex(4)}", "To": "<sip:9196@127.0.0.1>",
             "Call-ID": secrets.token_hex(8), "CSeq": f"7 {method}", "Max-Forwards": "70",
             "Contact": "<sip:a@127.0.0.1:9>"}
    if body:
        lines["Content-Type"] = "application/sdp"
    lines["Content-Length"] = str(len(body.encode()))
    lines.update(changes)
    return "\r\n".join([f"{method} {uri} {version}"]
                       + [f"{name}: {value}" for name, value in lines.items() if value is not None]
                       + ["", body])


class Datagrams:
    def __init__(self, node):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect(("127.0.0.1", node.sip))

    def ask(self, data):
        """The final answer."""
        self.socket.send(data)
        while select.select([self.socket], [], [], 3)[0]:
            told = Message(self.socket.recv(65536))
            if told.status in FINAL:
                return told
        raise AssertionError("no answer")

    def ends(self):
        return None

    def close(self):
        self.socket.close()


class Stream(Datagrams):
    def __init__(self, node):
        self.socket = socket.create_connection(("127.0.0.1", node.sip))
        self.socket.settimeout(3)

    def ask(self, data):
        self.socket.sendall(data)
        return self.more()

    def more(self):
        heard = b""
        while True:
            head, blank, rest = heard.partition(b"\r\n\r\n")
            if blank and head.startswith(b"SIP/2.0 1"):
                heard = rest
            elif blank:
                return Message(heard)
            else:
                data = self.socket.recv(65536)
                assert data, f"closed after {heard!r}"
                heard += data

    def ends(self):
        """Whether no more is read: else the next request is answered."""
        try:
            self.socket.sendall(text_of("OPTIONS", "TCP").encode())
            return not self.socket.recv(65536)
        except ConnectionError:
            return True


class Malformed(NodeCase):
    node_options = {"listens": ("udp 127.0.0.1", "tcp 127.0.0.1")}
    via, peer = "UDP", Datagrams

    def told(self, text, ends=False):
        way = self.peer(self.node)
        try:
            answer = way.ask(text.encode("utf-8", "surrogateescape"))
            self.assertIn(way.ends(), (ends, None))
            return answer
        finally:
            way.close()

    def text(self, method="OPTIONS", **changes):
        return text_of(method, self.via, **changes)

    def check(self, what, text, status, reason="", ends=False):
        with self.subTest(what):
            answer = self.told(text, ends)
            self.assertEqual(answer.status, status, answer.start)
            self.assertIn(reason, answer.start)
            return answer

    def test_headers(self):
        for name, value, status, reason in HEADERS:
            what = f"{name}: {value and value[:60]!r}"
            self.check(what, self.text(**{name: value}), status, reason)

    def test_headers_given_twice(self):
        for name in ONCE:
            text = self.text()
            line = next(line for line in text.split("\r\n") if line.startswith(name + ":"))
            self.check(name, text.replace(line, f"{line}\r\n{line}", 1), 400, f"Repeated {name}")
        text = self.text().replace("Content-Length: 0", "Content-Length: 0\r\nl: 0")
        self.check("Content-Length", text, 400, "Repeated Content-Length", ends=True)

    def test_spelling(self):
        """§7.3.1, §7.3.3, §7.5: folds, compact names, any case, line breaks before a message."""
        text = self.text()
        compact = text
        for name, letter in (("Via", "v"), ("From", "f"), ("To", "t"), ("Call-ID", "I"),
                             ("Contact", "m"), ("Content-Length", "L")):
            compact = compact.replace(f"\n{name}:", f"\n{letter}  :")
        self.check("compact", compact, 200)
        self.check("case", text.replace("Call-ID", "cALL-id").replace("CSeq", "CSEQ"), 200)
        self.check("folds", text.replace("Max-Forwards: 70", "Max-Forwards:\r\n\t \r\n  70"), 200)
        self.check("before it", "\r\n\r\n\r\n" + text if self.via == "UDP" else "\r\n" + text, 200)
        self.check("a fold of nothing", text.replace("Via:", " x\r\nVia:", 1), 400)
        for line in ("Max Forwards: 70", "Max-Forwards 70", ": 70", "Max\0Forwards: 70"):
            self.check(line, text.replace("Max-Forwards: 70", line), 400, "Bad Header Line")

    def test_many_headers(self):
        fixed = self.text().count("\r\n") - 2
        for more, status in ((128 - fixed, 200), (129 - fixed, 400)):
            filler = "".join(f"X-{i}: y\r\n" for i in range(more))
            self.check(more, self.text().replace("Max-F", filler + "Max-F", 1), status)
        for vias, status in ((69, 200), (70, 400)):
            more = "".join(f"Via: SIP/2.0/UDP h;branch=z9hG4bK{i}\r\n" for i in range(vias))
            self.check(vias, self.text().replace("From:", more + "From:", 1), status)

    def test_lengths(self):
        for value, status, reason in LENGTHS:
            self.check(value, self.text(**{"Content-Length": value}), status, reason, ends=True)

    def test_request_lines(self):
        for uri, status in URIS:
            self.check(uri[:40], self.text(uri=uri), status)
        for version in ("SIP/1.0", "SIP/3.0", "SIP/2.1"):
            self.check(version, self.text(version=version), 505, "Version Not Supported")
        self.check("sip/2.0", self.text(version="sip/2.0"), 200)

    def test_ipv6_references(self):
        """RFC 5118."""
        for uri, status in IPV6_URIS:
            self.check(uri, self.text(uri=uri), status)
            self.check(f"To {uri}", self.text(To=f"<{uri}>"), status)
        for via in IPV6_VIAS:
            line = f"SIP/2.0/{via.format(self.via)};branch=z9hG4bK{secrets.token_hex(6)}"
            self.check(via, self.text(Via=f"{line};rport\r\nVia: {line}, {line}"), 200)
        for session, audio, video in IPV6_SESSIONS:
            at = [f"c=IN {where}\r\n" if where else "" for where in (session, audio, video)]
            body = (f"v=0\r\no=a 1 1 IN {session or 'IP4 h.test'}\r\ns=\r\n{at[0]}t=0 0\r\n"
                    f"m=audio 6000 RTP/AVP 0\r\n{at[1]}m=video 6024 RTP/AVP 107\r\n{at[2]}"
                    "a=rtpmap:107 H263-1998/90000\r\n")
            told = self.check(f"{session} {audio} {video}", self.text("INVITE", body=body), 200)
            self.assertRegex(told.body, "m=audio [1-9]")

    def test_methods(self):
        for method, status in METHODS:
            answer = self.check(method, self.text(method), status)
            if status in (405, 501):
                self.assertIn("INVITE", answer.get("allow"))
            self.check(f"{method} of a dialog", self.text(method, To="<sip:a@b>;tag=nobody"), 481)

    def test_invites(self):
        for what, changes, body, status, brings in INVITES:
            answer = self.check(what, self.text("INVITE", body=body, **changes), status)
            self.assertTrue(brings is None or answer.get(brings), answer)

    def test_a_description_within_a_multipart(self):
        """RFC 5621: it is read, and the rest is not."""
        with Phone(self.node.sip, name="alice", way=f"{self.via.lower()} 127.0.0.1") as a:
            leg = a.leg("9196")
            leg.cseq = 7
            body = MIXED.replace("--b--", "--b\r\nContent-Type: text/plain\r\n\r\nhello\r\n--b--")
            a.send_raw(self.text("INVITE", body=body, To=leg.remote, From=leg.local,
                                 Contact=f"<{a.uri()}>",
                                 Via=f"SIP/2.0/{self.via} {a.host};rport;branch=z9hG4bKmixed",
                                 **{"Call-ID": leg.call_id,
                                    "Content-Type": "multipart/mixed;boundary=b"}))
            told = a.expect(200)
            self.assertTrue(told.body.startswith("v=0"), told)
            a.ack(leg, told)
            a.bye(leg)
            a.expect(200, of="BYE")

    def test_what_is_never_answered(self):
        """ACK, and responses nobody asked for; and the node lives (§17.1.1, §18.1.2)."""
        before = self.node.metric("tandem_sip_dropped_total")
        response = self.text(To="<sip:a@b>;tag=1").partition("\r\n")[2]
        silent = [self.text("ACK"), self.text("ACK", To="<sip:a@b>;tag=1"),
                  self.text("ACK", CSeq="?"), *(f"SIP/2.0 {status} x\r\n" + response
                                               for status in (99, 200, 302, 700, "-1", "abc"))]
        way = self.peer(self.node)
        self.addCleanup(way.close)
        for text in silent:
            way.socket.sendall(text.encode())
        self.assertEqual(way.ask(self.text().encode()).status, 200)
        self.assertEqual(self.node.metric("tandem_sip_dropped_total"), before + len(silent))


class MalformedDatagrams(Malformed):
    def test_lengths_beyond_the_datagram(self):
        """§18.3: what is behind the body is dropped; a body that is too short is an error."""
        for value in ("1", "99999", "36893488147419103232"):
            self.check(value, self.text(**{"Content-Length": value}), 400, "Content-Length")
        self.check("behind the body", self.text() + "garbage", 200)
        self.check("without a length", self.text(**{"Content-Length": None}), 200)

    def test_cut_off(self):
        self.check("head", self.text()[:-2], 400, "No End Of Headers")

    def test_noise(self):
        way = self.peer(self.node)
        self.addCleanup(way.close)
        text = self.text()
        for noise in (b"\0", b"\r\n", b"\r\n\r\n", b"x" * 60000, b"\xff" * 1400, b"\x16\x03\x01aa",
                      text.replace("\r\n", "\n").encode(), text.replace("\r\n", "\r").encode(),
                      b" " + text.encode(), text.replace("SIP/2.0", "HTTP/1.1").encode(),
                      text.replace(" SIP/2.0", "", 1).encode(),
                      self.text(Via=None).encode()):
            way.socket.send(noise)
        told = way.ask(text.encode())
        self.assertEqual(told.get("call-id"), Message(text.encode()).get("call-id"))


class MalformedStreams(Malformed):
    via, peer = "TCP", Stream

    def test_lengths_beyond_what_is_taken(self):
        for value in ("65535", "99999", "4294967296", "36893488147419103232"):
            self.check(value, self.text(**{"Content-Length": value}), 513, "Too Large", ends=True)
        self.check("none", self.text(**{"Content-Length": None}), 400, "Missing Content-Length",
                   ends=True)
        endless = self.text(Subject="x" * 65535)
        self.check("no end of the head", endless[:65535], 513, "Too Large", ends=True)

    def test_pings_between_messages(self):
        """RFC 5626 §4.4.1; a single CRLF is nobody's."""
        way = Stream(self.node)
        self.addCleanup(way.close)
        way.socket.sendall(b"\r\n\r\n")
        self.assertEqual(way.socket.recv(100), b"\r\n")
        self.assertEqual(way.ask(b"\r\n" + self.text().encode()).status, 200)

    def test_a_body_that_is_longer_than_said(self):
        """What follows is the next message, and no message: the stream ends."""
        way = Stream(self.node)
        self.addCleanup(way.close)
        self.assertEqual(way.ask((self.text() + "garbage\r\n\r\n").encode()).status, 200)
        self.assertTrue(way.ends())


del Malformed  # it is the two of them

if __name__ == "__main__":
    unittest.main()
