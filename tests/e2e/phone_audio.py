"""What phones of any make have in common for a test: they record what they hear."""

from node import eventually
from tones import Heard


class Listener:
    """Of a phone with `recorded()`: all samples so far at 8000 Hz, more with each packet of RTP."""

    def hears(self, tone, but_not=(), *, seconds=1.5, within=20, since=0):
        """Waits until `seconds` of what came after sample `since` are this tone and no other."""
        def heard():
            self.alive()
            return Heard(self.recorded()[since:])
        try:
            eventually("", within, lambda: heard().holds(tone, but_not, seconds), every=0.3)
        except AssertionError:
            raise AssertionError(f"{self.name} does not hear {tone} Hz within {within} s: "
                                 f"{heard().describe(tone, *but_not)}\n{self.tail()}") from None


def both_hear(one, other):
    """Each recording holds the other's tone and not its own."""
    one.hears(other.tone, [one.tone])
    other.hears(one.tone, [other.tone])
