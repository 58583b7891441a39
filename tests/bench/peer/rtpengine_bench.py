"""The relay beside rtpengine in user space with one forwarding thread: the same phones, the same
packets, by turns. CPU per relayed packet: `own` of the worker's thread or of all threads of
rtpengine, `all` of the whole machine (softirq included) less what phones among themselves cost.
`all` says something on an idle machine alone. Run by `./dev bench --peer rtpengine`."""

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


# The benchmark of relay_bench, and its counter of own threads.
CASES = {"sockets": ("relayed_packet/streams:{}/kernel:0/", "worker"),
         "kernel": ("relayed_packet/streams:{}/kernel:1/", "worker"),
         "rtpengine": ("rtpengine_packet/{}/", "rtpengine"),
         "bare loop": ("bare_packet/{}/", "thread"),
         "phones": ("direct_packet/{}/", "process")}


def measure(case, streams, environment):
    """CPU in microseconds per packet, as the benchmark counts it: of its own threads, of all."""
    name, counter = CASES[case]
    output = subprocess.run(
        [ROOT / "build/release/bin/relay_bench", f"--benchmark_filter={name.format(streams)}",
         "--benchmark_min_time=0.5"], env={**os.environ, **environment}, check=True,
        capture_output=True, text=True, timeout=120).stdout
    found = [re.search(rf"\b{which}_us_per_packet=([0-9.]+)", output)
             for which in (counter, "machine")]
    if not all(found):
        raise SystemExit(f"relay_bench gave no figures of {name.format(streams)}:\n{output}")
    return [float(figure[1]) for figure in found]


def steal_s():
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


def main():
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--streams", type=int, choices=(100, 1000, 4000), default=1000)
    arguments.add_argument("--rounds", type=int, default=5)
    options = arguments.parse_args()
    found = {case: [] for case in CASES}
    steal = steal_s()
    for _ in range(options.rounds):
        for case, figures in found.items():
            if case != "rtpengine":
                figures.append(measure(case, options.streams, {}))
                continue
            with tempfile.TemporaryFile() as log:
                process, port = start_rtpengine(log)
                try:
                    named = f"{process.pid} {CONTROL} {port}"
                    figures.append(measure(case, options.streams, {"TANDEM_RTPENGINE": named}))
                finally:
                    process.terminate()
                    process.wait(20)
    phones = [everything for _, everything in found.pop("phones")]
    figures = {case: ([own for own, _ in rounds],
                      [everything - ours for (_, everything), ours in zip(rounds, phones)])
               for case, rounds in found.items()}
    for case, columns in figures.items():
        print(f"{case:10}" + "".join(
            f"  {what} {statistics.median(c):6.2f} us ({min(c):.2f} to {max(c):.2f})"
            for what, c in zip(("own", "all"), columns)))
    peer = figures["rtpengine"]
    for case in ("sockets", "kernel"):
        ratios = [statistics.median(ours / theirs for ours, theirs in zip(*both))
                  for both in zip(figures[case], peer)]
        print(f"{case} / rtpengine: own {ratios[0]:.2f}, all {ratios[1]:.2f}")
    print(f"{options.streams} streams, {options.rounds} rounds, steal {steal_s() - steal:.2f} s")


main()
