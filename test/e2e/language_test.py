"""What a scenario can say, as its author meets it: `deadheat` against fakes that notice what they were asked.

    language_test.py --deadheat BINARY [--sanitized] [unittest's arguments, such as Rules]
"""
import argparse
import contextlib
import itertools
import json
import pathlib
import sys
import tempfile
import threading
import time
import unittest

import fakes
from tool import Tool

TOOL = None  # set by main

HEAD = "version: 1\ntarget: ${BASE_URL:-http://127.0.0.1:8000}\nrun: {attempts: 60, budget: 10m, seed: 1}\n"


class Case(unittest.TestCase):
    maxDiff = None

    def expect(self, run, code, verdict):
        self.assertEqual((run.code, run.verdict), (code, verdict), str(run))
        return run

    def refused(self, scenario, target, *words):
        """The scenario is refused with these words, before or at the first reset."""
        run = TOOL.run(scenario, target.url)
        self.assertEqual(run.code, 2, str(run))
        for word in words:
            self.assertIn(word, run.err)


class Bank(fakes.Fake):
    """Two accounts of a customer. A transfer forgets the one that it comes from."""

    def __init__(self):
        super().__init__()
        self.customers = {}
        self.ids = itertools.count(1)

    def answer(self, method, path, value):
        parts = path.strip("/").split("/")
        if method == "POST" and len(parts) == 1:
            number = str(next(self.ids))
            self.customers[number] = {"giro": "100.10", "savings": 0.2, "seats": []}
            return 201, {"id": number}
        accounts = self.customers[parts[1]]
        if method == "GET":
            return 200, accounts
        if parts[2] == "transfer":
            accounts["savings"] += value["amount"]
        else:
            accounts["seats"].append({"row": 1})
        return 200, {}


class Rules(Case):
    """Rules in short form, that need no jq."""

    scenario = HEAD + """
reset: [{request: POST /customers, json: {}, capture: {id: .body.id}}]
race:
  pay: {request: 'POST /customers/{{id}}/transfer', json: {amount: 10}}
  book: {request: 'POST /customers/{{id}}/book', json: {}, times: 2}
observe: {customer: 'GET /customers/{{id}}'}
"""

    def test_what_breaks_is_named_with_what_it_saw(self):
        cases = {
            "at_most_one_succeeds: [pay, book]": ("at_most_one_succeeds", ['"succeeded":3', "[200]"]),
            "two: {successes: {of: book, at_most: 1}}": ("two", ['"succeeded":2']),
            "more: {successes: {of: [pay, book], at_least: 4}}": ("more", ['"succeeded":3']),
            "money: {conserved: [.customer.body.giro, .customer.body.savings]}":
                ("money", ['"sum before":"100.3"', '"sum after":"110.3"', '".after.customer.body.giro":"100.1"']),
            "money: {conserved: '[.customer.body.giro | tonumber, 0] | add + 0'}": None,
            "rows: {unique: '.after.customer.body.seats[].row'}": ("rows", ['"1":2']),
            "rows: {unique: '.after.customer.body.seats | map(.row)'}": ("rows", ['"1":2']),
        }
        with Bank() as bank:
            for rule, expected in cases.items():
                with self.subTest(rule=rule):
                    run = TOOL.run(f"{self.scenario}rules:\n  {rule}\n", bank.url)
                    if expected is None:
                        self.expect(run, 0, "clean")
                        continue
                    self.expect(run, 1, "broken")
                    name, seen = expected
                    rule_that_broke = run.finding["rule"]
                    self.assertEqual(rule_that_broke["name"], name)
                    for part in seen:
                        self.assertIn(part, rule_that_broke["values"])

    def test_what_cannot_be_computed_is_the_scenarios_fault(self):
        with Bank() as bank:
            for rule, words in {
                "{conserved: .customer.body.gyro}": ["rule r", ".before.customer.body.gyro: expected a number, found null"],
                "{unique: '.after.customer.body.giro[]'}": ["rule r", "leads through a value that is no list or object"],
                "{conserved: .bank.body.giro}": [":", "there is no observing read 'bank'"],
                "{conserved: '[.customer.body.giro | range(infinite)] | length'}": ["rule r", "was stopped"],
            }.items():
                with self.subTest(rule=rule):
                    self.refused(f"{self.scenario}rules: {{r: {rule}}}\n", bank, *words)


