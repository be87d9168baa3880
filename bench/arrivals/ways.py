"""The ways to release a round of requests, each played against a stamping server of its own."""
import contextlib
import dataclasses
import json
import math
import pathlib
import re
import subprocess
import sys
import tempfile

CLIENTS = pathlib.Path(__file__).with_name("clients.py")
STOP_TIMEOUT_S = 30
ROUND_LIMIT_S = 5  # a guard against hangs, for each round

# What deadheat plays: `requests` copies of one request, on a new round in each attempt.
SCENARIO = """\
version: 1
id: arrival
name: requests that arrive together
target: {url}
reset:
  - {{request: POST /rounds, expect: 201, capture: {{round: .body.id}}}}
race:
  go: {{times: {requests}, request: 'POST /rounds/{{{{round}}}}/go', json: {{}}}}
observe:
  round: GET /rounds/{{{{round}}}}
run: {{attempts: {rounds}, budget: 1h, offsets: none, lanes: 1, {run}}}
"""


@dataclasses.dataclass(frozen=True)
class Way:
    name: str
    title: str
    kind: str  # deadheat, barrier, other, floor
    run: str = ""  # of deadheat
    secure: bool = False
    words: tuple = ()  # of the others: the client's arguments


WAYS = [
    Way("floor-body", "floor: one write to one socket, ends of bodies", "floor"),
    Way("floor-whole", "floor: one write to one socket, whole requests", "floor", words=("--whole",)),
    Way("http2-body", "deadheat, HTTP/2, one write, body held", "deadheat", "http: 2, hold: body, connections: shared"),
    Way("http2-headers", "deadheat, HTTP/2, one write, headers held", "deadheat", "http: 2, hold: headers, connections: shared"),
    Way("http2-tls", "deadheat, HTTP/2, TLS, one write, body held", "deadheat", "http: 2, hold: body, connections: shared", True),
    Way("http1-headers", "deadheat, HTTP/1.1, headers held", "deadheat", "http: 1.1, hold: headers"),
    Way("http1-body", "deadheat, HTTP/1.1, body held", "deadheat", "http: 1.1, hold: body"),
    Way("http1-tls", "deadheat, HTTP/1.1, TLS, headers held", "deadheat", "http: 1.1, hold: headers", True),
    Way("http2-own", "deadheat, HTTP/2, a connection each", "deadheat", "http: 2, hold: body, connections: own"),
    Way("threads", "threads and a barrier, C++ (deadheat, sync: threads)", "barrier", "http: 1.1, sync: threads"),
    Way("requests", "threads and a barrier, Python requests", "other", words=("requests",)),
    Way("curl", "curl --parallel, fresh connections", "other", words=("curl",)),
]


