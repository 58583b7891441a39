"""What arrives at the phones, read from the wire while they talk: where a phone's own recording
does not tell. (baresip 1.0 records nothing more once a call was held, though it sends and receives.)"""

import array
import socket
import subprocess
import threading
import time

from node import eventually
from tones import Heard


def mu_law(byte):
    """One sample of 16 bits (ITU-T G.711)."""
    byte = ~byte & 0xFF
    size = (((byte & 15) << 3) + 132 << (byte >> 4 & 7)) - 132
    return -size if byte & 0x80 else size


MU_LAW = [mu_law(byte) for byte in range(256)]


class Wiretap:
    """`with Wiretap(phones) as tap:`; each phone has `rtp_ports` and speaks PCMU."""

    def __init__(self, phones):
        self._owner = {port: phone.name for phone in phones for port in phone.rtp_ports}
        self._heard = {phone.name: array.array("h") for phone in phones}
        self._last = {phone.name: 0.0 for phone in phones}
        self._lock = threading.Lock()
        self._ready = False
        self._mark = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._mark.bind(("127.0.0.1", 0))

    def __enter__(self):
        mark = self._mark.getsockname()[1]
        wanted = " or ".join(f"dst port {port}" for port in (*self._owner, mark))
        self._tshark = subprocess.Popen(
            ["tshark", "-Q", "-l", "-n", "-i", "lo", "-f", f"udp and ({wanted})", "-T", "fields",
             "-e", "udp.dstport", "-e", "udp.payload"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
            start_new_session=True, text=True)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

        def seen():
            self._mark.sendto(b"tap", self._mark.getsockname())
            return self._ready
        eventually("tshark listens", 20, seen)
        return self

    def __exit__(self, *_):
        self._tshark.terminate()
        self._tshark.wait(20)
        self._thread.join(20)
        self._tshark.stdout.close()
        self._mark.close()

    def _read(self):
        for line in self._tshark.stdout:
            port, _, payload = line.rstrip("\n").partition("\t")
            name, packet = self._owner.get(int(port)), bytes.fromhex(payload.replace(":", ""))
            with self._lock:
                if name is None:
                    self._ready = True
                elif packet[1] & 0x7F == 0:  # RFC 3551 §6: PCMU; RTCP has 72 to 76 here
                    self._heard[name].extend(MU_LAW[byte] for byte in packet[12:])
                    self._last[name] = time.monotonic()

    def arrived(self, phone):
        """How many samples have arrived at it so far."""
        with self._lock:
            return len(self._heard[phone.name])

    def hears(self, phone, tone, but_not, *, seconds=1.0, within=20):
        """From now on `seconds` of this tone arrive at the phone, and nothing of the others."""
        since = self.arrived(phone)

        def heard():
            with self._lock:
                return Heard(self._heard[phone.name][since:])
        try:
            eventually("", within, lambda: heard().holds(tone, but_not, seconds), every=0.2)
        except AssertionError:
            raise AssertionError(f"at {phone.name} arrives no {tone} Hz within {within} s: "
                                 f"{heard().describe(tone, *but_not)}") from None

    def silent(self, *phones, seconds=1.0, within=20):
        """No RTP arrives at any of these phones for `seconds`, some time before `within`."""
        def since():
            with self._lock:
                return time.monotonic() - max(self._last[phone.name] for phone in phones)
        eventually(f"no RTP for {seconds} s at {[phone.name for phone in phones]}", within,
                   lambda: since() > seconds)


def hold_and_resume(tap, holder, other):
    """Both talk; the one puts the other on hold, and nothing arrives at either; then both talk."""
    tap.hears(holder, other.tone, [holder.tone])
    tap.hears(other, holder.tone, [other.tone])
    holder.hold()
    tap.silent(holder, other)
    holder.resume()
    tap.hears(holder, other.tone, [holder.tone])
    tap.hears(other, holder.tone, [other.tone])
