"""End-to-end tests of what `orders` takes from its clients and its machine: every limit, and what happens at it.

    limits_test.py --orders PATH [--sanitized] [unittest arguments]
"""
import argparse
import contextlib
import json
import os
import re
import resource
import socket
import subprocess
import sys
import tempfile
import time
import unittest

import requests

from servers import clean_environment, start_orders, wait_for_url

OPTIONS = argparse.Namespace(orders=None, sanitized=False)
PATIENCE_S = 60  # until a test gives up; never a measure of speed
ORDER = {"customer_name": "김고객", "restaurant_name": "맛나분식", "menu": "떡볶이", "quantity": 2,
         "total_price": 18000, "delivery_address": "서울시 마포구 1-2"}
LIST = "/api/v1/orders/"


def start(processing_delay="0", database=None, arguments=(), **env):
    return start_orders(OPTIONS.orders, processing_delay, database, arguments, **env)


def create(server, **fields):
    answer = requests.post(server.url + LIST, json={**ORDER, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


def connect(server):
    return socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)


def read_all(client):
    """All that comes until the server closes. A reset ends it too: the server closed with input unread."""
    received = b""
    with contextlib.suppress(ConnectionError):
        while chunk := client.recv(65536):
            received += chunk
    return received


def ask(server, data, half_close=False):
    """Sends bytes as they are, on a connection that is left open; all that comes back until the server closes it."""
    with connect(server) as client:
        with contextlib.suppress(ConnectionError):  # the server may answer before it has read everything
            client.sendall(data)
            if half_close:
                client.shutdown(socket.SHUT_WR)
        return read_all(client)


def statuses(received):
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d{3}) ", received)]


def request(method, path, *fields, body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *fields]
    if body:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + body


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about")
        time.sleep(0.02)


