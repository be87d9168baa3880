#!/usr/bin/env python3
"""bench/strategies and bench/scale count and write as their documents say: on numbers made by hand."""
import pathlib
import re
import sys
import unittest
import xml.dom.minidom

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "bench"), str(ROOT / "test/e2e")]
import measured  # noqa: E402
from contention import cells  # noqa: E402
from contention import pages as strategies  # noqa: E402
from growth import pages as scale  # noqa: E402

RECORD = {"command": "bench/x", "date": "2026-01-01", "machine": "a <machine>", "tool": "orders 1", "minutes": 2}


def sample(rate, answers=100, conflicts=0, given_up=0, p99_us=400):
    return cells.Sample(rate=rate, p50_us=200, p99_us=p99_us, answers=answers, conflicts=conflicts, given_up=given_up, failed=0)


class Strategies(unittest.TestCase):
    def setUp(self):
        self.values = {"measured": RECORD, "cells": {cell.key(): cells.summary([sample(1000 + i)]) for i, cell in enumerate(cells.CELLS)}}

    def test_a_retry_is_a_conflict_that_was_not_the_last(self):
        summary = cells.summary([sample(10, conflicts=30, given_up=10), sample(30, answers=300, conflicts=10), sample(20)])
        self.assertEqual((summary["rate"], summary["least"], summary["most"]), (20, 10, 30))
        self.assertEqual((summary["conflicts"], summary["retries"], summary["given_up"]), (8, 6, 2))

    def test_the_verdicts_are_those_that_are_tested(self):
        text = (ROOT / "test/e2e/v2_test.py").read_text()
        table = re.search(r"STRATEGIES = \{(.*?)\}\n\s*ON_POSTGRES = \{(.*?)\}\n", text, re.DOTALL)
        on_sqlite, on_postgres = (dict(re.findall(r'"([\w-]+)": \("(\w+)"', part)) for part in table.groups())
        self.assertEqual(set(on_sqlite), set(cells.STRATEGIES))
        for database, tested in (("SQLite", on_sqlite), ("PostgreSQL", {**on_sqlite, **on_postgres})):
            self.assertEqual({strategy: strategies.verdict(database, strategy) for strategy in cells.STRATEGIES}, tested)

    def test_all_strategies_are_there(self):
        source = (ROOT / "src/orders/strategy/strategies.cpp").read_text()
        self.assertEqual(re.findall(r'\{"([\w-]+)", change_', source), cells.STRATEGIES)

    def test_every_part_is_written_between_its_marks_and_nothing_else(self):
        empty = "\n".join(f"<!-- strategies: {part}, generated -->\nold\n<!-- end of strategies -->\nkept" for part in strategies.PARTS)
        once = measured.with_parts(empty, "strategies", strategies.PARTS, self.values)
        self.assertEqual(once.count("\nkept"), len(strategies.PARTS))
        self.assertNotIn("old", once)
        self.assertEqual(measured.with_parts(once, "strategies", strategies.PARTS, self.values), once)

    def test_the_picture_is_well_formed_and_names_every_line(self):
        picture = strategies.svg(self.values)
        xml.dom.minidom.parseString(picture)
        self.assertIn("a &lt;machine&gt;", picture)
        panels = len(strategies.MEASURES) * len(cells.DATABASES) * len(cells.ORDERS)
        for strategy in cells.STRATEGIES:
            self.assertEqual(picture.count(f">{strategy}</text>"), panels)

    def test_labels_stand_apart_in_their_order(self):
        places = strategies.apart([50, 51, 10, 99], 12, 0, 100)
        by_place = sorted(places.values())
        self.assertTrue(all(b - a >= 12 for a, b in zip(by_place, by_place[1:])), places)
        self.assertLessEqual(by_place[-1], 100)
        self.assertEqual(sorted(range(4), key=places.get), [2, 0, 1, 3])


class Scale(unittest.TestCase):
    def values(self, us):
        answers = {name: {"1000": 100.0, "1000000": us} for name, _, _, _ in scale.ROWS}
        return {"measured": RECORD, "sizes": [1000, 1_000_000], "answers": {"SQLite": answers, "PostgreSQL": answers}}

    def test_what_an_index_bounds_may_not_grow(self):
        self.assertEqual(list(scale.too_fast(self.values(299.0))), [])
        grown = {name for _, name, _ in scale.too_fast(self.values(301.0))}
        self.assertEqual(grown, {name for name, _, _, linear in scale.ROWS if not linear})

    def test_the_table_has_each_ratio(self):
        self.assertIn("250 µs (2.5)", scale.answers(self.values(250.0)))
        self.assertIn("2.5", scale.text(self.values(250.0)))


if __name__ == "__main__":
    unittest.main()
