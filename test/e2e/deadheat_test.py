"""`deadheat` end to end: against `orders`, against fakes with a known fault or none, and against bad input.

    deadheat_test.py --deadheat BINARY --orders BINARY [--sanitized] [unittest's arguments, such as Verdicts]

Every wait has a limit, which is a guard and no measurement; so has every run its budget, which is not reached but where
nothing else ends it. A slow machine takes longer, and comes to the same.
"""
import argparse
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
import unicodedata
import unittest

import fakes
import servers
from schema import Schema
from tool import SCENARIOS, Tool

TOOL = None  # set by main
ORDERS = None
SANITIZED = False
REPLAYS = 20  # until a test gives up

SIX = {  # scenario: (exit code, verdict, what its kind begins with)
    "cancel-vs-accept": (1, "race", "check_then_act"),
    "attack": (1, "broken", None),
    "resurrected": (1, "race", "resurrected"),
    "lost-update": (1, "race", "lost_update"),
    "cancel-vs-accept-v2": (0, "clean", None),
    "lost-update-v2": (0, "clean", None),
}


def seeds(count):
    return range(1, 2 if SANITIZED else count + 1)


def counter(times=2, run="attempts: 200, budget: 10m, lanes: 4, seed: 1", more=""):
    return f"""\
version: 1
id: counter
name: {times} additions to one counter
target: ${{BASE_URL:-http://127.0.0.1:8000}}
reset:
  - request: POST /counters
    json: {{}}
    capture: {{counter: .body.id}}
race:
  add:
    times: {times}
    request: POST /counters/{{{{counter}}}}/add
    json: {{by: 1}}
observe:
  counter: GET /counters/{{{{counter}}}}
run: {{{run}}}
{more}"""


def coupon(times=20, limit=5):
    return f"""\
version: 1
id: coupon
name: {times} redeem a coupon for {limit}
target: ${{BASE_URL:-http://127.0.0.1:8000}}
reset:
  - request: POST /coupons
    json: {{limit: {limit}}}
    capture: {{coupon: .body.id}}
race:
  redeem:
    times: {times}
    request: POST /coupons/{{{{coupon}}}}/redeem
    json: {{}}
observe:
  coupon: GET /coupons/{{{{coupon}}}}
run: {{attempts: 200, budget: 10m, lanes: 2, seed: 1}}
"""


REGISTER = """\
version: 1
id: register
name: Two blind writes
target: ${BASE_URL:-http://127.0.0.1:8000}
reset:
  - request: POST /registers
    json: {}
    capture: {register: .body.id}
race:
  red:
    request: PUT /registers/{{register}}
    json: {value: red}
  blue:
    request: PUT /registers/{{register}}
    json: {value: blue}
observe:
  register: GET /registers/{{register}}
run: {attempts: 200, budget: 10m, lanes: 8, seed: 1}
"""


def bill(sinks="payments: {}", provider="provider: '{{$sink.payments}}'", run="attempts: 120, budget: 10m, lanes: 4, seed: 1",
         more=""):
    return f"""\
version: 1
id: bill
name: A bill is paid twice at once
target: ${{BASE_URL:-http://127.0.0.1:8000}}
sinks: {{{sinks}}}
reset:
  - {{request: POST /bills, json: {{amount: 5, {provider}}}, expect: 201, capture: {{bill: .body.id}}}}
race:
  pay: {{times: 2, request: 'POST /bills/{{{{bill}}}}/pay', json: {{}}}}
observe:
  bill: GET /bills/{{{{bill}}}}
run: {{{run}}}
{more}"""


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Case(unittest.TestCase):
    def expect(self, run, code, verdict, kind=None):
        self.assertEqual((run.code, run.verdict), (code, verdict), str(run))
        self.assertEqual(run.record["exit_code"], code)
        if kind is not None:
            self.assertTrue(run.kind.startswith(kind), f"kind: {run.kind}\n{run}")
        if verdict == "clean":
            self.assertGreaterEqual(run.record["tried"]["counted"], 59, str(run))
            self.assertLessEqual(run.record["tried"]["upper_bound"], 0.05, str(run))
            self.assertEqual(run.record["findings"], [], str(run))
        if verdict == "inconclusive":
            self.assertTrue(run.record["reasons"], str(run))

    def because(self, run, code, **members):
        """It is inconclusive for this reason, and one that has these members is told."""
        told = run.told(code, ["reasons"])
        self.assertTrue(any(members.items() <= each.items() for each in told), str(run.record["reasons"]))
        self.assertIn("No verdict", run.out)
        return told


class Verdicts(Case):
    """The six scenarios on `orders`."""

    def test_six(self):
        with servers.start_orders(ORDERS, processing_delay="300ms") as orders:
            for scenario, expected in SIX.items():
                with self.subTest(scenario=scenario):
                    self.expect(TOOL.run(scenario, orders.url), *expected)

    def test_broken_ends_before_any_attempt(self):
        with servers.start_orders(ORDERS) as orders:
            run = TOOL.run("attack", orders.url)
            self.expect(run, 1, "broken")
            self.assertEqual(run.record["tried"]["attempts"], 0)
            going_on = TOOL.run("attack", orders.url, options=["--keep-going", "--attempts", 20])
            self.assertGreater(going_on.record["tried"]["attempts"], 0, str(going_on))

    def test_each_way_of_arriving_together(self):
        with servers.start_orders(ORDERS, processing_delay="20ms") as orders:
            for options in (["--sync", "threads"], ["--sync", "held", "--hold", "headers"],
                            ["--sync", "held", "--hold", "body"], ["--offsets", "none"], ["--lanes", "1"]):
                with self.subTest(options=options):
                    self.expect(TOOL.run("cancel-vs-accept", orders.url, options=options), 1, "race", "check_then_act")

    def test_two_processes_on_one_file(self):
        with tempfile.TemporaryDirectory() as scratch:
            file = str(pathlib.Path(scratch, "orders.sqlite3"))
            with servers.start_orders(ORDERS, processing_delay="20ms", database=file) as a, \
                    servers.start_orders(ORDERS, processing_delay="20ms", database=file) as b:
                for scenario in ("cancel-vs-accept-v2", "lost-update-v2"):
                    for seed in seeds(2):
                        with self.subTest(scenario=scenario, seed=seed):
                            run = TOOL.run(scenario, a.url, b.url, options=["--seed", seed])
                            self.expect(run, 0, "clean")
                            self.assertEqual(run.record["targets"], [a.url, b.url])
                self.expect(TOOL.run("cancel-vs-accept", a.url, b.url), 1, "race", "check_then_act")


