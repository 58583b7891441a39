"""Runs sipp with the scenarios of tests/e2e/sipp and reads its own counts. Every run is bounded:
a number of calls, a time for all of them.

A way is "TRANSPORT ADDRESS" as in `Node`'s listens: "udp 127.0.0.1", "tcp ::1", and "tcp-each" for
a connection of its own for each call.
"""

import csv
import subprocess
import tempfile
from pathlib import Path

from node import eventually

UDP = "udp 127.0.0.1"
MODES = {"udp": "u1", "tcp": "t1", "tcp-each": "tn"}  # of sipp's -t
SCENARIOS = Path(__file__).resolve().parent / "sipp"


def is_bound(transport, port):
    """Whether some process of this machine listens there; asked of the kernel, not of the port."""
    listening = "0A" if transport.startswith("tcp") else "07"  # states of a socket in /proc/net
    for table in (f"/proc/net/{transport[:3]}", f"/proc/net/{transport[:3]}6"):
        rows = (row.split() for row in Path(table).read_text().splitlines()[1:])
        if any(row[1].endswith(f":{port:04X}") and row[3] == listening for row in rows):
            return True
    return False


class Sipp:
    """One sipp process. `peer` is a caller's port of the node and None for a callee."""

    def __init__(self, scenario, port, calls, *, peer=None, user="7100", rate=10, at_once=None,
                 seconds=60, keys=None, hold_ms=None, way=UDP, arguments=()):
        self.name = f"{scenario} on {port}"
        self._folder = tempfile.TemporaryDirectory(prefix="tandem-sipp-")
        self._stat = Path(self._folder.name) / "stat.csv"
        transport, address = way.split()
        host = f"[{address}]" if ":" in address else address
        command = ["sipp", "-sf", SCENARIOS / f"{scenario}.xml", "-t", MODES[transport],
                   "-i", host, "-p", str(port), "-m", str(calls), "-timeout", f"{seconds}s",
                   "-timeout_error", "-nostdin", "-trace_err", "-error_file", "errors.log",
                   "-trace_stat", "-stf", self._stat, "-fd", "1"]
        if peer:
            command += ["-s", user, "-r", str(rate), f"{host}:{peer}"]
            command += ["-l", str(at_once)] if at_once else []
            command += ["-max_socket", "1000"] if transport == "tcp-each" else []
        if hold_ms is not None:
            command += ["-d", str(hold_ms)]
        command += arguments
        for key, value in (keys or {}).items():
            command += ["-key", key, value]
        self._process = subprocess.Popen(command, cwd=self._folder.name, text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE)
        self._seconds = seconds
        if not peer:
            eventually(f"sipp {self.name} listens", 10, lambda: self._process.poll() is not None
                       or is_bound(transport, port))

    def counts(self):
        """sipp's own totals so far, by the names of its CSV columns."""
        lines = self._stat.read_text().splitlines() if self._stat.exists() else []
        rows = list(csv.DictReader(lines, delimiter=";"))
        return rows[-1] if rows else {}

    def wait(self):
        """Waits for the end; every call must have gone as the scenario says. Returns the counts."""
        try:
            _, said = self._process.communicate(timeout=self._seconds + 15)
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"sipp {self.name} did not end by itself") from None
        counts = self.counts()
        errors = Path(self._folder.name) / "errors.log"
        detail = errors.read_text(errors="replace")[:3000] if errors.exists() else ""
        assert self._process.returncode == 0, (
            f"sipp {self.name}: exit status {self._process.returncode}, "
            f"{counts.get('SuccessfulCall(C)')} good, {counts.get('FailedCall(C)')} failed\n"
            f"{said[-1000:]}\n{detail}")
        return {"good": int(counts["SuccessfulCall(C)"]), "failed": int(counts["FailedCall(C)"]),
                "retransmissions": int(counts["Retransmissions(C)"])}

    def kill(self):
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()
        self._folder.cleanup()


def run_pair(caller, callee, *, node_port, caller_port, callee_port, calls, caller_way=UDP,
             callee_way=UDP, **options):
    """A caller's crowd through the node to a callee's; returns both counts."""
    seconds = options.get("seconds", 60)
    uas = Sipp(callee, callee_port, calls, seconds=seconds, way=callee_way)
    try:
        uac = Sipp(caller, caller_port, calls, peer=node_port, way=caller_way, **options)
        try:
            return uac.wait(), uas.wait()
        finally:
            uac.kill()
    finally:
        uas.kill()