def percentile(values, share):
    """As deadheat takes it."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else None


@contextlib.contextmanager
def stamping_server(stamper, certificate=None):
    """(url, stamps): `stamps` is filled at the end, with {round: [(arrived_ns, seen_ns)]}."""
    command = [str(stamper), "serve"]
    if certificate:
        command += ["--certificate", str(certificate[0]), "--key", str(certificate[1])]
    stamps = {}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        if not line.startswith("listening on "):
            raise RuntimeError(f"{command[0]} did not start")
        yield line.split()[-1], stamps
    finally:
        process.terminate()
        out, _ = process.communicate(timeout=STOP_TIMEOUT_S)
    for each in out.splitlines():
        number, arrived, seen = map(int, each.split())
        stamps.setdefault(number, []).append((arrived, seen))


def attempts_of(journal):
    """{round: what deadheat says the spread of its release was, in ns}, of all attempts."""
    claims = {}
    with open(journal, encoding="utf-8") as lines:
        for line in map(json.loads, lines):
            steps = [step for answer in line.get("answers", ()) for step in answer["steps"]]
            if line["kind"] != "attempt" or not steps:
                continue
            number = int(re.search(r"/rounds/(\d+)/go", steps[0]["request"])[1])
            released = [step["released_ns"] for step in steps]
            claims[number] = max(released) - min(released)
    return claims


def play_deadheat(way, deadheat, url, requests, rounds, certificate):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        text = SCENARIO.format(url=url, requests=requests, rounds=rounds, run=way.run)
        if certificate:
            text += f"tls: {{ca: {certificate[0]}}}\n"
        (folder / "arrival.yaml").write_text(text)
        result = subprocess.run([deadheat, "run", folder / "arrival.yaml", "--quiet", "--journal", folder / "journal"],
                                stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60 + ROUND_LIMIT_S * rounds)
        if result.returncode not in (0, 3):  # few rounds are not enough effort to be clean
            raise RuntimeError(f"{way.name}: deadheat ended with {result.returncode}\n{result.stdout}{result.stderr}")
        claims = attempts_of(folder / "journal")
        if len(claims) < rounds:
            raise RuntimeError(f"{way.name}: {len(claims)} of {rounds} attempts\n{result.stdout}{result.stderr}")
        return dict(list(claims.items())[:rounds])


def play(way, programs, requests, rounds, certificate):
    """[(spread of the arrivals, as the server's program saw it, as the client says, by how much each was seen late)], in ns, for
    each round that came whole."""
    with stamping_server(programs["stamper"], certificate if way.secure else None) as (url, stamps):
        if way.run:
            claims = play_deadheat(way, programs["deadheat"], url, requests, rounds, certificate if way.secure else None)
        else:
            claims = {number: None for number in range(1, rounds + 1)}
            command = ([str(programs["stamper"]), "floor", url, "--requests", str(requests), "--rounds", str(rounds), *way.words]
                       if way.kind == "floor" else [sys.executable, str(CLIENTS), *way.words, url, str(requests), str(rounds)])
            subprocess.run(command, check=True, timeout=60 + ROUND_LIMIT_S * rounds)
    played = []
    for number, claim in claims.items():
        arrived, seen = zip(*stamps.get(number, [(0, 0)]))
        if len(seen) != requests:
            continue
        if not all(arrived):
            raise RuntimeError("the kernel does not stamp what arrives (SO_TIMESTAMPING)")
        played.append((max(arrived) - min(arrived), max(seen) - min(seen), claim, [s - a for a, s in stamps[number]]))
    return played


def us(nanoseconds):
    return None if nanoseconds is None else round(nanoseconds / 1000, 2)


def correlation(pairs):
    """Pearson's; None where one side never differs."""
    mean = [sum(side) / len(pairs) for side in zip(*pairs)]
    spread = [sum((value - mean[i]) ** 2 for value in side) for i, side in enumerate(zip(*pairs))]
    both = sum((a - mean[0]) * (b - mean[1]) for a, b in pairs)
    return round(both / math.sqrt(spread[0] * spread[1]), 3) if all(spread) else None


def summary(played, rounds):
    """Of all rounds of one way with one number of requests; microseconds."""
    spread = [each[0] for each in played]
    seen = [each[1] for each in played]
    late = [each_late for each in played for each_late in each[3]]
    result = {"rounds": rounds, "whole": len(played), "p50_us": us(percentile(spread, 0.5)), "p99_us": us(percentile(spread, 0.99)),
              "p10_us": us(percentile(spread, 0.1)), "p90_us": us(percentile(spread, 0.9)),
              "seen_p50_us": us(percentile(seen, 0.5)), "seen_p99_us": us(percentile(seen, 0.99)),
              "late_p50_us": us(percentile(late, 0.5)), "late_p99_us": us(percentile(late, 0.99))}
    pairs = [(each[2], each[0]) for each in played if each[2] is not None]
    if pairs:
        off = [server - claim for claim, server in pairs]
        result["claimed"] = {"p50_us": us(percentile([c for c, _ in pairs], 0.5)), "p99_us": us(percentile([c for c, _ in pairs], 0.99)),
                             "off_p10_us": us(percentile(off, 0.1)), "off_p50_us": us(percentile(off, 0.5)),
                             "off_p90_us": us(percentile(off, 0.9)), "correlation": correlation(pairs)}
    return result
