#!/usr/bin/env python3
"""bench/detection judges, counts and writes as its documents say: on journals made by hand, and on programs that only pretend."""
import contextlib
import gzip
import importlib.machinery
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from corpus import judges, pages, plays, tally  # noqa: E402


def line(*told, script="redeem", kind="attempt", **more):
    """A line of a journal: each of `told` is a status, or (status, body), of one copy's only step; None: it stopped before."""
    answers = []
    for i, each in enumerate(told):
        if each is None:
            answers.append({"script": f"{script}[{i}]", "steps": [], "stopped_before": 1})
            continue
        status, body = each if isinstance(each, tuple) else (each, {})
        answers.append({"script": f"{script}[{i}]", "steps": [{"status": status, "size": len(json.dumps(body)), "body": body}]})
    return {"kind": kind, "learning": 1, "heard_ns": 10**9, "by_request": False, "answers": answers, **more}


def flags(family, setting, orders, attempt):
    return judges.judge(orders, [attempt])[family][setting] == 1


class Judges(unittest.TestCase):
    one_wins = [line(200, 409, kind="serial"), line(409, 200, kind="serial")]

    def test_counting(self):
        for setting, attempt, flagged in (
                ("two or more", line(200, 200), True), ("two or more", line(200, 409), False),
                ("more than in any order", line(200, 201), True), ("more than in any order", line(409, 409), False),
                ("more than in any order", line(200, None), False), ("more than in any order", line(302, 200), False),
                ("another number than in every order", line(409, 409), True),
                ("more 2xx answers than in any order, over all steps", line(200, 200), True)):
            with self.subTest(setting=setting, attempt=attempt):
                self.assertEqual(flags("counting", setting, self.one_wins, attempt), flagged)

    def test_counting_by_script(self):
        def two(a, b):
            return {**line(), "answers": line(a, script="cancel")["answers"] + line(b, script="accept")["answers"]}

        orders = [two(200, 409), two(200, 200)]
        self.assertFalse(flags("counting", "more of some script than in any order", orders, two(200, 200)))
        self.assertFalse(flags("counting", "more than in any order", [two(200, 409)], two(409, 200)))
        self.assertTrue(flags("counting", "more of some script than in any order", [two(200, 409)], two(409, 200)))

    def test_comparing_with_a_benchmark(self):
        orders = [line((200, {"left": 1}), (200, {"left": 0}), kind="serial")]
        same = line((200, {"left": 0}), (200, {"left": 1}))
        twice = line((200, {"left": 1}), (200, {"left": 1}))
        longer = line((200, {"left": 10}), (200, {"left": 1}))
        refused = line((200, {"left": 1}), (409, {"left": 1}))
        for feature, attempt, flagged in (("status", same, False), ("status", refused, True), ("status", twice, False),
                                          ("status, body", same, False), ("status, body", twice, True),
                                          ("status, length", twice, False), ("status, length", longer, True),
                                          ("status, words", longer, False)):
            with self.subTest(feature=feature, attempt=attempt):
                self.assertEqual(flags("comparing", f"{feature}: as in no order", orders, attempt), flagged)

    def test_comparing_what_succeeded(self):
        setting = "status, body: 2xx answers of no order, whoever was refused"
        orders = [line((200, {"left": 1}), (200, {"left": 0}), kind="serial")]
        for attempt, flagged in ((line((200, {"left": 1}), 409), False), (line(409, 409), False),
                                 (line((200, {"left": 1}), (200, {"left": 1})), True), (line((201, {"left": 1}), 409), True)):
            with self.subTest(attempt=attempt):
                self.assertEqual(flags("comparing", setting, orders, attempt), flagged)

    def test_comparing_equal_requests(self):
        setting = "status, body: equal requests, unequal answers"
        self.assertFalse(flags("comparing", setting, self.one_wins, line((200, "a"), (200, "a"))))
        self.assertTrue(flags("comparing", setting, self.one_wins, line((200, "a"), (200, "b"))))

    def test_only_whole_orders_of_the_last_learning_are_a_benchmark(self):
        lines = [{"kind": "begin"}, line(200, 200, kind="serial"), line(200, 409, kind="serial", learning=2),
                 line(200, 200, kind="fresh", learning=2, by_request=True), line(200, kind="fresh", learning=2),
                 line(200, 200), line(200, 409, learning=2, heard_ns=1_500_000_000), {"kind": "attempt", "learning": 2, "failure": "gone"}]
        with tempfile.TemporaryDirectory() as scratch:
            path = pathlib.Path(scratch, "journal.jsonl.gz")
            with gzip.open(path, "wt") as file:
                file.writelines(json.dumps(each) + "\n" for each in lines)
            self.assertEqual(judges.read(path), ([lines[2]], [lines[6]], 1.5))

    def test_nothing_raced_flags_nothing(self):
        self.assertEqual(sum(sum(settings.values()) for settings in judges.judge(self.one_wins, []).values()), 0)


