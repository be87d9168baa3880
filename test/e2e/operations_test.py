"""End-to-end tests of running `orders`: tokens and roles, live events, probes, metrics, backups, the end.

    operations_test.py --orders PATH [--sanitized] [unittest arguments]
"""
import argparse
import base64
import collections
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import resource
import select
import socket
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import requests

from listener import Listener
from postgres import start_postgres
from servers import clean_environment, load_orders, start_orders

OPTIONS = argparse.Namespace(orders=None, sanitized=False)
PATIENCE_S = 60  # until a test gives up; never a measure of speed
KEY = "a key of the tests' own, of more than 32 bytes"
ORDER = {"customer_name": "ann", "restaurant_name": "맛나분식", "menu": "떡볶이", "quantity": 2,
         "total_price": 18000, "delivery_address": "서울시 마포구 1-2"}
LIST = "/api/v2/orders/"


def start(database=None, arguments=(), **env):
    return start_orders(OPTIONS.orders, "0", database, arguments, **env)


def run_orders(*arguments, cwd=None, **env):
    with tempfile.TemporaryDirectory() as folder:
        return subprocess.run([os.path.abspath(OPTIONS.orders), *arguments], cwd=cwd or folder, text=True,
                              env=clean_environment(**env), capture_output=True, timeout=PATIENCE_S)


def token(role, name, expires="1h", key=KEY):
    ran = run_orders("token", "--role", role, "--name", name, "--expires", expires, SECRET_KEY=key)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def bearer(text):
    return {"Authorization": f"Bearer {text}"}


def create(server, headers=None, **fields):
    answer = requests.post(server.url + LIST, json={**ORDER, **fields}, headers=headers)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def change(server, order, headers=None, **fields):
    return requests.patch(f"{server.url}{LIST}{order}/", json=fields, headers=headers)


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about")
        time.sleep(0.02)


@contextlib.contextmanager
def on_their_way(server, order, count):
    """So many changes that the service has read and nobody has answered; at the end of the block all are."""
    with contextlib.ExitStack() as stack:
        changes = []
        for number in range(count):
            connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
            stack.callback(connection.close)
            connection.request("PATCH", f"{LIST}{order}/", json.dumps({"menu": f"{number}"}), {"Content-Type": "application/json"})
            changes.append(connection)
        # The server has one I/O thread, which takes connections in order and reads at once.
        for _ in range(3):
            requests.get(f"{server.url}/livez")
        yield [change.sock for change in changes]
        for change in changes:
            assert change.getresponse().status == 200


def told(event):
    return event["order"], event["kind"], event["from"], event["to"]


