"""A headless linphone (Debian: linphone-cli 5.1): a phone by strangers, on other stacks than
baresip (belle-sip, mediastreamer). Commanded on its standard input, watched through what it prints.
"""

import array
import re
import subprocess

import tones
from node import eventually
from phone_audio import Listener
from program import Program

# No sound card is there or needed: "soundcard use files". With its watch over network interfaces on
# (auto_net_state_mon) it would take a machine without a default route for one without a network.
CONFIG = """[sip]
auto_net_state_mon=0
register_only_when_network_is_up=0
bind_address={address}
sip_port={sip}
sip_tcp_port={sip}
sip_tls_port=0
contact=sip:{name}@{address}:{sip}
guess_hostname=0
use_ipv6=0
[rtp]
bind_address={address}
audio_rtp_port={rtp}
video_rtp_port={video}
text_rtp_port={text}
[net]
dns_srv_enabled=0
stun_server=
[sound]
echocancellation=0
[video]
enabled=0
capture=0
display=0
"""


class Linphone(Listener, Program):
    """`tone` is what it plays, in Hz. `ports` is an iterator of free ports."""

    def __init__(self, name, ports, tone, address="127.0.0.1"):
        super().__init__(name)
        self.tone = tone
        taken = [next(ports) for _ in range(8)]
        self.port = taken[0]
        tones.write(self.folder / "tone.wav", tones.endless(tone))
        (self.folder / ".local/share/linphone").mkdir(parents=True)
        (self.folder / "linphonerc").write_text(CONFIG.format(
            address=address, name=name, sip=self.port, rtp=taken[2], video=taken[4], text=taken[6]))
        self._read_up_to = 0

    def __enter__(self):
        self.launch(["linphonec", "-c", self.folder / "linphonerc"], stdin=subprocess.PIPE)
        try:
            self.say("soundcard use files")
            self.expect("Using wav files")
            self.say(f"play {self.folder}/tone.wav")
            self.say(f"record {self.folder}/heard.wav")
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.process.stdin.close()  # its end of input is its quit
        self.stop()

    def say(self, line):
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def expect(self, pattern, seconds=20):
        """Waits until it has printed something new that matches; returns the match."""
        def printed():
            self.alive()
            text = self.log.read_text(errors="replace")
            return re.compile(pattern).search(text, self._read_up_to)
        try:
            found = eventually("", seconds, printed)
        except AssertionError as error:
            raise AssertionError(f"{self.name}: no {pattern!r} within {seconds} s: {error}\n"
                                 f"{self.tail()}") from None
        self._read_up_to = found.end()
        return found

    # ---- what a user does -----------------------------------------------------------------------

    def register(self, server, password, *, transport="udp"):
        proxy = f"<sip:{server};transport={transport}>"
        self.say(f"register sip:{self.name}@{server} {proxy} {password}")

        def registered():  # it does not say so by itself
            self.alive()
            self.say("status register")
            return "registered, identity=" in self.log.read_text(errors="replace")
        try:
            eventually("", 20, registered, every=0.3)
        except AssertionError:
            raise AssertionError(f"{self.name} does not register\n{self.tail()}") from None

    def dial(self, target):
        self.say(f"call {target}")

    def answer(self):
        number = self.expect(r"Receiving new incoming call from .* assigned id (\d+)").group(1)
        self.say(f"answer {number}")

    def talks(self):
        self.expect("Media streams established")

    def hang_up(self):
        self.say("terminate")
        self.is_hung_up()

    def is_hung_up(self):
        self.expect(r"Call \d+ with .* ended")

    # ---- what it heard --------------------------------------------------------------------------

    def recorded(self):
        """Until the call is over it leaves the 44 bytes of the WAV header empty; with G.711, which
        is all that the other phones speak, it records at 8000 Hz, otherwise at a multiple."""
        path = self.folder / "heard.wav"
        raw = path.read_bytes() if path.exists() else b""
        if raw[:4] == b"RIFF":
            samples, rate = tones.read(path)
            return samples[::rate // tones.RATE]
        return array.array("h", raw[44:len(raw) // 2 * 2])

    def forget(self):
        """What it heard so far; the next call starts anew."""
        (self.folder / "heard.wav").unlink()
        self.say(f"record {self.folder}/heard.wav")

    def has_recorded(self, seconds):
        """Waits for at least so much, at whatever rate it records."""
        size = int(seconds * 48000 * 2)
        path = self.folder / "heard.wav"
        eventually(f"{self.name} has recorded {seconds} s", 20,
                   lambda: self.alive() and path.exists() and path.stat().st_size > size)
