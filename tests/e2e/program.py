"""A foreign program (a phone, a proxy) for the length of a test: its own folder and session, ended
by its own pid, with its last words in the complaint when it dies early."""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path


class Program:
    """Subclasses write their configuration into `folder` and then call `launch`."""

    def __init__(self, name):
        self.name = name
        self.folder = Path(tempfile.mkdtemp(prefix=f"tandem-{name}-"))
        self.log = self.folder / "program.log"
        self.process = None

    def launch(self, command, *, stdin=subprocess.DEVNULL):
        """HOME is the folder: nothing of the user's own settings is read or written."""
        environment = {"PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": str(self.folder),
                       "LANG": "C.UTF-8", "XDG_RUNTIME_DIR": str(self.folder)}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                list(map(str, command)), cwd=self.folder, env=environment, stdin=stdin, stdout=log,
                stderr=subprocess.STDOUT, start_new_session=True)

    def alive(self):
        """True, or an AssertionError with the program's last words."""
        status = self.process.poll()
        assert status is None, f"{self.name} ended with {status}:\n{self.tail()}"
        return True

    def tail(self, lines=25):
        text = self.log.read_text(errors="replace") if self.log.exists() else ""
        said = [line[:300] for line in text.splitlines() if line.strip()]
        return "\n".join([f"--- the last lines of {self.log}", *said[-lines:]])

    def stop(self):
        """SIGTERM to the process that was started; after five seconds SIGKILL to its session."""
        if self.process:
            if self.process.poll() is None:
                self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        if "TANDEM_E2E_KEEP" not in os.environ:
            shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
