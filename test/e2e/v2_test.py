"""End-to-end tests of the API that one should have, and of the lab: what many clients at once see.

    v2_test.py --orders PATH [--deadheat PATH] [--postgres] [--sanitized] [unittest arguments]
"""
import argparse
import concurrent.futures
import contextlib
import itertools
import os
import pathlib
import re
import sqlite3
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

import requests

from listener import Listener
from postgres import start_postgres
from servers import start_orders
from together import PATIENCE_S, together
from tool import Tool

OPTIONS = argparse.Namespace(orders=None, deadheat=None, postgres=False, sanitized=False)
CLUSTER = None  # with --postgres: the server that all databases are on
NUMBERS = itertools.count(1)
DOCUMENT = pathlib.Path(__file__).resolve().parents[2] / "doc/orders.md"

# What `deadheat` says of each strategy of the lab.
STRATEGIES = {"naive": ("race", "check_then_act_across_requests"), "check-then-act": ("race", "check_then_act"),
              "transaction": ("clean", None), "lock": ("clean", None), "version": ("clean", None),
              "conditional": ("clean", None), "serializable": ("clean", None)}
ON_POSTGRES = {"transaction": ("race", "check_then_act")}

ORDER = {"customer_name": "김고객", "restaurant_name": "맛나분식", "menu": "떡볶이", "quantity": 2,
         "total_price": 18000, "delivery_address": "서울시 마포구 1-2"}


@contextlib.contextmanager
def a_database():
    """An empty one: a URL on the cluster, or the path of a file."""
    if CLUSTER:
        name = f"v2_{next(NUMBERS)}"
        CLUSTER.execute(f"CREATE DATABASE {name}")
        yield CLUSTER.url(name)
        return
    with tempfile.TemporaryDirectory() as folder:
        yield os.path.join(folder, "orders.sqlite3")


@contextlib.contextmanager
def start(database=None, **env):
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(start_orders(OPTIONS.orders, "0", database or stack.enter_context(a_database()), **env))


def create(server, prefix="/api/v2/", **fields):
    answer = requests.post(f"{server.url}{prefix}orders/", json={**ORDER, **fields})
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


class TwoProcesses(unittest.TestCase):
    """Two services on one database."""

    @classmethod
    def setUpClass(cls):
        cls.running = contextlib.ExitStack()
        cls.database = cls.running.enter_context(a_database())
        cls.servers = [cls.running.enter_context(start(cls.database)) for _ in range(2)]
        cls.one, cls.other = cls.servers

    @classmethod
    def tearDownClass(cls):
        cls.running.close()


class Preconditions(TwoProcesses):
    def test_of_many_who_saw_the_same_version_one_changes_it(self):
        for change in ({"menu": "라면"}, {"status": "cancelled"}):
            for _ in range(5):
                order = create(self.one)
                seen = requests.get(self.one.url + order).headers["ETag"]
                answers = together(*[
                    lambda server=server: requests.patch(server.url + order, json=change, headers={"If-Match": seen})
                    for server in self.servers * 8])
                self.assertEqual(sorted(answer.status_code for answer in answers), [200] + [412] * 15)
                after = requests.get(self.other.url + order)
                self.assertEqual(after.json()["version"], 2)
                for answer in answers:
                    self.assertEqual(answer.headers["ETag"], after.headers["ETag"])

    def test_who_reads_changes_and_tries_again_loses_no_update(self):
        order = create(self.one, quantity=1)

        def add_one(server):
            while True:
                read = requests.get(server.url + order)
                answer = requests.put(server.url + order, headers={"If-Match": read.headers["ETag"]},
                                      json={**read.json(), "quantity": read.json()["quantity"] + 1})
                if answer.status_code == 200:
                    return
                self.assertEqual(answer.status_code, 412, answer.text)

        together(*[lambda server=server: add_one(server) for server in self.servers * 5])
        self.assertEqual(requests.get(self.one.url + order).json()["quantity"], 11)

    def test_a_deletion_and_a_change_of_the_same_version_are_not_both_done(self):
        for _ in range(10):
            order = create(self.one)
            headers = {"If-Match": '"1"'}
            deleted, changed = together(
                lambda: requests.delete(self.one.url + order, headers=headers),
                lambda: requests.patch(self.other.url + order, headers=headers, json={"menu": "라면"}))
            self.assertIn((deleted.status_code, changed.status_code), [(204, 404), (412, 200)])

    def test_a_client_need_not_read_again_what_it_has(self):
        order = create(self.one)
        with requests.Session() as session:
            first = session.get(self.one.url + order)
            same = session.get(self.one.url + order, headers={"If-None-Match": first.headers["ETag"]})
            self.assertEqual((same.status_code, same.content), (304, b""))
            self.assertNotIn("Content-Length", same.headers)
            requests.patch(self.other.url + order, json={"menu": "라면"})
            news = session.get(self.one.url + order, headers={"If-None-Match": first.headers["ETag"]})
            self.assertEqual((news.status_code, news.json()["menu"]), (200, "라면"))

    def test_if_match_can_be_required(self):
        with start(REQUIRE_IF_MATCH="on") as server:
            order = create(server)
            for answer in (requests.patch(server.url + order, json={"menu": "x"}), requests.delete(server.url + order)):
                self.assertEqual((answer.status_code, answer.json()["code"]), (428, "precondition_required"))
            v1 = order.replace("v2", "v1")
            self.assertEqual(requests.put(server.url + v1, json={"status": "cancelled"}).status_code, 200)


