"""The console at a terminal and in scripts: prompt, history, Tab, `top`, log levels at run time, and
errors that say what to do. And what dashboards and alerts ask for exists in /metrics."""

import json
import re
import signal
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from node import BIN, ROOT, NodeCase, eventually
from phone import Phone, establish, hang_up
from typist import Typist

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
LEAVE = "\x1b[?25h\x1b[?1049l"  # the cursor is back, and the screen that was there before


class Console(NodeCase):
    node_options = {"t1_ms": 50}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.a = Phone(cls.node.sip, name="alice")
        cls.b = Phone(cls.node.sip, cls.node.callee, name="bob")
        cls.leg, _ = establish(cls.a, cls.b)
        (cls.call,) = cls.node.calls()

    @classmethod
    def tearDownClass(cls):
        hang_up(cls.a, cls.leg, cls.b)
        cls.a.__exit__(None, None, None)
        cls.b.__exit__(None, None, None)
        super().tearDownClass()

    def setUp(self):
        self.home = Path(self.enterContext(tempfile.TemporaryDirectory(prefix="tandem-home-")))

    def at_terminal(self, *words, **options):
        return self.enterContext(Typist(
            [BIN / "tandem", "--admin", f"127.0.0.1:{self.node.admin}", *words],
            environment={"HOME": self.home}, **options))

    def script(self, text):
        return subprocess.run([BIN / "tandem", "--admin", f"127.0.0.1:{self.node.admin}", "console"],
                              input=text, capture_output=True, text=True, timeout=20, check=False)

    # ---- the prompt -----------------------------------------------------------------------------

    def test_prompt_with_completion_and_history(self):
        t = self.at_terminal("console")
        t.read_until("help lists the commands")
        t.read_until("tandem@e2e> ")
        t.type("regi\t\r")
        t.read_until("strations ")
        t.read_until("nobody is registered.*tandem@e2e> ")
        t.type("call \t\r")  # the only key there is
        t.read_until(f"call {self.call['key']}.*leg 0.*tandem@e2e> ")
        t.type("fault throw \t\t")  # as far as all agree, then the list
        t.read_until(f"calls/{self.call['key']}")
        t.type("\x03")  # drops the line
        t.read_until("tandem@e2e> ")
        t.type("log w\t sip\r")
        t.read_until(r"sip\S* +warning.*tandem@e2e> ")
        t.type("log default\rmetrics --token not-a-secret-of-ours\r")
        t.read_until("tandem_calls 1.*tandem@e2e> ")
        t.type("\x10\r")  # Ctrl-P: the line before; that with a token was not kept
        t.read_until("log default.*LEVEL.*tandem@e2e> ")
        t.type("tree --follow\r")
        t.read_until("ACTOR.*ACTOR")
        t.press("\x03")
        t.read_until("tandem@e2e> ")
        t.type("dance\r")
        t.read_until("dance.*tandem@e2e> ")
        t.type("\x04")
        self.assertEqual(t.end(), 0)
        self.assertEqual(t.settings, t.before)
        history = self.home / ".local/state/tandem/history"
        self.assertEqual(stat.S_IMODE(history.stat().st_mode), 0o600)
        self.assertIn("dance", history.read_text())
        self.assertNotIn("--token", history.read_text())

        again = self.at_terminal("console")
        again.read_until("tandem@e2e> ")
        again.type("\x10\x10\r")  # what the console before was told
        again.read_until("ACTOR")
        again.press("\x03")
        again.read_until("tandem@e2e> ")
        again.type("quit\r")
        self.assertEqual(again.end(), 0)

    def test_script_from_a_pipe(self):
        good = self.script("# who talks\n\ncalls\n  call '%s'\n" % self.call["key"][:8])
        self.assertEqual((good.returncode, good.stderr), (0, ""))
        self.assertIn("1 call: 1 bridged", good.stdout)
        self.assertNotIn("\x1b", good.stdout)
        self.assertNotIn("tandem@", good.stdout)
        bad = self.script("call beef\nuser \"1001\ncalls\n")
        self.assertEqual(bad.returncode, 2)  # of the last one that failed
        self.assertIn("no call beef", bad.stderr)
        self.assertIn("is not closed", bad.stderr)
        self.assertIn("1 call: 1 bridged", bad.stdout)
        self.assertEqual(self.script("nonsense\nquit\ncall beef\n").returncode, 2)

    # ---- top ------------------------------------------------------------------------------------

    def test_top_in_figures(self):
        self.node.console("top", "--once", "--interval", "0.2")
        top = json.loads(self.node.console("top", "--once", "--json", "--interval", "0.5"))
        self.assertEqual((top["node"], top["calls"]["live"]), ("e2e", 1))
        self.assertEqual(top["calls"]["states"], {"bridged": 1})
        self.assertEqual([call["key"] for call in top["newest"]], [self.call["key"]])
        self.assertLess(abs(top["interval_ms"] - 500), 400)
        names = {thread["name"] for thread in top["threads"]}
        self.assertLessEqual({"shard/0", "media/0", "tandem-http"}, names)
        self.assertGreater(top["process"]["resident_bytes"], 5e6)
        self.assertTrue(top["ready"] and not top["degraded"])

    def test_top_counts_calls_and_packets(self):
        before = self.node.metric("tandem_calls_opened_total")
        answered = self.node.metric("tandem_calls_answered_total")
        ended = self.node.metric("tandem_calls_ended_total")
        leg, _ = establish(self.a, self.b, "7101")
        hang_up(self.a, leg, self.b)
        self.assertEqual(self.node.metric("tandem_calls_opened_total"), before + 1)
        self.assertEqual(self.node.metric("tandem_calls_answered_total"), answered + 1)
        eventually("the end is counted", 5,
                   lambda: self.node.metric("tandem_calls_ended_total") == ended + 1)

    def test_top_on_a_terminal(self):
        t = self.at_terminal("top", "--interval", "0.2", columns=90, lines=24)
        t.read_until("q ends, p holds")
        picture = t.read_until("q ends, p holds")
        lines = [ESCAPE.sub("", line).strip("\r") for line in picture.split("\n")]
        self.assertTrue(any("node e2e" in line and "ready" in line for line in lines), lines)
        self.assertTrue(any(line.startswith("threads") and " %" in line for line in lines))
        self.assertTrue(any(line.startswith(self.call["key"][:8]) for line in lines))
        self.assertLessEqual(max(map(len, lines)), 90)
        self.assertIn("\x1b[1m", picture)  # a terminal: there is colour
        t.type("p")
        t.read_until("held: p goes on")
        t.type("p")
        t.read_until("q ends, p holds")
        t.resize(60, 12)
        t.read_until("\x1b\\[12;1H")
        t.type("q")
        self.assertEqual(t.end(), 0)
        self.assertTrue(t.seen.endswith(LEAVE), t.seen[-200:])
        self.assertEqual(t.settings, t.before)

    def test_top_gives_the_terminal_back_however_it_ends(self):
        for end in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            t = self.at_terminal("top", "--interval", "5")
            t.read_until("q ends, p holds")
            t.process.send_signal(end)
            self.assertEqual(t.end(), 0)
            self.assertTrue(t.seen.endswith(LEAVE), t.seen[-200:])
            self.assertEqual(t.settings, t.before)

    # ---- colour ---------------------------------------------------------------------------------

    def test_colour_on_a_terminal_only(self):
        t = self.at_terminal("calls")
        self.assertEqual(t.end(), 0)
        self.assertIn("\x1b[", t.seen)
        self.assertNotIn("\x1b", self.node.console("calls"))
        plain = self.enterContext(Typist(
            [BIN / "tandem", "--admin", f"127.0.0.1:{self.node.admin}", "calls"],
            environment={"NO_COLOR": "1"}))
        self.assertEqual(plain.end(), 0)
        self.assertNotIn("\x1b", plain.seen)

    # ---- log levels -----------------------------------------------------------------------------

    def test_log_levels_change_at_run_time(self):
        def lines(cause):
            return re.findall(rf" (\S+) {cause}: ", self.node.log.read_text(errors="replace"))

        self.assertEqual(lines("sip.in"), [])
        self.assertIn("debug", self.node.console("log", "debug", "sip"))
        leg, _ = establish(self.a, self.b, "7102")
        key = next(c["key"] for c in self.node.calls() if c["key"] != self.call["key"])
        eventually("SIP messages are logged", 5, lambda: len(lines("sip.in")) >= 3)
        self.assertIn(key[:8], lines("sip.out"))
        self.assertEqual(lines("call.state"), [])
        self.node.console("log", "default")
        self.node.console("log", "debug", "--call", key[:12])
        self.assertIn(f"call {key}", self.node.console("log"))
        before = len(lines("sip.in"))
        hang_up(self.a, leg, self.b)
        eventually("its states are logged", 5, lambda: key[:8] in lines("call.state"))
        self.assertGreater(len(lines("sip.in")), before)
        self.node.console("log", "default")
        self.node.process.send_signal(signal.SIGHUP)
        self.assertIn("components", self.node.console("log"))
        wrong = self.script("log loud\nlog debug spi\n")
        self.assertEqual(wrong.returncode, 1)
        self.assertIn("one of auth, call", wrong.stderr)

    # ---- dashboards and alerts ------------------------------------------------------------------

    def test_every_figure_that_is_asked_for_exists(self):
        import yaml  # python3-yaml: ./dev deps test
        rules = yaml.safe_load((ROOT / "config/prometheus/tandem.rules.yml").read_text())
        board = json.loads((ROOT / "config/grafana/tandem.json").read_text())
        rules = [rule for group in rules["groups"] for rule in group["rules"]]
        recorded = {rule["record"] for rule in rules if "record" in rule}
        asked = [rule["expr"] for rule in rules]
        asked += [target["expr"] for panel in board["panels"] for target in panel["targets"]]
        self.assertGreater(len(asked), 40)
        figures = self.node.request("GET", "/metrics")[1]
        series = {}
        for name, labels in re.findall(r"^([a-z_]\w*)(?:\{(.*)\})? \S+$", figures, re.M):
            series.setdefault(name, []).append(dict(re.findall(r'(\w+)="([^"]*)"', labels)))
        for text in asked:
            self.check_names(text, series, recorded)

    def check_names(self, text, series, recorded):
        known_labels = {"instance", "job"}  # given by Prometheus
        names = re.findall(r"\b(?:tandem|process)(?::\w+)*[:_]\w+", text)
        self.assertTrue(names or "up{" in text, text)
        for name in names:
            self.assertTrue(name in recorded if ":" in name else name in series, (name, text))
        for name, matchers in re.findall(r"(tandem_\w+)\{([^}]*)\}", text):
            for label, wanted in re.findall(r'(\w+)=~?"([^"]*)"', matchers):
                if label not in known_labels:
                    values = {where.get(label) for where in series[name]}
                    self.assertLessEqual(set(wanted.split("|")), values, text)
        for label, name in re.findall(r"by \((\w+)\) \(\w+\((tandem_\w+)", text):
            if label not in known_labels:
                self.assertTrue(all(label in where for where in series[name]), text)


