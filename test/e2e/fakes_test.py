"""The fakes do what their names say; without that, a test against them says nothing."""
import concurrent.futures
import http.client
import itertools
import json
import socket
import threading
import time
import unittest

import fakes

PATIENCE_S = 60  # until a test gives up; never a measure of speed


def until(condition, what):
    """What comes of requests that meet comes sooner or later, however slow the machine is."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise AssertionError(f"{what} did not come about within {PATIENCE_S} s")


def call(target, method, path, value=None):
    connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=PATIENCE_S)
    body = None if value is None else json.dumps(value)
    try:
        connection.request(method, path, body, {"Content-Type": "application/json"})
        response = connection.getresponse()
        return response.status, json.loads(response.read() or b"null")
    finally:
        connection.close()


def together(target, count, method, path, value=None):
    with concurrent.futures.ThreadPoolExecutor(count) as pool:
        return list(pool.map(lambda _: call(target, method, path, value), range(count)))


class Fakes(unittest.TestCase):
    def redeem(self, target):
        """20 redeem a coupon for 5: how many were told yes, and what is left."""
        _, coupon = call(target, "POST", "/coupons", {"limit": 5})
        answers = together(target, 20, "POST", f"/coupons/{coupon['id']}/redeem", {})
        left = call(target, "GET", f"/coupons/{coupon['id']}")[1]["left"]
        return [status for status, _ in answers], left

    def test_racy_overruns_the_limit(self):
        def overrun():
            statuses, left = self.redeem(target)
            return statuses.count(200) > 5 - left

        with fakes.Racy() as target:
            until(overrun, "a coupon too many")

    def test_locked_keeps_the_limit(self):
        with fakes.Shop() as target:
            statuses, left = self.redeem(target)
            self.assertEqual((statuses.count(200), statuses.count(403), left), (5, 15, 0))

    def test_refusing_turns_losers_away(self):
        def turned_away():
            statuses, left = self.redeem(target)
            self.assertEqual(statuses.count(200), 5 - left)
            return 409 in statuses

        with fakes.Refusing() as target:
            until(turned_away, "a loser")

    def test_one_at_a_time_is_right_and_slow(self):
        for fake in (fakes.OneAtATime, fakes.SingleWorker):
            with self.subTest(fake=fake.__name__), fake() as target:
                statuses, left = self.redeem(target)
                self.assertEqual((statuses.count(200), left), (5, 0))

    def test_a_till_charges_twice_and_nobody_sees_it(self):
        class Provider(fakes.Fake):
            def answer(self, method, path, value):
                return 200, {}

        def charges():
            """Of a bill that two pay at once."""
            provider.requests.clear()
            _, bill = call(target, "POST", "/bills", {"amount": 5})
            self.assertEqual(together(target, 2, "POST", f"/bills/{bill['id']}/pay", {}), [(200, {"paid": True})] * 2)
            self.assertEqual(call(target, "GET", f"/bills/{bill['id']}"), (200, {"paid": True}))
            self.assertEqual(set(provider.requests), {"POST /charges"})
            return len(provider.requests)

        with Provider() as provider, fakes.Till(provider.url) as target:
            until(lambda: charges() == 2, "a second charge")
        with Provider() as provider, fakes.Till(provider.url, locked=True) as target:
            self.assertEqual([charges() for _ in range(10)], [1] * 10)

    def test_error_under_contention_only(self):
        with fakes.ErrorUnderContention() as target:
            _, counter = call(target, "POST", "/counters", {})
            path = f"/counters/{counter['id']}/add"
            self.assertEqual(call(target, "POST", path, {"by": 1})[0], 200)
            until(lambda: 500 in [status for status, _ in together(target, 8, "POST", path, {"by": 1})], "an error")

    def test_lost_and_back(self):
        back = threading.Event()

        def answered():
            try:
                self.assertEqual(call(target, "GET", "/counters/1"), (200, {"id": 1, "value": 0}))
                return True
            except (OSError, http.client.HTTPException):
                time.sleep(0.01)
                return False

        with fakes.Lost(after=2, back_in=back.wait) as target:
            call(target, "POST", "/counters", {})
            until(lambda: not answered(), "the loss")
            back.set()
            until(answered, "the way back")

    def test_cut_and_silence(self):
        with fakes.Cuts() as target:
            call(target, "POST", "/counters", {})
            with self.assertRaises(http.client.IncompleteRead):
                call(target, "POST", "/counters/1/add", {"by": 1})
        with fakes.Silent() as target:
            call(target, "POST", "/counters", {})
            with socket.create_connection(("127.0.0.1", target.port), PATIENCE_S) as connection:
                connection.sendall(b"POST /counters/1/add HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}")
                connection.settimeout(0.1)
                with self.assertRaises(socket.timeout):
                    connection.recv(1)

    def test_eventual_reads_come_late_but_come(self):
        with fakes.Eventual() as target:
            call(target, "POST", "/registers", {})
            numbers = itertools.count(1)

            def stale():
                value = f"red {next(numbers)}"
                call(target, "PUT", "/registers/1", {"value": value})
                seen = call(target, "GET", "/registers/1")[1]["value"]
                until(lambda: call(target, "GET", "/registers/1")[1]["value"] == value, value)
                return seen != value

            until(stale, "a read that is late")

    def test_keeps_connections_alive(self):
        with fakes.Shop() as target:
            connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=PATIENCE_S)
            for _ in range(3):
                connection.request("POST", "/counters", "{}")
                response = connection.getresponse()
                response.read()
                self.assertFalse(response.will_close)
            connection.close()
            self.assertEqual(target.requests, ["POST /counters"] * 3)


class Renaming(unittest.TestCase):
    def test_both_ways(self):
        self.assertEqual(fakes.original(fakes.renamed("customer_name")), "customer_name")
        with fakes.Shop() as target, fakes.RenamingProxy(target.url) as proxy:
            status, coupon = call(proxy, "POST", "/coupons", {fakes.renamed("limit"): 7})
            self.assertEqual((status, coupon[fakes.renamed("left")]), (201, 7))
            self.assertLessEqual({"noise_id", "noise_time", "noise_list"}, coupon.keys())
            self.assertEqual(call(proxy, "GET", "/coupons/99")[0], 404)

    def test_scenario(self):
        text = """\