class Idempotency(TwoProcesses):
    def post(self, server, key, **fields):
        return requests.post(f"{server.url}/api/v2/orders/", json={**ORDER, **fields}, headers={"Idempotency-Key": key})

    def test_twenty_at_once_with_one_key_create_one_order(self):
        for n in range(100):
            restaurant = f"once {n}"
            answers = together(*[lambda server=server: self.post(server, f"key-{n}", restaurant_name=restaurant)
                                 for server in self.servers * 10])
            # A 409 says that the first is on its way still, and to try again.
            self.assertLessEqual({answer.status_code for answer in answers}, {201, 409})
            created = [answer for answer in answers if answer.status_code == 201]
            self.assertGreaterEqual(len(created), 1)
            self.assertEqual(len({(each.text, each.headers["Location"], each.headers["ETag"]) for each in created}), 1)
            self.assertEqual(len([each for each in created if "Idempotent-Replayed" not in each.headers]), 1)
            for answer in answers:
                if answer.status_code == 409:
                    self.assertEqual((answer.json()["code"], answer.headers["Retry-After"]), ("request_in_progress", "1"))
            listed = requests.get(f"{self.one.url}/api/v2/orders/", params={"restaurant_name": restaurant}).json()
            self.assertEqual(len(listed), 1)

    def test_a_repeat_while_the_first_request_is_running(self):
        with concurrent.futures.ThreadPoolExecutor() as pool, self.changes_held_up("held") as first_waits:
            first = pool.submit(self.post, self.one, "held")
            if CLUSTER:  # the repeat is told so
                first_waits()
                repeat = self.post(self.other, "held")
                self.assertEqual((repeat.status_code, repeat.json()["code"]), (409, "request_in_progress"))
                self.assertEqual(repeat.headers["Retry-After"], "1")
                self.assertFalse(first.done())
            else:  # where one writes at a time, the repeat waits
                repeat = pool.submit(self.post, self.other, "held")
                self.assertEqual(concurrent.futures.wait([first, repeat], timeout=0.3).done, set())
        answers = [first.result(), self.post(self.other, "held") if CLUSTER else repeat.result()]
        self.assertEqual([answer.status_code for answer in answers], [201, 201])
        self.assertEqual(len({(each.text, each.headers["Location"]) for each in answers}), 1)
        self.assertEqual(len([each for each in answers if "Idempotent-Replayed" in each.headers]), 1)

    @contextlib.contextmanager
    def changes_held_up(self, key):
        """Whoever wants to claim that key waits for the end of the block. Gives how to wait for who waits."""
        if not CLUSTER:
            with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as connection:
                connection.execute("BEGIN IMMEDIATE")
                yield None
            return

        def first_waits():
            end = time.monotonic() + PATIENCE_S
            while CLUSTER.execute("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "1":
                self.assertLess(time.monotonic(), end)

        with CLUSTER.holding(f"INSERT INTO idempotency_keys VALUES ('/api/v2/orders/ {key}', '', 0, now())",
                             urllib.parse.urlsplit(self.database).path.strip("/")):
            yield first_waits

    def test_of_two_orders_with_one_key_one_is_created(self):
        for n in range(10):
            answers = together(*[lambda server=server, price=price: self.post(server, f"two-{n}", total_price=price)
                                 for server in self.servers * 4 for price in (1, 2)])
            self.assertLessEqual({answer.status_code for answer in answers}, {201, 409, 422})
            self.assertEqual(len({a.headers["Location"] for a in answers if a.status_code == 201}), 1)

    def test_the_first_answer_survives_the_service_and_its_order(self):
        with a_database() as database:
            with start(database) as server:
                first = self.post(server, "kept")
                server.kill()
            with start(database) as server:
                order = server.url + first.headers["Location"]
                self.assertEqual(requests.delete(order).status_code, 204)
                again = self.post(server, '"kept"')
                self.assertEqual((again.status_code, again.text), (201, first.text))
                self.assertEqual(again.headers["Location"], first.headers["Location"])
                self.assertEqual(requests.get(order).status_code, 404, "a repeat brings nothing back")


class Problems(unittest.TestCase):
    def test_the_document_lists_the_codes_that_there_are(self):
        with start() as server:
            schemas = requests.get(f"{server.url}/openapi.json").json()["components"]["schemas"]
        text = DOCUMENT.read_text(encoding="utf-8")
        tables = {part.split("\n", 1)[0]: part for part in re.split(r"^#+ ", text, flags=re.MULTILINE)}
        for title, schema in (("Problems", "Problem"), ("Errors", "Error")):
            listed = re.findall(r"^\| `([a-z_]+)` \|", tables[title], re.MULTILINE)
            self.assertEqual(listed, schemas[schema]["properties"]["code"]["enum"])

    def test_each_has_what_the_rfc_says(self):
        with start() as server:
            orders = f"{server.url}/api/v2/orders/"
            order = server.url + create(server)
            json_type = {"Content-Type": "application/json"}
            for answer, status, code, place in [
                    (requests.post(orders, data=b'{"menu"', headers=json_type), 400, "parse_error", None),
                    (requests.post(orders, json=[]), 400, "invalid", ("pointer", "#")),
                    (requests.post(orders, json={**ORDER, "menu": ""}), 400, "invalid", ("pointer", "#/menu")),
                    (requests.post(orders, json={**ORDER, "status": "delivered"}), 400, "invalid", ("pointer", "#/status")),
                    (requests.post(orders, json=ORDER, headers={"Idempotency-Key": ""}), 400, "invalid_header",
                     ("header", "Idempotency-Key")),
                    (requests.patch(order, json={}, headers={"If-Match": "1"}), 400, "invalid_header",
                     ("header", "If-Match")),
                    (requests.patch(order, json={"status": "preparing"}, headers={"X-Role": "cook"}), 400,
                     "invalid_header", ("header", "X-Role")),
                    (requests.get(orders, params={"cursor": "x"}), 400, "invalid_parameter", ("parameter", "cursor")),
                    (requests.get(orders, params={"page": "2"}), 400, "invalid_parameter", ("parameter", "page")),
                    (requests.get(f"{orders}77/"), 404, "not_found", None),
                    (requests.get(f"{server.url}/lab/hope/orders/"), 404, "not_found", None),
                    (requests.delete(orders), 405, "method_not_allowed", None),
                    (requests.get(orders, headers={"Accept": "image/png"}), 406, "not_acceptable", None),
                    (requests.patch(order, json={"status": "pending"}), 409, "same_status", None),
                    (requests.post(orders, data=b"x", headers={"Content-Type": "text/plain"}), 415,
                     "unsupported_media_type", None)]:
                with self.subTest(code, url=answer.url):
                    self.assertEqual(answer.status_code, status, answer.text)
                    self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                    problem = answer.json()
                    self.assertEqual((problem["status"], problem["code"]), (status, code))
                    self.assertTrue(urllib.parse.urlsplit(problem["type"]).scheme)
                    self.assertTrue(problem["title"] and problem["detail"])
                    places = [(kind, each.get(kind)) for each in problem.get("errors", [])
                              for kind in ("pointer", "parameter", "header") if kind in each]
                    self.assertEqual(place, places[0] if places else None)
                    self.assertTrue(all(each["detail"] and each["code"] for each in problem.get("errors", [])))


class Pages(unittest.TestCase):
    def pages(self, server, query):
        """All pages from the first on, each as (response, orders)."""
        url = f"{server.url}/api/v2/orders/?{query}"
        while url:
            answer = requests.get(url)
            self.assertEqual(answer.status_code, 200, answer.text)
            yield answer, answer.json()
            url = urllib.parse.urljoin(url, answer.links["next"]["url"]) if "next" in answer.links else None

    def test_every_order_is_on_one_page_while_others_come_and_go(self):
        with start() as server:
            steady = [create(server, restaurant_name="steady") for _ in range(60)]
            ids = [int(location.split("/")[-2]) for location in steady]
            done = threading.Event()

            def come_and_go():
                while not done.is_set():
                    requests.delete(server.url + create(server, restaurant_name="passing"))
                    create(server, restaurant_name="new")

            others = [threading.Thread(target=come_and_go) for _ in range(3)]
            for thread in others:
                thread.start()
            try:
                for query, wanted in [("limit=7", ids), ("limit=7&order=-id", ids[::-1]),
                                      ("limit=13&order=created_at", ids), ("limit=13&order=-created_at", ids[::-1])]:
                    for _ in range(3):
                        seen = [order for _, orders in self.pages(server, query) for order in orders]
                        self.assertEqual([each["id"] for each in seen if each["restaurant_name"] == "steady"], wanted)
                        self.assertEqual(len({each["id"] for each in seen}), len(seen), "none is there twice")
                        if query.endswith("-id"):
                            self.assertEqual(seen, sorted(seen, key=lambda each: -each["id"]))
            finally:
                done.set()
                for thread in others:
                    thread.join(PATIENCE_S)

    def test_links_lead_there_and_back(self):
        with start() as server:
            for price in (30, 10, 20, 10, 30, 10, 20):
                create(server, total_price=price)
            for order, key in [("id", lambda o: o["id"]), ("-id", lambda o: -o["id"]),
                               ("total_price", lambda o: (o["total_price"], o["id"])),
                               ("-total_price", lambda o: (-o["total_price"], -o["id"]))]:
                forth = list(self.pages(server, f"limit=2&order={order}"))
                everything = [each for _, orders in forth for each in orders]
                self.assertEqual(everything, sorted(everything, key=key))
                self.assertEqual([len(orders) for _, orders in forth], [2, 2, 2, 1])
                answer, back = forth[-1][0], []
                while "prev" in answer.links:
                    answer = requests.get(urllib.parse.urljoin(server.url, answer.links["prev"]["url"]))
                    back.append(answer.json())
                self.assertEqual(back, [orders for _, orders in forth[-2::-1]])
                first = requests.get(urllib.parse.urljoin(server.url, forth[-1][0].links["first"]["url"]))
                self.assertEqual(first.json(), forth[0][1])

    def test_filters(self):
        with start() as server:
            create(server, customer_name="Kim", restaurant_name="North", menu="Bulgogi 100%")
            create(server, customer_name="Lee", restaurant_name="North", menu="Ramen")
            changed = create(server, customer_name="Kim", restaurant_name="South", menu="ramen_x")
            requests.patch(server.url + changed, json={"status": "preparing"})
            for query, wanted in [("customer_name=Kim", [1, 3]), ("restaurant_name=North&customer_name=Kim", [1]),
                                  ("status=preparing", [3]), ("status=pending", [1, 2]), ("search=ramen", [2, 3]),
                                  ("search=kim+south", [3]), ("search=100%25", [1]), ("search=n_x", [3]),
                                  ("search=nothing", []), ("customer_name=kim", [])]:
                seen = [order["id"] for _, orders in self.pages(server, query) for order in orders]
                self.assertEqual(seen, wanted, query)


class Histories(TwoProcesses):
    def test_a_history_has_each_change_once_and_ends_where_the_order_is(self):
        for _ in range(5):
            order = create(self.one)
            together(*[lambda server=server, body=body: requests.patch(server.url + order, json=body)
                       for server in self.servers * 2
                       for body in ({"status": "cancelled"}, {"status": "preparing"}, {"menu": "라면"}, {"quantity": 3})])
            events = requests.get(f"{self.other.url}{order}history").json()
            after = requests.get(self.one.url + order).json()
            self.assertEqual([event["version"] for event in events], list(range(1, after["version"] + 1)))
            self.assertEqual([event["from"] for event in events], [None] + [event["to"] for event in events][:-1])
            self.assertEqual(events[-1]["to"], after["status"])
            self.assertEqual(events[-1]["at"], after["updated_at"])
            won = [event for event in events if event["kind"] == "changed" and event["from"] != event["to"]]
            self.assertEqual(len(won), 1)
            self.assertEqual(won[0]["role"], {"cancelled": "customer", "preparing": "restaurant"}[won[0]["to"]])


class Events(TwoProcesses):
    def test_changes_of_one_order_are_told_in_the_order_of_their_versions(self):
        mounts = ["/api/v2/", "/api/std/", "/lab/lock/", "/lab/transaction/", "/lab/version/", "/lab/serializable/"]
        for _ in range(5):
            order = create(self.one).split("/")[-2]
            with contextlib.ExitStack() as stack:
                listeners = [stack.enter_context(contextlib.closing(Listener(server))) for server in self.servers]

                def change_often(server, mount, order=order):
                    with requests.Session() as session:
                        return sum(session.patch(f"{server.url}{mount}orders/{order}/", json={"quantity": n}).status_code == 200
                                   for n in range(1, 11))

                made = sum(together(*[lambda server=server, mount=mount: change_often(server, mount)
                                      for server in self.servers for mount in mounts]))
                self.assertEqual(requests.get(f"{self.one.url}/api/v2/orders/{order}/").json()["version"], 1 + made)
                for listener in listeners:
                    self.assertEqual([event["version"] for event in listener.events(made)], list(range(2, 2 + made)))


class Lab(TwoProcesses):
    """What each strategy does with changes, on two processes."""

    def test_all_are_the_same_one_at_a_time(self):
        for strategy in STRATEGIES:
            with self.subTest(strategy):
                order = self.one.url + create(self.one, f"/lab/{strategy}/")
                accepted = requests.patch(order, json={"status": "preparing", "menu": "라면"}, params={"gap": "1ms"})
                self.assertEqual(accepted.status_code, 200, accepted.text)
                self.assertEqual((accepted.json()["status"], accepted.json()["menu"], accepted.headers["ETag"]),
                                 ("preparing", "라면", '"2"'))
                stale = requests.patch(order, json={"menu": "x"}, headers={"If-Match": '"1"'})
                self.assertEqual((stale.status_code, stale.headers["ETag"]), (412, '"2"'))
                late = requests.put(order, json={"status": "cancelled"})
                if strategy != "naive":
                    self.assertEqual((late.status_code, late.json()["code"]), (409, "wrong_role"))
                self.assertEqual(requests.delete(order).status_code, 204)
                self.assertEqual(requests.patch(order, json={"menu": "x"}).status_code, 404)

    def test_of_many_changes_of_one_order_each_is_made_or_refused(self):
        for strategy in ("transaction", "lock", "version", "conditional", "serializable"):
            if strategy in ON_POSTGRES and CLUSTER:
                continue
            with self.subTest(strategy):
                order = create(self.one, f"/lab/{strategy}/")
                answers = together(*[lambda server=server, n=n: requests.patch(server.url + order, json={"quantity": n})
                                     for server in self.servers for n in range(1, 7)])
                done = [answer for answer in answers if answer.status_code == 200]
                for answer in answers:
                    if answer.status_code != 200:
                        self.assertEqual((answer.status_code, answer.json()["code"]), (409, "conflict"), answer.text)
                self.assertEqual(requests.get(self.one.url + order).json()["version"], 1 + len(done))
                self.assertEqual(len({answer.headers["ETag"] for answer in done}), len(done))


class Strategies(TwoProcesses):
    """What `deadheat` says of each strategy, on two processes."""

    def test_the_verdict_on_each_strategy(self):
        if OPTIONS.deadheat is None:
            self.skipTest("--deadheat")
        tool = Tool(OPTIONS.deadheat, patience=10 if OPTIONS.sanitized else 1)
        for strategy, expected in {**STRATEGIES, **(ON_POSTGRES if CLUSTER else {})}.items():
            with self.subTest(strategy):
                # Who holds SQLite's one lock for long makes a service that does one thing at a time, which
                # cannot be cleared.
                gap = "0s" if strategy == "lock" and not CLUSTER else "1ms"
                run = tool.run("strategies", self.one.url, self.other.url, env={"STRATEGY": strategy, "GAP": gap})
                self.assertEqual((run.verdict, run.kind), expected, str(run))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--deadheat", help="the tester; none: without its verdicts")
    parser.add_argument("--postgres", action="store_true", help="on a PostgreSQL server of its own, not on SQLite")
    parser.add_argument("--sanitized", action="store_true", help="they were built with sanitizers")
    OPTIONS, rest = parser.parse_known_args()
    with contextlib.ExitStack() as everything:
        if OPTIONS.postgres:
            CLUSTER = everything.enter_context(start_postgres(fsync="off"))
        unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
