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


def everybody_calls(callers, callees):
    """Round after round every caller has a call at the same time as the others, until each of them
    has called each callee by its name. Whoever hears anybody but his own peer fails the test."""
    for shift in range(len(callees)):
        pairs = list(zip(callers, callees[shift:] + callees[:shift]))
        _one_round(pairs, callees if shift % 2 else callers)


def _one_round(pairs, who_ends):
    everybody = [phone for pair in pairs for phone in pair]
    for caller, callee in pairs:
        caller.dial(callee.name)
    for _, callee in pairs:
        callee.answer()
    for phone in everybody:
        phone.talks()
    for one, other in pairs + [(callee, caller) for caller, callee in pairs]:
        one.hears(other.tone, [phone.tone for phone in everybody if phone is not other])
    for phone in who_ends:
        phone.hang_up()
    for phone in everybody:
        if phone not in who_ends:
            phone.expect("CALL_CLOSED")
    for phone in everybody:
        phone.forget()
