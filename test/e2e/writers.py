"""Writers of the API that one should have. They keep what they were told, whatever becomes of the service meanwhile."""
import collections
import dataclasses
import http.client
import itertools
import json
import threading
import time

PATIENCE_S = 60
PAUSE_S = 0.02  # until a request is tried again
ORDER = {"customer_name": "김고객", "restaurant_name": "맛나분식", "menu": "떡볶이", "quantity": 1,
         "total_price": 0, "delivery_address": "서울시 마포구 1-2"}
# One change is of all of these, to the same number: an order in which they differ has half a change.
TOGETHER = ("quantity", "total_price", "menu", "delivery_address")
NEXT = {"pending": "preparing", "preparing": "delivering", "delivering": "delivered"}
LIST = "/api/v2/orders/"


def numbered(number):
    return {"quantity": number, "total_price": number, "menu": f"menu {number}", "delivery_address": f"street {number}"}


def draft(number):
    """An order that no other attempt creates."""
    return {**ORDER, **numbered(number), "customer_name": f"customer {number}"}


def key_of(number):
    return f"key-{number}"


class WrongAnswer(Exception):
    """An answer that the service never gives in its right mind."""


@dataclasses.dataclass
class Attempt:
    """A creation or a change that was asked for."""
    number: int  # what it writes; no other attempt writes it
    order: int | None  # None: a creation without an answer
    version: int | None  # of the order, which it changes; None: whichever it has; 0: it creates one
    to: str | None  # None: it leaves the status as it is
    answer: str = "unknown"  # "done", or "refused": certainly not done


class Journal:
    """What was attempted, and what became known of it. Any thread's."""

    def __init__(self, numbers=None):
        self.numbers = numbers or itertools.count(1)
        self.attempts = []
        self.told = collections.defaultdict(dict)  # order -> version -> how it looked, as somebody was told
        self.faults = []  # (kind, what)
        self.acknowledged = 0
        self.in_doubt = 0  # creations that had no answer at first
        self.replayed = 0  # and of these, those that had been done
        self.progress = threading.Condition()

    def attempt(self, order, version, to):
        attempt = Attempt(next(self.numbers), order, version, to)
        self.attempts.append(attempt)
        return attempt

    def fault(self, kind, what):
        self.faults.append((kind, what))

    def tell(self, order):
        """Somebody was told that an order looks so: from now on it always has."""
        before = self.told[order["id"]].setdefault(order["version"], order)
        if before != order:
            self.fault("lost", f"first order {order['id']} was told to be\n  {before}\nand then\n  {order}")

    def acknowledge(self, attempt, order):
        if order["total_price"] != attempt.number or attempt.version not in (None, order["version"] - 1):
            self.fault("half", f"{attempt} was acknowledged with {order}")
        attempt.order, attempt.version, attempt.answer = order["id"], order["version"] - 1, "done"
        self.tell(order)
        with self.progress:
            self.acknowledged += 1
            self.progress.notify_all()

    def wait_for(self, acknowledged):
        with self.progress:
            if not self.progress.wait_for(lambda: self.acknowledged >= acknowledged, PATIENCE_S):
                raise RuntimeError(f"the writers do not get on: {self.acknowledged} of {acknowledged} changes were acknowledged "
                                   f"within {PATIENCE_S} s; {self.faults}")


class Desk:
    """The order that one or more writers work on; None: whoever comes next creates one."""

    def __init__(self):
        self.order = None


