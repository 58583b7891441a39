"""Audio and video through the node, each stream by ports of its own, seen in the RTP that arrives
(RFC 3264 §5.1, §6, §8)."""

import re
import socket
import struct
import unittest

from node import eventually
from phone import TwoPhones, establish, hang_up

VIDEO = "m=video {port} RTP/AVP 99\r\na=rtpmap:99 H264/90000\r\n"
REFUSED = "m=video 0 RTP/AVP 99\r\n"


class Stream:
    """One end of an RTP stream: sends packets of its own SSRC, and counts whose it hears."""

    def __init__(self, ssrc, payload_type):
        self.ssrc, self.payload_type, self.number = ssrc, payload_type, 0
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.socket.setblocking(False)
        self.port = self.socket.getsockname()[1]
        self.heard = set()

    def send(self, to):
        self.number += 1
        head = struct.pack("!BBHII", 0x80, self.payload_type, self.number, 3000 * self.number,
                           self.ssrc)
        self.socket.sendto(head + b"a picture, untouched", to)

    def listen(self):
        while True:
            try:
                packet = self.socket.recv(2000)
            except BlockingIOError:
                return
            assert packet.endswith(b"a picture, untouched"), packet
            self.heard.add(struct.unpack("!I", packet[8:12])[0])


def video_of(message):
    """(address, port) of the video that a description of the node speaks of."""
    return message.audio[0], int(re.search(r"^m=video (\d+) ", message.body, re.M).group(1))


class Video(TwoPhones):
    def setUp(self):
        super().setUp()
        self.streams = {}
        for number, (phone, kind) in enumerate((p, k) for p in "ab" for k in ("audio", "video")):
            self.streams[phone, kind] = Stream(1000 + number, 0 if kind == "audio" else 99)
            self.addCleanup(self.streams[phone, kind].socket.close)
        self.a.media_port = self.streams["a", "audio"].port
        self.b.media_port = self.streams["b", "audio"].port

    def lines(self, phone):
        return VIDEO.format(port=self.streams[phone, "video"].port)

    def flows(self, to_a, to_b, kinds=("audio", "video")):
        """Both ends send to where the node said, until each hears the other's stream of its kind,
        and nothing else."""
        def all_heard():
            for kind in kinds:
                self.streams["a", kind].send(to_a[kind])
                self.streams["b", kind].send(to_b[kind])
            for stream in self.streams.values():
                stream.listen()
            return all(self.streams["a", kind].heard and self.streams["b", kind].heard
                       for kind in kinds)
        eventually(f"{kinds} flow both ways", 5, all_heard, every=0.02)
        for kind in kinds:
            self.assertEqual(self.streams["a", kind].heard, {self.streams["b", kind].ssrc})
            self.assertEqual(self.streams["b", kind].heard, {self.streams["a", kind].ssrc})

    def test_from_the_first_offer_on(self):
        leg = self.a.invite("7100", body=self.a.sdp() + self.lines("a"))
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp() + self.lines("b"))
        answer = self.a.expect(200)
        self.a.ack(leg, answer)
        self.b.expect("ACK")
        self.flows({"audio": answer.audio, "video": video_of(answer)},
                   {"audio": invite.audio, "video": video_of(invite)})
        hang_up(self.a, leg, self.b)

    def test_added_and_removed_in_the_call(self):
        """§8.1, §8.2: by re-INVITE of the callee, gone by that of the caller."""
        leg, other = establish(self.a, self.b)
        self.b.request(other, "INVITE", body=self.b.sdp() + self.lines("b"))
        offer = self.a.expect("INVITE")
        self.a.reply(offer, 200, "OK", body=self.a.sdp() + self.lines("a"))
        answer = self.b.expect(200)
        self.b.request(other, "ACK", cseq=answer.cseq[0])
        self.a.expect("ACK")
        self.flows({"audio": offer.audio, "video": video_of(offer)},
                   {"audio": answer.audio, "video": video_of(answer)})
        free = self.node.metric("tandem_media_pairs_free")
        self.a.request(leg, "INVITE", body=self.a.sdp() + REFUSED)
        offer = self.b.expect("INVITE")
        self.assertEqual(video_of(offer)[1], 0)
        self.b.reply(offer, 200, "OK", body=self.b.sdp() + REFUSED)
        answer = self.a.expect(200)
        self.assertEqual(video_of(answer)[1], 0)
        self.a.request(leg, "ACK", cseq=answer.cseq[0])
        self.b.expect("ACK")
        eventually("the ports of the video are back", 5,
                   lambda: self.node.metric("tandem_media_pairs_free") > free)
        self.flows({"audio": answer.audio}, {"audio": offer.audio}, kinds=("audio",))
        hang_up(self.a, leg, self.b)

    def test_refused(self):
        """§6: what the callee does not want, and what nobody here understands."""
        other = "m=application 5004 UDP/BFCP *\r\n"
        leg = self.a.invite("7100", body=self.a.sdp() + other + self.lines("a"))
        invite = self.b.expect("INVITE")
        self.assertIn("m=application 0 UDP/BFCP *", invite.body)
        self.b.reply(invite, 200, "OK", tag="b", body=self.b.sdp() + "m=application 0 x *\r\n"
                     + REFUSED)
        answer = self.a.expect(200)
        self.assertEqual(video_of(answer)[1], 0)
        self.a.ack(leg, answer)
        self.b.expect("ACK")
        self.flows({"audio": answer.audio}, {"audio": invite.audio}, kinds=("audio",))
        hang_up(self.a, leg, self.b)


class VideoOverTcp(Video):
    way = "tcp 127.0.0.1"


if __name__ == "__main__":
    unittest.main(verbosity=2)
