"""What a bare TCP connection may do to the node and gets from it (RFC 3261 §18, RFC 5626 §4.4.1).
Whole calls over TCP: calls_test.py, class Crowds."""

import socket
import time
import unittest

from node import NodeCase, walk

LIMIT, IDLE_S = 3, 2
END = b""


def options(number, rest="Content-Length: 0\r\n\r\n"):
    return ("OPTIONS sip:node@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{number}\r\nMax-Forwards: 70\r\n"
            "From: <sip:x@127.0.0.1>;tag=1\r\nTo: <sip:node@127.0.0.1>\r\n"
            f"Call-ID: {number}\r\nCSeq: 1 OPTIONS\r\n{rest}").encode()


class Connections(NodeCase):
    node_options = {"listens": ("udp 127.0.0.1", "tcp 127.0.0.1", "udp ::1", "tcp ::1"),
                    "sip_settings": f"connections_per_peer = {LIMIT}\n"
                                    f"connection_idle_s = {IDLE_S}"}

    def connect(self, address="127.0.0.1"):
        made = self.enterContext(socket.create_connection((address, self.node.sip)))
        made.settimeout(5)
        return made

    def first_line(self, connection):
        return connection.recv(65536).split(b"\r\n")[0].decode()

    def test_keep_alives_and_pieces_of_any_size(self):
        for address in ("127.0.0.1", "::1"):
            one = self.connect(address)
            one.sendall(b"\r\n\r\n")
            self.assertEqual(one.recv(100), b"\r\n")
            for byte in options(1):
                one.sendall(bytes([byte]))
            self.assertEqual(self.first_line(one), "SIP/2.0 200 OK")
            one.sendall(options(2) + options(3))
            answers = one.recv(65536)
            while answers.count(b"SIP/2.0 200 OK") < 2:
                answers += one.recv(65536)

    def test_without_a_length_there_is_no_next_message(self):
        one = self.connect()
        one.sendall(options(4, "\r\n") + options(5))
        self.assertEqual(self.first_line(one), "SIP/2.0 400 Missing Content-Length")
        self.assertEqual(one.recv(100), END)

    def test_a_closed_half_still_gets_its_answer(self):
        one = self.connect()
        one.sendall(options(6))
        one.shutdown(socket.SHUT_WR)
        self.assertEqual(self.first_line(one), "SIP/2.0 200 OK")
        self.assertEqual(one.recv(100), END)

    def test_no_more_connections_than_allowed_and_none_for_ever(self):
        held = [self.connect() for _ in range(LIMIT)]
        for one in held:
            one.sendall(options(7))
            self.assertEqual(self.first_line(one), "SIP/2.0 200 OK")
        rows = [row for row in walk(self.node.tree()) if row["kind"] == "connection"]
        self.assertEqual([row["state"] for row in rows], ["open"] * LIMIT)
        self.assertEqual(self.connect().recv(100), END)
        since = time.monotonic()
        for one in held:
            self.assertEqual(one.recv(100), END)
        self.assertAlmostEqual(time.monotonic() - since, IDLE_S, delta=1)

    def setUp(self):
        self.node.settle()  # the connections of the test before are gone


if __name__ == "__main__":
    unittest.main(verbosity=2)