class Stock(fakes.Fake):
    """One stock for all, which no reset restores: whoever takes one reads it, and writes it back a moment later."""
    large = 1_000_000

    def __init__(self, racy):
        super().__init__()
        self.left = self.large
        self.lock = contextlib.nullcontext() if racy else threading.Lock()

    def answer(self, method, path, value):
        if method == "GET":
            return 200, {"left": self.left}
        with self.lock:
            left = self.left
            time.sleep(0.002)
            self.left = left - value["by"]
        return 200, {}


class Counts(Case):
    """What the reset does not restore is compared by how far it moved."""

    def scenario(self, lanes, more=""):
        return HEAD.replace("run: {", f"run: {{lanes: {lanes}, ") + f"""
reset: [GET /stock]
race:
  take: {{times: 2, request: POST /stock, json: {{by: 1}}}}
observe: {{stock: GET /stock}}
{more}"""

    counted = "counts: .after.stock.body.left\n"
    left = {"in": "state", "name": "stock", "step": 0, "part": "body", "pointer": "/left"}

    def test_what_all_attempts_share_is_counted_in_one_lane(self):
        for racy, verdict in ((True, (1, "race")), (False, (0, "clean"))):
            with self.subTest(racy=racy), Stock(racy) as stock:
                run = self.expect(TOOL.run(self.scenario(4, self.counted), stock.url), *verdict)
                self.assertEqual(run.record["tried"]["lanes"], 1)
                remark, = run.told("one_lane_shared_count")
                self.assertEqual(remark["place"], self.left)
                if racy:
                    self.assertEqual(run.kind, "lost_update")
                    row = next(row for row in run.finding["differences"] if row["place"] == self.left)
                    self.assertEqual([(value["is"], value["moved"]) for value in (row["seen"], row["allowed"][0])],
                                     [("moved", -1), ("moved", -2)])

    def test_what_nobody_counts_is_noted_in_one_lane(self):
        said = "moved_otherwise"
        with Stock(racy=True) as stock:
            run = self.expect(TOOL.run(self.scenario(1), stock.url), 0, "clean")
            note = next(note for note in run.told(said) if note["seen"]["moved"] == -1)
            self.assertEqual((note["place"], note["path"], note["expected"]["moved"]),
                             (self.left, ".after.stock.body.left", -2))
            self.assertIn(".after.stock.body.left", run.out)
            self.assertEqual(TOOL.run(self.scenario(4), stock.url).told(said), [], "others moved it, too")
        with Stock(racy=False) as stock:
            run = self.expect(TOOL.run(self.scenario(1), stock.url), 0, "clean")
            self.assertEqual(run.told(said), [])


class Till(fakes.Racy):
    """A counter that shows nobody its value, but says at the next addition what it has come to."""

    def read(self, key):
        return {"id": int(key[1])}

    def write(self, key, row):
        self.rows[key] = row
        return 200, {} if key[0] == "counters" and row["value"] < 100 else {"sum": row["value"]}


class Suffix(Case):
    scenario = HEAD + """
reset: [{request: POST /counters, json: {}, capture: {id: .body.id}}]
race: {add: {request: 'POST /counters/{{id}}/add', json: {by: 1}, times: 2}}
observe: {counter: 'GET /counters/{{id}}'}
"""
    suffix = "suffix: [{request: 'POST /counters/{{id}}/add', json: {by: 100}}]\n"

    def test_shows_what_no_read_shows(self):
        with Till() as till:
            self.expect(TOOL.run(self.scenario, till.url), 0, "clean")
            run = self.expect(TOOL.run(self.scenario + self.suffix, till.url), 1, "race")
            row = next(row for row in run.finding["differences"] if row["place"]["in"] == "suffix")
            self.assertEqual((row["place"]["name"], row["place"]["pointer"]), ("1", "/sum"))
            rule = "rules: {both: '.suffix[0].body.sum == 102'}\n"
            self.expect(TOOL.run(self.scenario + self.suffix + rule, till.url), 1, "race")


