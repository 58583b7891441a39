"""Runs rtp_probe (rtp_probe/main.cpp) and returns its counts."""

import json
import subprocess

from node import BIN


def run_probe(node_port, callee_port, first_rtp_port, *, calls, seconds, intruder=False):
    command = [BIN / "rtp_probe", "--node", str(node_port), "--callee", str(callee_port),
               "--rtp", str(first_rtp_port), "--calls", str(calls), "--seconds", str(seconds)]
    done = subprocess.run(command + (["--intruder"] if intruder else []), capture_output=True,
                          text=True, timeout=seconds + 60, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


class Probe:
    """Calls that stand, with RTP both ways, while something happens to the node. Every other one is
    ended by its callee."""

    def __init__(self, node_port, callee_port, first_rtp_port, *, calls, seconds):
        self._seconds = seconds
        self._process = subprocess.Popen(
            [BIN / "rtp_probe", "--node", str(node_port), "--callee", str(callee_port),
             "--rtp", str(first_rtp_port), "--calls", str(calls), "--seconds", str(seconds),
             "--by-turns"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self._process.stdout.readline()
        assert line == "running\n", f"{line} {self._process.stderr.read()}"

    def counts(self):
        out, error = self._process.communicate(timeout=self._seconds + 120)
        assert self._process.returncode == 0, error
        return json.loads(out.splitlines()[-1])
