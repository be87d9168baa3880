"""End-to-end tests of `orders`: what its clients see, races included.

    orders_test.py --orders PATH [--sanitized] [unittest arguments]
"""
import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import requests

from servers import SETTINGS, clean_environment, load_orders, start_orders
from together import PATIENCE_S, together

OPTIONS = argparse.Namespace(orders=None, sanitized=False)
DELAY = "3s"  # of v1, where a test has to get something done during it

ORDER = {"customer_name": "김고객", "restaurant_name": "맛나분식", "menu": "떡볶이", "quantity": 2,
         "total_price": 18000, "delivery_address": "서울시 마포구 1-2"}


def start(processing_delay="0", database=None, arguments=(), **env):
    return start_orders(OPTIONS.orders, processing_delay, database, arguments, **env)


def create(server, mount="v1", **fields):
    answer = requests.post(f"{server.url}/api/{mount}/orders/", json={**ORDER, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def path_of(mount, order):
    return f"/api/{mount}/orders/{order}/"


def get(server, order, mount="v2"):
    return requests.get(server.url + path_of(mount, order))


class InFlight:
    """A PUT to v1 that has read its order and now waits."""

    def __init__(self, server, order, body):
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        self.connection.request("PUT", path_of("v1", order), json.dumps(body),
                                {"Content-Type": "application/json"})
        # The server has one I/O thread, which takes connections in order and reads at once: when these
        # have their answers, the PUT has read its order.
        for _ in range(3):
            get(server, order)

    def answer(self):
        with contextlib.closing(self.connection):
            response = self.connection.getresponse()
            return response.status, dict(response.getheaders()), json.loads(response.read())


def send_raw(server, data, half_close=False):
    """Sends bytes as they are; all that comes back until the server closes or falls silent."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S) as client:
        try:
            client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # the server has answered before it has read everything
        received = b""
        try:
            while chunk := client.recv(65536):
                received += chunk
        except OSError:
            pass
        return received


def post_bytes(body, content_type="application/json", length=None):
    length = len(body) if length is None else length
    return (f"POST /api/v1/orders/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}\r\n"
            f"Content-Length: {length}\r\nConnection: close\r\n\r\n").encode() + body


class Naive(unittest.TestCase):
    """v1 and std keep every consequence of read, wait, overwrite."""

    def test_both_are_told_yes_and_the_last_writer_wins(self):
        with start(DELAY) as server:
            order = create(server)
            cancel = InFlight(server, order, {"status": "cancelled"})
            accept = InFlight(server, order, {"status": "preparing"})
            status, _, body = cancel.answer()
            self.assertEqual((status, body["status"]), (200, "cancelled"))
            status, _, body = accept.answer()
            self.assertEqual((status, body["status"]), (200, "preparing"))
            self.assertEqual(get(server, order).json()["status"], "preparing")

    def test_a_column_changed_during_the_wait_is_lost(self):
        with start(DELAY) as server:
            order = create(server)
            cancel = InFlight(server, order, {"status": "cancelled"})
            moved = requests.patch(server.url + path_of("v2", order), json={"delivery_address": "부산시"})
            self.assertEqual(moved.json()["delivery_address"], "부산시")
            self.assertEqual(cancel.answer()[0], 200)
            after = get(server, order).json()
            self.assertEqual(after["status"], "cancelled")
            self.assertEqual(after["delivery_address"], ORDER["delivery_address"])

    def test_an_order_deleted_during_the_wait_comes_back(self):
        with start(DELAY) as server:
            order = create(server)
            before = get(server, order, "v1").json()
            cancel = InFlight(server, order, {"status": "cancelled"})
            self.assertEqual(requests.delete(server.url + path_of("v1", order)).status_code, 204)
            self.assertEqual(get(server, order).status_code, 404)
            self.assertEqual(cancel.answer()[0], 200)
            after = get(server, order, "v1").json()
            self.assertEqual({**after, "updated_at": None},
                             {**before, "updated_at": None, "status": "cancelled"})

    def test_the_wait_blocks_nobody_else(self):
        with start(DELAY) as server:
            order = create(server)
            waiting = [InFlight(server, order, {"status": "cancelled"}) for _ in range(20)]
            self.assertEqual(get(server, order).json()["status"], "pending")
            self.assertEqual({each.answer()[0] for each in waiting}, {200})

    def test_std_loses_an_update_without_any_wait(self):
        with start() as server:
            head = "PATCH {} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n"
            changes = [json.dumps({"delivery_address": "moved"}), json.dumps({"status": "cancelled"})]
            end = time.monotonic() + PATIENCE_S
            while time.monotonic() < end:
                order = create(server)
                clients = [http.client.HTTPConnection("127.0.0.1", server.port) for _ in changes]
                for client in clients:
                    client.connect()
                for client, change in zip(clients, changes):
                    client.sock.sendall((head.format(path_of("std", order), len(change)) + change).encode())
                for client in clients:
                    response = http.client.HTTPResponse(client.sock)
                    response.begin()
                    self.assertEqual(response.status, 200)
                    response.read()
                    client.close()
                after = get(server, order).json()
                if (after["delivery_address"], after["status"]) != ("moved", "cancelled"):
                    return
            self.fail("no update was lost: is std's save not a save of the whole row?")


class Attack(unittest.TestCase):
    """The note's own client, unchanged."""

    def attack(self, mount):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            load_orders(OPTIONS.orders, database)
            with start("200ms", database) as server:
                script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "attack.py")
                ran = subprocess.run([sys.executable, script, server.url, mount], capture_output=True,
                                     env=clean_environment(PYTHONIOENCODING="utf-8"), timeout=PATIENCE_S)
                self.assertEqual(ran.stderr.decode(), "")
                said = ran.stdout.decode()  # two threads print: the ends of lines may come late
                self.assertIn("[고객] '취소해주세요!' 요청 보냄", said)
                self.assertIn("[사장님] '주문 접수!' 요청 보냄", said)
                results = [re.search(rf"\[{who}\] 결과: (\w+)", said)[1] for who in ("고객", "사장님")]
                return results, get(server, 8).json()["status"]

    def test_v1_tells_both_yes(self):
        results, after = self.attack("v1")
        self.assertEqual(results, ["cancelled", "preparing"])
        self.assertIn(after, results)

    def test_v2_tells_one_of_them_409(self):
        results, after = self.attack("v2")
        self.assertIn(results, (["cancelled", "409"], ["409", "preparing"]))
        self.assertIn(after, results)


class Rules(unittest.TestCase):
    """v2."""

    def change(self, server, order, role=None, method="PATCH", **fields):
        return requests.request(method, server.url + path_of("v2", order), json=fields,
                                headers={"X-Role": role} if role else {})

    def test_a_refused_change_changes_nothing_and_says_why(self):
        with start() as server:
            order = create(server, "v2")
            self.assertEqual(self.change(server, order, status="preparing").status_code, 200)
            before = get(server, order).json()
            for role, to, code in [(None, "cancelled", "wrong_role"), ("rider", "cancelled", "wrong_role"),
                                   (None, "preparing", "same_status"), (None, "delivered", "illegal_transition"),
                                   (None, "pending", "illegal_transition")]:
                answer = self.change(server, order, role, status=to, menu="other")
                self.assertEqual(answer.status_code, 409, answer.text)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                problem = answer.json()
                self.assertEqual((problem["status"], problem["code"], problem["from"], problem["to"]),
                                 (409, code, "preparing", to))
                self.assertTrue(problem["type"] and problem["title"] and problem["detail"])
                self.assertEqual(get(server, order).json(), before)

    def test_a_whole_life(self):
        with start() as server:
            order = create(server, "v2")
            for role, to in [(None, "preparing"), ("rider", "delivering"), ("rider", "delivered")]:
                answer = self.change(server, order, role, "PUT", status=to)
                self.assertEqual((answer.status_code, answer.json()["status"]), (200, to))
            self.assertEqual(answer.json()["version"], 4)
            answer = self.change(server, order, "restaurant", status="cancelled")
            self.assertEqual(answer.json()["code"], "illegal_transition")

    def test_status_and_other_columns_are_one_change(self):
        with start() as server:
            order = create(server, "v2")
            answer = self.change(server, order, status="cancelled", menu="라면")
            self.assertEqual((answer.json()["status"], answer.json()["menu"], answer.json()["version"]),
                             ("cancelled", "라면", 2))

    def test_patches_of_different_columns_do_not_undo_each_other(self):
        with start() as server:
            order = create(server, "v2")
            together(*[lambda field=field, value=value: self.change(server, order, **{field: value})
                       for field, value in [("menu", "라면"), ("quantity", 7), ("total_price", 5),
                                            ("delivery_address", "부산시"), ("customer_name", "이")]])
            after = get(server, order).json()
            self.assertEqual([after[field] for field in ("menu", "quantity", "total_price", "delivery_address",
                                                         "customer_name", "version")],
                             ["라면", 7, 5, "부산시", "이", 6])

    def test_wrong_fields_are_problems(self):
        with start() as server:
            order = create(server, "v2")
            for answer, place in [(self.change(server, order, menu=""), {"pointer": "#/menu"}),
                                  (self.change(server, order, status="cooking"), {"pointer": "#/status"}),
                                  (self.change(server, order, "cook", status="preparing"), {"header": "X-Role"}),
                                  (self.change(server, order, method="PUT", menu="x"), {"pointer": "#/customer_name"}),
                                  (requests.post(f"{server.url}/api/v2/orders/", json={**ORDER, "status": "delivered"}),
                                   {"pointer": "#/status"})]:
                self.assertEqual(answer.status_code, 400, answer.text)
                self.assertEqual(answer.headers["Content-Type"], "application/problem+json")
                self.assertEqual(answer.json()["status"], 400)
                self.assertLessEqual(place.items(), answer.json()["errors"][0].items())
            self.assertEqual(get(server, order).json()["version"], 1)
            self.assertEqual(get(server, 999).status_code, 404)
            self.assertEqual(self.change(server, 999, status="cancelled").status_code, 404)
            self.assertEqual(self.change(server, 999, menu="x").status_code, 404)

    def test_of_many_exactly_one_wins_across_two_processes(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            with start(database=database) as one, start(database=database) as other:
                for _ in range(10):
                    order = create(one, "v2")
                    asked = ["cancelled", "preparing"] * 8
                    answers = together(*[
                        lambda server=server, to=to: self.change(server, order, status=to)
                        for server, to in zip([one, one, other, other] * 4, asked)])
                    won = [to for to, answer in zip(asked, answers) if answer.status_code == 200]
                    self.assertEqual(len(won), 1, won)
                    self.assertEqual({answer.status_code for answer in answers}, {200, 409})
                    for server in (one, other):
                        after = get(server, order).json()
                        self.assertEqual((after["status"], after["version"]), (won[0], 2))


class Lifetime(unittest.TestCase):
    """Starting, stopping, dying."""

    def test_a_request_in_its_wait_is_answered_before_the_end(self):
        with start(DELAY) as server:
            order = create(server)
            cancel = InFlight(server, order, {"status": "cancelled"})
            idle = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
            server.begin_stop()
            self.assertEqual(idle.recv(1), b"")  # closed at once
            idle.close()
            with self.assertRaises(OSError):
                self.knock_until_refused(server)
            status, headers, body = cancel.answer()
            self.assertEqual((status, body["status"]), (200, "cancelled"))
            self.assertEqual(headers["Connection"], "close")
            self.assertEqual(server.stop(), 0)
            with start(database=server.database) as again:
                self.assertEqual(get(again, order).json()["status"], "cancelled")

    @staticmethod
    def knock_until_refused(server):
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S).close()

    def test_a_port_in_use_is_told(self):
        with start() as server:
            ran = self.run_orders("serve", "--port", str(server.port))
            self.assertEqual(ran.returncode, 1)
            self.assertIn(f"port {server.port} is in use", ran.stderr)

    def test_wrong_usage_and_settings_are_exit_2(self):
        for arguments, env, told in [
                (["serve", "--bogus"], {}, "--bogus"), ([], {}, "subcommand"),
                (["serve"], {"PORT": "eighty"}, "PORT: found 'eighty', expected a number"),
                (["serve"], {"PROCESSING_DELAY": "soon"}, "PROCESSING_DELAY"),
                (["serve"], {"SECRET_KEY": ""}, "SECRET_KEY"),
                (["serve"], {"AUTH": "maybe"}, "AUTH"),
                (["serve"], {"DATABASE_URL": "mysql://x/y"}, "expected sqlite:///FILE"),
                (["serve"], {"HOST": "0.0.0.0"}, "insecure default key")]:
            ran = self.run_orders(*arguments, **env)
            self.assertEqual(ran.returncode, 2, (arguments, env, ran.stderr))
            self.assertIn(told, ran.stderr + ran.stdout)
        self.assertEqual(self.run_orders("--version").returncode, 0)
        self.assertIn("conditional change", self.run_orders("--help").stdout)

    def test_every_setting_is_in_the_help_and_in_the_document(self):
        shown = re.findall(r"^  ([A-Z_]+) {2,}\S", self.run_orders("serve", "--help").stdout, re.MULTILINE)
        self.assertEqual(sorted(shown), sorted(SETTINGS))
        document = pathlib.Path(__file__).resolve().parents[2] / "doc/orders.md"
        listed = re.findall(r"^\| ((?:`[A-Z_]+`(?:, )?)+) \|", document.read_text(encoding="utf-8"), re.MULTILINE)
        self.assertEqual(sorted(re.findall("[A-Z_]+", " ".join(listed))), sorted(SETTINGS))

    def test_an_empty_key_is_an_error_and_none_is_told(self):
        with tempfile.TemporaryDirectory() as folder:
            dotenv = os.path.join(folder, "settings.env")
            with open(dotenv, "w", encoding="utf-8") as file:
                file.write("SECRET_KEY=\n")
            ran = self.run_orders("serve", "--env-file", dotenv)
            self.assertEqual(ran.returncode, 2)
            self.assertIn("SECRET_KEY: found ''", ran.stderr)
        with start() as server:
            self.assertIn("SECRET_KEY is not set", server.log())
            self.assertIn("this machine only", server.log())

    def run_orders(self, *arguments, **env):
        with tempfile.TemporaryDirectory() as folder:
            return subprocess.run([os.path.abspath(OPTIONS.orders), *arguments], cwd=folder, text=True,
                                  env=clean_environment(**env), capture_output=True, timeout=PATIENCE_S)

    def test_settings_come_from_dotenv_and_the_environment_wins(self):
        with tempfile.TemporaryDirectory() as folder:
            dotenv = os.path.join(folder, "settings.env")
            with open(dotenv, "w", encoding="utf-8") as file:
                file.write("export SECRET_KEY='비밀'  # quoted\nALLOWED_HOSTS=orders.example\nAUTH=maybe\n")
            with start(arguments=["--env-file", dotenv], AUTH="off") as server:
                self.assertNotIn("insecure", server.log())
                listing = f"{server.url}/api/v1/orders/"
                self.assertEqual(requests.get(listing, headers={"Host": "orders.example"}).status_code, 200)
                self.assertEqual(requests.get(listing).status_code, 400)

    def test_load_is_idempotent(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            load_orders(OPTIONS.orders, database)
            with start(database=database) as server:
                orders = requests.get(f"{server.url}/api/v1/orders/").json()
                self.assertEqual([order["id"] for order in orders], list(range(1, 13)))
                self.assertEqual({order["status"] for order in orders}, {"pending"})
                requests.patch(server.url + path_of("v2", 8), json={"menu": "mine"})
                load_orders(OPTIONS.orders, database, 14)
                self.assertEqual(get(server, 8).json()["menu"], "mine")
                self.assertEqual(len(requests.get(f"{server.url}/api/v1/orders/").json()), 14)

    def test_a_long_list_is_never_whole_in_memory(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            load_orders(OPTIONS.orders, database, 60_000)
            with start(database=database, SEARCH="on") as server:
                listing = f"{server.url}/api/v1/orders/"
                answer = requests.get(listing)
                self.assertGreater(len(answer.content), 15_000_000)
                self.assertEqual([order["id"] for order in answer.json()], list(range(1, 60_001)))
                self.assertEqual(answer.headers["Content-Type"], "application/json")
                found = requests.get(listing, params={"search": "nowhere to be found"})
                self.assertEqual(found.json(), [])
                self.assertEqual(requests.head(listing).status_code, 200)
                self.assert_small(server)
            with start(database=database, PAGE_SIZE="50", SEARCH="on", ORDERING="on") as server:
                listing = f"{server.url}/api/std/orders/"
                last = requests.get(listing, params={"page": "last", "ordering": "-id"}).json()
                self.assertEqual([order["id"] for order in last["results"]], list(range(50, 0, -1)))
                self.assertEqual((last["count"], last["next"]), (60_000, None))
                self.assertEqual(requests.get(listing, params={"search": "nowhere to be found"}).json()["count"], 0)
                self.assertEqual(len(requests.get(listing, params={"ordering": "menu"}).json()["results"]), 50)
                self.assert_small(server)
            with start(database=database, ORDERING="on") as server:
                ordered = requests.get(f"{server.url}/api/std/orders/", params={"ordering": "-id"}).json()
                self.assertEqual([order["id"] for order in ordered], list(range(60_000, 0, -1)))

    def assert_small(self, server):
        if not OPTIONS.sanitized:
            with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
                peak_kb = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
            self.assertLess(peak_kb, 40 * 1024)

    def test_idle_memory_is_small(self):
        if OPTIONS.sanitized:
            self.skipTest("sanitizers take memory of their own")
        with start() as server:
            requests.get(f"{server.url}/livez")
            with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
                rss_kb = next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))
            self.assertLess(rss_kb, 25 * 1024)

    def test_the_log_has_a_line_a_request_and_no_secrets(self):
        with start(arguments=["--log", "json"], SECRET_KEY="s3cret-key") as server:
            requests.get(f"{server.url}/api/v1/orders/?token=hidden", headers={"X-Request-Id": "abc-1"})
            self.assertEqual(server.stop(), 0)
            lines = [json.loads(line) for line in server.log().splitlines()]
            visits = [line for line in lines if line.get("request_id") == "abc-1"]
            self.assertEqual(len(visits), 1)
            self.assertEqual((visits[0]["method"], visits[0]["path"], visits[0]["status"]),
                             ("GET", "/api/v1/orders/", 200))
            self.assertNotIn("s3cret", server.log())
            self.assertNotIn("hidden", server.log())


class BadInput(unittest.TestCase):
    """Whatever comes in, the server answers clearly, stores nothing and lives on."""

    def test_bad_bodies_are_refused(self):
        wrong_types = {**ORDER, "menu": {"a": 1}, "quantity": [1], "total_price": True, "customer_name": None}
        for name, data, status in [
                ("garbage", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 this is not HTTP\r\n\r\n", 400),
                ("no version", b"GET /\r\n\r\n", 400),
                ("no host", b"GET /api/v1/orders/ HTTP/1.1\r\nConnection: close\r\n\r\n", 400),
                ("two lengths", post_bytes(b"{}").replace(b"Content-Type", b"Content-Length: 5\r\nContent-Type"), 400),
                ("length and chunks", post_bytes(b"0\r\n\r\n").replace(
                    b"Content-Type", b"Transfer-Encoding: chunked\r\nContent-Type"), 400),
                ("negative length", post_bytes(b"{}", length=-1), 400),
                ("10 MB", post_bytes(b'{"x": "' + b"x" * 10_000_000 + b'"}'), 413),
                ("long header", b"GET / HTTP/1.1\r\nX: " + b"x" * 100_000 + b"\r\n\r\n", 431),
                ("deep", post_bytes(b"[" * 100_000), 400),
                ("deep objects", post_bytes(b'{"a":' * 100_000), 400),
                ("invalid UTF-8", post_bytes(b'{"menu": "\xff\xfe"}'), 400),
                ("cut JSON", post_bytes(b'{"menu": "x'), 400),
                ("NUL bytes", post_bytes(b"\0" * 100), 400),
                ("wrong types", post_bytes(json.dumps(wrong_types).encode()), 400),
                ("huge number", post_bytes(json.dumps({**ORDER, "quantity": 10 ** 30}).encode()), 400),
                ("negative price", post_bytes(json.dumps({**ORDER, "total_price": -1}).encode()), 400),
                ("media type", post_bytes(b"x", "text/plain"), 415)]:
            with self.subTest(name):
                self.assertEqual(int(send_raw(self.server, data).split(b" ", 2)[1]), status)

    def test_requests_that_never_end_are_given_up(self):
        for name, data in [("cut body", post_bytes(b'{"menu"', length=1000)), ("cut head", b"GET /api/v1/ord"),
                           ("nothing", b""), ("cut chunks", post_bytes(b"").replace(
                               b"Content-Length: 0", b"Transfer-Encoding: chunked") + b"ff\r\nabc")]:
            with self.subTest(name):
                self.assertEqual(send_raw(self.server, data, half_close=True), b"")
        for data in (b"GET /api/v1/ord", post_bytes(b'{"menu"', length=1000)):
            with socket.create_connection(("127.0.0.1", self.server.port)) as client:
                client.sendall(data)  # and hangs up

    def test_v1_refuses_what_django_fails_on(self):
        order = create(self.server)
        for body in (b"", b"{}", b'{"status": null}', b'["status"]', b'"cancelled"', b"5", b"null"):
            answer = requests.put(self.server.url + path_of("v1", order), data=body,
                                  headers={"Content-Type": "application/json"})
            self.assertEqual(answer.status_code, 400, body)
        self.assertEqual(get(self.server, order).json()["version"], 1)
        requests.delete(self.server.url + path_of("v1", order))

    def test_pipelined_requests_are_answered_in_order(self):
        request = "GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
        last = "HEAD /livez HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
        paths = ["/api/v1/", "/nope/", "/livez", "/api/v1/orders/77/"]
        answers = send_raw(self.server, "".join([request.format(path) for path in paths] + [last]).encode())
        statuses = [int(part.split(b" ")[0]) for part in answers.split(b"HTTP/1.1 ")[1:]]
        self.assertEqual(statuses, [200, 404, 200, 404, 200])

    @classmethod
    def setUpClass(cls):
        cls.running = start()
        cls.server = cls.running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    def tearDown(self):
        self.assertEqual(requests.get(f"{self.server.url}/livez").status_code, 200)
        self.assertEqual(requests.get(f"{self.server.url}/api/v1/orders/").json(), [])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--sanitized", action="store_true", help="it was built with sanitizers")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
