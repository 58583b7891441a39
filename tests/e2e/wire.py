"""Captures the loopback traffic of given ports with tshark and has it read every packet."""

import csv
import socket
import subprocess
import tempfile
from pathlib import Path

from node import eventually

WARNING = 0x600000  # severity of tshark's expert items; below it are "chat" and "note"


class Capture:
    """`with Capture(ports) as capture:` … then `capture.packets()` when the block has ended."""

    def __init__(self, ports, sip_ports):
        self._folder = tempfile.TemporaryDirectory(prefix="tandem-wire-")
        self.file = Path(self._folder.name) / "wire.pcapng"
        # Marks of our own tell when tshark has begun, and that it has seen all before the end.
        self._mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._mark.bind(("127.0.0.1", 0))
        self._mark_port = self._mark.getsockname()[1]
        self._filter = f"udp portrange {ports[0]}-{ports[-1]} or udp port {self._mark_port}"
        self._sip_ports = sip_ports

    def _mark_seen(self, text):
        self._mark.sendto(text, self._mark.getsockname())
        return self.file.exists() and text in self.file.read_bytes()

    def __enter__(self):
        self._process = subprocess.Popen(
            ["tshark", "-q", "-i", "lo", "-f", self._filter, "-w", self.file, "-B", "16"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        eventually("tshark captures", 20, lambda: self._mark_seen(b"the capture begins"))
        return self

    def __exit__(self, *_):
        try:
            eventually("tshark has it all", 20, lambda: self._mark_seen(b"the capture ends"))
        finally:
            self._mark.close()
            self._process.terminate()
            self._process.wait(20)

    def packets(self):
        """All packets as dicts: protocols, complaint (empty if tshark has nothing to say), line."""
        command = ["tshark", "-r", self.file, "-T", "fields", "-E", "header=y",
                   "-E", "separator=\t", "-E", "quote=n", "-E", "occurrence=a", "-e", "frame.number",
                   "-e", "frame.protocols", "-e", "_ws.expert.severity", "-e", "_ws.expert.message",
                   "-e", "udp.srcport", "-e", "udp.dstport"]
        for port in self._sip_ports:
            command += ["-d", f"udp.port=={port},sip"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        packets = []
        for row in csv.DictReader(done.stdout.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE):
            if row["udp.dstport"] == str(self._mark_port):
                continue
            severities = [int(s, 0) for s in row["_ws.expert.severity"].split(",") if s]
            row["complaint"] = (row["_ws.expert.message"]
                                if any(s >= WARNING for s in severities) else "")
            if "_ws.malformed" in row["frame.protocols"]:
                row["complaint"] = "malformed " + row["complaint"]
            packets.append(row)
        self._folder.cleanup()
        return packets

    @staticmethod
    def summary(packets):
        """How many packets of each protocol, by the innermost one that tshark names."""
        counts = {}
        for packet in packets:
            layers = packet["frame.protocols"].split(":")
            name = next((p for p in ("sip", "rtcp", "rtp") if p in layers), layers[-1])
            counts[name] = counts.get(name, 0) + 1
        return counts