class Seeds(Case):
    """The same verdicts from every seed, without any wait, and whatever the fields are called."""

    def test_cancel_vs_accept_without_any_wait(self):
        with servers.start_orders(ORDERS, processing_delay="0") as orders:
            for seed in seeds(3):
                with self.subTest(seed=seed):
                    run = TOOL.run("cancel-vs-accept", orders.url, options=["--seed", seed])
                    self.expect(run, 1, "race", "check_then_act")
                    self.assertEqual(run.record["seed"], seed)

    def test_lost_update_without_any_wait(self):
        with servers.start_orders(ORDERS, processing_delay="0") as orders:
            for seed in seeds(3):
                with self.subTest(seed=seed):
                    run = TOOL.run("lost-update", orders.url, options=["--seed", seed, "--attempts", 300])
                    self.expect(run, 1, "race", "lost_update")

    def test_v2_is_clean(self):
        with servers.start_orders(ORDERS) as orders:
            for scenario in ("cancel-vs-accept-v2", "lost-update-v2"):
                for seed in seeds(3):
                    with self.subTest(scenario=scenario, seed=seed):
                        self.expect(TOOL.run(scenario, orders.url, options=["--seed", seed]), 0, "clean")

    def test_no_name_of_a_field_matters(self):
        with servers.start_orders(ORDERS, processing_delay="100ms") as orders, \
                fakes.RenamingProxy(orders.url) as proxy:
            for scenario, (code, verdict, kind) in SIX.items():
                with self.subTest(scenario=scenario):
                    text = fakes.rename_scenario((SCENARIOS / f"{scenario}.yaml").read_text())
                    self.assertNotIn("customer_name", text)
                    self.expect(TOOL.run(text, proxy.url), code, verdict, kind)


class Targets(Case):
    """Fakes: with the fault that is planted, or cured of it."""

    def test_races(self):
        with fakes.Racy() as target:
            self.expect(TOOL.run(counter(2), target.url), 1, "race", "lost_update")
            self.expect(TOOL.run(counter(20), target.url), 1, "race", "lost_update")
            run = TOOL.run(coupon(), target.url)
            self.expect(run, 1, "race", "limit_exceeded")
            finding = run.finding
            self.assertGreaterEqual(sum(s["rate"]["hits"] for s in finding["schedules"]), 2, str(run))
            # Two that read before either writes are enough; where they missed each other, some more.
            self.assertEqual(finding["fewest"]["of"], 20, str(run))
            self.assertIn(finding["fewest"]["scripts"], range(2, 20), str(run))

    def test_cured_by_a_lock(self):
        with fakes.Shop() as target:
            self.expect(TOOL.run(counter(2), target.url), 0, "clean")
            self.expect(TOOL.run(coupon(), target.url), 0, "clean")

    def test_cured_by_refusing_the_loser(self):
        with fakes.Refusing() as target:
            run = TOOL.run(counter(2), target.url)
            self.expect(run, 0, "clean")
            refusals = run.record["tried"]["refusals"]
            self.assertEqual({r["status"] for r in refusals}, {409}, str(run))
            # Fewer, for each number of winners has an order of its own to be learnt.
            self.expect(TOOL.run(coupon(times=6, limit=3), target.url), 0, "clean")

    def test_a_correct_register(self):
        with fakes.Shop() as target:
            self.expect(TOOL.run(REGISTER, target.url), 0, "clean")

    def test_eventually_consistent(self):
        with fakes.Eventual() as target:
            run = TOOL.run(REGISTER, target.url)
            self.expect(run, 0, "clean")
            self.assertGreater(run.record["learnt"]["settle_ms"], 0)

    def test_error_under_contention(self):
        with fakes.ErrorUnderContention() as target:
            self.expect(TOOL.run(counter(2), target.url), 1, "race", "error_under_contention")

    def test_a_value_that_flips(self):
        with fakes.Flaky(share=0.5) as target:
            run = TOOL.run(counter(2), target.url)
            self.expect(run, 3, "inconclusive")
            self.flips(run)
            # The ready block does what it is for, as it stands.
            block = re.search(r"^ *mask:\n(?: +- .*\n)+", run.out, re.MULTILINE)[0]
            self.assertEqual([path for path in run.record["mask"] if path not in block], [])
            self.expect(TOOL.run(counter(2, more=textwrap.dedent(block)), target.url), 0, "clean")

    def flips(self, run):
        """Of a counter that has `lucky`: each value is told once, with its runs."""
        told = [each for code in ("runs_differ", "resets_differ") for each in run.told(code, ["reasons"])]
        lucky = next(each for each in told if each["place"]["pointer"].endswith("/lucky"))
        self.assertEqual(sorted(each["value"]["text"] for each in lucky["values"]), ["false", "true"])
        self.assertTrue(all(each["runs"] > 0 for each in lucky["values"]), lucky)
        self.assertIn("lucky", run.out)

    def test_rules_are_judged_where_a_value_flips(self):
        rule = "rules: {two: .after.counter.body.value == 2}\n"
        with fakes.FlakyAndRacy() as target:
            run = TOOL.run(counter(2, more=rule), target.url)
            self.expect(run, 1, "race", "rule_broken_under_contention")
            self.assertEqual(run.finding["rule"]["name"], "two")
            rate = run.finding["concurrent"]
            self.assertLessEqual(rate["hits"], rate["of"], str(run))
        with fakes.Flaky() as target:
            run = TOOL.run(counter(2, "attempts: 30, budget: 10m, lanes: 4, seed: 1", more=rule), target.url)
            self.expect(run, 3, "inconclusive")
            self.flips(run)
            self.assertEqual(run.record["tried"]["attempts"], 30, "all were made, and the rule held")

    def test_a_value_that_seldom_flips_is_no_race(self):
        with fakes.Flaky(share=0.03) as target:
            for seed in seeds(3):
                run = TOOL.run(counter(2), target.url, options=["--seed", seed, "--budget", "10m"])
                self.assertIn((run.code, run.verdict), ((0, "clean"), (3, "inconclusive")), str(run))


