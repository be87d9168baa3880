#!/usr/bin/env python3
"""bench/arrival counts and writes as its document says: on rounds made by hand."""
import json
import pathlib
import sys
import tempfile
import unittest
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "bench"))
from arrivals import pages, ways  # noqa: E402


def rounds(*spreads_us, claims_us=None, late_us=5):
    """As ways.play has them: the server sees all of it `late_us` after it arrived."""
    claims = claims_us or [None] * len(spreads_us)
    return [(us * 1000, us * 1000, claim and claim * 1000, [late_us * 1000] * 2) for us, claim in zip(spreads_us, claims)]


class Counting(unittest.TestCase):
    def test_percentiles_are_values_that_were_seen(self):
        for values, share, expected in (([3, 1, 2], 0.5, 2), ([1, 2, 3, 4], 0.5, 2), (range(1, 201), 0.99, 198), ([7], 0.99, 7), ([], 0.5, None)):
            self.assertEqual(ways.percentile(values, share), expected)

    def test_a_summary(self):
        result = ways.summary(rounds(10, 20, 30, 40), 5)
        self.assertEqual((result["rounds"], result["whole"], result["p50_us"], result["p99_us"]), (5, 4, 20, 40))
        self.assertEqual((result["late_p50_us"], result["seen_p50_us"]), (5, 20))
        self.assertNotIn("claimed", result)

    def test_what_the_tool_says_is_compared_round_by_round(self):
        claimed = ways.summary(rounds(12, 22, 33, claims_us=[10, 20, 30]), 3)["claimed"]
        self.assertEqual((claimed["p50_us"], claimed["off_p10_us"], claimed["off_p50_us"], claimed["off_p90_us"]), (20, 2, 2, 3))
        self.assertGreater(claimed["correlation"], 0.99)
        self.assertIsNone(ways.correlation([(0, 1), (0, 2)]))

    def test_claims_are_read_from_a_journal(self):
        def line(kind, number, *released):
            return {"kind": kind, "answers": [{"steps": [{"request": f"POST /rounds/{number}/go", "released_ns": at}]} for at in released]}

        with tempfile.TemporaryDirectory() as folder:
            journal = pathlib.Path(folder, "journal")
            lines = [{"kind": "begin"}, line("serial", 1, 5, 9), line("attempt", 2, 100, 130, 110), {"kind": "attempt", "failure": "lost"}]
            journal.write_text("".join(json.dumps(each) + "\n" for each in lines))
            self.assertEqual(ways.attempts_of(journal), {2: 30})


class Pages(unittest.TestCase):
    def setUp(self):
        spread = {way.name: ways.summary(rounds(10 + i, 20 + i, claims_us=[9, 19] if way.kind == "deadheat" else None), 2)
                  for i, way in enumerate(ways.WAYS)}
        rate = {"median": 100.0, "each": [90.0, 110.0]}
        self.values = {"measured": {"command": "bench/arrival", "date": "2026-01-01", "machine": "a <machine>", "tool": "deadheat 1", "minutes": 2},
                       "spread": {"2": spread, "20": spread, "100": {"threads": spread["threads"]}},
                       "attempts": {who: {**rate, "median": 100.0 * (i + 1)} for i, who in enumerate(pages.RATES)}}

    def test_every_part_is_written_between_its_marks_and_nothing_else(self):
        empty = "\n".join(f"<!-- arrival: {part}, generated -->\nold\n<!-- end of arrival -->\nkept" for part in pages.PARTS)
        once = pages.with_parts(empty, self.values)
        self.assertEqual(once.count("\nkept"), len(pages.PARTS))
        self.assertNotIn("old", once)
        self.assertEqual(pages.with_parts(once, self.values), once)
        for way in ways.WAYS:
            self.assertIn(way.title, once)

    def test_attempts_that_were_measured_later_say_so(self):
        self.assertNotIn("2026-02-02", pages.attempts(self.values))
        later = {**self.values["measured"], "command": "bench/arrival --only attempts --merge", "date": "2026-02-02"}
        self.assertIn("`bench/arrival --only attempts --merge` on 2026-02-02", pages.attempts({**self.values, "attempts_measured": later}))

    def test_ratios(self):
        self.assertEqual(pages.to(self.values, "20", "threads", "threads"), 1)
        self.assertIsNone(pages.to(self.values, "100", "curl", "threads"))
        self.assertIn("| 4.00 |", pages.attempts(self.values))

    def test_the_picture_is_well_formed(self):
        xml.dom.minidom.parseString(pages.svg(self.values))
        self.assertIn("a &lt;machine&gt;", pages.svg(self.values))

    def test_the_text(self):
        self.assertIn("at most 0.5 is wanted", pages.text(self.values))


if __name__ == "__main__":
    unittest.main()
