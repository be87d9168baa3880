"""Targets with a known fault, or none, and a proxy that renames every field. Standard library only, loopback only.

Every target is a context manager with `.url` and `.requests` (those that came in, in order, as "METHOD path"):

    with fakes.RacyCounter() as target:
        run_deadheat(scenario, target.url)

What they serve, whatever their faults are:

    POST /counters {}               201 {id, value: 0}       POST /counters/ID/add {by}    200 {id, value}
    POST /coupons {limit}           201 {id, left}           POST /coupons/ID/redeem       200 {left} | 403 {error}
    POST /registers {}              201 {id, value: ""}      PUT /registers/ID {value}     200 {id, value}
    GET /counters/ID, /coupons/ID, /registers/ID             200, or 404 {error}

`Till` has bills, and calls a payment provider.
"""
import codecs
import contextlib
import datetime
import http.client
import http.server
import itertools
import json
import queue
import random
import re
import socket
import threading
import time
import urllib.parse
import uuid

CUT = "cut"  # in place of an answer: half of one, and the connection is closed
SILENCE = "silence"  # in place of an answer: none, while the connection stays open


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1  # one write an answer

    def handle_any(self):
        fake = self.server.fake
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fake.requests.append(f"{self.command} {self.path}")
        status, headers, payload = fake.respond(self, body)
        if payload is SILENCE:
            fake.closing.wait()
            self.close_connection = True
            return
        if payload is CUT:
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"value")
            self.wfile.flush()
            self.close_connection = True
            return
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        if status != 204:
            self.send_header("Content-Length", str(len(payload)))
        if fake.closes_connections:
            self.send_header("Connection", "close")
            self.close_connection = True
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(payload)
        self.wfile.flush()

    def finish(self):
        super().finish()
        if hasattr(self, "upstream"):
            self.upstream.close()

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_OPTIONS = handle_any

    def log_message(self, *_):
        pass


class _Quiet:
    """Connections that break are what some of these targets are for."""
    request_queue_size = 256
    allow_reuse_address = True
    daemon_threads = True

    def handle_error(self, request, client_address):
        pass

    def process_request(self, request, client_address):
        self.fake.connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self.fake.connections.discard(request)
        super().shutdown_request(request)


class _ManyConnections(_Quiet, http.server.ThreadingHTTPServer):
    pass


class _OneConnection(_Quiet, http.server.HTTPServer):
    pass


