"""`deadheat` against targets that misbehave as servers do: each attempt has an outcome with a name, the run ends, and its
memory is bounded.

    peers_test.py --deadheat BINARY [--sanitized] [unittest's arguments]
"""
import argparse
import concurrent.futures
import contextlib
import gzip
import itertools
import json
import os
import pathlib
import signal
import socket
import socketserver
import struct
import subprocess
import sys
import tempfile
import threading
import unittest

import fronts
from tool import Tool

TOOL = None  # set by main
SANITIZED = False

MEMORY_MB = 200  # of a run, whatever it is sent
SIDE_BY_SIDE = 6
JSON = b'{"value": "new"}'
SCENARIO = """\
version: 1
id: peer
name: one of two is answered oddly
target: {url}
reset:
  - {{request: POST /things, expect: 201, capture: {{thing: .body.id}}}}
race:
  good: {{request: 'PUT /things/{{{{thing}}}}/good', json: {{a: 1}}}}
  odd: {{request: 'PUT /things/{{{{thing}}}}/odd', json: {{a: 1}}}}
observe:
  thing: GET /things/{{{{thing}}}}
timeout: {timeout}
run: {{attempts: 4, budget: {budget}, seed: 1, hold: {hold}}}
{more}"""


def sized(body=JSON, head=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s" % (head, len(body), body)


def chunked(pieces, trailer=b""):
    return (b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + b"".join(b"%x\r\n%s\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n" + trailer + b"\r\n")


def forever(start, piece, times):
    """A start, and then the same piece again and again, anew for each request: what is large need not be in memory here."""
    return lambda: itertools.chain([start], itertools.repeat(piece, times))


MEGABYTE = b"x" * (1 << 20)

# name: (what is sent for the odd request, what becomes of the connection, the outcome: a status, or words of an error)
STAY, CLOSE, RESET = "stay", "close", "reset"
DEEDS = {
    "as it should be": ([sized()], STAY, 200),
    "HTTP/1.0": ([b"HTTP/1.0 200 OK\r\nContent-Type: application/json\r\n\r\n" + JSON], CLOSE, 200),
    "interim answers": ([b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 3 + sized()], STAY, 200),
    "chunks and trailers": ([chunked([JSON[:3], JSON[3:]], b"X-Sum: 1\r\n")], STAY, 200),
    "an idle connection is closed": ([sized()], CLOSE, 200),
    "gzip": ([sized(gzip.compress(JSON), b"Content-Encoding: gzip\r\n")], STAY, 200),
    "a coding that is not known": ([sized(b"\x0b\x02", b"Content-Encoding: br\r\n")], STAY, 200),
    "an error as a page": ([b"HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\nConnection: close\r\n\r\n<h1>no</h1>"], CLOSE, 502),
    "a byte at a time": ([bytes([byte]) for byte in sized()], STAY, 200),
    "a trickle without an end": (forever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n", 1 << 30), STAY,
                                 r"timed out after 300 ms, after \d+ bytes of an answer"),
    "silence": ([], STAY, r"timed out after 300 ms"),
    "half an answer": ([sized()[:-4]], CLOSE, r"closed by the server after \d+ bytes of an answer"),
    "nothing": ([], CLOSE, "closed by the server before an answer"),
    "a reset": ([], RESET, "reset by the server before an answer"),
    "another protocol": ([b"SSH-2.0-OpenSSH_9.2\r\n\r\n"], CLOSE, "not an answer of HTTP/1.x"),
    "a body that is no gzip": ([sized(JSON, b"Content-Encoding: gzip\r\n")], STAY, "the body cannot be unpacked"),
    "100 MB of gzip": ([sized(gzip.compress(MEGABYTE * 100, 1), b"Content-Encoding: gzip\r\n")], STAY,
                       "the body is too large once it is unpacked"),
    "100 MB": (forever(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (100 << 20), MEGABYTE, 100), STAY, "the body is too large"),
    "100 MB in chunks": (forever(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"100000\r\n" + MEGABYTE + b"\r\n", 100), CLOSE,
                         "the body is too large"),
    "100 MB until the close": (forever(b"HTTP/1.1 200 OK\r\n\r\n", MEGABYTE, 100), CLOSE, "the body is too large"),
    "a field of 1 MB": (forever(b"HTTP/1.1 200 OK\r\nX: ", MEGABYTE, 1), STAY, "the header is too large"),
    "1 MB of fields": (forever(b"HTTP/1.1 200 OK\r\n", b"X: " + b"x" * 1000 + b"\r\n", 1024), STAY, "the header is too large"),
    "1 MB of interim answers": (forever(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n", 40_000), CLOSE, "closed by the server"),
}


class Handler(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        while head := self.read_head():
            method, path = head[0].split()[:2]
            odd = path.endswith("/odd")
            if odd and self.server.early:
                self.wfile.write(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
                self.rfile.read()  # until the client has seen it, and goes
                return
            self.rfile.read(next((int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:")), 0))
            if not odd:
                self.wfile.write(b'HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{"id": 1}'
                                 if method == "POST" else sized())
            elif self.misbehave() != STAY:
                return

    def read_head(self):
        """Its lines; none at the end."""
        lines = []
        with contextlib.suppress(OSError):
            while line := self.rfile.readline().decode().rstrip("\r\n"):
                lines.append(line)
        return lines

    def misbehave(self):
        what, then = self.server.deed
        with contextlib.suppress(OSError):  # the client may have enough
            for piece in what() if callable(what) else what:
                self.connection.sendall(piece)
        if then == RESET:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        return then

    def finish(self):
        with contextlib.suppress(OSError):
            super().finish()


class Peer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, deed=None, early=False):
        super().__init__(("127.0.0.1", 0), Handler)
        self.deed, self.early = deed, early
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def shutdown_request(self, request):
        if self.deed and self.deed[1] == RESET:
            self.close_request(request)  # a shutdown would say goodbye first
        else:
            super().shutdown_request(request)

    def handle_error(self, request, client_address):
        pass

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


@contextlib.contextmanager
def side_by_side(play, deeds):
    """{name: the future of play(name, deed)}: runs wait more than they work."""
    with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {name: pool.submit(play, name, deed) for name, deed in deeds.items()}


class Playing(unittest.TestCase):
    def play(self, url, hold="auto", timeout="10s", more="", budget="10m"):
        """The odd script's last steps, of all attempts; and the run's peak of memory in MB."""
        with tempfile.TemporaryDirectory() as folder:
            scenario, journal = (pathlib.Path(folder, name) for name in ("scenario.yaml", "journal"))
            scenario.write_text(SCENARIO.format(url=url, hold=hold, timeout=timeout, more=more, budget=budget))
            process = subprocess.Popen(TOOL.command(scenario, (), ["--quiet", "--journal", str(journal)]), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
            timer = threading.Timer(120 * TOOL.patience, process.send_signal, (signal.SIGKILL,))
            timer.start()
            out = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            timer.cancel()
            process.stdout.close()
            process.returncode = os.waitstatus_to_exitcode(status)
            self.assertIn(process.returncode, (0, 1, 3), out)
            lines = [json.loads(line) for line in journal.read_text().splitlines()]
        steps = [answer["steps"][-1] for line in lines if line["kind"] == "attempt" and "failure" not in line
                 for answer in line["answers"] if answer["script"] == "odd"]
        self.assertGreaterEqual(len(steps), 1, out)
        return steps, usage.ru_maxrss / 1024

    def expect(self, steps, outcome):
        for step in steps:
            if isinstance(outcome, int):
                self.assertEqual((step["status"], step.get("error", "")), (outcome, ""))
            else:
                self.assertEqual(step["status"], 0, step)
                self.assertRegex(step["error"], outcome)


class Misbehaving(Playing):
    def play_with(self, _, deed):
        what, then, outcome = deed
        with Peer((what, then)) as peer:
            # Nothing else here is slow, whatever the machine is.
            return self.play(peer.url, timeout="300ms" if "timed out" in str(outcome) else "10s")

    def test_each_has_a_name(self):
        with side_by_side(self.play_with, DEEDS) as played:
            for name, run in played.items():
                with self.subTest(name):
                    steps, memory_mb = run.result()
                    self.expect(steps, DEEDS[name][2])
                    if name == "gzip":
                        self.assertEqual([step["body"] for step in steps], [json.loads(JSON)] * len(steps))
                    if not SANITIZED:
                        self.assertLess(memory_mb, MEMORY_MB)

    def test_an_answer_before_the_end_of_the_request(self):
        """With its last byte held, a request may be answered for its head."""
        with Peer(early=True) as peer:
            steps, _ = self.play(peer.url, hold="body")
            self.expect(steps, 413)


class OverHttp2(Playing):
    """nginx passes on what the peer says, as it comes, and however large."""
    PASSED_ON = "proxy_buffering off; proxy_buffer_size 2m; proxy_buffers 8 2m; proxy_busy_buffers_size 4m;"
    DEEDS = {
        "as it should be": ([sized()], 200),
        "100 MB": (DEEDS["100 MB"][0], "the body is too large"),
        "100 MB in chunks": (DEEDS["100 MB in chunks"][0], "the body is too large"),
        # nghttp2 decodes no field of more than 64 KB: all that its connection carries is lost.
        "a field of 1 MB": ([sized(JSON, b"X: " + MEGABYTE + b"\r\n")], "not an answer of HTTP/2"),
        # What is left of such a header is many frames more, and nghttp2 has enough at some time: then another answer on the
        # same connection is lost, too.
        "1 MB of fields": ([sized(JSON, (b"X: " + b"x" * 1000 + b"\r\n") * 1024)],
                           "the header is too large|Too many CONTINUATION frames"),
    }

    def play_with(self, name, deed):
        with Peer((deed[0], CLOSE)) as peer, fronts.nginx(peer.url, http2=True, more=self.PASSED_ON) as front:
            # A lost connection takes resets with it, which do not count: there the budget is what ends the run.
            budget = "20s" if "field" in name else "10m"
            return self.play(front.url, budget=budget, more="tls: {verify: false}\n")

    def test_what_is_large_has_a_name(self):
        with side_by_side(self.play_with, self.DEEDS) as played:
            for name, run in played.items():
                with self.subTest(name):
                    steps, memory_mb = run.result()
                    self.expect(steps, self.DEEDS[name][1])
                    if not SANITIZED:
                        self.assertLess(memory_mb, MEMORY_MB)


def main():
    global TOOL, SANITIZED
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", required=True)
    parser.add_argument("--sanitized", action="store_true", help="slow programs")
    arguments, rest = parser.parse_known_args()
    SANITIZED = arguments.sanitized
    TOOL = Tool(arguments.deadheat, patience=4 if SANITIZED else 1)
    unittest.main(argv=[sys.argv[0], *rest], verbosity=2)


if __name__ == "__main__":
    main()
