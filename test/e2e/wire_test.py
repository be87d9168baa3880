"""`deadheat` over TLS, by way of servers that we did not write: the same verdicts on `orders` as without them.

    wire_test.py --deadheat BINARY --orders BINARY [--sanitized] [unittest's arguments, such as Verdicts]
"""
import argparse
import contextlib
import os
import pathlib
import re
import selectors
import sys
import tempfile
import unittest

import fronts
import servers
from tool import SCENARIOS, Tool

TOOL = None  # set by main
ORDERS = None
SANITIZED = False

TWINS = (("lost-update", 1, "race"), ("lost-update-v2", 0, "clean"))


class Verdicts(unittest.TestCase):
    def twins(self, front, more="", options=()):
        """A race is found on the one API, and none on its cured twin."""
        for scenario, code, verdict in TWINS:
            with self.subTest(scenario=scenario), tempfile.TemporaryDirectory() as scratch:
                file = pathlib.Path(scratch, f"{scenario}.yaml")
                file.write_text(f"{(SCENARIOS / file.name).read_text()}\ntls: {{ca: {front.certificate}}}\n{more}")
                run = TOOL.run(file, front.url, options=options)
                self.assertEqual((run.code, run.verdict), (code, verdict), str(run))
                yield run

    def test_tls_by_nginx(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url) as front:
            for _ in self.twins(front):
                pass

    def test_http2_by_nginx(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url, http2=True) as front:
            for run in self.twins(front):
                self.assertIn("The target speaks HTTP/2", run.out)
                connections = {manner["connections"] for manner in run.record["tried"]["manners"]}
                self.assertIn("shared", connections)
                if run.verdict == "clean":
                    self.assertIn("own", connections)

    def test_http2_by_haproxy(self):
        for secure in (True, False):
            with self.subTest(secure=secure), servers.start_orders(ORDERS) as orders:
                with fronts.haproxy(orders.url, secure) as front:
                    for run in self.twins(front, options=() if secure else ("--http", "2")):
                        self.assertIn("The target speaks HTTP/2", run.out)

    def test_http1_where_that_is_asked_for(self):
        with servers.start_orders(ORDERS) as orders, fronts.haproxy(orders.url, True) as front:
            for run in self.twins(front, options=("--http", "1.1")):
                self.assertNotIn("HTTP/2", run.out)

    def test_ipv6(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url) as front:
            front.url = f"https://[::1]:{front.port}"
            for _ in self.twins(front):
                pass

    def test_by_a_proxy(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url, http2=True) as front:
            with fronts.Proxy() as proxy:
                for _ in self.twins(front, options=("--proxy", proxy.url)):
                    pass
                self.assertEqual(set(proxy.asked), {f"CONNECT 127.0.0.1:{front.port} HTTP/1.1"})
            with fronts.Proxy() as proxy:
                front.url = orders.url
                for _ in self.twins(front, more=f"proxy: {proxy.url}\n"):
                    pass
                self.assertTrue(proxy.asked)
                for line in proxy.asked:
                    self.assertIn(f" {orders.url}/api/", line)


    def test_by_a_proxy_that_knows_its_users(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url) as front, fronts.Proxy("me:se@cret") as proxy:
            known, unknown = (proxy.url.replace("//", f"//{who}@") for who in ("me:se%40cret", "me:guess"))
            front_url = front.url
            for url, refusal in ((front_url, "the proxy answered 407 Proxy Authentication Required to CONNECT"), (orders.url, "answered 407")):
                front.url = url
                for run in self.twins(front, options=("--proxy", known)):
                    self.assertNotIn("cret", run.out + run.err)
                run = TOOL.run("lost-update-v2", url, options=("--proxy", unknown))
                self.assertIn(run.code, (2, 4), str(run))
                self.assertIn(refusal, run.err)
                self.assertNotIn("guess", run.out + run.err)

    def test_http2_by_a_server_that_goes_away(self):
        """nginx says GOAWAY after so many requests on a connection."""
        with servers.start_orders(ORDERS) as orders:
            with fronts.nginx(orders.url, http2=True, more="keepalive_requests 7;") as front:
                for run in self.twins(front):
                    self.assertIn("The target speaks HTTP/2", run.out)

    def test_idle_connections_are_closed(self):
        with servers.start_orders(ORDERS) as orders:
            with fronts.nginx(orders.url, more="keepalive_timeout 20ms;") as front:
                for _ in self.twins(front):
                    pass


