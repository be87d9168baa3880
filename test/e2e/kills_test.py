"""Kills `orders`, its PostgreSQL server, and the power of its disk, under eight writers. script/soak does so for long.

    kills_test.py --orders PATH [--power-cut PATH] [unittest arguments]
"""
import argparse
import sys
import unittest

import kills
from writers import Attempt, numbered

OPTIONS = argparse.Namespace(orders=None, power_cut=None)


class Kills(unittest.TestCase):
    def play(self, place, strike, count):
        self.told = []
        with place as fleet:
            return kills.run(fleet, strike, "here", count, self.told.append)

    def expect_nothing_lost(self, trial):
        self.assertEqual(trial.faults, [], "\n".join(self.told))
        self.assertGreaterEqual(trial.acknowledged, trial.rounds * kills.GO_ON)
        self.assertGreaterEqual(len(trial.follower.heard), trial.acknowledged)

    def expect_back_after_each_kill(self, trial):
        """What is killed is what it listens to, and it hears to the end what was written afterwards."""
        self.assertGreaterEqual(trial.follower.came_back, trial.rounds)

    def test_the_service_on_sqlite(self):
        trial = self.play(kills.on_sqlite(OPTIONS.orders), kills.kill_services, 5)
        self.expect_nothing_lost(trial)
        self.expect_back_after_each_kill(trial)

    def test_one_of_two_services_on_postgresql(self):
        trial = self.play(kills.on_postgres(OPTIONS.orders), kills.kill_services, 5)
        self.expect_nothing_lost(trial)
        self.expect_back_after_each_kill(trial)

    def test_postgresql(self):
        self.expect_nothing_lost(self.play(kills.on_postgres(OPTIONS.orders), kills.kill_database, 2))

    def test_the_power_of_sqlites_disk(self):
        self.expect_nothing_lost(self.play(self.with_power_cuts(), kills.kill_services, 5))

    def test_the_near_miss_a_disk_that_does_not_keep_what_is_synced(self):
        trial = self.play(self.with_power_cuts(forgets="-wal"), kills.kill_services, 1)
        self.assertGreater(trial.kinds()["lost"], 0)
        self.assertIn("lost", self.told[0])

    def with_power_cuts(self, forgets=""):
        if not OPTIONS.power_cut:
            self.skipTest("--power-cut")
        return kills.on_sqlite(OPTIONS.orders, OPTIONS.power_cut, forgets)


class Judgement(unittest.TestCase):
    """What is wrong with an order is found."""

    def setUp(self):
        # Created, changed by somebody who was told so, changed by somebody who was not.
        self.attempts = [Attempt(1, 7, 0, "pending", "done"), Attempt(2, 7, 1, "preparing", "done"),
                         Attempt(3, 7, 2, None), Attempt(4, 7, 2, "delivering", "refused")]
        self.history = [{"version": version, "at": f"at {version}", "kind": kind, "from": before, "to": to}
                        for version, kind, before, to in [(1, "created", None, "pending"),
                                                          (2, "changed", "pending", "preparing"),
                                                          (3, "changed", "preparing", "preparing")]]
        self.order = self.as_told(3)
        self.told = {version: self.as_told(version) for version in (1, 2, 3)}

    def as_told(self, version):
        event = self.history[version - 1]
        return {"id": 7, "version": version, "status": event["to"], "updated_at": event["at"], **numbered(version)}

    def kinds(self):
        return {kind for kind, _ in kills.faults_of(self.order, self.history, self.told, self.attempts)}

    def test_nothing_is_wrong(self):
        self.assertEqual(self.kinds(), set())

    def test_an_order_that_is_gone(self):
        self.order = None
        self.assertEqual(self.kinds(), {"lost"})

    def test_a_change_that_is_gone(self):
        del self.history[1:], self.told[3]
        self.order = self.as_told(1)
        self.assertEqual(self.kinds(), {"lost"})

    def test_a_change_of_somebody_else_in_its_place(self):
        self.told[2] = {**self.told[2], "updated_at": "at another time"}
        self.assertEqual(self.kinds(), {"lost"})

    def test_a_change_without_its_event(self):
        del self.history[2]
        self.assertEqual(self.kinds(), {"history", "lost"})

    def test_an_event_without_its_change(self):
        self.order = self.as_told(2)
        del self.told[3]
        self.assertEqual(self.kinds(), {"history"})

    def test_a_history_with_a_gap(self):
        del self.history[1]
        self.assertEqual(self.kinds(), {"history"})

    def test_a_history_that_does_not_begin_with_the_creation(self):
        self.history[0]["kind"] = "changed"
        self.assertEqual(self.kinds(), {"history"})

    def test_a_history_that_is_broken(self):
        self.history[2]["from"] = "pending"
        self.assertIn("history", self.kinds())

    def test_a_change_that_nobody_asked_for(self):
        del self.attempts[2]
        self.assertEqual(self.kinds(), {"half"})

    def test_a_change_that_was_refused(self):
        self.attempts[2].answer = "refused"
        self.assertEqual(self.kinds(), {"half"})

    def test_half_of_a_change(self):
        self.told[3]["menu"] = numbered(2)["menu"]
        self.assertEqual(self.kinds(), {"half"})

    def test_a_change_that_was_made_twice(self):
        self.told[3].update(numbered(2))
        self.attempts[1].version = None
        self.attempts[1].to = None
        self.assertIn("half", self.kinds())


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--power-cut", help="power_cut.so; none: the power stays on")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
