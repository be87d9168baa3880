"""`deadheat` over TLS, by way of servers that we did not write: the same verdicts on `orders` as without them.

    wire_test.py --deadheat BINARY --orders BINARY [--sanitized] [unittest's arguments, such as Verdicts]
"""
import argparse
import pathlib
import sys
import tempfile
import unittest

import fronts
import servers
from tool import SCENARIOS, Tool

TOOL = None  # set by main
ORDERS = None

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
                self.assertIn("the target speaks HTTP/2", run.out)
                manners = run.record["tried"]["manners"]
                self.assertTrue(any("on one connection" in manner for manner in manners), manners)
                if run.verdict == "clean":
                    self.assertTrue(any("on one connection" not in manner for manner in manners), manners)

    def test_http2_by_haproxy(self):
        for secure in (True, False):
            with self.subTest(secure=secure), servers.start_orders(ORDERS) as orders:
                with fronts.haproxy(orders.url, secure) as front:
                    for run in self.twins(front, options=() if secure else ("--http", "2")):
                        self.assertIn("the target speaks HTTP/2", run.out)

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
    global TOOL, ORDERS
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", required=True)
    parser.add_argument("--orders", required=True)
    parser.add_argument("--sanitized", action="store_true", help="slow programs")
    arguments, rest = parser.parse_known_args()
    TOOL = Tool(arguments.deadheat, patience=4 if arguments.sanitized else 1)
    ORDERS = arguments.orders
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
