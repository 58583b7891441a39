"""A disk that is full or read-only, with a real node: calls go on, the operator is told what to do,
and when there is space again all is on disk. The disk is a small tmpfs in a mount namespace of this
test's own."""

import os
import subprocess
import sys
import unittest

from node import BIN, Node, eventually
from phone import Phone, establish, hang_up

INSIDE = "TANDEM_DISK_TEST_NAMESPACE"
MIB = 1024 * 1024
CALLS, ROUNDS, INFO_BYTES = 20, 60, 2000
READY, DEGRADED = "ready\n", "ready, degraded: calls or registrations are in memory, not on disk\n"


def enter_namespace():
    """Starts this file anew where its mounts are nobody else's."""
    if INSIDE in os.environ:
        return
    os.environ[INSIDE] = os.readlink("/proc/self/ns/mnt")
    as_root = [] if os.getuid() == 0 else ["--map-root-user"]
    # In a chroot the root is no mount point, and nothing can be said of it.
    propagation = "private" if "/" in mount_points("self") else "unchanged"
    os.execvp("unshare", ["unshare", *as_root, "--mount", "--propagation", propagation,
                          sys.executable, "-B", *sys.argv])


def mount_points(process):
    with open(f"/proc/{process}/mountinfo", encoding="utf-8") as lines:
        return [line.split()[4] for line in lines]


class Full(unittest.TestCase):
    def setUp(self):
        assert os.readlink("/proc/self/ns/mnt") != os.environ[INSIDE], "no namespace of its own"
        self.node = Node()
        self.data = self.node.folder / "data"
        self.data.mkdir()
        self.mount()
        self.node.start()
        self.addCleanup(self.clean_up)
        self.alice = self.enterContext(Phone(self.node.sip, name="alice"))
        self.bob = self.enterContext(Phone(self.node.sip, self.node.callee, "bob"))

    def mount(self):
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", self.data], check=True)
        assert os.path.ismount(self.data)
        assert str(self.data) not in mount_points(1), "others see this test's mount"

    def clean_up(self):
        self.node.process.terminate()
        self.node.process.wait(20)
        subprocess.run(["umount", self.data], check=True)
        self.node.stop()

    def fill(self):
        with open(self.data / "filler", "wb", buffering=0) as filler:
            block = bytes(MIB)
            for size in (MIB, 4096, 1):
                try:
                    while True:
                        filler.write(block[:size])
                except OSError:
                    pass

    def inform(self, leg):
        self.alice.request(leg, "INFO", body="x" * INFO_BYTES)
        self.bob.reply(self.bob.expect("INFO"), 200, "OK")
        self.alice.expect(200, of="INFO")

    def until_degraded(self, legs):
        """RocksDB has reserved some megabytes for its log: INFO after INFO, until they are full."""
        for _ in range(ROUNDS):
            for leg in legs:
                self.inform(leg)
            if self.node.metric("tandem_store_degraded") >= 1:
                self.assertEqual(self.node.request("GET", "/readyz"), (200, DEGRADED))
                return
        self.fail(f"the disk was never full enough\n{self.node.tail()}")

    def log(self, text):
        return [line for line in self.node.log.read_text().splitlines() if text in line]

    def test_calls_go_on_and_are_written_when_there_is_space(self):
        before = establish(self.alice, self.bob)
        during = [establish(self.alice, self.bob) for _ in range(CALLS)]
        self.fill()
        self.until_degraded([leg for leg, _ in during])
        during += [establish(self.alice, self.bob) for _ in range(3)]
        (line,) = self.log("degraded")
        self.assertIn("No space left on device", line)
        self.assertIn("Free space on the disk of node.data", line)
        ended = during.pop()
        hang_up(self.alice, ended[0], self.bob)

        (self.data / "filler").unlink()
        eventually("all is on disk again", 15,
                   lambda: self.node.request("GET", "/readyz")[1] == READY)
        self.assertEqual(self.node.metric("tandem_store_degraded"), 0)
        eventually("it is said", 5, lambda: len(self.log("all calls are on disk again")) == 1)

        self.node.crash()
        self.node.start(again=True)
        self.assertEqual(len(self.node.calls()), 1 + len(during))
        for one, other in [before, *during]:
            hang_up(self.bob, other, self.alice)
        self.node.settle()

    def test_killed_while_the_disk_is_full(self):
        """What stood before is there again, once there is space to start with."""
        legs = [establish(self.alice, self.bob) for _ in range(CALLS)]
        self.fill()
        self.until_degraded([leg for leg, _ in legs])
        self.node.crash()
        (self.data / "filler").unlink()
        self.node.start(again=True)
        self.assertEqual(len(self.node.calls()), CALLS)
        for _, other in legs:
            hang_up(self.bob, other, self.alice)
        self.node.settle()

    def test_a_start_on_a_disk_that_is_read_only(self):
        """It says what to do and ends; when the disk takes bytes again, the calls come back."""
        legs = [establish(self.alice, self.bob) for _ in range(3)]
        self.inform(legs[-1][0])  # so that the last ACK has been read
        self.node.crash()
        subprocess.run(["mount", "-o", "remount,ro", self.data], check=True)
        refused = subprocess.run([BIN / "tandemd", "--config", self.node.config], timeout=20,
                                 stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertNotEqual(refused.returncode, 0)
        self.assertIn("Read-only file system", refused.stdout)
        self.assertIn("can be written by this user", refused.stdout)
        subprocess.run(["mount", "-o", "remount,rw", self.data], check=True)
        self.node.start(again=True)
        self.assertEqual(len(self.node.calls()), 3)
        for _, other in legs:
            hang_up(self.bob, other, self.alice)
        self.node.settle()


if __name__ == "__main__":
    enter_namespace()
    unittest.main(verbosity=2)