class Fake:
    server_class = _ManyConnections
    closes_connections = False

    def __init__(self):
        self.requests = []
        self.connections = set()
        self.closing = threading.Event()
        self.server = None
        self.port = 0

    def start(self):
        self.closing.clear()
        self.server = self.server_class(("127.0.0.1", self.port), _Handler)
        self.server.fake = self
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def stop(self):
        """Gone as after `kill -9`: nothing listens, and what was open is closed."""
        self.closing.set()
        self.server.shutdown()
        self.server.server_close()
        for connection in list(self.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def respond(self, handler, body):
        """(status, headers, bytes), or (0, [], CUT or SILENCE)."""
        try:
            value = json.loads(body) if body else {}
        except ValueError:
            return 400, [], b""
        answer = self.answer(handler.command, urllib.parse.urlsplit(handler.path).path, value)
        if answer in (CUT, SILENCE):
            return 0, [], answer
        status, value = answer
        return status, [("Content-Type", "application/json")], json.dumps(value).encode()

    def answer(self, method, path, value):
        """(status, value), or CUT or SILENCE."""
        raise NotImplementedError


class Shop(Fake):
    """Counters, coupons and registers without a fault: each has a lock of its own, held from the read to the write."""
    window = 0.002  # between the read and the write, in seconds

    def __init__(self):
        super().__init__()
        self.rows = {}
        self.locks = {}
        self.ids = itertools.count(1)

    def answer(self, method, path, value):
        parts = path.strip("/").split("/")
        if method == "POST" and len(parts) == 1:
            return self.create(parts[0], value)
        key = tuple(parts[:2])
        if key not in self.rows:
            return 404, {"error": "not found"}
        if method == "GET":
            return 200, self.read(key)
        return self.change(key, parts[2] if len(parts) > 2 else method.lower(), value)

    def create(self, kind, value):
        number = next(self.ids)
        row = {"id": number, **({"left": value.get("limit", 1)} if kind == "coupons" else
                                {"value": "" if kind == "registers" else 0})}
        key = (kind, str(number))
        self.locks[key] = threading.Lock()
        self.rows[key] = row
        return 201, dict(row)

    def read(self, key):
        return dict(self.rows[key])

    def change(self, key, action, value):
        with self.locks[key]:
            return self.read_then_write(key, action, value)

    def read_then_write(self, key, action, value):
        row = dict(self.rows[key])
        time.sleep(self.window)
        if action == "redeem":
            if row["left"] <= 0:
                return 403, {"error": "none left"}
            row["left"] -= 1
        elif action == "add":
            row["value"] += value.get("by", 1)
        else:
            row["value"] = value.get("value", "")
        return self.write(key, row)

    def write(self, key, row):
        self.rows[key] = row
        return 200, dict(row)


class Racy(Shop):
    """Nothing is held between the read and the write."""

    def change(self, key, action, value):
        return self.read_then_write(key, action, value)


class Refusing(Shop):
    """No lock over the window: whoever finds the row changed by another is turned away with 409."""

    def change(self, key, action, value):
        before = self.rows[key]
        status, row = self.planned(key, action, value)
        if status != 200:
            return status, row
        with self.locks[key]:
            if self.rows[key] is not before:
                return 409, {"error": "somebody was faster"}
            self.rows[key] = row
        return 200, dict(row)

    def planned(self, key, action, value):
        return self.read_then_write(key, action, value)

    def write(self, key, row):
        return 200, row


class Accounts(Shop):
    """A withdrawal reads the balance at once; a transfer asks elsewhere first, which takes `asking` seconds. Both write a moment
    after they have read. Begun together they never meet: the withdrawal is over before the transfer reads.

        POST /accounts {}    201 {id, value: 100}      POST /accounts/ID/withdraw, POST /accounts/ID/transfer {amount}

    answer 200 {value}, the new balance; or {}, where it is not `telling`."""
    asking = 0.006
    window = 0.001

    def __init__(self, telling=True):
        super().__init__()
        self.telling = telling

    def create(self, kind, value):
        status, row = super().create(kind, value)
        row["value"] = self.rows[(kind, str(row["id"]))]["value"] = 100
        return status, row

    def change(self, key, action, value):
        if action == "transfer":
            time.sleep(self.asking)
        status, row = self.read_then_write(key, "add", {"by": -value["amount"]})
        return status, {"value": row["value"]} if self.telling else {}


class Arrivals(Shop):
    """Notes who came and who was done, in that order, for each register; slow enough for others to come meanwhile."""
    window = 0.06

    def __init__(self):
        super().__init__()
        self.heard = []  # (register, "came" or "done", value)

    def change(self, key, action, value):
        self.heard.append((key[1], "came", value["value"]))
        answer = super().change(key, action, value)
        self.heard.append((key[1], "done", value["value"]))
        return answer

    def races(self):
        """Of each register that two came to before one was done: who, in turn."""
        by_register = {}
        for register, what, value in self.heard:
            by_register.setdefault(register, []).append((what, value))
        return [[value for _, value in events[:2]] for events in by_register.values()
                if [what for what, _ in events[:2]] == ["came", "came"]]


class SingleWorker(Racy):
    """Racy code that never races: one connection is served at a time, each for one request (as by gunicorn's sync worker)."""
    server_class = _OneConnection
    closes_connections = True
    window = 0.01


class OneAtATime(Racy):
    """Racy code that never races: many connections, but all that touches data waits for one lock."""
    window = 0.01

    def __init__(self):
        super().__init__()
        self.turn = threading.Lock()

    def answer(self, method, path, value):
        with self.turn:
            return super().answer(method, path, value)


class FailingReset(Shop):
    def create(self, kind, value):
        return 500, {"error": "no disk"}


class Cuts(Shop):
    """Closes in the middle of the answer to every change; where `all_requests`, to everything."""

    def __init__(self, all_requests=False):
        super().__init__()
        self.all_requests = all_requests

    def answer(self, method, path, value):
        answer = super().answer(method, path, value)
        return CUT if self.all_requests or "/add" in path else answer


class Silent(Shop):
    """Never answers a change; where `all_requests`, nothing."""

    def __init__(self, all_requests=False):
        super().__init__()
        self.all_requests = all_requests

    def answer(self, method, path, value):
        return SILENCE if self.all_requests or "/add" in path else super().answer(method, path, value)


class TooMany(Shop):
    """429 to every change; where `all_requests`, to everything."""

    def __init__(self, all_requests=False):
        super().__init__()
        self.all_requests = all_requests

    def answer(self, method, path, value):
        if self.all_requests or "/add" in path:
            return 429, {"error": "too many requests"}
        return super().answer(method, path, value)


class Lost(Shop):
    """Stops after `after` requests; comes back after `back_in` seconds, if given, with all its data. Or when `back_in` returns."""

    def __init__(self, after, back_in=None):
        super().__init__()
        self.after = after
        self.back_in = back_in
        self.gone = threading.Event()

    def answer(self, method, path, value):
        if len(self.requests) >= self.after and not self.gone.is_set():
            self.gone.set()
            threading.Thread(target=self.go_away, daemon=True).start()
        return super().answer(method, path, value)

    def go_away(self):
        self.stop()
        if self.back_in is not None:
            self.back_in() if callable(self.back_in) else time.sleep(self.back_in)
            self.start()

    def __exit__(self, *_):
        if not self.gone.is_set() or self.back_in is not None:
            super().__exit__()


class Flaky(Shop):
    """A boolean of the state flips by itself in a share of the reads."""

    def __init__(self, share=0.5):
        super().__init__()
        self.share = share
        self.random = random.Random(1)

    def read(self, key):
        return {**super().read(key), "lucky": self.random.random() < self.share}


class FlakyAndRacy(Flaky, Racy):
    """Both."""


class ErrorUnderContention(Shop):
    """Two changes of one thing at a time: the second is told 500, and does nothing."""

    def change(self, key, action, value):
        if not self.locks[key].acquire(blocking=False):
            return 500, {"error": "database is locked"}
        try:
            return self.read_then_write(key, action, value)
        finally:
            self.locks[key].release()


class Eventual(Shop):
    """Reads see a change `lag` seconds after it was acknowledged; changes themselves are in order.

    Half of the 50 ms after which a tester looks for the second time, so that a busy machine changes nothing.
    """
    lag = 0.025

    def __init__(self):
        super().__init__()
        self.seen = {}
        self.late = queue.Queue()
        threading.Thread(target=self.apply, daemon=True).start()

    def apply(self):
        while True:
            due, key, row = self.late.get()
            time.sleep(max(0.0, due - time.monotonic()))
            self.seen[key] = row

    def create(self, kind, value):
        status, row = super().create(kind, value)
        self.seen[(kind, str(row["id"]))] = row
        return status, row

    def read(self, key):
        return dict(self.seen[key])

    def write(self, key, row):
        self.late.put((time.monotonic() + self.lag, key, dict(row)))
        return super().write(key, row)


class Till(Fake):
    """Bills that are charged at a payment provider. Whoever pays a bill is told that it is paid, and so is everybody who
    looks: that it was charged twice, nobody sees but the provider.

        POST /bills {amount, provider}  201 {id}     POST /bills/ID/pay  200 {paid: true}     GET /bills/ID  200 {paid}

    `provider` is the one of all bills that name none. `locked`: a bill is charged once. `drops_path`: only host and port
    of the provider's address are used. `lag`: the provider is called so many seconds after the answer.
    """
    window = 0.002  # between the look at the bill and the call, in seconds

    def __init__(self, provider=None, locked=False, drops_path=False, lag=None):
        super().__init__()
        self.provider, self.locked, self.drops_path, self.lag = provider, locked, drops_path, lag
        self.bills = {}
        self.ids = itertools.count(1)

    def answer(self, method, path, value):
        parts = path.strip("/").split("/")
        if method == "POST" and len(parts) == 1:
            number = str(next(self.ids))
            self.bills[number] = {"amount": value.get("amount", 1), "provider": value.get("provider", self.provider),
                                  "paid": False, "lock": threading.Lock()}
            return 201, {"id": number}
        bill = self.bills.get(parts[1])
        if bill is None:
            return 404, {"error": "not found"}
        if method == "POST":
            with bill["lock"] if self.locked else contextlib.nullcontext():
                if not bill["paid"]:
                    time.sleep(self.window)
                    self.charge(parts[1], bill)
                    bill["paid"] = True
        return 200, {"paid": bill["paid"]}

    def charge(self, number, bill):
        if self.lag is None:
            return self.call_provider(number, bill)
        timer = threading.Timer(self.lag, self.call_provider, (number, bill))
        timer.daemon = True
        timer.start()

    def call_provider(self, number, bill):
        url = urllib.parse.urlsplit(bill["provider"])
        connection = http.client.HTTPConnection(url.hostname, url.port, timeout=10)
        charge = {"bill": number, "amount": bill["amount"], "at": time.time(), "key": uuid.uuid4().hex}
        with contextlib.suppress(OSError), contextlib.closing(connection):  # a provider that is gone is no news here
            connection.request("POST", ("" if self.drops_path else url.path) + "/charges", json.dumps(charge),
                               {"Content-Type": "application/json"})
            connection.getresponse().read()


# A proxy in front of any JSON API. Verdicts must not depend on what fields are called, nor on what is always different.

_HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "content-length", "te", "trailer", "upgrade", "host"}