def memory_kb(server):
    with open(f"/proc/{server.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


class Untouched(unittest.TestCase):
    """What is refused leaves the connection closed, the table empty, and the service alive."""

    @classmethod
    def setUpClass(cls):
        cls.running = start()
        cls.server = cls.running.__enter__()

    @classmethod
    def tearDownClass(cls):
        cls.running.__exit__(None, None, None)

    def tearDown(self):
        self.assertEqual(requests.get(self.server.url + LIST).json(), [])

    def refused(self, data, status):
        """Answered so, once, and closed: ask() reads until the end of the connection."""
        received = ask(self.server, data)
        self.assertEqual(statuses(received), [status], data[:200])
        self.assertIn(b"connection: close", received.lower())

    def test_a_head_that_can_be_read_in_two_ways(self):
        body = json.dumps(ORDER).encode()
        whole = request("POST", LIST, body=body)
        chunks = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body)
        length = b"Content-Length: %d" % len(body)
        smuggled = request("POST", LIST, body=body)
        for name, data in {
                "two lengths": whole.replace(length, length + b"\r\nContent-Length: 0"),
                "the same length twice": whole.replace(length, length + b"\r\n" + length),
                "a list of lengths": whole.replace(length, length + b", " + length.split()[1]),
                "a signed length": whole.replace(b"Length: ", b"Length: +"),
                "a negative length": whole.replace(b"Length: ", b"Length: -"),
                "a length in hex": whole.replace(b"Length: ", b"Length: 0x"),
                "a blank before the colon": whole.replace(b"Length:", b"Length :"),
                "length and chunks": whole.replace(length, length + b"\r\nTransfer-Encoding: chunked")[:-len(body)] + chunks,
                "chunks and length": whole.replace(length, b"Transfer-Encoding: chunked\r\n" + length)[:-len(body)] + chunks,
                "a coding that is not chunked": whole.replace(length, b"Transfer-Encoding: gzip"),
                "a coding like chunked": whole.replace(length, b"Transfer-Encoding: xchunked")[:-len(body)] + chunks,
                "chunked and then another": whole.replace(length, b"Transfer-Encoding: chunked, identity")[:-len(body)] + chunks,
                "two hosts": whole.replace(b"Host: 127.0.0.1", b"Host: 127.0.0.1\r\nHost: evil.example"),
                "a line without CR": whole.replace(b"127.0.0.1\r\n", b"127.0.0.1\n"),
                "no CR at all": whole.replace(b"\r\n", b"\n"),
                "a CR alone": whole.replace(b"127.0.0.1\r\n", b"127.0.0.1\r"),
                "a folded field": whole.replace(b"127.0.0.1\r\n", b"127.0.0.1\r\n\tmore\r\n"),
                "a folded first field": whole.replace(b"Host", b" Host"),
                "a NUL": whole.replace(b"127.0.0.1\r\n", b"127.0.0.1\0\r\n"),
                "a blank in the path": whole.replace(LIST.encode(), LIST.encode() + b" x"),
                "a chunk size that is none": whole.replace(length, b"Transfer-Encoding: chunked")[:-len(body)] + b"zz\r\n",
                "a chunk size too long": whole.replace(length, b"Transfer-Encoding: chunked")[:-len(body)] + b"f" * 17 + b"\r\n",
        }.items():
            with self.subTest(name):
                # What follows would be taken for a request of its own by whoever reads the head otherwise.
                self.refused(data + smuggled, 400)

    def test_no_host(self):
        for version in (b"1.1", b"1.0"):
            data = request("GET", LIST, "Connection: close").replace(b"Host: 127.0.0.1\r\n", b"").replace(b"1.1", version)
            self.assertEqual(statuses(ask(self.server, data)), [400])

    def test_sizes(self):
        for name, data, status in [
                ("10 MB of JSON", request("POST", LIST, body=b'{"menu": "' + b"x" * 10_000_000 + b'"}'), 413),
                ("10 MB in chunks", request("POST", LIST, "Transfer-Encoding: chunked") +
                 b"100000\r\n%b\r\n" % (b"x" * 0x100000) * 10, 413),
                ("a line of 64 KB", request("GET", LIST + "?" + "x" * 65536), 414),
                ("a line without an end", b"GET /" + b"x" * 100_000, 414),
                ("a field of 64 KB", request("GET", LIST, "X: " + "x" * 65536), 431),
                ("many fields", request("GET", LIST, *["X: y"] * 10_000), 431)]:
            with self.subTest(name):
                self.refused(data, status)

    def test_bodies(self):
        for name, body in {
                "200,000 brackets": b"[" * 200_000,
                "200,000 braces": b'{"a":' * 200_000,
                "201 brackets, closed": b"[" * 202 + b"]" * 202,
                "invalid UTF-8": b'{"menu": "\xff\xfe"}',
                "a surrogate": b'{"menu": "\xed\xa0\x80"}',
                "cut short": b'{"menu": "x',
                "5,000 digits": b'{"quantity": ' + b"1" * 5000 + b"}",
                "NUL": b"\0" * 100}.items():
            with self.subTest(name):
                self.assertEqual(statuses(ask(self.server, request("POST", LIST, "Connection: close", body=body))), [400])

    def test_cut_off(self):
        whole = request("POST", LIST, body=json.dumps(ORDER).encode())
        for size in (1, 20, whole.index(b"\r\n\r\n") + 2, whole.index(b"\r\n\r\n") + 4, len(whole) - 1):
            with self.subTest(size):
                self.assertEqual(ask(self.server, whole[:size], half_close=True), b"")
        chunked = request("POST", LIST, "Transfer-Encoding: chunked") + b"ff\r\nabc"
        self.assertEqual(ask(self.server, chunked, half_close=True), b"")

    def test_pipelined_requests_are_answered_in_order_up_to_one_that_is_wrong(self):
        data = (request("GET", LIST) + request("GET", "/nope/") + request("HEAD", "/livez") +
                request("PUT", LIST + "77/", body=b'{"status": "cancelled"}') +
                request("GET", LIST, "Content-Length: 1", "Content-Length: 2") + request("GET", LIST))
        self.assertEqual(statuses(ask(self.server, data)), [200, 404, 200, 404, 400])


