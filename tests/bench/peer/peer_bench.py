"""The node beside Kamailio: the same load on both by turns (A B A B), CPU time of all their threads
per unit, and the time that the hypervisor took away. Run by `./dev bench --peer kamailio`.

    calls      a two-leg call; the node also anchors its media, Kamailio is a mere stateful proxy
    register   REGISTER without digest
    digest     REGISTER, challenge, REGISTER with the answer: two requests
    bindings   what 100,000 bindings weigh, and how soon they are back after kill -9; the node alone,
               since Kamailio takes all its memory at its start
"""

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "e2e"))
from load_test import settled_rss_mb  # noqa: E402
from node import Node, PortBlock, eventually  # noqa: E402
from sipp import Sipp  # noqa: E402


def threads_cpu_s(pids):
    """CPU time of every thread of these processes, to the nanosecond."""
    total = 0
    for pid in pids:
        for thread in Path(f"/proc/{pid}/task").iterdir():
            total += int((thread / "schedstat").read_text().split()[0])
    return total / 1e9


def dropped_datagrams():
    """By all UDP sockets here, for they were full: a generator that did not run in time."""
    names, values = (line.split() for line in Path("/proc/net/snmp").read_text().splitlines()
                     if line.startswith("Udp:"))
    return int(values[names.index("RcvbufErrors")])


def steal_s():
    fields = Path("/proc/stat").read_text().splitlines()[0].split()
    return int(fields[8]) / os.sysconf("SC_CLK_TCK")


class Tandem:
    name = "tandem"

    def __init__(self, options):
        users = "".join(f'[[users]]\nname = "{kind}{i}"\npassword = "secret"\n'
                        for kind in options.kinds for i in range(options.users)) if options.users else ""
        # The generator is believed on one port and has to prove itself on the other.
        trunk = '[[trunks]]\nname = "generator"\naddress = "127.0.0.1:{port}"\ntrusted = true\n'
        self._node = Node(media_ports=16000, node_settings="ladder_minutes = 0", t1_ms=500,
                          # sipp answers MD5 alone, which Kamailio asks for, too.
                          auth_settings='requests_per_second = 0\nalgorithms = ["MD5"]')
        # Without IPv6, whose sockets would take half of the descriptors that a process may have.
        text = self._node.config.read_text().replace('address6 = "::1"\n', "")
        self._node.config.write_text(
            text + users + trunk.format(port=self._node.spare[0]))
        self._node.start()
        self.port, self.callee, self.generator = (
            self._node.sip, self._node.callee, self._node.spare[:2])

    def pids(self):
        return [self._node.process.pid]

    def metric(self, name):
        return self._node.metric(name)

    def restart(self):
        """kill -9 and a start; returns the seconds until it is ready."""
        begin = time.monotonic()
        self._node.crash()
        self._node.start()
        return time.monotonic() - begin

    def stop(self):
        self._node.stop()


class Kamailio:
    name = "kamailio"

    def __init__(self, _options):
        self._ports = PortBlock(40)
        self.port, self.callee, *self.generator = self._ports.ports[:4]
        self._folder = Path(tempfile.mkdtemp(prefix="tandem-kamailio-"))
        text = (HERE / "kamailio.cfg").read_text()
        config = self._folder / "kamailio.cfg"
        config.write_text(text.replace("PORT", str(self.port)).replace("CALLEE", str(self.callee)))
        self._log = (self._folder / "log").open("wb")
        self._process = subprocess.Popen(
            ["kamailio", "-f", config, "-DD", "-E", "-m", "1024", "-M", "16", "-w", self._folder,
             "-Y", self._folder, "-P", self._folder / "pid"],
            stdout=self._log, stderr=self._log, stdin=subprocess.DEVNULL)
        eventually("Kamailio has its children", 20, lambda: len(self.pids()) > 4)

    def pids(self):
        """The process and its children, which it forks at start."""
        own = self._process.pid
        if self._process.poll() is not None:
            raise AssertionError((self._folder / "log").read_text()[-2000:])
        return [own, *map(int, Path(f"/proc/{own}/task/{own}/children").read_text().split())]

    def stop(self):
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(20)
        self._log.close()
        self._ports.release()
        shutil.rmtree(self._folder)