def renamed(name):
    """Another name for a field; one to one, and the inverse is `original`."""
    return "x_" + codecs.encode(name, "rot13")


def original(name):
    return codecs.encode(name[2:], "rot13") if name.startswith("x_") else name


def _rename_keys(value, rename):
    if isinstance(value, dict):
        return {rename(key): _rename_keys(inner, rename) for key, inner in value.items()}
    if isinstance(value, list):
        return [_rename_keys(inner, rename) for inner in value]
    return value


class RenamingProxy(Fake):
    """Renames every field of every JSON body, both ways, and adds to every object that is answered a random id, the
    time, and a list in random order. One connection to the API for each connection to the proxy."""

    def __init__(self, upstream):
        super().__init__()
        self.upstream = urllib.parse.urlsplit(upstream)

    def respond(self, handler, body):
        headers = {name: value for name, value in handler.headers.items() if name.lower() not in _HOP_BY_HOP}
        if body and "json" in (handler.headers.get("Content-Type") or ""):
            body = json.dumps(_rename_keys(json.loads(body), original), ensure_ascii=False).encode()
        if body:
            headers["Content-Length"] = str(len(body))
        for last_try in (False, True):
            fresh = not hasattr(handler, "upstream")
            if fresh:
                handler.upstream = http.client.HTTPConnection(self.upstream.hostname, self.upstream.port, timeout=60)
                handler.upstream.connect()
                handler.upstream.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            try:
                handler.upstream.request(handler.command, handler.path, body or None, headers)
                response = handler.upstream.getresponse()
                payload = response.read()
                break
            except (http.client.RemoteDisconnected, ConnectionError):
                # Only a connection that was idle before may be tried again: the API may have closed it meanwhile.
                del handler.upstream
                if last_try or fresh:
                    raise
        answer_headers = [(n, v) for n, v in response.getheaders() if n.lower() not in _HOP_BY_HOP | {"date", "server"}]
        if payload and "json" in (response.getheader("Content-Type") or ""):
            value = _rename_keys(json.loads(payload), renamed)
            if isinstance(value, dict):
                value["noise_id"] = uuid.uuid4().hex
                value["noise_time"] = datetime.datetime.now(datetime.timezone.utc).isoformat()
                value["noise_list"] = random.sample(["apple", "pear", "plum", "fig"], 4)
            payload = json.dumps(value, ensure_ascii=False).encode()
        return response.status, answer_headers, payload