class Live(unittest.TestCase):
    """GET /api/v2/events."""

    def test_every_kind_of_change_of_every_mount(self):
        with start() as server:
            earlier = create(server)
            with contextlib.closing(Listener(server)) as listener:
                self.assertEqual(listener.status, 200)
                self.assertEqual(listener.headers["content-type"], "text/event-stream")
                self.assertEqual(listener.headers["cache-control"], "no-store")
                order = create(server)
                change(server, order, status="preparing")
                requests.put(f"{server.url}/api/v1/orders/{order}/", json={"status": "cancelled"})
                requests.patch(f"{server.url}/api/std/orders/{order}/", json={"menu": "라면"})
                requests.delete(f"{server.url}{LIST}{earlier}/")
                seen = listener.events(5)
                self.assertEqual([told(event) for event in seen],
                                 [(order, "created", None, "pending"), (order, "changed", "pending", "preparing"),
                                  (order, "changed", "preparing", "cancelled"),
                                  (order, "changed", "cancelled", "cancelled"), (earlier, "removed", "pending", None)])
                self.assertEqual([event["version"] for event in seen[:4]], [1, 2, 3, 4])

    def test_who_comes_back_misses_nothing_and_hears_nothing_twice(self):
        with start() as server:
            order = create(server)
            with contextlib.closing(Listener(server)) as listener:
                change(server, order, menu="1")
                self.assertEqual(listener.event()["version"], 2)
                last = listener.last
            for number in range(50):
                change(server, order, menu=f"{number}")
            for _ in range(2):  # from the database, and from what is kept
                with contextlib.closing(Listener(server, last)) as again:
                    self.assertEqual([event["version"] for event in again.events(50)], list(range(3, 53)))
                    change(server, order, menu="x")
                    self.assertEqual(again.event()["version"], 53)
                    requests.delete(f"{server.url}{LIST}{order}/")
                    self.assertEqual(again.event()["kind"], "removed")
                    last = again.last
                order = create(server)
                for number in range(50 + 1):
                    change(server, order, menu=f"{number}")
                with contextlib.closing(Listener(server, last)) as other:
                    self.assertEqual(other.event()["kind"], "created")
                    self.assertEqual(other.event()["version"], 2)
                    last = other.last

    def test_a_wrong_id_is_told(self):
        with start() as server:
            for wrong in ("yesterday", "1", "-", "1-x", "99999999999999999999-1"):
                with contextlib.closing(Listener(server, wrong)) as listener:
                    self.assertEqual(listener.status, 400, wrong)
            with contextlib.closing(Listener(server, "0-1000000")) as listener:
                self.assertEqual(listener.status, 400, "a place that this database has not come to")
            self.assertEqual(requests.post(f"{server.url}/api/v2/events").status_code, 405)
            head = requests.head(f"{server.url}/api/v2/events")
            self.assertEqual((head.status_code, head.headers["Content-Type"]), (200, "text/event-stream"))

    def test_a_quiet_stream_has_a_heartbeat(self):
        with start(HEARTBEAT="100ms") as server:
            with contextlib.closing(Listener(server)) as listener:
                while listener.comments < 3:
                    listener.block()

    def test_a_thousand_listeners_cost_one_look_at_the_database(self):
        count = 200 if OPTIONS.sanitized else 1000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4 * count)), hard))
        with start() as server:
            order = create(server)
            listeners = [Listener(server) for _ in range(count)]
            try:
                self.assertEqual(metric(server, "orders_event_listeners"), count)
                looks = metric(server, "orders_event_looks")
                begun = time.monotonic()
                for number in range(20):
                    change(server, order, menu=f"{number}")
                for listener in listeners:
                    self.assertEqual([event["version"] for event in listener.events(20)], list(range(2, 22)))
                took = time.monotonic() - begun
                asked = metric(server, "orders_event_looks") - looks
                # One look for each change, and one each quarter of a second: whoever listens.
                self.assertLessEqual(asked, 20 + took / 0.25 + 2)
            finally:
                for listener in listeners:
                    listener.close()
            until(lambda: metric(server, "orders_event_listeners") == 0, "the end of all listeners")
            looks = metric(server, "orders_event_looks")
            for number in range(20):
                change(server, order, menu=f"{number}")
            self.assertLessEqual(metric(server, "orders_event_looks") - looks, 1)

    def test_who_does_not_read_is_dropped_and_holds_up_nobody(self):
        with start(SEND_TIMEOUT="300ms") as server:
            order = create(server)
            lazy = Listener(server)
            lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            with contextlib.closing(lazy), contextlib.closing(Listener(server)) as keen:
                writing = True

                def write():
                    session = requests.Session()
                    while writing:
                        session.put(f"{server.url}/api/v1/orders/{order}/", json={"status": "\U0001f35c" * 255})

                writer = threading.Thread(target=write)
                writer.start()
                try:
                    def dropped():
                        keen.event()
                        return metric(server, "orders_event_listeners") == 1
                    until(dropped, "the end of who does not read")
                finally:
                    writing = False
                    writer.join(PATIENCE_S)
                with self.assertRaises((ConnectionError, ValueError, AssertionError)):
                    while lazy.event() is not None:
                        pass
                    raise AssertionError("the stream ended in good order")