class Troubles(Case):
    """Fakes of which nobody could tell: they do one thing at a time, refuse, are silent, or go away."""

    def test_one_thing_at_a_time(self):
        for fake, reason in ((fakes.SingleWorker, "one_connection"), (fakes.OneAtATime, "one_at_a_time")):
            with self.subTest(fake=fake.__name__), fake() as target:
                run = TOOL.run(counter(2, "attempts: 200, budget: 10m, seed: 1"), target.url)
                self.expect(run, 3, "inconclusive")
                self.because(run, reason)

    def test_everything_is_refused(self):
        with fakes.TooMany() as target:
            self.expect(TOOL.run(counter(2), target.url), 3, "inconclusive")
        with fakes.TooMany(all_requests=True) as target:
            run = TOOL.run(counter(2), target.url)
            self.assertEqual(run.code, 2, str(run))
            self.assertRegex(run.out + run.err, r"scenario\.yaml:6:\d+: .*429")

    def test_too_few_attempts_are_told_apart_from_too_little_time(self):
        with fakes.Shop() as target:
            run = TOOL.run(counter(2, "attempts: 10, budget: 10m, seed: 1"), target.url)
            self.expect(run, 3, "inconclusive")
            self.because(run, "too_little_effort", attempts=30, needed=59)
            self.assertTrue(run.told("raise_attempts"))

    def test_scripts_are_never_answered(self):
        short = counter(2, "attempts: 10, budget: 10s, seed: 1", more="timeout: 500ms\n")
        for fake in (fakes.Silent, fakes.Cuts):
            with self.subTest(fake=fake.__name__), fake() as target:
                self.expect(TOOL.run(short, target.url), 3, "inconclusive")

    def test_nothing_is_ever_answered(self):
        short = counter(2, "attempts: 10, budget: 10s, seed: 1", more="timeout: 500ms\n")
        for fake in (fakes.Silent, fakes.Cuts):
            with self.subTest(fake=fake.__name__), fake(all_requests=True) as target:
                run = TOOL.run(short, target.url)
                self.assertEqual(run.code, 4 if fake is fakes.Silent else run.code, str(run))
                self.assertIn(run.code, (2, 4), str(run))

    def test_lost_in_mid_run(self):
        for back_in in (None, 0.3):
            with self.subTest(back_in=back_in), fakes.Lost(after=150, back_in=back_in) as target:
                run = TOOL.run(counter(2, "attempts: 5000, budget: 10m, seed: 1"), target.url)
                self.assertTrue(target.gone.is_set(), "the run ended before the target was lost")
                self.expect(run, 3, "inconclusive")
                lost, = self.because(run, "target_lost")
                self.assertRegex(lost["cause"], r"(?i)connect|lost|closed|reach|answer")