reset:
  - request: POST /api/v1/orders/
    json: {customer_name: 김고객, total_price: 18000, note: "a, b: c"}
    capture: {order: .body.id}
race:
  cancel:
    steps:
      - request: PUT /api/v1/orders/{{order}}/
        stop_unless: .body.status == "pending" and .status == 200
        json:
          status: cancelled
          id: '{{order}}'
        say: 취소해주세요!
rules:
  total: '.after.order.body.total_price == 1 and (.after.order.body | .status) != "x"'
mask: [.after.order.body.items[0].updated_at]
"""
        r = fakes.renamed
        self.assertEqual(fakes.rename_scenario(text), f"""\
reset:
  - request: POST /api/v1/orders/
    json: {{{r('customer_name')}: 김고객, {r('total_price')}: 18000, {r('note')}: "a, {r('b')}: c"}}
    capture: {{order: .body.{r('id')}}}
race:
  cancel:
    steps:
      - request: PUT /api/v1/orders/{{{{order}}}}/
        stop_unless: .body.{r('status')} == "pending" and .status == 200
        json:
          {r('status')}: cancelled
          {r('id')}: '{{{{order}}}}'
        say: 취소해주세요!
rules:
  total: '.after.order.body.{r('total_price')} == 1 and (.after.order.body | .{r('status')}) != "x"'
mask: [.after.order.body.{r('items')}[0].{r('updated_at')}]
""".replace(f'"a, {r("b")}: c"', '"a, b: c"'))


if __name__ == "__main__":
    unittest.main()
