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
    return json.loads(done.stdout)
