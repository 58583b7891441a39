"""What a REGISTER costs and what a binding weighs: no test, it only reports.

    TANDEM_BIN=build/release/bin python3 -B tests/e2e/register_bench.py [--users 100000] [--rate 1000]

Registers every user once as quickly as the node answers, reads the memory that took, then refreshes
at the given rate for some seconds and reads the node's CPU time.
"""

import argparse
import os
import select
import socket
import time

from node import Node
from register_test import TRUSTED, user_tables

MESSAGE = """REGISTER sip:example.test SIP/2.0\r
Via: SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{user}x{cseq};rport\r
Max-Forwards: 70\r
From: <sip:{user}@example.test>;tag=a{user}\r
To: <sip:{user}@example.test>\r
Call-ID: {user}-4d1c9a7e55@127.0.0.1\r
CSeq: {cseq} REGISTER\r
Contact: <sip:{user}@127.0.0.1:{port};ob>\r
Expires: 3600\r
User-Agent: register_bench 1.0\r
Content-Length: 0\r
\r
"""
WINDOW = 64  # requests on their way at a time


class Bench:
    def __init__(self, node):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind(("127.0.0.1", 0))
        self.node, self.port = node, self.socket.getsockname()[1]
        self.answers = 0

    def send(self, user, cseq):
        text = MESSAGE.format(port=self.port, user=user, cseq=cseq)
        self.socket.sendto(text.encode(), ("127.0.0.1", self.node.sip))

    def collect(self, seconds):
        while select.select([self.socket], [], [], seconds)[0]:
            assert self.socket.recv(65536).startswith(b"SIP/2.0 200"), "a REGISTER was refused"
            self.answers += 1
            seconds = 0

    def fill(self, users):
        sent = 0
        while self.answers < len(users):
            while sent < len(users) and sent - self.answers < WINDOW:
                self.send(users[sent], 1)
                sent += 1
            before = self.answers
            self.collect(2)
            assert self.answers > before, "no answer within 2 s"

    def refresh(self, users, rate, seconds):
        begin, sent = time.monotonic(), 0
        while (passed := time.monotonic() - begin) < seconds:
            while sent < passed * rate:
                self.send(users[sent % len(users)], 2 + sent // len(users))
                sent += 1
            self.collect(0.001)
        self.collect(1)
        return sent


def resident(node):
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS"))


def cpu(node):
    with open(f"/proc/{node.process.pid}/stat", encoding="ascii") as stat:
        fields = stat.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--users", type=int, default=100_000)
    parser.add_argument("--rate", type=int, default=1000)
    parser.add_argument("--seconds", type=int, default=20)
    args = parser.parse_args()
    users = [str(10_000_000 + i) for i in range(args.users)]
    node = Node(routes=TRUSTED + user_tables(users)).start()
    try:
        bench = Bench(node)
        before, used, begin = resident(node), cpu(node), time.monotonic()
        bench.fill(users)
        weight = (resident(node) - before) / len(users)
        print(f"{len(users)} users: {weight:.0f} bytes a binding, "
              f"{1000 * (cpu(node) - used) / len(users):.4f} ms of CPU a REGISTER at "
              f"{len(users) / (time.monotonic() - begin):.0f}/s")
        used, bench.answers = cpu(node), 0
        sent = bench.refresh(users, args.rate, args.seconds)
        print(f"refreshed at {args.rate}/s: {1000 * (cpu(node) - used) / sent:.4f} ms of CPU a "
              f"REGISTER, {sent - bench.answers} of {sent} unanswered")
        begin = time.monotonic()
        node.crash()
        node.start()
        print(f"kill -9, restart: {node.metric('tandem_registrar_bindings'):.0f} bindings after "
              f"{time.monotonic() - begin:.1f} s")
    finally:
        node.stop()


if __name__ == "__main__":
    main()