ITEMS = [{"name": "coupon", "title": "Coupon | five", "kind": "pattern", "forms": ["faulty", "cured"],
          "expect": {"faulty": ["race"], "cured": ["clean"]}},
         {"name": "odd", "title": "Odd, and correct", "kind": "control", "forms": ["control"], "expect": {"control": ["clean", "broken"]}}]


def outcomes(verdicts):
    """(play, outcome) pairs: {(name, form): verdicts of seeds 1, 2, ...}; every other way of judging flags what is a race."""
    made = []
    for item in ITEMS:
        for form in item["forms"]:
            for seed, verdict in enumerate(verdicts.get((item["name"], form), ()), 1):
                play = plays.Play(item["name"], item["kind"], form, seed, tuple(item["expect"][form]), (), pathlib.Path("x"))
                flagged = {family: dict.fromkeys(settings, verdict == "race") for family, settings in judges.FAMILIES.items()}
                made.append((play, {"verdict": verdict, "kind": "limit exceeded", "proven_at": seed if verdict == "race" else None,
                                    "proof_s": 1.2, "duration_s": 1.5, "attempts": 60, "counted": 59, "flagged": flagged, "why": "because | of it"}))
    return made


MEASURED = {"command": "bench/detection", "date": "2026-01-01", "machine": "a machine", "tool": "deadheat", "seeds": 2, "minutes": 1}


def results(**verdicts):
    faulty, cured, control = (verdicts.get(form, ["race", "race"] if form == "faulty" else ["clean", "clean"])
                              for form in ("faulty", "cured", "control"))
    return tally.results(ITEMS, outcomes({("coupon", "faulty"): faulty, ("coupon", "cured"): cured, ("odd", "control"): control}), MEASURED)


class Tally(unittest.TestCase):
    def test_bounds(self):
        # 0 of 600 and 59 of 59 as in doc/verdicts.md: 1 - 0.05^(1/n).
        self.assertAlmostEqual(tally.at_most(0, 600), 1 - 0.05 ** (1 / 600), 9)
        self.assertAlmostEqual(tally.at_least(59, 59), 0.05 ** (1 / 59), 9)
        # 1 of 10: P(X <= 1) = 5 % at 0.3942 (tables of the exact binomial).
        self.assertAlmostEqual(tally.at_most(1, 10), 0.3942, 4)
        self.assertEqual((tally.at_most(10, 10), tally.at_least(0, 10)), (1.0, 0.0))

    def test_what_is_a_false_alarm(self):
        totals = tally.Totals(results(faulty=["race", "clean"], cured=["clean", "race"], control=["broken", "inconclusive"]))
        self.assertEqual((totals.found, totals.of_faulty), (1, 2))
        self.assertEqual((totals.false_alarms, totals.of_quiet, totals.undecided), (1, 4, 1))

    def test_the_best_setting_finds_most_and_flags_least(self):
        settings = {"all": {"found": 10, "of_faulty": 10, "false_alarms": 20, "of_quiet": 20},
                    "some": {"found": 6, "of_faulty": 10, "false_alarms": 0, "of_quiet": 20},
                    "none": {"found": 0, "of_faulty": 10, "false_alarms": 0, "of_quiet": 20}}
        self.assertEqual(tally.best(settings), "some")

    def test_what_came_out_otherwise_is_listed_with_its_reason(self):
        values = results(faulty=["race", "inconclusive"])
        self.assertEqual(values["unexpected"], [{"run": "coupon.faulty.2", "verdict": "inconclusive", "expected": ["race"],
                                                 "why": "because | of it"}])
        self.assertIn("| coupon.faulty.2 | inconclusive | race | because \\| of it |", pages.tables(values))


class Pages(unittest.TestCase):
    def test_only_what_is_between_the_markers_is_written(self):
        values = results()
        text = "before\n<!-- detection: summary, by bench/detection -->\nold\n<!-- end of detection -->\nafter\n"
        written = pages.with_parts(text, values)
        self.assertTrue(written.startswith("before\n<!-- detection: summary, by bench/detection -->\n| judged by |"))
        self.assertTrue(written.endswith("\n<!-- end of detection -->\nafter\n"))
        self.assertNotIn("old", written)
        self.assertEqual(pages.with_parts(written, values), written)
        self.assertNotEqual(pages.with_parts(written, results(faulty=["race", "clean"])), written)

    def test_every_row_has_every_column(self):
        for page in (pages.summary(results()), pages.tables(results(faulty=["clean", "clean"]))):
            width = None
            for row in page.splitlines():
                if not row.startswith("|"):
                    width = None
                    continue
                columns = row.replace("\\|", "").count("|")
                self.assertEqual(columns, width or columns, row)
                width = columns

    def test_the_picture_is_well_formed(self):
        self.assertEqual(xml.dom.minidom.parseString(pages.svg(results())).documentElement.tagName, "svg")


