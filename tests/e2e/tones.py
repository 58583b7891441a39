"""Tones as proof of who hears whom: written as WAV files, found again in a recording with
Goertzel's algorithm over the part of it that is not silent."""

import array
import math
import struct
import wave

RATE = 8000
BLOCK_S = 0.05      # a block resolves 20 Hz: tones of a test are multiples of it
SILENT = 200        # effective value below which a block is silence (full scale: 32767)
HEARD = 0.7         # share of the energy of all voiced blocks that a tone which is there has
FOREIGN = 0.02      # and what one that is not there may have: noise of G.711, seams of lost packets


def sine(hz, seconds, amplitude=8000, rate=RATE):
    return array.array("h", (round(amplitude * math.sin(2 * math.pi * hz * i / rate))
                             for i in range(int(seconds * rate))))


def endless(hz, seconds=120):
    """A tone for a phone to play: longer than any call of a test, and cheap to make."""
    assert hz % (1 / BLOCK_S) == 0, f"{hz} Hz does not fit into blocks of {BLOCK_S} s"
    return sine(hz, 1) * seconds


def write(path, samples, rate=RATE):
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.tobytes())


def read(path):
    """(samples, rate) of a WAV file of 16 bits, also of one that is still being written: its header
    then tells no length yet, so everything behind the data chunk's head is taken."""
    raw = path.read_bytes()
    rate, at = RATE, 12
    while at + 8 <= len(raw):
        name, size = struct.unpack_from("<4sI", raw, at)
        at += 8
        if name == b"fmt " and len(raw) >= at + 16:
            channels, rate, bits = struct.unpack_from("<2xHI6xH", raw, at)
            assert (channels, bits) == (1, 16), f"{path}: {channels} channels of {bits} bits"
        if name == b"data":
            even = at + (len(raw) - at) // 2 * 2
            return array.array("h", raw[at:even]), rate
        at += size + size % 2
    return array.array("h"), rate


def energy(block):
    return sum(sample * sample for sample in block)


def tone_energy(block, hz, rate):
    """What a sine of `hz` contributes to the energy of the block (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * hz / rate)
    one, two = 0.0, 0.0
    for sample in block:
        one, two = sample + turn * one - two, one
    return 2 * (one * one + two * two - turn * one * two) / len(block)


class Heard:
    """What is in a recording: how long it is not silent, and each tone's share of that part."""

    def __init__(self, samples, rate=RATE):
        length = int(rate * BLOCK_S)
        blocks = [samples[i:i + length] for i in range(0, len(samples) - length + 1, length)]
        floor = SILENT * SILENT * length
        self._voiced = [(block, power) for block in blocks if (power := energy(block)) > floor]
        self._rate = rate
        self.seconds = len(self._voiced) * BLOCK_S
        self.all_seconds = len(samples) / rate

    def share(self, hz):
        whole = sum(power for _, power in self._voiced)
        found = sum(tone_energy(block, hz, self._rate) for block, _ in self._voiced)
        return found / whole if whole else 0.0

    def holds(self, hz, but_not=(), seconds=1.0):
        """Whether it is this tone for at least `seconds`, and none of the others at all."""
        return (self.seconds >= seconds and self.share(hz) >= HEARD
                and all(self.share(other) <= FOREIGN for other in but_not))

    def describe(self, *tones):
        shares = ", ".join(f"{hz} Hz {self.share(hz):.3f}" for hz in tones)
        return f"{self.seconds:.2f} s of sound in {self.all_seconds:.2f} s, shares: {shares}"


def listen(path):
    return Heard(*read(path))
