"""What an operator sees of calls: the tree of actors, the list, the ladder, the record of each
call, and ending one call by hand. Through `tandem` where a person would use it."""

import json
import unittest

from node import NodeCase, count_kinds, eventually, walk
from phone import FINAL, Phone, establish, hang_up


class Records(NodeCase):
    def setUp(self):
        self.a = self.enterContext(Phone(self.node.sip, name="alice"))
        self.b = self.enterContext(Phone(self.node.sip, self.node.callee, name="bob"))

    def tree(self):
        return json.loads(self.node.console("tree", "--json"))

    def call_nodes(self):
        return {node["name"]: node for node in walk(self.tree()) if node["kind"] == "call"}

    def hang_up_all(self, legs):
        for leg, _ in legs:
            hang_up(self.a, leg, self.b)

    def test_every_call_is_a_tree_of_live_actors(self):
        legs = [establish(self.a, self.b, f"710{i}") for i in range(3)]
        keys = {call["key"] for call in self.node.calls() if call["state"] != "ended"}
        self.assertEqual(len(keys), 3)
        nodes = [node for name, node in self.call_nodes().items()
                 if any(key.startswith(name.split()[-1].rstrip("…")) for key in keys)]
        self.assertEqual(len(nodes), 3)
        for call in nodes:
            kinds = count_kinds(call)
            self.assertEqual((kinds["leg"], kinds["app"], kinds["media_endpoint"]), (2, 1, 2))
            self.assertGreaterEqual(kinds["dialog"], 2)
            self.assertGreaterEqual(kinds["transaction"], 2)
            for node in walk(call):
                self.assertGreater(node["messages"], 0, f"{node['kind']} {node['name']} is idle")
                self.assertEqual((node["restarts"], node["last_error"] or ""), (0, ""))
                self.assertTrue(node["state"])
        self.hang_up_all(legs)

    def test_message_counts_add_up(self):
        """Every SIP message that the phones sent went through exactly one transaction or dialog."""
        leg, _ = establish(self.a, self.b)
        key = self.only_call()["key"]
        before = self.messages_below(key)
        hang_up(self.a, leg, self.b)

        def grew():
            after = self.messages_below(key)
            return after and after["transaction"] > before["transaction"] and after
        after = eventually("the BYE and its answer are counted", 5, grew)
        self.assertGreaterEqual(after["call"] - before["call"], 2)  # the BYE, bob's 200

    def only_call(self):
        live = [call for call in self.node.calls() if call["state"] != "ended"]
        self.assertEqual(len(live), 1)
        return live[0]

    def messages_below(self, key):
        status, body = self.node.request("GET", f"/api/v1/calls/{key}")
        if status != 200:
            return None
        counts = {}
        for node in walk(json.loads(body)["tree"]):
            counts[node["kind"]] = counts.get(node["kind"], 0) + node["messages"]
        return counts

    def test_ending_one_call_changes_that_call_alone(self):
        first, _ = establish(self.a, self.b, "7101")
        key = self.only_call()["key"]
        second, _ = establish(self.a, self.b, "7102")
        third, _ = establish(self.a, self.b, "7103")
        others = {call["key"]: self.shape(call["key"]) for call in self.node.calls()
                  if call["key"] != key and call["state"] != "ended"}
        self.assertEqual(len(others), 2)
        self.node.console("hangup", key[:8])
        for phone in (self.a, self.b):
            phone.reply(phone.expect("BYE"), 200, "OK")
        self.a.quiet()
        self.b.quiet()
        self.assertEqual({other: self.shape(other) for other in others}, others)
        record = next(r for r in self.node.cdrs(1) if r["key"] == key)
        self.assertEqual(record["hung_up_by"], "operator")
        self.hang_up_all([(second, None), (third, None)])
        self.node.console("hangup", "0123456789", status=1)

    def shape(self, key):
        """All of a call's tree but its ages."""
        tree = self.node.get(f"/api/v1/calls/{key}")["tree"]
        return [(n["kind"], n["name"], n["state"], n["messages"], n["restarts"])
                for n in walk(tree)]

    def test_a_fault_of_input_touches_one_call_only(self):
        """A phone that answers nonsense loses its own call; its neighbour's goes on."""
        good, _ = establish(self.a, self.b, "7101")
        bad = self.a.invite("7102")
        invite = self.b.expect("INVITE")
        self.b.reply(invite, 200, "OK", tag="b", body="v=0\r\nnonsense\r\n")
        told = self.a.expect(FINAL)
        self.assertGreaterEqual(told.status, 400)
        self.a.ack(bad, told)
        self.b.expect("ACK")
        self.b.reply(self.b.expect("BYE"), 200, "OK")
        hang_up(self.a, good, self.b)

    def test_the_ladder_has_every_message_in_order(self):
        leg, _ = establish(self.a, self.b)
        call = self.only_call()
        hang_up(self.a, leg, self.b)
        wanted = ["INVITE a>n", "INVITE n>b", "180 b>n", "180 n>a", "200 b>n", "ACK n>b",
                  "200 n>a", "ACK a>n", "BYE a>n", "200 n>a", "BYE n>b", "200 b>n"]
        name = {f"127.0.0.1:{self.a.port}": "a", f"127.0.0.1:{self.b.port}": "b",
                f"127.0.0.1:{self.node.sip}": "n"}

        def ladder():
            lines = json.loads(self.node.console("ladder", call["key"], "--json"))["lines"]
            return lines if sum(line["type"] == "sip" for line in lines) >= len(wanted) else None
        lines = eventually("the whole ladder", 5, ladder)
        times = [line["at_ms"] for line in lines]
        self.assertEqual(times, sorted(times))
        drawn = []
        for line in lines:
            if line["type"] == "sip":
                word = line["message"].split()
                word = word[1] if word[0] == "SIP/2.0" else word[0]
                drawn.append(f"{word} {name[line['from']]}>{name[line['to']]}")
        self.assertEqual(sorted(wanted), sorted(d for d in drawn if not d.startswith("100 ")))
        for earlier, later in zip(wanted, wanted[1:4]):  # cause before effect
            self.assertLess(drawn.index(earlier), drawn.index(later))
        self.assertIn("state", {line["type"] for line in lines})
        self.assertIn("INVITE", self.node.console("ladder", call["key"]))

    def test_one_record_for_each_call(self):
        leg, _ = establish(self.a, self.b, "7155")
        hang_up(self.a, leg, self.b)
        refused = self.a.invite("7155")
        self.b.reply(self.b.expect("INVITE"), 486, "Busy Here", tag="b")
        self.a.ack(refused, self.a.expect(486))
        self.b.expect("ACK")
        def ours():  # records travel together, so those of earlier calls may still come
            found = [r for r in self.node.cdrs(0) if "7155" in r["to"]]
            return found if len(found) >= 2 else None
        talked, busy = sorted(eventually("two records", 10, ours), key=lambda r: r["status"])
        self.assertEqual((talked["node"], talked["app"], talked["status"]), ("e2e", "bridge", 200))
        self.assertEqual((talked["hung_up_by"], busy["hung_up_by"]), ("caller", "callee"))
        self.assertIn("alice", talked["from"])
        self.assertIn("7155", talked["to"])
        self.assertTrue(talked["start"] <= talked["answer"] <= talked["end"])
        self.assertEqual([leg["direction"] for leg in talked["legs"]], ["in", "out"])
        self.assertEqual((busy["status"], busy["answer"]), (486, None))
        for record in (talked, busy):
            self.assertLess(record["duration_ms"], 60000)
            self.assertRegex(record["key"], "^[0-9a-f]{32}$")
            for leg in record["legs"]:
                self.assertLessEqual({"name", "direction", "remote", "packets_in", "packets_out",
                                      "lost"}, leg.keys())

    def test_console_exit_codes(self):
        """0, 1 (the node said no), 2 (usage), 3 (cannot connect)."""
        self.node.console("tree")
        self.node.console("calls")
        self.assertIn("# TYPE", self.node.console("metrics"))
        self.node.console("call", "0123456789", status=1)
        self.node.console("dance", status=2)
        self.node.console("tree", admin="127.0.0.1:1", status=3)

    def test_health(self):
        self.assertEqual(self.node.request("GET", "/healthz")[0], 200)
        self.assertEqual(self.node.request("GET", "/nothing/here")[0], 404)
        self.assertEqual(self.node.request("DELETE", "/api/v1/tree")[0], 405)


if __name__ == "__main__":
    unittest.main(verbosity=2)