class Refusals(unittest.TestCase):
    """Errors say what to do."""

    def run_tandem(self, *words, status, environment=None):
        done = subprocess.run([BIN / "tandem", *words], capture_output=True, text=True, timeout=20,
                              check=False, env=environment)
        self.assertEqual((done.returncode, done.stdout), (status, ""), done.stderr)
        return done.stderr

    def test_no_node_there(self):
        for command in ("calls", "top", "console"):
            said = self.run_tandem("--admin", "127.0.0.1:9", command, status=3)
            self.assertIn("Check that tandemd runs", said)
            self.assertNotIn("\x1b", said)
        self.assertIn("not an address", self.run_tandem("--admin", "here", "calls", status=3))
        said = self.run_tandem("--token-file", "/nowhere/token", "calls", status=2)
        self.assertIn("/nowhere/token", said)

    def test_every_mistake_of_a_configuration_on_a_line_of_its_own(self):
        with tempfile.TemporaryDirectory(prefix="tandem-e2e-") as folder:
            file = Path(folder) / "tandem.toml"
            file.write_text('[node]\nname = "a b"\n[sip]\nshards = 0\nt1 = 500\n'
                            '[[sip.listen]]\ntransport = "sctp"\naddress = "0.0.0.0:5060"\n'
                            '[media]\nprots = [20000, 29999]\n'
                            '[[routes]]\nmatch = "^(7"\napp = "bridge"\n'
                            '[[routes]]\nmatch = "^8"\napp = "brigde"\n')
            for words in (["--check"], []):
                done = subprocess.run([BIN / "tandemd", "--config", file, *words],
                                      capture_output=True, text=True, timeout=20, check=False)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                *lines, last = done.stderr.splitlines()
                self.assertEqual(last, f"tandemd: 10 mistakes in {file}: nothing was started")
                self.assertEqual(len(lines), 10, done.stderr)
                for line in lines:
                    self.assertRegex(line, rf"^{file}:\d+: [a-z\[\]0-9_.]+: .+; .+")


if __name__ == "__main__":
    unittest.main()
