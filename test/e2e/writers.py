"""Writers whose server is killed under them: what was acknowledged must be there afterwards, and nothing by halves."""
import contextlib
import http.client
import itertools
import json
import threading

from servers import start_orders

PATIENCE_S = 60
ORDER = {"customer_name": "김고객", "restaurant_name": "맛나분식", "menu": "떡볶이", "quantity": 1,
         "total_price": 0, "delivery_address": "서울시 마포구 1-2"}
# One change is of all of these, to the same number: a row in which they differ is half a change.
TOGETHER = ("quantity", "total_price", "menu", "delivery_address")


def numbered(number):
    return {"quantity": number, "total_price": number, "menu": f"menu {number}", "delivery_address": f"street {number}"}


class Writer(threading.Thread):
    """Creates an order and changes it again and again, until its server is gone."""

    def __init__(self, port, first, progress):
        super().__init__()
        self.port, self.progress = port, progress
        self.order = None
        self.numbers = itertools.count(first)
        self.acknowledged = 0  # the number of the last change that was answered with success
        self.sent = 0  # the number of the last change that was sent

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
            self.order = self.ask(connection, "POST", "/api/v2/orders/", ORDER, 201)["id"]
            for self.sent in self.numbers:
                self.ask(connection, "PATCH", f"/api/v2/orders/{self.order}/", numbered(self.sent), 200)
                self.acknowledged = self.sent
                self.progress.release()

    @staticmethod
    def ask(connection, method, path, body, wanted):
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != wanted:
            raise AssertionError(f"{method} {path}: {answer.status} {text}")
        return json.loads(text)


def kill_and_look(binary, database, writers=8, enough=200):
    """Kills a server under its writers once `enough` changes were acknowledged, and looks at what another finds.

    Gives back the orders that lost a change, the rows that are half a change, and how many were acknowledged."""
    progress = threading.Semaphore(0)
    with start_orders(binary, database=database) as server:
        running = [Writer(server.port, 1, progress) for _ in range(writers)]
        for writer in running:
            writer.start()
        count = sum(progress.acquire(timeout=PATIENCE_S) for _ in range(enough))
        server.kill()
        for writer in running:
            writer.join(PATIENCE_S)
    with start_orders(binary, database=database) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=PATIENCE_S)
        with contextlib.closing(connection):
            there = {order["id"]: order for order in Writer.ask(connection, "GET", "/api/v1/orders/", {}, 200)}
    lost, halves = [], []
    for writer in running:
        if writer.order is None:
            continue
        order = there.get(writer.order)
        if order is None or not writer.acknowledged <= order["total_price"] <= writer.sent:
            lost.append((writer.order, writer.acknowledged, order))
    for order in there.values():
        number = order["total_price"]
        if number > 0 and any(order[name] != numbered(number)[name] for name in TOGETHER):
            halves.append(order)
    return lost, halves, count