def scenario(name):
    """A scenario of this folder, as Sipp wants it: relative to tests/e2e/sipp, without .xml."""
    return str(HERE / name)


def run_calls(peer, rate, options):
    calls = rate * options.seconds
    uas = Sipp("uas_answer", peer.callee, calls, seconds=options.seconds + 30)
    try:
        uac = Sipp(scenario("uac_routed"), peer.generator[0], calls, peer=peer.port,
                   rate=rate, hold_ms=options.hold_ms, seconds=options.seconds + 30)
        try:
            result = uac.wait()
            uas.wait()
            return result
        finally:
            uac.kill()
    finally:
        uas.kill()


def run_register(peer, rate, options, kind, registers=None):
    with tempfile.TemporaryDirectory() as folder:
        names = Path(folder) / "users.csv"
        names.write_text("SEQUENTIAL\n" + "".join(
            f"{kind}{i};[authentication username={kind}{i} password=secret];\n"
            for i in range(options.users)))
        with_digest = kind == "d"
        registers = registers or rate * options.seconds
        uac = Sipp(scenario("register_digest" if with_digest else "register"),
                   peer.generator[1 if with_digest else 0], registers,
                   peer=peer.port, rate=rate, seconds=registers / rate + 30,
                   arguments=("-inf", names))
        try:
            return uac.wait()
        finally:
            uac.kill()


WORK = {"calls": (run_calls, 1), "register": (lambda *a: run_register(*a, "p"), 1),
        "digest": (lambda *a: run_register(*a, "d"), 2)}


def measure_bindings(options):
    count = options.users = options.bindings
    options.kinds = "p"
    peer = Tandem(options)
    try:
        (pid,) = peer.pids()
        before = settled_rss_mb(pid)  # what reading the configuration took has been given back
        run_register(peer, 5000, options, "p", count)
        weight = (settled_rss_mb(pid) - before) * 1e6 / count
        seconds = peer.restart()
        print(f"bindings  {count}: {weight:.0f} bytes each; after kill -9 "
              f"{peer.metric('tandem_registrar_bindings'):.0f} are back in {seconds:.1f} s")
    finally:
        peer.stop()


def measure(kind, make, rate, options):
    run, requests = WORK[kind]
    peer = make(options)
    try:
        pids = peer.pids()
        cpu, stolen, dropped = threads_cpu_s(pids), steal_s(), dropped_datagrams()
        counts = run(peer, rate, options)
        cpu, stolen = threads_cpu_s(pids) - cpu, steal_s() - stolen
        units = counts["good"] * requests
        ms = 1000 * cpu / units
        print(f"{kind:9} {rate:6}/s  {peer.name:9} {ms:7.3f} ms  good {counts['good']}"
              f"  failed {counts['failed']}  again {counts['retransmissions']}"
              f"  dropped {dropped_datagrams() - dropped}  steal {stolen:.1f} s", flush=True)
        return ms
    finally:
        peer.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", default=list(WORK), help=", ".join([*WORK, "bindings"]))
    parser.add_argument("--rates", type=int, nargs="+", help="per second")
    parser.add_argument("--seconds", type=int, default=10)
    parser.add_argument("--hold-ms", type=int, default=100)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--users", type=int, default=1000)
    parser.add_argument("--bindings", type=int, default=100_000)
    options = parser.parse_args()
    options.kinds = "pd"  # of users: these are believed, and those log in
    if shutil.which("kamailio") is None:
        sys.exit("peer_bench: there is no kamailio: ./dev deps test installs it")
    for kind in options.what:
        if kind == "bindings":
            measure_bindings(options)
            continue
        for rate in options.rates or ([200, 500, 1000] if kind == "calls" else [1000]):
            found = {Tandem: [], Kamailio: []}
            for _ in range(options.rounds):
                for make, figures in found.items():
                    figures.append(measure(kind, make, rate, options))
            ours, theirs = (sum(f) / len(f) for f in found.values())
            print(f"{kind:9} {rate:6}/s  mean {ours:.3f} ms beside {theirs:.3f} ms: "
                  f"{ours / theirs:.2f} of Kamailio\n", flush=True)


if __name__ == "__main__":
    main()
