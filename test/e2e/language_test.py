"""What a scenario can say, as its author meets it: `deadheat` against fakes that notice what they were asked.

    language_test.py --deadheat BINARY [--sanitized] [unittest's arguments, such as Rules]
"""
import argparse
import itertools
import sys
import unittest

import fakes
from tool import Tool

TOOL = None  # set by main

HEAD = "version: 1\ntarget: ${BASE_URL:-http://127.0.0.1:8000}\nrun: {attempts: 60, budget: 60s, seed: 1}\n"


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
                    finding = run.record["findings"][0]
                    self.assertEqual(finding["rule"], name)
                    for part in seen:
                        self.assertIn(part, finding["rule_values"])

    def test_what_cannot_be_computed_is_the_scenarios_fault(self):
        with Bank() as bank:
            for rule, words in {
                "{conserved: .customer.body.gyro}": ["rule r", ".before.customer.body.gyro: found null, expected a number"],
                "{unique: '.after.customer.body.giro[]'}": ["rule r", "leads through what is no list or map"],
                "{conserved: .bank.body.giro}": [":", "there is no observing read 'bank'"],
                "{conserved: '[.customer.body.giro | range(infinite)] | length'}": ["rule r", "was stopped"],
            }.items():
                with self.subTest(rule=rule):
                    self.refused(f"{self.scenario}rules: {{r: {rule}}}\n", bank, *words)


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
            self.assertIn("suffix 1 .sum", run.out)
            rule = "rules: {both: '.suffix[0].body.sum == 102'}\n"
            self.expect(TOOL.run(self.scenario + self.suffix + rule, till.url), 1, "race")


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