class Sinks(Case):
    """A till that charges a bill twice: only the payment provider, which is a sink, sees it."""

    def test_no_read_shows_it(self):
        with fakes.Till("http://127.0.0.1:1") as target:
            target.call_provider = lambda *_: None
            self.expect(TOOL.run(bill("", "provider: none"), target.url), 0, "clean")

    def test_a_charge_too_many(self):
        with fakes.Till() as target:
            run = TOOL.run(bill(), target.url)
            self.expect(run, 1, "race", "double_execution")
            finding = run.finding
            self.assertLessEqual({"is": "called_more_often", "name": "payments", "seen": 2, "allowed": 1}.items(),
                                 finding["why"].items())
            self.assertEqual([(call["sink"], call["request"]) for call in finding["calls"]],
                             [("payments", "POST /charges")] * 2, str(run))
            row = next(row for row in finding["differences"]
                       if (row["place"]["in"], row["place"]["name"], row["place"]["pointer"]) == ("sink", "payments", ""))
            counts = [(value["is"], value["count"]) for value in (row["seen"], row["allowed"][0])]
            self.assertEqual((counts, row["differs"]), ([("calls", 2), ("calls", 1)], True))
            self.assertIn("Calls to sinks", run.out)

    def test_cured(self):
        with fakes.Till(locked=True) as target:
            run = TOOL.run(bill(), target.url)
            self.expect(run, 0, "clean")
            sink = run.record["tried"]["sinks"][0]
            self.assertGreaterEqual(sink["calls"], run.record["tried"]["attempts"])
            self.assertEqual((sink["late"], sink["strays"]), (0, 0))

    def test_a_rule_over_calls(self):
        with fakes.Till() as target:
            run = TOOL.run(bill(more="rules: {once: '.after.payments | map(.body.amount) | add <= 5'}\n"), target.url)
            self.expect(run, 1, "race")
            self.assertEqual(run.finding["rule"]["name"], "once")

    def test_a_fixed_port_plays_one_lane(self):
        port = free_port()
        for locked, expected in ((False, (1, "race")), (True, (0, "clean"))):
            with self.subTest(locked=locked), fakes.Till(f"http://127.0.0.1:{port}", locked) as target:
                run = TOOL.run(bill(f"payments: {{listen: '127.0.0.1:{port}'}}", "name: x"), target.url)
                self.expect(run, *expected)
                self.assertEqual(run.told("one_lane_sink_unaddressed"), [{"sink": "payments"}])

    def test_a_target_that_drops_the_path_plays_one_lane(self):
        for locked, expected in ((False, (1, "race")), (True, (0, "clean"))):
            with self.subTest(locked=locked), fakes.Till(locked=locked, drops_path=True) as target:
                run = TOOL.run(bill(), target.url)
                self.expect(run, *expected)
                self.assertEqual(run.told("one_lane_sink_strays"), [{"sink": "payments"}])

    def test_calls_are_waited_for(self):
        with fakes.Till(lag=0.03) as target:
            self.expect(TOOL.run(bill(), target.url), 1, "race", "double_execution")

    def test_late_calls_are_no_effort(self):
        with fakes.Till(lag=0.4) as target:
            run = TOOL.run(bill(more="settle: 10ms\n", run="attempts: 20, budget: 10m, seed: 1"), target.url)
            self.expect(run, 3, "inconclusive")
            self.assertGreater(run.record["tried"]["sinks"][0]["late"], 0)
            self.because(run, "late_calls")

    def test_never_called(self):
        with fakes.Till("http://127.0.0.1:1") as target:
            target.call_provider = lambda *_: None
            run = TOOL.run(bill(), target.url)
            self.expect(run, 0, "clean")
            never, = run.told("sink_never_called")
            self.assertEqual(never["sink"], "payments")
            self.assertIn(never["url"], run.out)

    def test_an_answer_that_cannot_be_computed(self):
        with fakes.Till(locked=True) as target:
            run = TOOL.run(bill("payments: {answer: {json: {id: '{{ .body.amount.id }}'}}}"), target.url)
            self.assertEqual(run.code, 3, str(run))
            lost, = self.because(run, "target_lost")
            self.assertIn("the answer of a sink", lost["cause"])

    def test_an_address_in_use(self):
        with fakes.Till() as target:
            run = TOOL.run(bill(f"payments: {{listen: {target.port}}}"), target.url)
            self.assertEqual(run.code, 2)
            self.assertRegex(run.err, r"scenario.yaml:5:28: sink payments: 127.0.0.1:\d+ is in use")
            self.assertEqual(target.requests, [])

    def test_beyond_loopback_only_on_purpose(self):
        run = TOOL.run(bill("payments: {listen: '0.0.0.0:9', url: 'http://127.0.0.1:9'}"), "http://127.0.0.1:1")
        self.assertEqual(run.code, 5, str(run))
        self.assertIn("--allow-host 0.0.0.0", run.err)


class Input(Case):
    """What a user can get wrong, and what the tool refuses."""

    def refused(self, text, pattern, target="http://127.0.0.1:9"):
        run = TOOL.run(text, target)
        self.assertEqual(run.code, 2, str(run))
        self.assertRegex(run.out + run.err, pattern)

    def test_scenario_errors_say_where(self):
        self.refused(counter().replace("times: 2", "tmies: 2"), r"scenario\.yaml:11:5: .*tmies")
        self.refused(counter(run="attempts: many"), r"scenario\.yaml:16:17: .*many")
        self.refused(counter().replace("capture: {counter: .body.id}", "capture: {counter: '.body | | .id'}"),
                     r"scenario\.yaml:8:\d+: ")
        self.refused(counter(1), r"scenario\.yaml:\d+:\d+: .*2 or more")
        self.refused("version: 1\nversion: 1\n", r"scenario\.yaml:2:\d+: ")
        self.refused("a: [1\n", r"scenario\.yaml:\d+:\d+: ")

    def test_an_unknown_name_in_a_template(self):
        with fakes.Shop() as target:
            self.refused(counter().replace("{{counter}}/add", "{{cuonter}}/add"), r"scenario\.yaml:12:\d+: .*cuonter",
                         target.url)

    def test_an_unset_variable(self):
        text = counter().replace("${BASE_URL:-http://127.0.0.1:8000}", "${NO_SUCH_VARIABLE_HERE}")
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch, "unset.yaml")
            file.write_text(text)
            run = TOOL.run(file)
            self.assertEqual(run.code, 2, str(run))
            self.assertRegex(run.out + run.err, r"unset\.yaml:4:\d+: .*NO_SUCH_VARIABLE_HERE")

    def test_usage_errors(self):
        for scenario, options in (("no/such/file.yaml", []), (counter(), ["--attempts", "many"]),
                                  (counter(), ["--no-such-option"]), (counter(), ["--sync", "hold"]),
                                  (counter(), ["--budget", "inf"]), (counter(), ["--budget", "1e300s"])):
            with self.subTest(options=options):
                run = TOOL.run(scenario, "http://127.0.0.1:9", options=options)
                self.assertEqual(run.code, 2, str(run))
                self.assertTrue(run.err.strip(), "nothing on standard error")

    def test_nobody_listens(self):
        with socket.socket() as reserved:  # bound, but not listening: nobody else takes the port
            reserved.bind(("127.0.0.1", 0))
            url = f"http://127.0.0.1:{reserved.getsockname()[1]}"
            run = TOOL.run(counter(), url)
            self.assertEqual(run.code, 4, str(run))
            self.assertIn(url.removeprefix("http://"), run.out + run.err)

    def test_a_host_beyond_loopback_is_refused_before_anything_is_sent(self):
        with fakes.Shop() as target:
            # 192.0.2.0/24 is nobody's (RFC 5737).
            # Names that only look like loopback are whatever their resolver says.
            for targets in (["http://192.0.2.1:80"], [target.url, "http://192.0.2.1:80"],
                            ["http://127.0.0.1.example:80"], ["http://127.example:80"]):
                run = TOOL.run(counter(), *targets, timeout=20)
                self.assertEqual(run.code, 5, str(run))
                self.assertIn("--allow-host", run.out + run.err)
            self.assertEqual(target.requests, [])

    def test_a_target_that_is_none(self):
        for target, pattern in (("http://127.0.0.1:99999", "port"), ("ftp://127.0.0.1", "https://host:port"), ("http://", "host"),
                                ("http://127.0.0.1:8000/base", "path")):
            with self.subTest(target=target):
                self.refused(counter(), pattern, target)

    def test_rules_over_names_that_are_not_there(self):
        self.refused(counter(more="rules: {r: .after.cuonter.body.value <= 2}\n"),
                     r"scenario\.yaml:17:\d+: .*cuonter.*did you mean \.after\.counter")
        self.refused(counter(more="rules: {r: '.answers.ad | length < 3'}\n"),
                     r"scenario\.yaml:17:\d+: .*'ad'.*did you mean \.answers\.add")

    def test_rules_that_cannot_be_computed(self):
        with fakes.Shop() as target:
            for rule in (".answers.add.ok", "'.after.counter.body.value + {}'", ".after.counter.body.value"):
                with self.subTest(rule=rule):
                    self.refused(counter(more=f"rules: {{r: {rule}}}\n"), r"scenario\.yaml:17:\d+: rule r: ", target.url)

    def test_a_reset_that_fails(self):
        with fakes.FailingReset() as target:
            self.refused(counter(), r"scenario\.yaml:6:\d+: .*500", target.url)


