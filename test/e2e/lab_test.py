"""`deadheat` against the corpus (test/lab, doc/corpus.md), and what is written about the corpus.

    lab_test.py --deadheat BINARY --lab BINARY [--sanitized] [unittest's arguments, such as Corpus]

Corpus is a handful; bench/ measures all of it over many seeds.
"""
import argparse
import pathlib
import subprocess
import sys
import tempfile
import unittest

import servers
from tool import Tool

LAB = pathlib.Path(__file__).resolve().parents[1] / "lab"
sys.path.insert(0, str(LAB))
import pages  # noqa: E402

TOOL = None  # set by main
BINARY = None


def scenario(entry):
    return LAB / {"pattern": "scenarios", "control": "controls"}[entry["kind"]] / f"{entry['name']}.yaml"


class Corpus(unittest.TestCase):
    """Verdicts. What contention brings forth depends on the machine, so a race has three seeds to show itself; a false
    alarm has none to hide in."""

    def play(self, name, forms):
        entry = next(e for e in pages.entries(BINARY) if e["name"] == name)
        with servers.start_lab(BINARY, *entry["server"].split()) as (_, url):
            for form in forms:
                wanted = entry["expect"][form]
                for seed in (1, 2, 3):
                    run = TOOL.run(scenario(entry), url, options=["--seed", seed], env={"FORM": form})
                    if run.verdict in wanted or wanted != ["race"]:
                        break
                with self.subTest(form=form, seed=seed):
                    self.assertIn(run.verdict, wanted, str(run))

    def test_lost_update_across_requests(self):
        self.play("put-document", ["faulty", "cured", "refusing"])

    def test_double_spend(self):
        self.play("transfer", ["faulty", "cured", "refusing"])

    def test_error_under_contention(self):
        self.play("sign-up-error", ["faulty", "cured", "refusing"])

    def test_random_ids_times_and_tokens(self):
        self.play("tokens", ["control"])

    def test_flips_by_itself(self):
        self.play("flips-30", ["control"])

    def test_missing_check(self):
        self.play("missing-check", ["control"])


class Pages(unittest.TestCase):
    """What there is, what is listed, and what is written."""

    def test_every_entry_has_a_scenario_and_every_scenario_an_entry(self):
        listed = sorted(scenario(entry) for entry in pages.entries(BINARY))
        self.assertEqual(listed, sorted([*LAB.glob("scenarios/*.yaml"), *LAB.glob("controls/*.yaml")]))

    def test_expectations(self):
        for entry in pages.entries(BINARY):
            with self.subTest(entry["name"]):
                self.assertEqual(sorted(entry["forms"]), sorted(entry["expect"]))
                if entry["kind"] == "pattern":
                    self.assertEqual(entry["expect"], {"faulty": ["race"], "cured": ["clean"], "refusing": ["clean"]})
                    for key in ("title", "cwe", "window", "cure", "refusal"):
                        self.assertTrue(entry[key], key)
                else:
                    self.assertNotIn("race", entry["expect"]["control"])

    def test_the_page_is_what_the_list_says(self):
        result = subprocess.run([sys.executable, LAB / "pages.py", "--lab", BINARY, "--check"], capture_output=True, text=True)
        self.assertEqual(result.returncode, 0, result.stderr)

    def test_no_trace_is_left(self):
        with tempfile.TemporaryDirectory() as folder:
            with servers.start_lab(BINARY, TMPDIR=folder):
                self.assertNotEqual(list(pathlib.Path(folder).iterdir()), [])
            self.assertEqual(list(pathlib.Path(folder).iterdir()), [])


def main():
    global TOOL, BINARY
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", required=True)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--sanitized", action="store_true", help="slow programs: more patience")
    arguments, rest = parser.parse_known_args()
    TOOL = Tool(arguments.deadheat, patience=4 if arguments.sanitized else 1)
    BINARY = arguments.lab
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