LAB = """#!/usr/bin/env python3
import json, signal, sys
if sys.argv[1] == "list":
    print(json.dumps({items}))
else:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("listening on http://127.0.0.1:1", flush=True)
    signal.pause()
"""
DEADHEAT = """#!/usr/bin/env python3
import json, os, sys
option = dict(zip(sys.argv[3::2], sys.argv[4::2]))
assert os.environ["BASE_URL"] == "http://127.0.0.1:1"
open({log!r}, "a").write(os.environ["FORM"] + option["--seed"] + "\\n")
race = os.environ["FORM"] == "faulty"
tried = dict(attempts=2, counted=2, explained=2)
findings = [dict(kind="limit_exceeded", proven_at=2, why={{"is": "more_succeeded"}})] if race else []
json.dump(dict(verdict="race" if race else "clean", tool="deadheat 0", duration_s=1, tried=tried, findings=findings, reasons=[]),
          open(option["--json"], "w"))
open(option["--journal"], "w").write("".join(json.dumps(l) + "\\n" for l in {lines}))
"""


class Bench(unittest.TestCase):
    """The whole of it, with a lab and a deadheat that only pretend."""

    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = pathlib.Path(scratch.name)
        for item in ITEMS:
            file = self.folder / "corpus" / {"pattern": "scenarios", "control": "controls"}[item["kind"]] / f"{item['name']}.yaml"
            file.parent.mkdir(parents=True)
            file.write_text("version: 1\n")
        self.log = self.folder / "log"
        for name, text in (("lab", LAB.format(items=json.dumps(ITEMS))),
                           ("deadheat", DEADHEAT.format(log=str(self.log), lines=[line(200, 409, kind="serial"), line(200, 200)]))):
            program = self.folder / "bin" / name
            program.parent.mkdir(exist_ok=True)
            program.write_text(text)
            program.chmod(0o755)

    def bench(self, *arguments):
        result = subprocess.run([sys.executable, "-B", ROOT / "bench/detection", "--bin", self.folder / "bin", "--corpus",
                                 self.folder / "corpus", "--folder", self.folder / "runs", "--json", self.folder / "results.json",
                                 *arguments], capture_output=True, text=True, timeout=120)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        return json.loads((self.folder / "results.json").read_text())

    def played(self):
        return self.log.read_text().split() if self.log.exists() else []

    def test_a_play_is_made_once_and_again_if_the_scenario_changed(self):
        self.bench("--seeds", "1")
        self.assertEqual(sorted(self.played()), ["control1", "cured1", "faulty1"])
        values = self.bench("--seeds", "2")
        self.assertEqual(sorted(self.played()), ["control1", "control2", "cured1", "cured2", "faulty1", "faulty2"])
        self.assertEqual(values["items"][0]["forms"]["faulty"]["proven_at"], [2, 2])
        self.assertEqual(values["items"][0]["forms"]["cured"]["verdicts"], {"clean": 2})
        # Two were told 200 where an order tells one: found in both faulty runs, and in all the others as well.
        self.assertEqual(values["settings"]["counting"]["more than in any order"],
                         {"found": 2, "of_faulty": 2, "false_alarms": 4, "of_quiet": 4})
        (self.folder / "corpus/scenarios/coupon.yaml").write_text("version: 1 # another\n")
        self.bench("--seeds", "2", "--only", "coupon", "--form", "cured")
        self.assertEqual(sorted(self.played()[6:]), ["cured1", "cured2"])

    def test_the_documents_say_what_the_results_say(self):
        loader = importlib.machinery.SourceFileLoader("detection", str(ROOT / "bench/detection"))
        spec = importlib.util.spec_from_loader("detection", loader)
        detection = importlib.util.module_from_spec(spec)
        loader.exec_module(detection)
        detection.ROOT = self.folder
        detection.RESULTS, detection.PICTURE = self.folder / "r.json", self.folder / "p.svg"
        detection.DOCUMENTS = [self.folder / "d.md"]
        detection.DOCUMENTS[0].write_text("<!-- detection: tables -->\n<!-- end of detection -->\n")
        values = results()
        with contextlib.redirect_stdout(None):
            self.assertEqual(detection.check(values), 1)
        detection.write_documents(values)
        self.assertEqual(detection.check(values), 0)
        with contextlib.redirect_stdout(None):
            self.assertEqual(detection.check(results(faulty=["race", "clean"])), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
