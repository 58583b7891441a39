"""The media worker beside rtpengine in user space with one forwarding thread: the same phones, the
same packets, by turns. CPU per relayed packet: of the worker's thread, and of all threads of
rtpengine while only packets move. Run by `./dev bench --peer rtpengine`."""

import argparse
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
CONTROL, MEDIA = "127.77.9.1", "127.77.1.1"  # addresses that no test uses
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from node import eventually  # noqa: E402


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((CONTROL, 0))
        return s.getsockname()[1]


def start_rtpengine(log):
    port = free_port()
    process = subprocess.Popen(
        ["rtpengine", "--config-file=none", "--table=-1", f"--interface={MEDIA}",
         f"--listen-ng={CONTROL}:{port}", "--foreground", "--num-threads=1", "--port-min=20000",
         "--port-max=39999", "--log-level=3", "--log-stderr", "--timeout=600"],
        stdout=log, stderr=log, stdin=subprocess.DEVNULL)

    def answers():
        if process.poll() is not None:
            raise AssertionError("rtpengine did not start")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.settimeout(0.2)
            s.sendto(b"1 d7:command4:pinge", (CONTROL, port))
            try:
                return b"pong" in s.recv(1000)
            except OSError:
                return False
    eventually("rtpengine answers", 10, answers)
    return process, port


def measure(benchmark, streams, environment):
    """CPU in microseconds per packet, as the benchmark counts it."""
    output = subprocess.run(
        [ROOT / "build/release/bin/relay_bench", f"--benchmark_filter={benchmark}/{streams}/",
         "--benchmark_min_time=0.5"], env={**os.environ, **environment}, check=True,
        capture_output=True, text=True, timeout=120).stdout
    return float(re.search(r"us_per_packet=([0-9.]+)", output)[1])


def steal_s():
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, choices=(100, 1000, 4000), default=1000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    found = {"relayed_packet": [], "rtpengine_packet": [], "bare_packet": []}
    steal = steal_s()
    for _ in range(options.rounds):
        for benchmark, figures in found.items():
            if benchmark != "rtpengine_packet":
                figures.append(measure(benchmark, options.streams, {}))
                continue
            with tempfile.TemporaryFile() as log:
                process, port = start_rtpengine(log)
                try:
                    named = f"{process.pid} {CONTROL} {port}"
                    figures.append(measure(benchmark, options.streams, {"TANDEM_RTPENGINE": named}))
                finally:
                    process.terminate()
                    process.wait(20)
    for benchmark, figures in found.items():
        print(f"{benchmark:18} {statistics.median(figures):6.2f} us a packet "
              f"({min(figures):.2f} to {max(figures):.2f})")
    ratios = [ours / theirs for ours, theirs in zip(found["relayed_packet"],
                                                    found["rtpengine_packet"])]
    print(f"worker / rtpengine {statistics.median(ratios):6.2f}, {options.streams} streams, "
          f"steal {steal_s() - steal:.2f} s")


main()