class Many(unittest.TestCase):
    """Thousands of attempts take no more sockets than a few, nor much more memory."""

    ATTEMPTS = 3000
    LANES = 8

    def watch(self, url, options=(), more=""):
        """[(open files, KiB of memory)] from beginning to end of a run."""
        with tempfile.TemporaryDirectory() as scratch:
            file = pathlib.Path(scratch, "many.yaml")
            file.write_text(f"{(SCENARIOS / 'lost-update-v2.yaml').read_text()}\n{more}")
            process = TOOL.start(file, url, options=("--quiet", "--attempts", str(self.ATTEMPTS), "--lanes", str(self.LANES),
                                                     "--offsets", "none", "--budget", "10m", *options))
            seen = []
            while process.poll() is None:
                with contextlib.suppress(OSError, StopIteration):
                    files = len(os.listdir(f"/proc/{process.pid}/fd"))
                    memory = re.search(r"VmRSS:\s*(\d+)", pathlib.Path(f"/proc/{process.pid}/status").read_text())
                    if memory:  # one that has just ended has none
                        seen.append((files, int(memory[1])))
                with selectors.DefaultSelector() as selector:
                    selector.select(0.02)
            out, err = process.communicate()
            self.assertEqual(process.returncode, 0, out + err)
        return seen

    def bounded(self, seen):
        """The second half of the run has no more open than the first, and what it keeps of attempts is small."""
        half = len(seen) // 2
        (early_files, early_kb), (late_files, late_kb) = (tuple(map(max, zip(*part))) for part in (seen[:half], seen[half:]))
        self.assertLessEqual(late_files, 10 * self.LANES, seen)
        self.assertLessEqual(late_files, early_files + 2 * self.LANES, seen)
        if not SANITIZED:
            self.assertLess((late_kb - early_kb) * 1024 / (self.ATTEMPTS / 2), 16 * 1024, seen)

    def test_connections_that_are_kept(self):
        with servers.start_orders(ORDERS) as orders:
            self.bounded(self.watch(orders.url))

    def test_connections_that_are_closed(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url, more="keepalive_timeout 0;") as front:
            self.bounded(self.watch(front.url, more=f"tls: {{ca: {front.certificate}}}\n"))

    def test_http2(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url, http2=True) as front:
            self.bounded(self.watch(front.url, more=f"tls: {{ca: {front.certificate}}}\n"))


class Manners(unittest.TestCase):
    def test_what_is_far_stays_far_behind_a_near_proxy(self):
        with fronts.Proxy() as proxy:
            for options in (("--target", "http://192.0.2.1:80", "--proxy", proxy.url),
                            ("--target", "http://127.0.0.1:9", "--proxy", "http://192.0.2.1:80")):
                run = TOOL.run("lost-update", options=options)
                self.assertEqual(run.code, 5, str(run))
                self.assertIn("--allow-host 192.0.2.1", run.err)
            self.assertEqual(proxy.asked, [])


class Certificates(unittest.TestCase):
    def test_whom_nobody_signed_for_is_refused(self):
        with servers.start_orders(ORDERS) as orders, fronts.nginx(orders.url) as front:
            run = TOOL.run("lost-update", front.url)
            self.assertEqual(run.code, 4, str(run))
            self.assertRegex(run.err, r"the certificate of the server is refused: self-signed certificate; .*verify: false")

    def test_a_file_that_is_not_there(self):
        scenario = (SCENARIOS / "lost-update.yaml").read_text() + "\ntls: {ca: nowhere.pem}\n"
        run = TOOL.run(scenario, "https://127.0.0.1:9")
        self.assertEqual(run.code, 2, str(run))
        self.assertRegex(run.err, r"scenario\.yaml:\d+:6: tls: ca: /.*/nowhere\.pem cannot be used")


def main():
    global TOOL, ORDERS, SANITIZED
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", required=True)
    parser.add_argument("--orders", required=True)
    parser.add_argument("--sanitized", action="store_true", help="slow programs")
    arguments, rest = parser.parse_known_args()
    SANITIZED = arguments.sanitized
    TOOL = Tool(arguments.deadheat, patience=4 if arguments.sanitized else 1)
    ORDERS = arguments.orders
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