class Tickets(fakes.Fake):
    """One coupon for each person who shows a token of their own, and none for anybody else."""
    tokens = ["key-of-ann-4711", "key-of-bob-4712", "key-of-eve-4713"]

    def __init__(self):
        super().__init__()
        self.served = {}
        self.ids = itertools.count(1)

    def respond(self, handler, body):
        token = handler.headers.get("Authorization", "").removeprefix("Bearer ")
        return self.answer_to(handler.command, handler.path, token)

    def answer_to(self, method, path, token):
        def say(status, value):
            return status, [("Content-Type", "application/json")], json.dumps(value).encode()

        parts = path.strip("/").split("/")
        if parts == ["events"]:
            number = str(next(self.ids))
            self.served[number] = set()
            return say(201, {"id": number})
        served = self.served[parts[1]]
        if method == "GET":
            return say(200, {"served": len(served)})
        if token not in self.tokens or token in served:
            return say(403, {"who": token})
        served.add(token)
        return say(200, {"for": token})


class Copies(Case):
    scenario = HEAD + """
actors:
  guests: [{bearer: key-of-ann-4711, key: key-of-ann-4711}, {bearer: key-of-bob-4712, key: key-of-bob-4712},
           {bearer: key-of-eve-4713, key: key-of-eve-4713}]
reset: [{request: POST /events, json: {}, capture: {id: .body.id}}]
race: {enter: {request: 'POST /events/{{id}}', as: %s}}
observe: {event: 'GET /events/{{id}}'}
rules: {all-in: {successes: {of: enter, exactly: 3}}}
"""

    def test_each_is_somebody_else(self):
        for who in ("guests", "['guests[1]', 'guests[0]', 'guests[2]']"):
            with self.subTest(who=who), Tickets() as tickets:
                self.expect(TOOL.run(self.scenario % who, tickets.url), 0, "clean")

    def test_one_three_times_is_another_race(self):
        with Tickets() as tickets:
            run = TOOL.run(self.scenario % "'guests[0]', times: 3", tickets.url)
            self.expect(run, 1, "broken")


class Members(fakes.Shop):
    """Only who has logged in may add. The session is a cookie; the answer to an addition is a redirect."""

    def __init__(self, shop=fakes.Shop):
        super().__init__()
        self.shop = shop
        self.sessions = {}

    def respond(self, handler, body):
        if handler.path == "/login":
            name = json.loads(body)["name"]
            session = f"secret-session-of-{name}-{len(self.sessions)}"
            self.sessions[session] = name
            return 302, [("Location", "/home"), ("Set-Cookie", f"sid={session}; HttpOnly; Secure; Path=/")], b"{}"
        cookies = dict(part.split("=", 1) for part in handler.headers.get("Cookie", "").split("; ") if part)
        if cookies.get("sid") not in self.sessions or cookies.get("theme") != "dark":
            return 401, [], b"{}"
        if handler.path.endswith("/add"):
            super().respond(handler, body)
            return 303, [("Location", "../../home")], b""
        if handler.path == "/home":
            return 200, [("Content-Type", "application/json")], b"{}"
        return super().respond(handler, body)

    def change(self, key, action, value):
        return self.shop.change(self, key, action, value)


