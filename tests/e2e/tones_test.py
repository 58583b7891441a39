"""The measure of tones.py, which every proof of audio rests on, against sounds whose content is
known: it must tell tones apart, and silence, noise and a mixture must not pass for a tone."""

import array
import random
import tempfile
import unittest
from pathlib import Path

import tones
from tones import Heard, sine


def mixed(*parts):
    return array.array("h", (sum(samples) for samples in zip(*parts)))


def by_g711(samples):
    """Rounded as coarsely as µ-law does it: 16 steps in each octave (ITU-T G.711)."""
    def rounded(value):
        step = max(8, 1 << max(0, (abs(value) + 132).bit_length() - 5))
        return (value // step) * step + step // 2
    return array.array("h", map(rounded, samples))


class Tones(unittest.TestCase):
    def test_a_tone_is_itself_and_no_other(self):
        for hz in (440, 600, 1000, 1400):
            heard = Heard(by_g711(sine(hz, 2)))
            self.assertTrue(heard.holds(hz, [t for t in (440, 600, 1000, 1400) if t != hz]),
                            heard.describe(440, 600, 1000, 1400))
            self.assertGreater(heard.share(hz), 0.98)
            for other in (440, 600, 1000, 1400):
                if other != hz:
                    self.assertFalse(heard.holds(other), heard.describe(hz, other))
                    self.assertLess(heard.share(other), 0.01)

    def test_silence_holds_nothing(self):
        nothing, zeros = array.array("h"), array.array("h", [0] * 16000)
        for samples in (nothing, zeros, sine(440, 2, amplitude=100)):
            heard = Heard(samples)
            self.assertEqual(heard.seconds, 0)
            self.assertFalse(heard.holds(440), heard.describe(440))

    def test_a_mixture_is_neither(self):
        """Two sides of a call in one recording: the other's tone with the own one below it."""
        heard = Heard(mixed(sine(440, 2), sine(1000, 2)))
        self.assertFalse(heard.holds(440), heard.describe(440, 1000))
        weak = Heard(mixed(sine(440, 2), sine(1000, 2, amplitude=2000)))
        self.assertTrue(weak.holds(440), weak.describe(440, 1000))
        self.assertFalse(weak.holds(440, but_not=[1000]), weak.describe(440, 1000))

    def test_noise_is_no_tone(self):
        noise = random.Random(1)
        heard = Heard(array.array("h", (noise.randint(-8000, 8000) for _ in range(16000))))
        self.assertFalse(heard.holds(440), heard.describe(440))

    def test_only_the_voiced_part_counts(self):
        """A second of tone in a minute of silence is heard; half a second is not enough."""
        for seconds, enough in ((1.1, True), (0.5, False)):
            samples = sine(440, seconds) + array.array("h", [0] * 60 * 8000)
            self.assertEqual(Heard(samples).holds(440), enough)

    def test_lost_packets_do_not_hide_it(self):
        """Every seventh packet of 20 ms is missing: the phase jumps, the tone stays."""
        whole = sine(600, 3)
        kept = array.array("h")
        for number in range(len(whole) // 160):
            if number % 7:
                kept += whole[number * 160:(number + 1) * 160]
        self.assertTrue(Heard(kept).holds(600), Heard(kept).describe(600))

    def test_files(self):
        """Also one whose header was never finished, as of a recording that goes on."""
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "tone.wav"
            tones.write(path, sine(1000, 2))
            samples, rate = tones.read(path)
            self.assertEqual((samples, rate), (sine(1000, 2), 8000))
            raw = bytearray(path.read_bytes())
            raw[40:44] = bytes(4)
            path.write_bytes(raw + b"\x01")  # and half a sample at its end
            self.assertTrue(tones.listen(path).holds(1000))
            path.write_bytes(raw[:20])
            self.assertEqual(tones.listen(path).all_seconds, 0)
            tones.write(path, sine(1000, 2, rate=16000), rate=16000)
            self.assertTrue(tones.listen(path).holds(1000))


if __name__ == "__main__":
    unittest.main(verbosity=2)