class Settings(unittest.TestCase):
    """Each limit has a setting; here they are small."""

    def test_sizes(self):
        with start(MAX_BODY_BYTES="200", MAX_HEADER_BYTES="1024", MAX_REQUEST_LINE_BYTES="128", MAX_JSON_DEPTH="3") as server:
            for data, status in [
                    (request("PUT", LIST + "1/", body=b'{"a": "' + b"x" * 191 + b'"}'), 404),
                    (request("PUT", LIST + "1/", body=b'{"a": "' + b"x" * 192 + b'"}'), 413),
                    (request("GET", LIST, "X: " + "x" * 900), 200),
                    (request("GET", LIST, "X: " + "x" * 1024), 431),
                    (request("GET", LIST + "?" + "x" * 97), 200),
                    (request("GET", LIST + "?" + "x" * 98), 414),
                    (request("POST", LIST, body=b"[[[[]]]]"), 400),
                    (request("POST", LIST, body=b"[[[[[]]]]]"), 400)]:
                answer = ask(server, data.replace(b"Host:", b"Connection: close\r\nHost:"))
                self.assertEqual(statuses(answer), [status], data[:200])
            deep = requests.post(server.url + LIST, data="[[[[[]]]]]", headers={"Content-Type": "application/json"})
            self.assertIn("nested more than 3 levels deep", deep.json()["detail"])
            flat = requests.post(server.url + LIST, data="[[[[]]]]", headers={"Content-Type": "application/json"})
            self.assertIn("Expected a dictionary", flat.json()["non_field_errors"][0])

    def test_connections(self):
        with start(MAX_CONNECTIONS="3") as server, contextlib.ExitStack() as stack:
            clients = [stack.enter_context(connect(server)) for _ in range(3)]
            for client in clients:  # each is surely in when it has its answer
                client.sendall(request("GET", "/livez"))
                self.assertEqual(statuses(client.recv(65536)), [200])
            self.assertEqual(statuses(ask(server, request("GET", "/livez"))), [503])
            clients[0].close()
            until(lambda: statuses(ask(server, request("GET", "/livez", "Connection: close"))) == [200], "a free place")

    def test_requests_a_connection(self):
        with start(MAX_REQUESTS_PER_CONNECTION="2") as server:
            received = ask(server, request("GET", LIST) * 3)
            self.assertEqual(statuses(received), [200, 200])
            self.assertEqual(received.lower().count(b"connection: close"), 1)

    def test_idle(self):
        with start(IDLE_TIMEOUT="200ms") as server:
            self.assertEqual(ask(server, b""), b"")
            # On a slow machine one who comes with a request may be idle before it is sent.
            until(lambda: statuses(ask(server, request("GET", LIST))) == [200], "an answer, and then the end")

    def test_a_byte_at_a_time(self):
        for data in (request("GET", LIST, "X: " + "x" * 1000), request("POST", LIST, body=b'{"a": "' + b"x" * 1000 + b'"}')):
            with start(RECEIVE_TIMEOUT="500ms") as server, connect(server) as client:
                client.settimeout(0.02)  # of the wait between two bytes
                received = b""
                for i in range(len(data)):
                    with contextlib.suppress(ConnectionError):
                        client.sendall(data[i:i + 1])
                    with contextlib.suppress(TimeoutError, ConnectionError):
                        received = client.recv(65536)
                    if received:
                        break
                self.assertEqual(statuses(received), [408])
                self.assertLess(i, len(data) - 1)
                self.assertEqual(requests.get(server.url + LIST).status_code, 200)

    def test_a_client_that_does_not_read(self):
        with start(SEND_TIMEOUT="500ms", MAX_CONNECTIONS="2") as server:
            for _ in range(100):
                create(server, menu="가" * 200)
            with socket.socket() as deaf, connect(server) as other:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.connect(("127.0.0.1", server.port))
                deaf.setblocking(False)
                with contextlib.suppress(BlockingIOError):
                    for _ in range(10_000):
                        deaf.send(request("GET", LIST))
                other.sendall(request("GET", "/livez"))
                self.assertEqual(statuses(other.recv(65536)), [200])
                # Its place is free again: it was given up, while the other one stays.
                until(lambda: statuses(ask(server, request("GET", "/livez", "Connection: close"))) == [200], "a free place")
                other.sendall(request("GET", "/livez"))
                self.assertEqual(statuses(other.recv(65536)), [200])


