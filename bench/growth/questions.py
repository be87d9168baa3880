"""What is asked of services whose databases differ in size only, and how long each answer takes."""
import dataclasses
import json
import random
import socket
import statistics
import time
import urllib.parse

from growth import fill

TIMEOUT_S = 60


class Client:
    """One connection, one request at a time: so little beside the service's own time that what grows shows."""

    def __init__(self, url):
        self.port = int(url.rsplit(":", 1)[1])
        self.socket = socket.create_connection(("127.0.0.1", self.port), TIMEOUT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self, method, target, body=None):
        """Nanoseconds until the whole answer is here, and its body. Raises unless it is a success."""
        data = json.dumps(body).encode() if body is not None else b""
        head = f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\n"
        if data:
            head += f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n"
        began = time.perf_counter_ns()
        self.socket.sendall(head.encode() + b"\r\n" + data)
        answer = b""
        length = None
        while length is None or len(answer) < length:
            some = self.socket.recv(1 << 18)
            if not some:
                raise RuntimeError(f"{method} {target}: the service hung up")
            answer += some
            if length is None and b"\r\n\r\n" in answer:
                fields = answer[:answer.index(b"\r\n\r\n")].decode().lower()
                length = len(fields.encode()) + 4 + int(fields.split("content-length: ")[1].split("\r\n")[0])
        took = time.perf_counter_ns() - began
        if not answer.startswith(b"HTTP/1.1 2"):
            raise RuntimeError(f"{method} {target}: {answer.decode()}")
        return took, answer[answer.index(b"\r\n\r\n") + 4:]


def page(**parameters):
    return "/api/v2/orders/?" + urllib.parse.urlencode(parameters)


def restaurant(_, draw):
    return f"식당{draw.randrange(fill.RESTAURANTS)}"


def customer(size, draw):
    return f"손님{draw.randrange(size // fill.ORDERS_OF_A_CUSTOMER)}"


def late(size):
    """The cursor of a link to the page that begins at nine tenths."""
    return f"after.id.{size * 9 // 10}.{size * 9 // 10}"


@dataclasses.dataclass(frozen=True)
class Question:
    name: str
    title: str
    by: str  # what finds it
    target: object  # of (size, a seeded random): a path
    linear: bool = False  # no index bounds it


QUESTIONS = [
    Question("read", "one order", "its id", lambda n, r: f"/api/v2/orders/{r.randint(1, n)}/"),
    Question("history", "its history", "order, version", lambda n, r: f"/api/v2/orders/{r.randint(1, n)}/history"),
    Question("first", "list: first page", "id", lambda n, r: page()),
    Question("late", "list: a page at 90 %", "id", lambda n, r: page(cursor=late(n))),
    Question("newest", "list: newest first", "created_at", lambda n, r: page(order="-created_at")),
    Question("status", "pending, by id", "status, id", lambda n, r: page(status="pending")),
    Question("status_oldest", "pending, oldest first", "status, created_at", lambda n, r: page(status="pending", order="created_at")),
    Question("status_newest", "delivered, newest first", "status, created_at",
             lambda n, r: page(status="delivered", order="-created_at")),
    Question("customer", "of a customer", "customer, id", lambda n, r: page(customer_name=customer(n, r))),
    Question("customer_newest", "of a customer, newest first", "customer, id", lambda n, r: page(customer_name=customer(n, r), order="-created_at")),
    Question("restaurant", "of a restaurant", "restaurant, id", lambda n, r: page(restaurant_name=restaurant(n, r))),
    Question("restaurant_newest", "of a restaurant, newest first", "restaurant, created_at",
             lambda n, r: page(restaurant_name=restaurant(n, r), order="-created_at")),
    Question("dearest", "list: dearest first", "total_price", lambda n, r: page(order="-total_price")),
    Question("search_common", "search for a menu of every tenth", "(passes by 500)", lambda n, r: page(search="떡볶이")),
    Question("search_rare", "search for a menu of five orders", "(passes by all)", lambda n, r: page(search="송로버섯"), linear=True),
]
CHANGES = {"transition": ("change of a status", "id"), "create": ("new order", "")}


def draws(seed, number):
    return random.Random(f"{seed} {number}")


def ask(client, question, size, draw, most, patience_s):
    """Nanoseconds of up to `most` answers, as many as come in that time, at least three."""
    took = []
    end = time.monotonic() + patience_s
    while len(took) < 3 or (len(took) < most and time.monotonic() < end):
        took.append(client.ask("GET", question.target(size, draw))[0])
    return took


def transition(client, order):
    return client.ask("PUT", f"/api/v2/orders/{order}/", {"status": "preparing"})[0]


def create(client, draw, size):
    return client.ask("POST", "/api/v2/orders/", {"customer_name": customer(size, draw), "restaurant_name": restaurant(size, draw), "menu": "떡볶이",
                                                  "total_price": 9000, "delivery_address": "서울시 마포구"})[0]


def measure(urls, sizes, passes, most, patience_s, only="", say=lambda _: None):
    """{question: {name: median us}} of services by name, with as many orders as `sizes` has for it. What is asked last changes
    something, so that all see the same before."""
    clients = {name: Client(urls[name]) for name in urls}
    taken = {}
    for number in range(passes):
        for question in QUESTIONS:
            if only not in question.name:
                continue
            for name, size in sizes.items():
                some = ask(clients[name], question, size, draws(question.name, number), most, patience_s)
                taken.setdefault(question.name, {}).setdefault(name, []).extend(some)
                say(f"pass {number + 1} of {passes}, {question.title}, {name}: {statistics.median(some) / 1000:,.0f} us")
    # Of those that are pending, each once.
    each = min(most * passes, min(sizes.values()) // 10)
    for what in CHANGES:
        if only not in what:
            continue
        draw = {name: draws(what, 0) for name in sizes}
        pending = {name: draw[name].sample(range(size * 9 // 10 + 1, size + 1), each) for name, size in sizes.items()}
        for turn in range(each):
            for name, size in sizes.items():
                took = transition(clients[name], pending[name][turn]) if what == "transition" else create(clients[name], draw[name], size)
                taken.setdefault(what, {}).setdefault(name, []).append(took)
    return {what: {name: round(statistics.median(some) / 1000, 1) for name, some in of.items()} for what, of in taken.items()}
