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
