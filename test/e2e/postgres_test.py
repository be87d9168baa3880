"""End-to-end tests of `orders` on PostgreSQL, on a server of their own.

    postgres_test.py --orders PATH [--sanitized] [unittest arguments]
"""
import argparse
import socket
import subprocess
import sys
import threading
import unittest

import requests

from postgres import start_postgres
from servers import clean_environment, load_orders, start_orders
from writers import ORDER

OPTIONS = argparse.Namespace(orders=None, sanitized=False)
PATIENCE_S = 60  # until a test gives up; never a measure of speed


def change(server, order, to):
    return requests.put(f"{server.url}/api/v2/orders/{order}/", json={"status": to}, timeout=PATIENCE_S)


def create(server):
    answer = requests.post(f"{server.url}/api/v2/orders/", json=ORDER, timeout=PATIENCE_S)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def run_orders(*arguments, **env):
    return subprocess.run([OPTIONS.orders, *arguments], env=clean_environment(**env), capture_output=True, text=True,
                          timeout=PATIENCE_S, check=False)


class Postgres(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        cls.running = start_postgres(port=port)
        cls.server = cls.running.__enter__()
        cls.databases = 0

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    def setUp(self):
        type(self).databases += 1
        self.name = f"orders_{self.databases}"
        self.server.execute(f"CREATE DATABASE {self.name}")
        self.url = self.server.url(self.name)

    def start(self, **env):
        return start_orders(OPTIONS.orders, database=self.url, **env)

    def test_the_longest_gap_of_the_lab_is_possible(self):
        with self.start() as server:
            told = {}

            def change_slowly(strategy):
                path = f"{server.url}/lab/{strategy}/orders/{create(server)}/?gap=10s"
                told[strategy] = requests.patch(path, json={"status": "preparing"}, timeout=PATIENCE_S).status_code

            strategies = ["transaction", "lock", "serializable"]
            changers = [threading.Thread(target=change_slowly, args=(strategy,)) for strategy in strategies]
            for changer in changers:
                changer.start()
            for changer in changers:
                changer.join(PATIENCE_S)
            self.assertEqual(told, dict.fromkeys(strategies, 200))

    def test_of_many_exactly_one_wins_across_two_processes(self):
        with self.start() as one, self.start() as other:
            for _ in range(10):
                order = create(one)
                asked = ["cancelled", "preparing"] * 8
                answers = [None] * len(asked)
                barrier = threading.Barrier(len(asked))

                def ask(place, server, to, order=order, answers=answers, barrier=barrier):
                    barrier.wait(PATIENCE_S)
                    answers[place] = change(server, order, to)

                threads = [threading.Thread(target=ask, args=(place, (one, other)[place // 2 % 2], to))
                           for place, to in enumerate(asked)]
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
                won = [to for to, answer in zip(asked, answers) if answer.status_code == 200]
                self.assertEqual(len(won), 1, won)
                self.assertEqual({answer.status_code for answer in answers}, {200, 409})
                for server in (one, other):
                    after = requests.get(f"{server.url}/api/v2/orders/{order}/", timeout=PATIENCE_S).json()
                    self.assertEqual((after["status"], after["version"]), (won[0], 2), "no process has a stale one")

    def test_a_stop_does_not_wait_for_idle_connections(self):
        with self.start() as service:
            create(service)
            self.assertEqual(service.stop(), 0)

    def test_a_host_may_have_a_name(self):
        address = f"postgres://orders@localhost:{self.server.port}/{self.name}"
        with start_orders(OPTIONS.orders, database=address) as service:
            self.assertEqual(change(service, create(service), "preparing").status_code, 200)

    def test_a_database_that_is_not_there_is_told_without_its_password(self):
        for address, told in [("postgres://me:s3cret@127.0.0.1:1/o", "cannot reach postgres://***@127.0.0.1:1/o"),
                              (self.server.url("nowhere"), '"nowhere" does not exist')]:
            ran = run_orders("serve", "--port", "0", DATABASE_URL=address)
            self.assertEqual(ran.returncode, 1)
            self.assertIn(told, ran.stderr)
            self.assertNotIn("s3cret", ran.stderr + ran.stdout)

    def test_an_old_database_is_migrated_on_request_only(self):
        load_orders(OPTIONS.orders, self.url)
        self.server.execute("DROP TABLE events, idempotency_keys; DELETE FROM schema_version WHERE version > 1;"
                            "DROP INDEX orders_by_status, orders_by_customer, orders_by_restaurant, orders_by_price,"
                            "  orders_by_creation, orders_by_update, orders_by_status_and_creation,"
                            "  orders_by_restaurant_and_creation", self.name)
        ran = run_orders("serve", "--port", "0", "--database", self.url)
        self.assertEqual(ran.returncode, 1)
        self.assertIn("run `orders migrate`", ran.stderr)
        ran = run_orders("migrate", "--database", self.url)
        self.assertEqual(ran.returncode, 0, ran.stderr)
        self.assertRegex(ran.stdout, r"schema version \d+, was 1\b")
        self.assertIn("nothing to do", run_orders("migrate", "--database", self.url).stdout)
        with self.start() as service:
            self.assertEqual(change(service, 8, "preparing").status_code, 200)
        self.assertEqual(self.server.execute("SELECT from_status, to_status FROM events", self.name), "pending|preparing")

    def test_what_postgresql_cannot_keep_is_refused(self):
        with self.start() as service:
            order = create(service)
            answer = requests.put(f"{service.url}/api/v1/orders/{order}/", json={"status": "a\0b"}, timeout=PATIENCE_S)
            self.assertEqual(answer.status_code, 400, answer.text)
            self.assertEqual(requests.get(f"{service.url}/api/v1/orders/{order}/", timeout=PATIENCE_S).json()["status"],
                             "pending")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--sanitized", action="store_true", help="it was built with sanitizers")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