def _rename_path(match):
    return match[1] + re.sub(r"[A-Za-z_]\w*", lambda name: renamed(name[0]), match[2])


def _rename_flow(text):
    """The keys of a YAML flow mapping: a word after a brace or a comma and before a colon, outside of quotes."""
    return re.sub(r"""("[^"]*"|'[^']*')|(?<=[{,\[])(\s*)([A-Za-z_]\w*)(?=\s*:\s)""",
                  lambda m: m[1] or m[2] + renamed(m[3]), text)


def rename_scenario(text):
    """The scenario for what stands behind the proxy: the keys of `json:` bodies and the fields after `.body` in jq get
    their other names; names of scripts, captures, reads and actors stay."""
    lines, result, inside = text.splitlines(), [], None  # inside: the indentation of a block `json:`
    for line in lines:
        indent = len(line) - len(line.lstrip(" -"))
        if inside is not None and line.strip() and indent > inside:
            result.append(re.sub(r"^([\s-]*)([A-Za-z_]\w*)(?=:(\s|$))", lambda m: m[1] + renamed(m[2]), line))
            continue
        inside = None
        block = re.match(r"^([\s-]*)json:\s*(#.*)?$", line)
        if block:
            inside = len(block[1])
            result.append(line)
            continue
        # A flow mapping ends where its braces balance; those of {{templates}} do so by themselves.
        at = 0
        while (found := re.compile(r"\bjson:\s*(?=[{\[])").search(line, at)) is not None:
            depth, end = 0, found.end()
            for end in range(found.end(), len(line)):
                depth += {"{": 1, "[": 1, "}": -1, "]": -1}.get(line[end], 0)
                if depth == 0:
                    break
            flow = _rename_flow(line[found.end():end + 1])
            line = line[:found.end()] + flow + line[end + 1:]
            at = found.end() + len(flow)
        result.append(re.sub(r"(\.body\b(?:\s*\|\s*(?=\.[A-Za-z_]))?)((?:\.[A-Za-z_]\w*|\[\d*\])+)", _rename_path, line))
    return "\n".join(result) + "\n"