class Writer(threading.Thread):
    """Takes order after order through its life, at whichever of the services is there, until it is told to stop.

    What it could not get an answer to it asks again if it has a key, and leaves open if not."""

    def __init__(self, place, services, desk, journal):
        super().__init__()
        self.place, self.services, self.desk, self.journal = place, services, desk, journal
        self.connection = None
        self.over = threading.Event()

    def run(self):
        try:
            while not self.over.is_set():
                self.work()
        except WrongAnswer as wrong:
            self.journal.fault("answer", str(wrong))
        finally:
            self.hang_up()

    def work(self):
        order = self.desk.order
        if order is None:
            self.desk.order = self.create()
            return
        status, _, body = self.ask("GET", f"{LIST}{order}/")
        if status == 404:
            self.journal.fault("lost", f"order {order}, which had been acknowledged, is not there")
        if status in (None, 503):
            time.sleep(PAUSE_S)
            return
        if status == 200:
            self.journal.tell(body)
        if status != 200 or body["status"] not in NEXT:
            self.desk.order = None
            return
        self.change(body)

    def create(self):
        """Asks until it is told the order; its id."""
        attempt = self.journal.attempt(None, 0, "pending")
        in_doubt = False
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            status, headers, body = self.ask("POST", LIST, draft(attempt.number), {"Idempotency-Key": key_of(attempt.number)})
            if status == 201:
                self.journal.in_doubt += in_doubt
                if "Idempotent-Replayed" in headers:
                    self.journal.replayed += 1
                    if not in_doubt:
                        raise WrongAnswer(f"{attempt} was done, though every answer said that it was not")
                self.journal.acknowledge(attempt, body)
                return body["id"]
            if self.is_unknown(status, body):
                in_doubt = True
            elif not self.is_away(status, headers, body) and (status, body["code"]) != (409, "request_in_progress"):
                raise WrongAnswer(f"POST: {status} {body}")
            time.sleep(PAUSE_S)
        raise WrongAnswer(f"{attempt} had no answer for {PATIENCE_S} s")

    def change(self, order):
        attempt = self.journal.attempt(order["id"], order["version"], NEXT[order["status"]])
        headers = {"If-Match": f'"{order["version"]}"'}
        if attempt.number % 3 == 0:
            attempt.to = None
        elif attempt.number % 5 == 0 and order["status"] == "pending":
            attempt.to = "cancelled"
        if attempt.number % 4 == 0:
            attempt.version, headers = None, {}
        fields = {**numbered(attempt.number), **({"status": attempt.to} if attempt.to else {})}
        status, headers, body = self.ask("PATCH", f"{LIST}{order['id']}/", fields, headers)
        if status == 200:
            self.journal.acknowledge(attempt, body)
        elif self.is_unknown(status, body):
            time.sleep(PAUSE_S)
        elif self.is_away(status, headers, body):
            attempt.answer = "refused"
            time.sleep(PAUSE_S)
        elif status in (409, 412):
            attempt.answer = "refused"
        else:
            raise WrongAnswer(f"PATCH {attempt}: {status} {body}")

    @staticmethod
    def is_unknown(status, body):
        return status is None or (status == 500 and body["code"] == "outcome_unknown")

    @staticmethod
    def is_away(status, headers, body):
        return status == 503 and body["code"] == "database_unavailable" and "Retry-After" in headers

    def ask(self, method, path, body=None, headers=None):
        """Status, headers and body of the answer; three times None if a request was sent that had none."""
        connection = self.connect()
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
            answer = connection.getresponse()
            return answer.status, answer.headers, json.loads(answer.read())
        except (OSError, http.client.HTTPException):
            self.hang_up()
            return None, None, None

    def connect(self):
        end = time.monotonic() + PATIENCE_S
        while self.connection is None:
            services = self.services()
            if services:
                connection = http.client.HTTPConnection("127.0.0.1", services[self.place % len(services)].port,
                                                        timeout=PATIENCE_S)
                try:
                    connection.connect()
                    self.connection = connection
                    break
                except OSError:
                    connection.close()
            if time.monotonic() > end:
                raise WrongAnswer(f"no service could be reached for {PATIENCE_S} s")
            time.sleep(PAUSE_S)
        return self.connection

    def hang_up(self):
        if self.connection:
            self.connection.close()
        self.connection = None