class Crowd(unittest.TestCase):
    def test_2000_idle_connections_are_cheap_and_hinder_nobody(self):
        count = 2000
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        if hard != resource.RLIM_INFINITY and hard < count + 200:
            self.skipTest(f"this machine allows {hard} files")
        with start() as server, contextlib.ExitStack() as stack:
            # The server raises its own limit; this process needs one too.
            resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, count + 200), hard))
            stack.callback(resource.setrlimit, resource.RLIMIT_NOFILE, (soft, hard))
            create(server)
            before = memory_kb(server)
            clients = [stack.enter_context(connect(server)) for _ in range(count)]
            for client in clients:
                client.sendall(b"GET /livez HT")  # each is in the middle of a request
            self.assertEqual(requests.get(server.url + LIST).status_code, 200)
            self.assertEqual(len(os.listdir(f"/proc/{server.pid}/fd")) > count, True)
            if not OPTIONS.sanitized:
                self.assertLess(memory_kb(server) - before, count * 32)
            for client in clients[::100]:
                client.sendall(b"TP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(statuses(client.recv(65536)), [200])

    def test_a_client_that_hangs_up_during_the_wait_has_changed_the_order(self):
        with start("3s") as server:
            order = create(server)
            path = f"{LIST}{order}/"
            with connect(server) as client:
                client.sendall(request("PUT", path, body=b'{"status": "cancelled"}'))
                # One I/O thread, which reads what arrives in order: the PUT is in when this is answered.
                self.assertEqual(requests.get(server.url + path).json()["status"], "pending")
            until(lambda: requests.get(server.url + path).json()["status"] == "cancelled", "the change")


class Disk(unittest.TestCase):
    """What the machine takes away: nothing that was acknowledged is lost, and the service goes on."""

    def fill(self, server):
        """Creates orders until it fails; the ids that were acknowledged, and the answer that was not a 201."""
        acknowledged = []
        while True:
            answer = requests.post(server.url + LIST, json={**ORDER, "delivery_address": "가" * 255})
            if answer.status_code != 201:
                return acknowledged, answer
            acknowledged.append(answer.json()["id"])
            self.assertLess(len(acknowledged), 10_000)

    def listed(self, server):
        return {order["id"] for order in requests.get(server.url + LIST).json()}

    def test_a_full_disk(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            with start(database=database, arguments=["--log", "json"]) as server:
                unlimited = resource.prlimit(server.pid, resource.RLIMIT_FSIZE)
                # No file may grow beyond this: its writes fail, as they do on a full disk.
                resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (1_000_000, unlimited[1]))
                acknowledged, answer = self.fill(server)
                self.assertIn(answer.status_code, (500, 503))
                self.assertGreater(len(acknowledged), 10)
                self.assertLessEqual(set(acknowledged), self.listed(server))
                self.assertEqual(requests.get(f"{server.url}/livez").status_code, 200)
                # There is room again.
                resource.prlimit(server.pid, resource.RLIMIT_FSIZE, unlimited)
                acknowledged.append(create(server))
                self.assertEqual(server.stop(), 0)
                errors = [json.loads(line) for line in server.log().splitlines() if '"error"' in line]
                self.assertTrue(errors and all("SQLite" in line["error"] for line in errors), errors)
            with start(database=database) as again:
                self.assertLessEqual(set(acknowledged), self.listed(again))

    def test_a_database_file_that_is_taken_away(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            with start(database=database) as server:
                order = create(server)
                os.rename(database, database + ".taken")
                for answer in (requests.post(server.url + LIST, json=ORDER),
                               requests.put(f"{server.url}{LIST}{order}/", json={"status": "cancelled"}),
                               requests.delete(f"{server.url}{LIST}{order}/")):
                    self.assertEqual(answer.status_code, 503, answer.text)
                self.assertEqual(requests.get(f"{server.url}/livez").status_code, 200)
                self.assertIn("not where it was", server.log())
                os.rename(database + ".taken", database)
                second = create(server)
                self.assertEqual(requests.get(f"{server.url}{LIST}{order}/").json()["status"], "pending")
            with start(database=database) as again:
                self.assertEqual(self.listed(again), {order, second})

    def test_a_database_file_that_is_replaced(self):
        with tempfile.TemporaryDirectory() as folder:
            database = os.path.join(folder, "orders.sqlite3")
            with start(database=database) as server:
                create(server)
                with open(database + ".other", "wb") as other:
                    other.write(b"this is no database\n" * 1000)
                os.replace(database + ".other", database)
                self.assertEqual(requests.post(server.url + LIST, json=ORDER).status_code, 503)
                self.assertEqual(requests.get(f"{server.url}/livez").status_code, 200)


class Logs(unittest.TestCase):
    SECRETS = {"Authorization": "Basic c2VjcmV0OmNyZWRlbnRpYWw=", "Cookie": "sessionid=s3ss10n", "X-CSRFToken": "t0k3n"}

    def visit(self, server):
        order = create(server)
        for method, path in [("GET", LIST + "?token=hidden"), ("PUT", f"{LIST}{order}/"), ("GET", "/nope/?key=hidden")]:
            requests.request(method, server.url + path, headers=self.SECRETS, data=b'{"status": "private"}')
        odd = request("GET", "/", "X-Request-Id: one two", "Connection: close").replace(b"GET /", b"GET /\xff\xfe")
        self.assertEqual(statuses(ask(server, odd)), [404])
        self.assertEqual(server.stop(), 0)
        return server.log()

    def test_text_and_json_have_a_line_a_request_and_no_secrets(self):
        for form in ("text", "json"):
            with start(arguments=["--log", form, "--log-level", "debug"], SECRET_KEY="s3cret-key") as server:
                log = self.visit(server)
                for secret in ["s3cret", "hidden", "private", "s3ss10n", *self.SECRETS.values()]:
                    self.assertNotIn(secret, log)
                lines = [line for line in log.splitlines() if "/nope/" in line]
                self.assertEqual(len(lines), 1, log)
                self.assertIn("404", lines[0])

    def test_who_is_turned_away_is_told(self):
        with start() as server:
            self.assertEqual(statuses(ask(server, b"not HTTP at all\r\n\r\n")), [400])
            self.assertEqual(server.stop(), 0)  # the log is buffered; it is whole at the end
            self.assertIn("turned a client away before its request: 400", server.log())
            self.assertNotIn("not HTTP", server.log())

    def test_a_log_that_nobody_reads_stops_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            command = [os.path.abspath(OPTIONS.orders), "serve", "--port", "0", "--processing-delay", "0"]
            process = subprocess.Popen(command, cwd=folder, env=clean_environment(), text=True,
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            with process:
                process.stderr.close()
                url = wait_for_url(process, os.devnull)
                for _ in range(3):
                    self.assertEqual(requests.get(url + LIST).status_code, 200)
                process.terminate()
                self.assertEqual(process.wait(PATIENCE_S), 0)

    def test_each_line_of_json_has_a_time_a_level_and_the_id_of_the_answer(self):
        with start(arguments=["--log", "json"]) as server:
            answer = requests.get(server.url + LIST)
            self.visit(server)
            lines = [json.loads(line) for line in server.log().splitlines()]
            self.assertTrue(all(line["time"] and line["level"] for line in lines))
            mine = [line for line in lines if line.get("request_id") == answer.headers["X-Request-Id"]]
            self.assertEqual([(line["method"], line["path"], line["status"]) for line in mine], [("GET", LIST, 200)])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--sanitized", action="store_true", help="it was built with sanitizers")
    OPTIONS, rest = parser.parse_known_args()
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)