class Doctor(unittest.TestCase):
    def test_it_tells_windows_and_machine(self):
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch, "doctor.json")
            run = subprocess.run([TOOL.binary, "doctor", "--seed", "7", "--json", file], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=60 * TOOL.patience)
            record = json.loads(file.read_text())
        self.assertEqual(Schema("doctor").problems(record), [])
        self.assertEqual(run.returncode, record["exit_code"], run.stderr)
        self.assertEqual(run.returncode, 0 if record["fine"] else 3)
        self.assertEqual([window["window_us"] for window in record["planted"]], [1000, 100, 20])
        self.assertEqual(record["fine"], record["planted"][0]["attempts"] > 0)
        self.assertGreater(record["planted"][0]["rate"]["of"], 0)
        found = {check["code"]: check["with"] for check in record["machine"]}
        self.assertLessEqual({"cores", "load", "clock", "open_files", "local_ports", "cpu_quota", "jq"}, found.keys())
        for number in (found["open_files"]["limit"], found["local_ports"]["first"], found["local_ports"]["last"]):
            self.assertIn(str(number), run.stdout)
        self.assertIn("racing planted windows", run.stderr)

    def test_without_jq(self):
        with tempfile.TemporaryDirectory() as scratch:
            alone = pathlib.Path(scratch, "deadheat")
            shutil.copy(TOOL.binary, alone)
            run = subprocess.run([alone, "doctor", "--quiet", "--color", "always"], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=60 * TOOL.patience)
        self.assertIn("Install deadheat-jq beside deadheat", run.stdout)
        self.assertIn("\x1b[", run.stdout)
        self.assertEqual(run.stderr, "")

    def test_usage(self):
        for options in (["--seed", "x"], ["more"], ["--json", "/nowhere/x.json"]):
            run = subprocess.run([TOOL.binary, "doctor", *options], capture_output=True, text=True,
                                 stdin=subprocess.DEVNULL, timeout=60)
            self.assertEqual(run.returncode, 2, run.stderr)

    def test_clean_has_it_in_its_evidence(self):
        with fakes.Till(locked=True) as target:
            run = TOOL.run(bill(), target.url)
            self.assertEqual(run.verdict, "clean", str(run))
            self.assertEqual([window["window_us"] for window in run.record["tried"]["sensitivity"]], [1000, 100])
            self.assertIn("self-check", run.out)
            without = TOOL.run(bill(), target.url, options=["--no-self-check"])
            self.assertEqual(without.verdict, "clean", str(without))
            self.assertEqual(without.record["tried"]["sensitivity"], [])


