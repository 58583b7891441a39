"""Runs sipp with the scenarios of tests/e2e/sipp and reads its own counts. Every run is bounded:
a number of calls, a time for all of them."""

import csv
import subprocess
import tempfile
from pathlib import Path

SCENARIOS = Path(__file__).resolve().parent / "sipp"


class Sipp:
    """One sipp process. `peer` is HOST:PORT for a caller and None for a callee."""

    def __init__(self, scenario, port, calls, *, peer=None, user="7100", rate=10, at_once=None,
                 seconds=60, keys=None, hold_ms=None):
        self.name = f"{scenario} on {port}"
        self._folder = tempfile.TemporaryDirectory(prefix="tandem-sipp-")
        self._stat = Path(self._folder.name) / "stat.csv"
        command = ["sipp", "-sf", SCENARIOS / f"{scenario}.xml", "-i", "127.0.0.1",
                   "-p", str(port), "-m", str(calls), "-timeout", f"{seconds}s",
                   "-timeout_error", "-nostdin", "-trace_err", "-error_file", "errors.log",
                   "-trace_stat", "-stf", self._stat, "-fd", "1"]
        if peer:
            command += ["-s", user, "-r", str(rate), peer]
            command += ["-l", str(at_once)] if at_once else []
        if hold_ms is not None:
            command += ["-d", str(hold_ms)]
        for key, value in (keys or {}).items():
            command += ["-key", key, value]
        self._process = subprocess.Popen(command, cwd=self._folder.name, text=True,
                                         stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                         stderr=subprocess.PIPE)
        self._seconds = seconds

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


def run_pair(caller, callee, *, node_port, caller_port, callee_port, calls, **options):
    """A caller's crowd through the node to a callee's; returns both counts."""
    seconds = options.get("seconds", 60)
    uas = Sipp(callee, callee_port, calls, seconds=seconds)
    try:
        uac = Sipp(caller, caller_port, calls, peer=f"127.0.0.1:{node_port}", **options)
        try:
            return uac.wait(), uas.wait()
        finally:
            uac.kill()
    finally:
        uas.kill()