class Shared(unittest.TestCase):
    """Several processes on one database are one service, on both databases."""

    @classmethod
    def setUpClass(cls):
        cls.running = start_postgres(fsync="off")
        cls.postgres = cls.running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    @contextlib.contextmanager
    def databases(self):
        """A new one of each kind."""
        name = self.id().rsplit(".", 1)[1]
        self.postgres.execute(f"CREATE DATABASE {name}")
        with tempfile.TemporaryDirectory() as folder:
            yield {"SQLite": os.path.join(folder, "orders.sqlite3"), "PostgreSQL": self.postgres.url(name)}

    def test_who_moves_on_to_another_process_misses_nothing(self):
        with self.databases() as databases:
            for kind, database in databases.items():
                with self.subTest(kind), start(database) as one, start(database) as other:
                    self.move_on(one, other)

    def move_on(self, one, other):
        order = create(one)
        with contextlib.closing(Listener(one)) as here, contextlib.closing(Listener(other)) as there:
            for number in range(20):
                change([one, other][number % 2], order, menu=f"{number}")
            versions = list(range(2, 22))
            self.assertEqual([event["version"] for event in here.events(20)], versions)
            self.assertEqual([event["version"] for event in there.events(20)], versions)
            last = here.last
        change(other, order, menu="x")
        with contextlib.closing(Listener(other, last)) as moved:
            self.assertEqual(moved.event()["version"], 22)

    def test_many_writers_leave_no_gap(self):
        with self.databases() as databases:
            for kind, database in databases.items():
                with self.subTest(kind), start(database) as one, start(database) as other:
                    self.write_together(one, other)

    def write_together(self, one, other):
        """Each order's versions come, all of them, each once and in order, while the listener comes and goes."""
        orders = [create(one) for _ in range(4)]
        listener = Listener(one)

        def write(server, order):
            session = requests.Session()
            for number in range(40):
                session.patch(f"{server.url}{LIST}{order}/", json={"menu": f"{number}"})

        writers = [threading.Thread(target=write, args=(server, order)) for order in orders for server in (one, other)]
        for writer in writers:
            writer.start()
        seen = collections.defaultdict(list)
        for number in range(len(writers) * 40):
            if number % 50 == 49:
                last = listener.last
                listener.close()
                listener = Listener([one, other][number // 50 % 2], last)
            event = listener.event()
            seen[event["order"]].append(event["version"])
        for writer in writers:
            writer.join(PATIENCE_S)
        listener.close()
        self.assertEqual(seen, {order: list(range(2, 82)) for order in orders})

    def test_metrics_tell_how_long_requests_wait_for_a_connection(self):
        series = 'orders_database_queue_seconds_%s{line="connection"}'
        self.postgres.execute("CREATE DATABASE queue")
        # A connection takes four statements at once, so the fifth waits for a place.
        with start(self.postgres.url("queue"), arguments=["--threads", "1"], DATABASE_CONNECTIONS="1") as server:
            order = create(server)
            before = metric(server, series % "count")
            self.assertGreaterEqual(before, 1)
            with contextlib.ExitStack() as stack:
                with self.postgres.holding(f"SELECT FROM orders WHERE id = {order} FOR UPDATE", "queue"):
                    waiting = stack.enter_context(on_their_way(server, order, 5))
                    self.assertEqual(select.select(waiting, [], [], 0.15)[0], [], "nobody is answered meanwhile")
            self.assertEqual(metric(server, series % "count"), before + 5)
            self.assertGreaterEqual(metric(server, series % "sum"), 0.1)

    def test_not_ready_while_postgresql_is_away(self):
        self.postgres.execute("CREATE DATABASE away")
        with start(self.postgres.url("away")) as server:
            def ready():
                return requests.get(f"{server.url}/readyz").status_code
            self.assertEqual(ready(), 200)
            with contextlib.closing(Listener(server)) as listener:
                self.postgres.kill()
                until(lambda: ready() == 503, "503 at /readyz")
                self.assertEqual(requests.get(f"{server.url}/livez").status_code, 200)
                self.postgres.start()
                until(lambda: ready() == 200, "200 at /readyz")
                order = create(server)
                self.assertEqual(listener.event()["order"], order)


def metric(server, series):
    text = requests.get(f"{server.url}/metrics").text
    found = re.search(rf"^{re.escape(series)} (\S+)$", text, re.MULTILINE)
    return float(found[1]) if found else 0


class Roles(unittest.TestCase):
    """AUTH=on."""

    @classmethod
    def setUpClass(cls):
        cls.running = start(SECRET_KEY=KEY, AUTH="on")
        cls.server = cls.running.__enter__()
        cls.headers = {role: bearer(token(role, name)) for role, name in
                       [("customer", "ann"), ("restaurant", "맛나분식"), ("rider", "bo"), ("admin", "root")]}
        cls.ben = bearer(token("customer", "ben"))

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    def test_without_a_token_v2_asks_for_one(self):
        for method, path in [("GET", LIST), ("POST", LIST), ("GET", f"{LIST}1/"), ("PATCH", f"{LIST}1/"),
                             ("DELETE", f"{LIST}1/"), ("GET", "/api/v2/events"), ("GET", f"{LIST}no-number/")]:
            for headers in ({}, {"Authorization": "Basic YTpi"}, {"X-Role": "admin"}):
                answer = requests.request(method, self.server.url + path, headers=headers)
                self.assertEqual(answer.status_code, 401, (method, path, answer.text))
                self.assertEqual(answer.headers["WWW-Authenticate"], 'Bearer realm="orders"')
                self.assertEqual(answer.json()["code"], "unauthenticated")
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")

    def test_a_bad_token_is_told_as_one(self):
        good = token("admin", "root")
        head, body, signature = good.split(".")

        def encoded(value):
            return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

        def forged(header, claims, key=KEY.encode()):
            text = f"{encoded(header)}.{encoded(claims)}"
            made = hmac.new(key, text.encode(), hashlib.sha256).digest()
            return f"{text}.{base64.urlsafe_b64encode(made).rstrip(b'=').decode()}"

        claims = {"iss": "orders", "sub": "root", "role": "admin", "exp": int(time.time()) + 600}
        self.assertEqual(requests.get(self.server.url + LIST, headers=bearer(
            forged({"alg": "HS256", "typ": "JWT"}, claims))).status_code, 200)
        for what, text in {
                "another key": token("admin", "root", key="another key of 32 bytes, and more"),
                "no signature": f"{encoded({'alg': 'none'})}.{body}.",
                "none, and a signature": forged({"alg": "none"}, claims),
                "another algorithm": forged({"alg": "HS512"}, claims),
                "RS256 with the key as its public half": forged({"alg": "RS256"}, claims),
                "another body": f"{head}.{encoded({**claims, 'sub': 'eve'})}.{signature}",
                "expired": forged({"alg": "HS256"}, {**claims, "exp": int(time.time()) - 1}),
                "no expiry": forged({"alg": "HS256"}, {"iss": "orders", "sub": "root", "role": "admin"}),
                "an unknown role": forged({"alg": "HS256"}, {**claims, "role": "god"}),
                "cut off": good[:-1], "half": good[:len(good) // 2], "empty": "", "huge": "a" * 20_000,
                "dots": "...", "two tokens": f"{good} {good}"}.items():
            answer = requests.get(self.server.url + LIST, headers={"Authorization": f"Bearer {text}"})
            self.assertEqual(answer.status_code, 401, what)
            self.assertIn('error="invalid_token"' if text else "Bearer", answer.headers["WWW-Authenticate"], what)
            self.assertNotIn("root", answer.text, what)

    def test_the_scheme_may_be_written_in_any_case(self):
        text = token("admin", "root")
        self.assertEqual(requests.get(self.server.url + LIST, headers={"Authorization": f"bearer {text}"}).status_code, 200)

    def test_a_customer_has_to_do_with_their_own_orders_only(self):
        ann = self.headers["customer"]
        theirs = create(self.server, self.ben, customer_name="ben")
        mine = create(self.server, ann)
        path = f"{self.server.url}{LIST}{theirs}/"
        for method, body in [("GET", None), ("PATCH", {"menu": "x"}), ("PATCH", {"status": "cancelled"}),
                             ("PUT", {"status": "cancelled"}), ("PUT", ORDER), ("GET", None)]:
            answer = requests.request(method, path, json=body, headers=ann)
            self.assertEqual((answer.status_code, answer.json()["code"]), (404, "not_found"), (method, body))
        shown = requests.get(self.server.url + LIST, headers=ann).json()
        shown = shown if isinstance(shown, list) else shown["results"]
        self.assertIn(mine, [order["id"] for order in shown])
        self.assertEqual({order["customer_name"] for order in shown}, {"ann"})
        asked = requests.get(self.server.url + LIST, params={"customer_name": "ben"}, headers=ann)
        self.assertNotIn("ben", asked.text)
        self.assertEqual(requests.get(path, headers=self.ben).status_code, 200)
        self.assertEqual(requests.get(path, headers=self.headers["restaurant"]).status_code, 200)

    def test_a_customer_orders_in_their_own_name(self):
        ann = self.headers["customer"]
        answer = requests.post(self.server.url + LIST, json={**ORDER, "customer_name": "ben"}, headers=ann)
        self.assertEqual((answer.status_code, answer.json()["code"]), (403, "forbidden"))
        nameless = {name: value for name, value in ORDER.items() if name != "customer_name"}
        answer = requests.post(self.server.url + LIST, json=nameless, headers=ann)
        self.assertEqual((answer.status_code, answer.json()["customer_name"]), (201, "ann"))
        given = change(self.server, answer.json()["id"], ann, customer_name="ben")
        self.assertEqual((given.status_code, given.json()["code"]), (403, "forbidden"))

    def test_who_may_do_what(self):
        letters = {"customer": "c", "restaurant": "r", "rider": "d", "admin": "a"}

        def fresh(status):
            order = create(self.server, self.headers["customer"])
            for to in {"pending": [], "preparing": ["preparing"], "delivering": ["preparing", "delivering"]}[status]:
                self.assertEqual(change(self.server, order, self.headers["admin"], status=to).status_code, 200)
            return order

        for start_status, to, who in [("pending", "preparing", "ra"), ("pending", "cancelled", "cra"),
                                      ("preparing", "cancelled", "ra"), ("preparing", "delivering", "rda"),
                                      ("delivering", "delivered", "da")]:
            for role, letter in letters.items():
                answer = change(self.server, fresh(start_status), self.headers[role], status=to)
                if letter in who:
                    self.assertEqual(answer.status_code, 200, (role, start_status, to, answer.text))
                elif (role, to) == ("customer", "cancelled"):  # another time they may: that is the order's state
                    self.assertEqual((answer.status_code, answer.json()["code"]), (409, "wrong_role"))
                else:
                    self.assertEqual((answer.status_code, answer.json()["code"]), (403, "forbidden"),
                                     (role, start_status, to))
        for role, may_create, may_edit, may_remove in [("customer", 201, 200, 403), ("restaurant", 403, 403, 403),
                                                       ("rider", 403, 403, 403), ("admin", 201, 200, 204)]:
            headers = self.headers[role]
            order = fresh("pending")
            self.assertEqual(requests.post(self.server.url + LIST, json=ORDER, headers=headers).status_code, may_create)
            self.assertEqual(change(self.server, order, headers, menu="x").status_code, may_edit, role)
            self.assertEqual(requests.delete(f"{self.server.url}{LIST}{order}/", headers=headers).status_code,
                             may_remove, role)

    def test_a_whole_order_can_be_put_back_with_the_status_that_it_has(self):
        for role in ("customer", "admin"):
            headers = self.headers[role]
            path = f"{self.server.url}{LIST}{create(self.server, self.headers['customer'])}/"
            read = requests.get(path, headers=headers)
            put = requests.put(path, json={**read.json(), "menu": "x"},
                               headers={**headers, "If-Match": read.headers["ETag"]})
            self.assertEqual((put.status_code, put.json().get("menu")), (200, "x"), put.text)
            self.assertEqual(put.json()["status"], "pending")
            # What the order does not have yet is a change, and the rule stands against it.
            put = requests.put(path, json={**read.json(), "status": "delivered"}, headers=headers)
            self.assertEqual((put.status_code, put.json()["code"]), (409, "illegal_transition"), role)
            alone = requests.put(path, json={"status": "pending"}, headers=headers)
            self.assertEqual((alone.status_code, alone.json()["code"]), (403, "forbidden"), role)

    def test_a_role_is_not_to_be_chosen(self):
        order = create(self.server, self.headers["customer"])
        answer = change(self.server, order, {**self.headers["rider"], "X-Role": "admin"}, status="preparing")
        self.assertEqual(answer.status_code, 403)

    def test_a_customer_hears_of_their_own_orders_only(self):
        with contextlib.closing(Listener(self.server, headers=self.headers["customer"])) as ann, \
                contextlib.closing(Listener(self.server, headers=self.headers["rider"])) as rider:
            theirs = create(self.server, self.ben, customer_name="ben")
            change(self.server, theirs, self.ben, menu="x")
            mine = create(self.server, self.headers["customer"])
            self.assertEqual(ann.event()["order"], mine)
            self.assertEqual([event["order"] for event in rider.events(3)], [theirs, theirs, mine])

    def test_a_stream_ends_with_its_token(self):
        with contextlib.closing(Listener(self.server, headers=bearer(token("rider", "bo", "5s")))) as rider:
            self.assertIsNone(rider.event())
            self.assertEqual(rider.ended, "in good order")

    def test_v1_and_std_stay_open_where_they_are_served(self):
        for mount in ("v1", "std"):
            self.assertEqual(requests.get(f"{self.server.url}/api/{mount}/orders/").status_code, 200)
        with start(SECRET_KEY=KEY, AUTH="on", MOUNTS="v2") as server:
            for place in ("api/v1", "api/std", "lab/naive"):
                self.assertEqual(requests.get(f"{server.url}/{place}/orders/").status_code, 404, place)
            self.assertEqual(requests.get(server.url + LIST, headers=self.headers["rider"]).status_code, 200)
            self.assertNotIn("/api/v1/", requests.get(f"{server.url}/openapi.json").text)

    def test_history_names_who_it_was(self):
        order = create(self.server, self.headers["customer"])
        with contextlib.closing(Listener(self.server, headers=self.headers["admin"])) as listener:
            change(self.server, order, self.headers["restaurant"], status="preparing")
            event = listener.event()
            self.assertEqual((event["role"], event["name"]), ("restaurant", "맛나분식"))
        told_by = requests.get(f"{self.server.url}{LIST}{order}/history", headers=self.headers["customer"]).json()
        self.assertEqual([(event["role"], event["name"]) for event in told_by],
                         [("customer", "ann"), ("restaurant", "맛나분식")])
        self.assertEqual(requests.get(f"{self.server.url}{LIST}{order}/history", headers=self.ben).status_code, 404)


class Commands(unittest.TestCase):
    """orders token, check, backup."""

    def test_a_token_needs_a_role_a_name_and_a_key(self):
        for arguments, env, said in [
                (["--role", "cook", "--name", "x"], {}, "--role: found 'cook', expected one of customer,"),
                (["--role", "rider", "--name", ""], {}, "--name"),
                (["--role", "rider", "--name", "x" * 51], {}, "--name"),
                (["--role", "rider", "--name", "x", "--expires", "2y"], {}, "--expires: found '2y', expected"),
                (["--role", "rider", "--name", "x"], {"SECRET_KEY": "django-insecure-x"}, "SECRET_KEY"),
                (["--role", "rider"], {}, "--name")]:
            ran = run_orders("token", *arguments, **{"SECRET_KEY": KEY, **env})
            self.assertEqual(ran.returncode, 2, arguments)
            self.assertEqual(ran.stdout, "")
            self.assertIn(said, ran.stderr)

    def test_what_is_open_beyond_this_machine_does_not_start(self):
        for env, said in [({"HOST": "0.0.0.0", "SECRET_KEY": KEY}, "AUTH: found 'off', expected on"),
                          ({"AUTH": "on"}, "AUTH: found 'on', expected a SECRET_KEY"),
                          ({"HOST": "0.0.0.0", "AUTH": "on"}, "HOST")]:
            ran = run_orders("serve", "--port", "0", **env)
            self.assertEqual(ran.returncode, 2, env)
            self.assertIn(said, ran.stderr)

    def test_check_names_what_is_unsafe(self):
        with tempfile.TemporaryDirectory(dir=os.path.expanduser("~")) as folder:
            database = os.path.join(folder, "orders.sqlite3")
            safe = {"SECRET_KEY": KEY, "AUTH": "on", "MOUNTS": "v2", "ALLOWED_HOSTS": "orders.example",
                    "DATABASE_URL": f"sqlite:///{database}"}
            ran = run_orders("check", "--deploy", **safe)
            self.assertEqual((ran.returncode, ran.stdout), (0, "no weakness found\n"), ran.stderr)
            self.assertEqual(run_orders("check").returncode, 0)
            self.assertEqual(run_orders("check", PORT="x").returncode, 2)
            for env, named in [({"SECRET_KEY": "short"}, "SECRET_KEY"), ({"SECRET_KEY": "a" * 50}, "SECRET_KEY"),
                               ({"SECRET_KEY": "django-insecure-" + KEY, "AUTH": "off"}, "SECRET_KEY"),
                               ({"AUTH": "off"}, "AUTH"), ({"DEBUG": "on"}, "DEBUG"),
                               ({"MOUNTS": "v1,v2"}, "MOUNTS"), ({"MOUNTS": "std,v2"}, "MOUNTS"),
                               ({"MOUNTS": "v2,lab"}, "MOUNTS"),
                               ({"ALLOWED_HOSTS": "*"}, "ALLOWED_HOSTS"),
                               ({"ALLOWED_HOSTS": "127.0.0.1,localhost,[::1]"}, "ALLOWED_HOSTS"),
                               ({"DATABASE_URL": "sqlite:////tmp/orders.sqlite3"}, "DATABASE_URL"),
                               ({"DATABASE_URL": "sqlite:///orders.sqlite3"}, "DATABASE_URL"),
                               ({"DATABASE_URL": "postgres://orders@db.example/orders"}, "DATABASE_URL")]:
                ran = run_orders("check", "--deploy", **{**safe, **env})
                self.assertEqual(ran.returncode, 1, env)
                self.assertTrue(ran.stdout.startswith(named), ran.stdout)
            for url in ("postgres://orders@db.example/orders?sslmode=verify-full", "postgres:///orders"):
                self.assertEqual(run_orders("check", "--deploy", **{**safe, "DATABASE_URL": url}).returncode, 0, url)
            with open(database, "w", encoding="ascii"):
                pass
            for mode, code in [(0o600, 0), (0o640, 0), (0o644, 1), (0o602, 1)]:
                os.chmod(database, mode)
                self.assertEqual(run_orders("check", "--deploy", **safe).returncode, code, oct(mode))
            os.chmod(database, 0o600)
            os.chmod(folder, 0o777)
            self.assertEqual(run_orders("check", "--deploy", **safe).returncode, 1)
            os.chmod(folder, 0o700)
            dotenv = os.path.join(folder, "settings.env")
            with open(dotenv, "w", encoding="ascii") as file:
                file.write("DEBUG=off\n")
            for mode, code in [(0o600, 0), (0o644, 1)]:
                os.chmod(dotenv, mode)
                ran = run_orders("check", "--deploy", "--env-file", dotenv, **safe)
                self.assertEqual(ran.returncode, code, ran.stdout)

    def test_a_backup_under_writers_is_whole_and_serves(self):
        with tempfile.TemporaryDirectory() as folder:
            database, copy = os.path.join(folder, "orders.sqlite3"), os.path.join(folder, "copy.sqlite3")
            with start(database) as server:
                order = create(server)
                writing, acknowledged = True, 0

                def write():
                    nonlocal acknowledged
                    session = requests.Session()
                    while writing:
                        number = acknowledged + 1
                        answer = session.patch(f"{server.url}{LIST}{order}/",
                                               json={"quantity": number, "total_price": number})
                        assert answer.status_code == 200, answer.text
                        acknowledged = number

                with open(copy + ".part", "w", encoding="ascii") as file:
                    file.write("left by one that was killed")
                writer = threading.Thread(target=write)
                writer.start()
                try:
                    until(lambda: acknowledged > 20, "some changes")
                    before = acknowledged
                    ran = run_orders("backup", copy, "--database", database)
                    after = acknowledged + 1
                finally:
                    writing = False
                    writer.join(PATIENCE_S)
                self.assertEqual(ran.returncode, 0, ran.stderr)
                self.assertRegex(ran.stdout, rf"^{copy}: 1 orders?, \d+ bytes, checked\n$")
                again = run_orders("backup", copy, "--database", database)
                self.assertEqual(again.returncode, 1)
                self.assertIn(copy, again.stderr)
            os.unlink(copy + ".part")
            self.assertEqual(sorted(os.listdir(folder)), ["copy.sqlite3", "orders.sqlite3"])
            self.assertEqual(os.stat(copy).st_mode & 0o777, 0o600)
            with start(copy) as server:
                shown = requests.get(f"{server.url}{LIST}{order}/").json()
                self.assertEqual(shown["quantity"], shown["total_price"])
                self.assertTrue(before <= shown["quantity"] <= after, (before, shown, after))

    def test_a_backup_of_postgresql_is_pg_dump(self):
        ran = run_orders("backup", "copy", "--database", "postgres://me:secret@db/orders")
        self.assertEqual(ran.returncode, 1)
        self.assertIn('pg_dump --format=custom --file=copy "$DATABASE_URL"', ran.stderr)
        self.assertNotIn("secret", ran.stderr)

    def test_a_backup_that_cannot_be_made_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            def refused(file, said, left):
                ran = run_orders("backup", os.path.join(folder, file), "--database", database)
                self.assertEqual(ran.returncode, 1)
                self.assertIn(said, ran.stderr)
                self.assertEqual(os.listdir(folder), left)

            refused("copy", "orders.sqlite3: unable to open", [])
            load_orders(OPTIONS.orders, database)
            refused(os.path.join("no", "copy"), "copy.part: No such file", ["orders.sqlite3"])
            with open(database, "wb") as file:
                file.write(b"no database" * 1000)
            refused("copy", "not a database", ["orders.sqlite3"])


class Probes(unittest.TestCase):
    """/livez, /readyz, /metrics, and the end."""

    def test_ready_while_the_database_answers(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            with start(database) as server:
                ready = requests.get(f"{server.url}/readyz", headers={"Host": "10.0.0.7"})
                self.assertEqual((ready.status_code, ready.json()), (200, {"status": "ready"}))
                for suffix in ("", "-wal", "-shm"):
                    os.rename(database + suffix, database + suffix + ".away")
                answer = requests.get(f"{server.url}/readyz")
                self.assertEqual(answer.status_code, 503)
                self.assertEqual(answer.json()["status"], "not ready")
                self.assertIn("database", answer.json()["reason"])
                self.assertEqual(requests.get(f"{server.url}/livez").status_code, 200)
                for suffix in ("", "-wal", "-shm"):
                    os.rename(database + suffix + ".away", database + suffix)
                self.assertEqual(requests.get(f"{server.url}/readyz").status_code, 200)

    def test_a_port_file_that_cannot_be_written_ends_it_in_good_order(self):
        ran = run_orders("serve", "--port", "0", "--port-file", "/nowhere/port", "--threads", "4")
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertIn("orders: cannot write /nowhere/port", ran.stderr)

    def test_nobody_waits_for_who_reads_the_log(self):
        with tempfile.TemporaryDirectory() as folder:
            reading, writing = os.pipe()
            command = [os.path.abspath(OPTIONS.orders), "serve", "--port", "0"]
            process = subprocess.Popen(command, cwd=folder, env=clean_environment(), stdout=subprocess.PIPE,
                                       stderr=writing, text=True)
            os.close(writing)
            try:
                url = process.stdout.readline().split()[-1]
                session = requests.Session()
                for _ in range(1500):  # each line is longer than 60 bytes, and a pipe keeps 65,536
                    answer = session.get(f"{url}/api/v1/orders/77/", timeout=PATIENCE_S,
                                         headers={"X-Request-Id": "i" * 64})
                    self.assertEqual(answer.status_code, 404)
                process.terminate()
                self.assertEqual(process.wait(PATIENCE_S), 0)
            finally:
                process.kill()
                process.wait()
                process.stdout.close()
                os.close(reading)

    def test_a_drain_goes_step_by_step(self):
        with start(DRAIN_DELAY="10s") as server:
            order = create(server)
            listener = Listener(server)
            server.begin_stop()
            until(lambda: requests.get(f"{server.url}/readyz").status_code == 503, "503 at /readyz")
            self.assertEqual(requests.get(f"{server.url}/readyz").json()["reason"], "stopping")
            # It still takes what comes until those who send requests have noticed.
            self.assertEqual(change(server, order, menu="late").status_code, 200)
            self.assertEqual(requests.get(f"{server.url}/livez").status_code, 200)
            self.assertEqual(listener.event()["version"], 2)
            self.assertIsNone(listener.event())
            self.assertEqual(listener.ended, "in good order")
            listener.close()
            self.assertEqual(server.stop(), 0)

    def test_metrics_count_what_happens(self):
        with start() as server:
            order = create(server)
            change(server, order, status="preparing")
            self.assertEqual(change(server, order, status="cancelled").status_code, 409)
            for strategy in ("api/v2", "lab/version", "lab/check-then-act", "lab/naive", "lab/lock"):
                path = f"{server.url}/{strategy}/orders/{order}/"
                put = requests.put(path, json={**requests.get(path).json(), "menu": strategy})
                self.assertEqual((put.status_code, put.json()["status"]), (200, "preparing"), put.text)
            requests.get(f"{server.url}{LIST}999/")
            requests.get(f"{server.url}/nowhere/%00")
            requests.request("BREW", f"{server.url}{LIST}")
            answer = requests.get(f"{server.url}/metrics")
            self.assertEqual(answer.headers["Content-Type"], "text/plain; version=0.0.4; charset=utf-8")
            for series, value in {
                    'orders_requests_total{method="POST",mount="v2",route="list",status="201"}': 1,
                    'orders_requests_total{method="PATCH",mount="v2",route="detail",status="200"}': 1,
                    'orders_requests_total{method="PATCH",mount="v2",route="detail",status="409"}': 1,
                    'orders_requests_total{method="GET",mount="v2",route="detail",status="404"}': 1,
                    'orders_requests_total{method="GET",mount="",route="unknown",status="404"}': 1,
                    'orders_requests_total{method="other",mount="v2",route="list",status="405"}': 1,
                    'orders_transitions_total{to="preparing"}': 1,
                    'orders_database_wait_seconds_count{operation="insert"}': 1}.items():
                self.assertEqual(metric(server, series), value, f"{series}\n{answer.text}")
            self.assertGreaterEqual(metric(server, "orders_open_connections"), 1)

    def test_metrics_tell_how_long_changes_wait_for_the_writer(self):
        series = 'orders_database_queue_seconds_%s{line="writer"}'
        with tempfile.TemporaryDirectory() as folder, start(os.path.join(folder, "orders.sqlite3")) as server:
            order = create(server)
            self.assertEqual(metric(server, series % "count"), 1)
            with contextlib.closing(sqlite3.connect(server.database, isolation_level=None)) as other:
                other.execute("BEGIN IMMEDIATE")
                with on_their_way(server, order, 1) as waiting:
                    self.assertEqual(select.select(waiting, [], [], 0.15)[0], [], "nobody is answered meanwhile")
                    other.execute("ROLLBACK")
            self.assertEqual(metric(server, series % "count"), 2)
            self.assertGreaterEqual(metric(server, series % "sum"), 0.1)

    def test_metrics_do_not_grow_with_what_clients_choose(self):
        with start() as server:
            def series():
                return len(requests.get(f"{server.url}/metrics").text.splitlines())
            series()
            session = requests.Session()
            for number in range(20):
                session.get(f"{server.url}/api/v2/orders/{number}/")
                session.get(f"{server.url}/{number}")
                session.request(f"M{number}", f"{server.url}{LIST}")
                session.get(f"{server.url}/lab/s{number}/orders/")
                session.put(f"{server.url}/api/v1/orders/1/", json={"status": f"{number}"})
            before = series()
            for number in range(20, 200):
                session.get(f"{server.url}/api/v2/orders/{number}/")
                session.get(f"{server.url}/{number}")
                session.request(f"M{number}", f"{server.url}{LIST}")
                session.get(f"{server.url}/lab/s{number}/orders/")
                session.put(f"{server.url}/api/v1/orders/1/", json={"status": f"{number}"})
            self.assertEqual(series(), before)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--sanitized", action="store_true", help="it was built with sanitizers")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