class Manners(Case):
    """How it behaves as a program."""

    def test_interrupted(self):
        with tempfile.TemporaryDirectory() as scratch, fakes.Shop() as target:
            target.window = 0.2
            file = pathlib.Path(scratch, "scenario.yaml")
            file.write_text(counter(2, "attempts: 5000, budget: 10m, seed: 1"))
            record = pathlib.Path(scratch, "run.json")
            process = TOOL.start(file, target.url, options=["--json", str(record)])
            self.addCleanup(process.kill)
            limit = time.monotonic() + 30 * TOOL.patience
            while len(target.requests) < 60 and process.poll() is None and time.monotonic() < limit:
                time.sleep(0.02)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=30 * TOOL.patience)
            self.assertEqual(process.returncode, 130, out + err)
            self.assertTrue(out.strip(), "no partial report")
            self.assertEqual(json.loads(record.read_text())["exit_code"], 130)

    def test_reports_have_the_language_that_is_asked_for(self):
        with tempfile.TemporaryDirectory() as scratch, fakes.Shop() as target:
            file, again = pathlib.Path(scratch, "run.json"), pathlib.Path(scratch, "again.json")
            scenario = pathlib.Path(scratch, "counter.yaml")
            scenario.write_text(counter(2, "attempts: 10, budget: 10s, seed: 1"))

            def out(*words, **env):
                ran = subprocess.run([TOOL.binary, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                     timeout=60 * TOOL.patience, env=os.environ | env)
                self.assertIn(ran.returncode, (0, 3), ran.stderr)
                return ran.stdout

            of_run = out("run", scenario, "--target", target.url, "--json", file, LANG="ko_KR.UTF-8")
            self.assertRegex(of_run, "^━━━ 판정 불가")
            self.assertEqual(out("report", file, "--lang", "ko"), of_run)
            self.assertEqual(out("report", file, LC_ALL="ko_KR.UTF-8", LANG="en_GB.UTF-8"), of_run)
            english = out("report", file)
            self.assertRegex(english, "^━━━ INCONCLUSIVE")
            self.assertEqual(out("report", file, "--lang", "en", LANG="ko_KR.UTF-8"), english)
            self.assertEqual(out("report", file, LC_MESSAGES="C", LANG="ko_KR.UTF-8"), english)
            self.assertRegex(out("replay", file, 1, "--json", again, "--lang", "ko"), "^━━━ ")
            # What is recorded has none.
            self.assertNotRegex(file.read_text(), "[가-힣]")
            self.assertRegex(out("doctor", "--quiet", "--lang", "ko"), "^━━━ (정상|찾지 못함)")
            refused = subprocess.run([TOOL.binary, "report", file, "--lang", "de"], capture_output=True, text=True)
            self.assertEqual((refused.returncode, refused.stdout), (2, ""))
            self.assertIn("--lang", refused.stderr)

    def test_no_escape_sequences_on_a_pipe(self):
        with servers.start_orders(ORDERS) as orders:
            run = TOOL.run("cancel-vs-accept", orders.url)
            self.assertNotIn("\x1b", run.out + run.err)
            self.assertIn("\x1b[", TOOL.run("cancel-vs-accept", orders.url, options=["--color", "always"]).out)

    def test_labels_of_any_width_are_aligned(self):
        def column(line, at):
            wide = sum(unicodedata.east_asian_width(c) in "WF" for c in line[:at])
            return at + wide - sum(unicodedata.combining(c) != 0 for c in line[:at])

        with servers.start_orders(ORDERS) as orders:
            out = TOOL.run("cancel-vs-accept", orders.url).out
        # In the timeline the names of the scripts begin in one column, however wide the labels before them are. (The bars begin
        # when the first request was sent.)
        columns = {}
        for line in out.splitlines():
            match = re.match(r"^\s*(고객|사장님)\s+((?:cancel|accept)\s+\S)", line)
            if match:
                columns.setdefault(match[1], set()).add(column(line, match.start(2)))
        self.assertEqual(columns.keys(), {"고객", "사장님"}, out)
        self.assertEqual(len(set.union(*columns.values())), 1, out)

    def test_memory(self):
        if SANITIZED:
            self.skipTest("sanitizers need memory of their own")
        with tempfile.TemporaryDirectory() as scratch, fakes.Shop() as target:
            file = pathlib.Path(scratch, "scenario.yaml")
            file.write_text(counter(2))
            process = TOOL.start(file, target.url)
            self.addCleanup(process.kill)
            peak_kb = 0
            limit = time.monotonic() + 60
            while process.poll() is None and time.monotonic() < limit:
                try:
                    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
                except OSError:
                    break
                found = re.search(r"VmHWM:\s+(\d+) kB", status)
                peak_kb = max(peak_kb, int(found[1]) if found else 0)
                time.sleep(0.02)
            process.communicate(timeout=30)
            self.assertGreater(peak_kb, 0)
            self.assertLess(peak_kb, 60_000)

    def test_it_names_itself(self):
        seen = []

        class Listening(fakes.Shop):
            def respond(self, handler, body):
                seen.append((handler.headers.get("User-Agent"), handler.headers.get("X-Deadheat")))
                return super().respond(handler, body)

        with Listening() as target:
            TOOL.run(counter(2, "attempts: 5, budget: 10s, seed: 1"), target.url)
        self.assertTrue(seen)
        for agent, mark in seen:
            self.assertTrue(agent.startswith("deadheat"), agent)
            self.assertTrue(mark)


class Played(Case):

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.folder)
        self.scenario = self.folder / "register.yaml"
        self.scenario.write_text(REGISTER.replace("attempts: 200", "attempts: 40").replace("lanes: 8", "lanes: 4"))

    def deadheat(self, *words, expected=(0, 1, 3)):
        result = subprocess.run([TOOL.binary, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                timeout=120 * TOOL.patience)
        self.assertIn(result.returncode, expected, result.stdout + result.stderr)
        return result

    def swept(self, target):
        """run.json of a run, as a path and as a value."""
        file = self.folder / "run.json"
        self.deadheat("run", self.scenario, "--target", target.url, "--no-self-check", "--json", file)
        return file, json.loads(file.read_text())


class Schedules(Played):
    """Schedules are values, and an attempt is played again as it was: as the server saw it."""

    def test_a_replay_releases_in_the_same_order_at_the_same_offsets(self):
        with fakes.Arrivals() as target:
            file, record = self.swept(target)
            # The widest lags to either side: far enough apart for the order to be certain, and near enough to meet.
            wide = sorted((a for a in record["attempts"] if 20 < abs(a["lag_ms"]) < 50), key=lambda a: a["lag_ms"])
            self.assertTrue(wide and wide[0]["lag_ms"] < 0 < wide[-1]["lag_ms"], [a["lag_ms"] for a in record["attempts"]])
            for attempt, first in ((wide[0], "blue"), (wide[-1], "red")):
                with self.subTest(lag_ms=attempt["lag_ms"]):
                    target.heard.clear()
                    again, journal = self.folder / "again.json", self.folder / "journal.jsonl"
                    # On a slow machine one may be done before the other comes: those are no races, and there are others.
                    for _ in range(REPLAYS):
                        self.deadheat("replay", file, attempt["attempt"], "--attempts", 8, "--json", again, "--journal", journal)
                        if len(target.races()) >= 4:
                            break
                    replayed = json.loads(again.read_text())
                    self.assertEqual(replayed["seed"], record["seed"])
                    self.assertGreaterEqual(len(replayed["attempts"]), 8)
                    for each in replayed["attempts"]:
                        self.assertEqual(each["schedule"], attempt["schedule"])
                    # As the server saw it, which may have been busy with something else when a request came.
                    races = target.races()
                    self.assertGreaterEqual(len(races), 4, target.heard)
                    self.assertGreater(2 * sum(names[0] == first for names in races), len(races), races)
                    # As the client did it: nobody before the offset.
                    for line in map(json.loads, journal.read_text().splitlines()):
                        if line["kind"] != "attempt":
                            continue
                        released = [answer["steps"][0]["released_ns"] - line["gate_opened_ns"] for answer in line["answers"]]
                        for at, offset in zip(released, attempt["schedule"]["offsets_ns"]):
                            self.assertGreaterEqual(at, offset)


class Replays(Played):
    """What is in run.json is played and shown again."""

    def test_each_attempt_is_in_run_json(self):
        with fakes.Arrivals() as target:
            _, record = self.swept(target)
        self.assertEqual(Schema("run").problems(record), [])
        self.assertEqual(record["entries"], ["red", "blue"])
        self.assertEqual([a["attempt"] for a in record["attempts"]], list(range(1, record["tried"]["attempts"] + 1)))
        for attempt in record["attempts"]:
            offsets = attempt["schedule"]["offsets_ns"]
            self.assertAlmostEqual(attempt["lag_ms"], (offsets[1] - offsets[0]) / 1e6, places=5)
        self.assertGreater(len({a["lag_ms"] for a in record["attempts"]}), 10)

    def test_a_replay_takes_what_hit(self):
        scenario = self.folder / "counter.yaml"
        scenario.write_text(counter(2))
        file, again = self.folder / "run.json", self.folder / "again.json"
        with fakes.Racy() as target:
            self.deadheat("run", scenario, "--target", target.url, "--json", file, expected=(1,))
            result = self.deadheat("replay", file, "--json", again, expected=(1,))
        hits = [attempt["schedule"] for attempt in json.loads(file.read_text())["attempts"] if attempt["hit"]]
        replayed = json.loads(again.read_text())
        self.assertEqual(replayed["verdict"], "race")
        self.assertIn(replayed["attempts"][0]["schedule"], hits)
        remark, = (each["with"] for each in replayed["learnt"]["remarks"] if each["code"] == "repeats_one_schedule")
        self.assertEqual(remark["schedule"], replayed["attempts"][0]["schedule"])
        self.assertIn("Every attempt repeats one schedule", " ".join(result.stdout.split()))

    def test_what_cannot_be_replayed(self):
        with fakes.Arrivals() as target:
            file, record = self.swept(target)
        self.assertFalse(any(attempt["hit"] for attempt in record["attempts"]))
        other = self.folder / "other.yaml"
        other.write_text(counter(3))
        broken = self.folder / "broken.json"
        broken.write_text(file.read_text().replace('"sync": "held"', '"sync": "shouted"'))
        old = self.folder / "old.json"
        old.write_text('{"version": 1, "verdict": "race"}')
        for words, complaint in ((["replay", file], "none of its attempts hit; name the one to replay"),
                                 (["replay", file, 4000], "it has no attempt 4000; expected one of 1 to"),
                                 (["replay", file, 1, "--scenario", other], "it has add.*, and the run had red, blue"),
                                 (["replay", file, 1, "--scenario", self.folder / "gone.yaml"], "gone.yaml: No such file"),
                                 (["replay", self.scenario], "not JSON, at byte 0.*expected a run.json"),
                                 (["replay", broken, 1], 'sync: expected held, threads, found shouted'),
                                 (["report", old], "run.json of version 1, written by an older deadheat; run the scenario again"),
                                 (["report", self.folder], "is a directory"),
                                 (["replay"], "run is required")):
            result = self.deadheat(*words, expected=(2,))
            self.assertRegex(result.stderr, complaint)
            self.assertEqual(result.stdout, "")
        self.scenario.unlink()
        self.assertRegex(self.deadheat("replay", file, 1, expected=(2,)).stderr, "name it with --scenario FILE")

    def test_a_report_is_shown_again(self):
        file, page = self.folder / "run.json", self.folder / "report.html"
        with fakes.Arrivals() as target:
            ran = self.deadheat("run", self.scenario, "--target", target.url, "--no-self-check", "--json", file, "--html", page)
        self.assertEqual(self.deadheat("report", file, expected=(0,)).stdout, ran.stdout)
        again = self.folder / "again.html"
        self.assertEqual(self.deadheat("report", file, "--html", again, expected=(0,)).stdout, "")
        self.assertEqual(again.read_text(), page.read_text())
        drawn = page.read_text()
        self.assertEqual(drawn.count("<circle"), json.loads(file.read_text())["tried"]["attempts"] + 1)  # and the legend
        self.assertIn("lag of blue behind red, in ms", drawn)


class Journal(Case):
    """--journal: all that was heard, line by line."""

    def journal(self, scenario, target, *options, expected=(0, 1, 3)):
        """The lines, and the run."""
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch, "journal.jsonl")
            run = TOOL.run(scenario, target.url, options=["--journal", file, *options])
            self.assertIn(run.code, expected, str(run))
            return [json.loads(line) for line in file.read_text().splitlines()], run

    def test_nothing_is_lost(self):
        schema = Schema("journal")
        suffix = counter(2, more="suffix: ['GET /counters/{{counter}}']\n")
        for fake, scenario in ((fakes.Racy, counter(2)), (fakes.Shop, suffix), (fakes.Refusing, counter(2)), (fakes.Racy, coupon(times=6, limit=3))):
            with self.subTest(fake=fake.__name__), fake() as target:
                lines, run = self.journal(scenario, target)
                for line in lines:
                    self.assertEqual(schema.problems(line), [], line)
                kinds = [line["kind"] for line in lines]
                self.assertEqual((kinds[0], kinds[-1]), ("begin", "end"))
                self.assertEqual(lines[-1]["verdict"], run.verdict)
                # What was learnt anew begins to count anew.
                last = max(line.get("learning", 1) for line in lines)
                heard = [line for line in lines if line.get("learning") == last and "answers" in line]
                attempts = [line for line in heard if line["kind"] == "attempt" and "attempt" in line]
                # What was on its way when the race was proven is written down, and nothing is made of it.
                late = [line for line in heard if line not in attempts and line.get("after_proof")]
                self.assertEqual([line for line in heard if line["kind"] == "attempt" and line not in attempts + late], [])
                self.assertEqual([line["attempt"] for line in attempts], list(range(1, run.record["tried"]["attempts"] + 1)))
                if last == 1:
                    self.assertEqual(len(heard) - len(attempts) - len(late), run.record["learnt"]["serial_runs"])
                judgements = [line for line in lines if line["kind"] == "judgement"]
                self.assertEqual([line["attempt"] for line in judgements], [line["attempt"] for line in attempts])
                for word in ("explained", "unexplained"):
                    self.assertEqual(sum(line["is"] == word for line in judgements), run.record["tried"][word], word)
                told = {step["request"] for line in heard for answer in line["answers"] for step in answer["steps"]}
                self.assertTrue(told)
                self.assertLessEqual(told, set(target.requests))

    def test_a_long_body_is_cut(self):
        class Verbose(fakes.Shop):
            def read_then_write(self, key, action, value):
                status, row = super().read_then_write(key, action, value)
                return status, {**row, "text": "x" * 100_000}

        with Verbose() as target:
            lines, _ = self.journal(counter(2, "attempts: 2, budget: 10m, seed: 1"), target)
        steps = [step for line in lines for answer in line.get("answers", ()) for step in answer["steps"]]
        self.assertTrue(steps)
        for step in steps:
            self.assertGreater(step["size"], 100_000)
            self.assertIs(step["body_cut"], True)
            self.assertTrue(step["body"].startswith('{"'))
            self.assertLess(len(step["body"]), 17_000)

    def test_credentials_stay_out(self):
        secret = "hunter2-hunter2"
        more = f"actors: {{who: {{bearer: {secret}}}}}\nsetup: [{{request: POST /counters, json: {{}}, capture: {{spare: .body.id}}}}]\n"
        scenario = counter(2, "attempts: 5, budget: 10m, seed: 1", more).replace("times: 2", "times: 2\n    as: who")
        with fakes.Shop() as target:
            lines, run = self.journal(scenario, target)
        self.assertGreater(len(lines), 5)
        self.assertNotIn(secret, json.dumps(lines) + json.dumps(run.record) + run.out)

    def test_a_file_that_cannot_be_written_is_said_before_anything_is_sent(self):
        with fakes.Shop() as target, tempfile.TemporaryDirectory() as scratch:
            for file in (f"{scratch}/no/such/folder/journal.jsonl", scratch):
                run = TOOL.run(counter(2), target.url, options=["--journal", file])
                self.assertEqual(run.code, 2, str(run))
                self.assertRegex(run.err, f"--journal {file}: cannot be written: ")
            same = TOOL.start(SCENARIOS / "attack.yaml", target.url, options=["--json", "/dev/null", "--journal", "/dev/null"])
            same.communicate(timeout=30)
            self.assertEqual(same.returncode, 2)
            self.assertEqual(target.requests, [])

    def test_a_full_disk(self):
        with fakes.Shop() as target:
            run = TOOL.run(counter(2, "attempts: 60, budget: 10m, seed: 1"), target.url, options=["--journal", "/dev/full"])
        self.assertEqual(run.code, 70, str(run))
        self.assertRegex(run.err, r"/dev/full: cannot write the journal: .*; it ends after line 0")
        self.assertEqual(run.verdict, "clean")
        self.assertIn("CLEAN", run.out)

    def test_a_disk_that_fills_up_leaves_whole_lines(self):
        def few_bytes():
            resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))

        with tempfile.TemporaryDirectory() as scratch, fakes.Shop() as target:
            scenario, file = pathlib.Path(scratch, "scenario.yaml"), pathlib.Path(scratch, "journal.jsonl")
            scenario.write_text(counter(2, "attempts: 60, budget: 10m, seed: 1"))
            file.write_text("of another run\n")
            # Python ignores SIGXFSZ, and hands that on.
            process = TOOL.start(scenario, target.url, options=["--journal", str(file)], preexec_fn=few_bytes,
                                 restore_signals=False)
            _, err = process.communicate(timeout=60 * TOOL.patience)
            self.assertEqual(process.returncode, 70, err)
            lines = file.read_text().splitlines()
            self.assertEqual([json.loads(line)["kind"] for line in lines[:2]], ["begin", "serial"])
            for line in lines:
                json.loads(line)
            self.assertIn(f"it ends after line {len(lines)}", err)

    def test_what_was_heard_is_there_whatever_comes(self):
        with tempfile.TemporaryDirectory() as scratch, fakes.Shop() as target:
            scenario, file = pathlib.Path(scratch, "scenario.yaml"), pathlib.Path(scratch, "journal.jsonl")
            scenario.write_text(counter(2, "attempts: 5000, budget: 10m, seed: 1"))
            process = TOOL.start(scenario, target.url, options=["--journal", str(file)])
            self.addCleanup(process.kill)
            limit = time.monotonic() + 60 * TOOL.patience
            while '"kind":"attempt"' not in (file.read_text() if file.exists() else "") and process.poll() is None:
                self.assertLess(time.monotonic(), limit, "no attempt in the journal")
                time.sleep(0.02)
            process.kill()
            process.communicate(timeout=30)
            lines = file.read_text().splitlines()
            for line in lines[:-1]:  # the last may have been on its way
                json.loads(line)
            self.assertGreater(len(lines), 3)


def main():
    global TOOL, ORDERS, SANITIZED
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", required=True)
    parser.add_argument("--orders", required=True)
    parser.add_argument("--sanitized", action="store_true", help="slow programs: fewer seeds, no look at memory")
    arguments, rest = parser.parse_known_args()
    SANITIZED = arguments.sanitized
    TOOL = Tool(arguments.deadheat, patience=4 if SANITIZED else 1)
    ORDERS = arguments.orders
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
