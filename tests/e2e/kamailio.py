"""A Kamailio (Debian: kamailio 5.6) as a trunk: a record-routing proxy with two ports. What arrives
at `front` goes to the node, what arrives at `behind` goes to the callee:

    phone → front → node → behind → phone
"""

import os
import socket

from node import eventually
from program import Program

CONFIG = """#!KAMAILIO
debug=1
log_stderror=yes
children=2
tcp_children=2
auto_aliases=no
dns=no
rev_dns=no
dns_try_naptr=no
server_signature=no
listen=udp:{front}
listen=tcp:{front}
listen=udp:{behind}
listen=tcp:{behind}
mpath="/usr/lib/{arch}/kamailio/modules/"
loadmodule "tm.so"
loadmodule "sl.so"
loadmodule "pv.so"
loadmodule "rr.so"
loadmodule "maxfwd.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "auth.so"
modparam("rr", "enable_double_rr", 1)

request_route {{
    xlog("L_ALERT", "$rm $ru from $si:$sp by $pr at $Rp\\n");
    if (!mf_process_maxfwd_header("10")) {{ sl_send_reply("483", "Too Many Hops"); exit; }}
    if (is_method("CANCEL")) {{ if (t_check_trans()) t_relay(); exit; }}
    if (has_totag()) {{
        if (loose_route()) {{ t_relay(); exit; }}
        if (is_method("ACK")) {{ if (t_check_trans()) t_relay(); exit; }}
        sl_send_reply("481", "No Route Set");
        exit;
    }}
    t_check_trans();
    if (is_method("INVITE|SUBSCRIBE")) record_route();
    if ($Rp == {front_port}) $du = "sip:{node};transport={transport}";
    else {{
        $du = "sip:{callee};transport={transport}";
        {challenge}
    }}
    if (!t_relay()) sl_reply_error();
}}
"""

CHALLENGE = """if (is_method("INVITE")) {{
            if (!pv_proxy_authenticate("trunk.test", "{password}", "0")) {{
                proxy_challenge("trunk.test", "1");  # 1: with qop=auth
                exit;
            }}
            consume_credentials();
        }}"""


class Kamailio(Program):
    """`transport` is the one towards the node and the callee; it listens on both. `node` and
    `callee` are HOST:PORT. With a password it challenges calls to the callee (RFC 3261 §22.3)."""

    def __init__(self, ports, node, callee, transport="udp", address="127.0.0.1", password=""):
        super().__init__("kamailio")
        front, behind = next(ports), next(ports)
        self.front, self.behind = f"{address}:{front}", f"{address}:{behind}"
        self._listening = [(address, front), (address, behind)]
        self._config = self.folder / "kamailio.cfg"
        self._config.write_text(CONFIG.format(
            front=self.front, behind=self.behind, front_port=front, node=node, callee=callee,
            transport=transport,
            challenge=CHALLENGE.format(password=password) if password else "",
            arch=f"{os.uname().machine}-linux-gnu"))

    def __enter__(self):
        # -DD: all in this session, -Y: no file outside the folder, -m and -M: megabytes are enough.
        self.launch(["kamailio", "-f", self._config, "-DD", "-E", "-Y", self.folder,
                     "-P", self.folder / "pid", "-m", "16", "-M", "4"])
        try:
            eventually("kamailio listens", 20, lambda: all(map(self._listens, self._listening)))
        except BaseException:
            self.stop()
            raise
        return self

    def _listens(self, address):
        self.alive()
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
            return probe.connect_ex(address) == 0

    def requests(self):
        """All that it passed on, as lines "METHOD URI from HOST:PORT by TRANSPORT at PORT"."""
        return [line.split("<script>: ")[1] for line in self.log.read_text().splitlines()
                if "<script>: " in line]
