"""A program at a terminal of its own (a pty): typed to, resized, and read like a screen."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time


class Typist:
    """`with Typist([...]) as t:` runs the program with a terminal of `columns` by `lines`."""

    def __init__(self, command, *, columns=100, lines=30, environment=None):
        self._master, slave = pty.openpty()
        self._slave = slave  # kept open: its settings are looked at after the program's end
        self.resize(columns, lines, tell=False)
        self.before = termios.tcgetattr(slave)
        environment = {"PATH": os.environ["PATH"], "TERM": "xterm", "LANG": "C.UTF-8",
                       **(environment or {})}
        self.process = subprocess.Popen(list(map(str, command)), stdin=slave, stdout=slave,
                                        stderr=slave, env=environment, start_new_session=True,
                                        preexec_fn=lambda: fcntl.ioctl(slave, termios.TIOCSCTTY, 0))
        self.seen = ""

    def resize(self, columns, lines, tell=True):
        fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        if tell:
            self.process.send_signal(signal.SIGWINCH)

    def type(self, text):
        """Once the program reads keys: before that the terminal echoes by itself."""
        end = time.monotonic() + 8
        while self.settings[3] & termios.ICANON and time.monotonic() < end:
            select.select([], [], [], 0.005)
        self.press(text)

    def press(self, keys):
        """Whoever reads them, if anybody does."""
        os.write(self._master, keys.encode())

    def read_until(self, pattern, seconds=8):
        """Text up to where `pattern` (a regular expression) matches in what has not been returned
        before; escape sequences are left in."""
        end = time.monotonic() + seconds
        while True:
            found = re.search(pattern, self.seen, re.S)
            if found:
                text, self.seen = self.seen[:found.end()], self.seen[found.end():]
                return text
            left = end - time.monotonic()
            assert left > 0, f"not within {seconds} s: {pattern!r}; there is {self.seen!r}"
            ready, _, _ = select.select([self._master], [], [], left)
            if ready:
                self.seen += os.read(self._master, 65536).decode(errors="replace")

    def end(self, seconds=8):
        """Its exit status, when it ends by itself; everything it wrote is in `seen`."""
        status = self.process.wait(seconds)
        while select.select([self._master], [], [], 0.05)[0]:
            self.seen += os.read(self._master, 65536).decode(errors="replace")
        return status

    @property
    def settings(self):
        return termios.tcgetattr(self._slave)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        for handle in (self._master, self._slave):
            with contextlib.suppress(OSError):
                os.close(handle)