class Sessions(Case):
    scenario = HEAD + """
actors:
  members:
    times: 3
    cookies: {theme: dark}
    login: [{request: POST /login, json: {name: 'member-{{$index}}'}}]
reset: [{request: POST /counters, json: {}, as: 'members[0]', capture: {id: .body.id}}]
race: {add: {request: 'POST /counters/{{id}}/add', json: {by: 1}, as: members, redirects: 1}}
observe: {counter: {request: 'GET /counters/{{id}}', as: 'members[1]'}}
"""

    def test_each_logs_in_once_and_nobody_sees_the_cookie(self):
        with Members() as members:
            run = self.expect(TOOL.run(self.scenario, members.url), 0, "clean")
            self.assertEqual(sorted(members.sessions.values()), ["member-0", "member-1", "member-2"])
            self.assertNotIn("secret-session", run.out + run.err + json.dumps(run.record))

    def test_their_race_is_found(self):
        with Members(fakes.Racy) as members:
            self.expect(TOOL.run(self.scenario, members.url), 1, "race")
            self.assertEqual(len(members.sessions), 3, "once in a run, whatever races in it")

    def test_a_login_that_fails_says_so_and_no_more(self):
        with Members() as members:
            scenario = self.scenario.replace("'member-{{$index}}'}", "'m'}, expect: 200")
            self.refused(scenario, members, "login of members[0]: POST /login answered 302, expected 200")


class Ways(Case):
    """Requests from files, from curl, and commands in their place."""

    scenario = HEAD + """
reset:
  - curl: |-
      curl 'https://shop.example/counters?from=browser' -X POST \\
        -H 'User-Agent: Mozilla/5.0' -H 'Content-Type: application/json' --data-raw '{}' --compressed
    capture: {id: .body.id}
race: {add: {request: 'POST /counters/{{id}}/add', body: {file: addition.json}, times: 2}}
observe:
  counter: 'GET /counters/{{id}}'
  double: {exec: ['./double', '{{$base}}/counters/{{id}}']}
rules: {doubled: .after.double.body == 2 * .after.counter.body.value}
"""
    double = """#!/usr/bin/env python3
import json, sys, urllib.request
print(2 * json.load(urllib.request.urlopen(sys.argv[1]))["value"])
"""

    def folder(self, scratch, scenario):
        folder = pathlib.Path(scratch)
        (folder / "scenario.yaml").write_text(scenario)
        (folder / "addition.json").write_text('{"by": 3}')
        (folder / "double").write_text(self.double)
        (folder / "double").chmod(0o755)
        return folder / "scenario.yaml"

    def test_all_of_them(self):
        with tempfile.TemporaryDirectory() as scratch:
            file = self.folder(scratch, self.scenario)
            with fakes.Racy() as target:
                self.expect(TOOL.run(file, target.url, options=["--attempts", 5]), 1, "race")
                self.assertIn("POST /counters?from=browser", target.requests)
                self.assertEqual({row["value"] % 3 for row in target.rows.values()}, {0})

    def test_what_is_wrong_with_them(self):
        cases = {
            "exec: [./double": "exec: [./triple",
            "{file: addition.json}": "{file: subtraction.json}",
            "--compressed": "--proxy x",
        }
        words = {
            "exec: [./double": ["observe double: exec", "cannot be started: No such file"],
            "{file: addition.json}": ["scenario.yaml:", "subtraction.json: No such file or directory"],
            "--compressed": ["scenario.yaml:", "--proxy is not known here"],
        }
        scenario = self.scenario.replace("['./double'", "[./double")
        for found, instead in cases.items():
            with self.subTest(instead=instead), tempfile.TemporaryDirectory() as scratch, fakes.Racy() as target:
                run = TOOL.run(self.folder(scratch, scenario.replace(found, instead)), target.url)
                self.assertEqual(run.code, 2, str(run))
                for word in words[found]:
                    self.assertIn(word, run.err)

    def test_a_command_that_fails_is_quoted(self):
        with fakes.Racy() as target:
            scenario = self.scenario.replace("reset:", "reset:\n  - {exec: 'echo no database >&2; exit 3'}")
            self.refused(scenario.replace("{file: addition.json}", "'{}'"), target,
                         "ended with 3, expected exit status 0: no database")


def main():
    global TOOL
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", required=True)
    parser.add_argument("--sanitized", action="store_true", help="slow programs: more patience")
    arguments, rest = parser.parse_known_args()
    TOOL = Tool(arguments.deadheat, patience=4 if arguments.sanitized else 1)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
