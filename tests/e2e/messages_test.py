"""Texts outside of calls (RFC 3428): from phone to phone over every transport, to all phones of a
user, and between strangers' phones that have logged in."""

import unittest

from node import NodeCase, at_port
from phone import Phone
from register_test import TRUSTED, Registrations, user_tables
from registered_test import FOUR, WAYS, Phones

T1_MS = 50
ROUTES = "".join(f'''
[[routes]]
match = "^7{number}"
app = "bridge"
to = "sip:{{user}}@{at_port(address, "{spare[%d]}" % number)};transport={transport}"
''' for number, (transport, address) in enumerate(WAYS)).replace("{user}", "{{user}}")
TRUSTED_SIX = '''
[[trunks]]
name = "phones6"
address = "::1"
trusted = true
'''


def send(phone, user, text="hello", headers=()):
    phone.request(phone.leg(user), "MESSAGE", body=text, headers=headers)


class Scripted(NodeCase):
    """7N is the phone that is reached in the N-th way; 1001 has three phones, 1002 none."""

    node_options = {"routes": ROUTES + TRUSTED + TRUSTED_SIX + user_tables(["1001", "1002"]),
                    "listens": [" ".join(way) for way in WAYS], "t1_ms": T1_MS}

    def phone(self, name, way=WAYS[0], port=0):
        phone = self.enterContext(Phone(self.node.sip, port, name, " ".join(way)))
        self.addCleanup(phone.quiet, 0.2)
        return phone

    def results(self):
        return {result: self.node.metric(rf'tandem_messages_total\{{result="{result}"\}}')
                for result in ("delivered", "refused", "silent", "too_large", "nobody", "absent",
                               "no_reader")}

    def counted(self, before, **wanted):
        got = self.results()
        rises = {name: got[name] - before[name] for name in got}
        self.assertEqual({name: rise for name, rise in rises.items() if rise}, wanted)

    def test_from_each_way_to_each(self):
        """§6, §7: with its content, and the answer comes back."""
        before = self.results()
        senders = [self.phone(f"from{number}", way) for number, way in enumerate(WAYS)]
        for number, way in enumerate(WAYS):
            reader = self.phone(f"to{number}", way, self.node.spare[number])
            for sender, status in zip(senders, (200, 202, 486, 200)):
                with self.subTest(to=way, sender=sender.name, status=status):
                    send(sender, f"7{number}", "See you at noon", headers=("Subject: lunch",))
                    got = reader.expect("MESSAGE")
                    self.assertEqual(got.body, "See you at noon")
                    self.assertEqual(got.get("subject"), "lunch")
                    self.assertIn(sender.name, got.get("from"))
                    self.assertIsNone(got.get("contact"))
                    reader.reply(got, status, "So it is", tag="b")
                    self.assertIn("So it is", sender.expect(status, of="MESSAGE").start)
        self.counted(before, delivered=12, refused=4)

    def test_nobody_there(self):
        """RFC 3261 §21.4.5, §21.4.18, §21.4.6: no such number; nobody registered; an application,
        which reads no texts."""
        before, sender = self.results(), self.phone("alice")
        for user, status in (("nobody", 404), ("1002", 480), ("9196", 405)):
            send(sender, user)
            told = sender.expect(status, of="MESSAGE")
        self.assertNotIn("MESSAGE", told.get("allow"))
        self.counted(before, nobody=1, absent=1, no_reader=1)

    def test_too_long(self):
        """§8: over UDP no more than 1300 bytes leave."""
        before, sender = self.results(), self.phone("alice", WAYS[1])
        phones = [self.phone("bob", way, self.node.spare[n]) for n, way in enumerate(WAYS[:2])]
        send(sender, "70", "x" * 1300)
        sender.expect(513, of="MESSAGE")
        send(sender, "71", "x" * 1300)
        got = phones[1].expect("MESSAGE")
        self.assertEqual(len(got.body), 1300)
        phones[1].reply(got, 200, "OK", tag="b")
        sender.expect(200, of="MESSAGE")
        self.counted(before, delivered=1, too_large=1)

    def test_silence(self):
        """RFC 4320 §4.2: 480 before the sender gives up."""
        before, sender = self.results(), self.phone("alice")
        hangs = self.phone("bob", WAYS[2], self.node.spare[2])
        send(sender, "72")
        hangs.expect("MESSAGE")
        sender.expect(480, of="MESSAGE", seconds=64 * T1_MS / 1000)
        self.counted(before, silent=1)

    def test_all_phones_of_a_user(self):
        """One hangs, one refuses, one takes it: its sender hears of that one, at once."""
        sender = self.phone("alice", WAYS[2])
        phones = [self.phone(f"phone{n}", way) for n, way in enumerate(WAYS[:3])]
        for phone in phones:
            registered = Registrations(phone, "1001")
            registered.put(registered.contact, "Expires: 300")
        send(sender, "1001", "to whom it concerns")
        got = [phone.expect("MESSAGE") for phone in phones]
        self.assertEqual({one.body for one in got}, {"to whom it concerns"})
        phones[2].reply(got[2], 486, "Busy Here", tag="c")
        phones[1].reply(got[1], 200, "OK", tag="b")
        sender.expect(200, of="MESSAGE")
        phones[0].reply(got[0], 200, "OK", tag="a")


class Strangers(Phones):
    """linphone 5.1: its chat is MESSAGE outside of dialogs."""

    node_options = Phones.node_options | {"t1_ms": T1_MS}

    def test_chat(self):
        """Each writes to the other, having logged in; over UDP and TCP."""
        one = self.linphone("linus", 440, "udp")
        other = self.linphone("bob", 600, "tcp")
        for sender, reader, text in ((one, other, "the kettle is on"),
                                     (other, one, "on my way")):
            sender.say(f'chat sip:{reader.name}@{FOUR}:{self.node.sip} "{text}"')
            reader.expect(f"Message received from .*{sender.name}@.*{text}")


if __name__ == "__main__":
    unittest.main(verbosity=2)
