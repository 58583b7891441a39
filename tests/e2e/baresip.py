"""A headless baresip (Debian: baresip-core 1.0): a phone by strangers. It plays a tone, records
what it hears, and is commanded and watched through its ctrl_tcp module (JSON in netstrings).

It speaks G.711 only and MD5 digest only, and takes two SIP ports: its own and, for TLS, the next.
"""

import array
import json
import socket
import time

import tones
from node import at_port, eventually
from phone_audio import Listener
from program import Program

PORTS = 16          # how many a phone takes from the iterator it is given
DEAD = ("CALL_CLOSED", "REGISTER_FAIL")     # what no other event is waited beyond

CONFIG = """poll_method epoll
sip_listen {host}
dns_server 127.0.0.1:9
net_interface {address}
rtp_ports {rtp}-{rtp_end}
audio_path {folder}
audio_source aufile,{folder}/tone.wav
ausrc_srate 8000
auplay_srate 8000
ausrc_channels 1
auplay_channels 1
audio_buffer 20-160
statmode_default off
snd_path {folder}
module_path /usr/lib/baresip/modules
module g711.so
module aufile.so
module sndfile.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen 127.0.0.1:{control}
"""


class Baresip(Listener, Program):
    """`tone` is what it plays, in Hz. `ports` is an iterator of free ports."""

    def __init__(self, name, ports, tone, address="127.0.0.1"):
        super().__init__(name)
        self.tone, self.address = tone, address
        self.port, _tls, self.control, _ = (next(ports) for _ in range(4))
        self.rtp_ports = [next(ports) for _ in range(PORTS - 4)]
        self.host = at_port(address, self.port)
        tones.write(self.folder / "tone.wav", tones.endless(tone))
        (self.folder / "accounts").touch()
        (self.folder / "contacts").touch()
        (self.folder / "config").write_text(CONFIG.format(
            host=self.host, address=address, rtp=self.rtp_ports[0],
            rtp_end=self.rtp_ports[-1], folder=self.folder, control=self.control))
        self._events, self._answers, self._buffer = [], [], b""

    # ---- life -----------------------------------------------------------------------------------

    def __enter__(self):
        self.launch(["baresip", "-f", self.folder])
        try:
            self._socket = eventually(f"{self.name} takes commands", 20, self._connect)
        except BaseException:
            self.stop()
            raise
        return self

    def _connect(self):
        self.alive()
        try:
            return socket.create_connection(("127.0.0.1", self.control), timeout=5)
        except OSError:
            return None

    def __exit__(self, *_):
        self._socket.close()
        self.stop()

    # ---- the control connection -----------------------------------------------------------------

    def _read(self, seconds):
        """Takes in what baresip has to say within `seconds`; true if there was anything."""
        self._socket.settimeout(max(0.001, seconds))
        try:
            data = self._socket.recv(65536)
        except TimeoutError:
            return False
        assert data or self.alive(), "never"
        assert data, f"{self.name} closed its control connection\n{self.tail()}"
        self._buffer += data
        while b":" in self._buffer:
            length, _, rest = self._buffer.partition(b":")
            if len(rest) <= int(length):
                break
            message = json.loads(rest[:int(length)])
            self._buffer = rest[int(length) + 1:]  # behind the netstring's comma
            (self._events if message.get("event") else self._answers).append(message)
        return True

    def command(self, name, argument="", seconds=15):
        """Has a command carried out and returns what baresip prints about it."""
        text = json.dumps({"command": name, "params": argument, "token": ""}).encode()
        self._socket.sendall(b"%d:%s," % (len(text), text))
        end = time.monotonic() + seconds
        while not self._answers:
            left = end - time.monotonic()
            assert left > 0, f"{self.name}: no answer to {name} {argument}\n{self.tail()}"
            self._read(left)
        answer = self._answers.pop(0)
        assert answer["ok"], f"{self.name}: {name} {argument}: {answer}"
        return answer.get("data", "")

    def expect(self, *wanted, seconds=20, param=""):
        """The next event of one of these types whose parameter contains `param`. The end of a call
        that nobody waits for fails at once."""
        end = time.monotonic() + seconds
        while True:
            for event in self._events:
                if event["type"] in wanted and param in event.get("param", ""):
                    self._events.remove(event)
                    return event
                assert event["type"] not in DEAD, f"{self.name}: {event} while waiting for {wanted}"
            left = end - time.monotonic()
            assert left > 0, (f"{self.name}: no {wanted} within {seconds} s; there were "
                              f"{[e['type'] for e in self._events]}\n{self.tail()}")
            self._read(left)

    # ---- what a user does -----------------------------------------------------------------------

    def account(self, server, *, transport="udp", password=None, expires=0, event="REGISTER_OK"):
        """Adds the account NAME@`server`; with `expires` it registers, which ends in `event`."""
        line = f"<sip:{self.name}@{server};transport={transport}>;regint={expires}"
        if password:
            line += f';auth_user={self.name};auth_pass="{password}"'
        self.command("uanew", line)
        if expires:
            self.expect(event)

    def dial(self, target):
        self.command("dial", target)

    def answer(self):
        self.expect("CALL_INCOMING")
        self.command("accept")

    def talks(self):
        """The call is established and RTP arrives."""
        self.expect("CALL_ESTABLISHED")
        self.expect("CALL_RTPESTAB")

    def hold(self):
        """A re-INVITE with a=sendonly; returns when it was answered (RFC 3264 §8.4)."""
        self._offer("hold")

    def resume(self):
        self._offer("resume")

    def _offer(self, command):
        self._events = [event for event in self._events if event["type"] != "CALL_REMOTE_SDP"]
        self.command(command)
        self.expect("CALL_REMOTE_SDP", param="answer")

    def forget(self):
        """What it heard so far, and events that nobody waited for: the next call starts anew."""
        self._events.clear()
        for path in self.folder.glob("dump-*.wav"):
            path.unlink()

    def hang_up(self):
        self.command("hangup")
        return self.expect("CALL_CLOSED")

    # ---- what it heard --------------------------------------------------------------------------

    def recorded(self):
        """All samples that were received so far. Grows with each packet of RTP."""
        samples = array.array("h")
        for path in sorted(self.folder.glob("dump-*-dec.wav")):
            samples += tones.read(path)[0]
        return samples
