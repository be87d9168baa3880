#!/usr/bin/env python3
"""Golden cases: what the original order API answered, asked of `orders`.

    golden_test.py --orders PATH [--exact] [--only TEXT] [PROFILE ...]

test/data/golden/drf_PROFILE.json holds the recorded requests and answers, README.md beside them the format. Each
profile is played to an `orders serve` with that profile's settings, on a database of its own (`postgres`: on a server of
its own), and gets one line. A case that deviations.txt lists has to deviate: one that passes is a stale entry, and fails
the run.
"""
import argparse
import base64
import concurrent.futures
import contextlib
import http.client
import json
import pathlib
import re
import sys

from postgres import start_postgres
from servers import start_orders

DATA = pathlib.Path(__file__).resolve().parent.parent / "data/golden"
TIMEOUT_S = 60
PROFILES = {
    "base": {},
    "pagination": {"PAGE_SIZE": "100"},
    "filters": {"SEARCH": "on", "ORDERING": "on"},
    "korean": {"LANGUAGE_CODE": "ko-kr"},
    "postgres": {},
    "debug": {"DEBUG": "on"},
}
COMPARED_HEADERS = {"content-type", "allow", "location", "vary", "www-authenticate", "access-control-allow-origin",
                    "x-frame-options", "x-content-type-options", "referrer-policy"}
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?(Z|[+-]\d\d:\d\d)")
PLACEHOLDER = re.compile(r"\{(id\d*|new|host)\}")


def fill(text, names):
    """`text` with the run's own ids and host in place of {id}, {new} and {host}."""
    return PLACEHOLDER.sub(lambda m: str(names.get(m[1], m[0])), text)


def fill_value(value, names):
    """The same for a JSON value; a string that is one placeholder stands for the number."""
    if isinstance(value, str):
        whole = PLACEHOLDER.fullmatch(value)
        return names[whole[1]] if whole and whole[1] in names else fill(value, names)
    if isinstance(value, list):
        return [fill_value(each, names) for each in value]
    if isinstance(value, dict):
        return {key: fill_value(each, names) for key, each in value.items()}
    return value


class Client:
    """Sends what a case says and nothing else: Host, Connection and Content-Length are all that is added."""

    def __init__(self, port):
        self.port = port
        self.host = f"127.0.0.1:{port}"

    def send(self, request, names):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=TIMEOUT_S)
        headers = [(name, fill(value, names)) for name, value in request.get("headers", [])]
        given = {name.lower() for name, _ in headers}
        body = self.body_of(request, names)
        try:
            connection.putrequest(request["method"], fill(request["path"], names), skip_host=True,
                                  skip_accept_encoding=True)
            if "host" not in given:
                connection.putheader("Host", self.host)
            for name, value in headers:
                connection.putheader(name, value.encode("utf-8"))
            connection.putheader("Connection", "close")
            if request.get("chunked"):
                connection.putheader("Transfer-Encoding", "chunked")
                body = b"".join(b"%x\r\n%b\r\n" % (len(body[i:i + 16]), body[i:i + 16])
                                for i in range(0, len(body), 16)) + b"0\r\n\r\n"
            elif body is not None and "content-length" not in given:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders()
            try:
                connection.send(body or b"")
            except (BrokenPipeError, ConnectionResetError):
                pass  # answered before all of it was read
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    @staticmethod
    def body_of(request, names):
        if "body" in request:
            return fill(request["body"], names).encode("utf-8", "surrogatepass")
        if "body_base64" in request:
            return base64.b64decode(request["body_base64"])
        if "body_repeat" in request:
            repeat = request["body_repeat"]
            return (repeat.get("head", "") + repeat["unit"] * repeat["count"] + repeat.get("tail", "")).encode("utf-8")
        return None

    def call(self, method, path, data=None, expected=(200, 201, 204, 404)):
        request = {"method": method, "path": path, "headers": [["Accept", "application/json"]]}
        if data is not None:
            request["headers"].append(["Content-Type", "application/json"])
            request["body_base64"] = base64.b64encode(json.dumps(data).encode())
        status, _, body = self.send(request, {})
        if status not in expected:
            raise RuntimeError(f"{method} {path} answered {status}: {body[:200]}")
        return json.loads(body) if body else None

    def prepare(self, case, path):
        """An empty table, then the orders of the case; the names of their ids."""
        while True:
            listed = self.call("GET", path)
            rows = listed["results"] if isinstance(listed, dict) else listed
            if not rows:
                break
            for row in rows:
                self.call("DELETE", f"{path}{row['id']}/")
        names = {"host": self.host}
        orders = list(case.get("setup", []))
        repeat = case.get("setup_repeat", {"count": 0, "order": None})
        orders += [repeat["order"]] * repeat["count"]
        for number, order in enumerate(orders, 1):
            names["id" if number == 1 else f"id{number}"] = self.call("POST", path, order, (201,))["id"]
        return names


def places(value, path):
    """(container, key) for each place that a mask such as results[*].id names."""
    steps = [step for step in re.split(r"\.|(?=\[)", path) if step]
    found = [(value, None)]
    for step in steps:
        found = [(inner, key) for container, at in found
                 for inner in [container if at is None else container[at]] for key in keys_of(inner, step)]
    return found


def keys_of(value, step):
    if not step.startswith("["):
        return [step] if isinstance(value, dict) and step in value else []
    if not isinstance(value, list):
        return []
    return range(len(value)) if step == "[*]" else [i for i in [int(step[1:-1])] if i < len(value)]


def fits(kind, value):
    if kind == "any":
        return True
    if kind == "datetime":
        return isinstance(value, str) and DATETIME.fullmatch(value) is not None
    if kind == "int":
        return type(value) is int
    if kind.startswith("length:"):
        return isinstance(value, list) and len(value) == int(kind[7:])
    raise ValueError(f"unknown mask {kind}")


def unmask(masks, expected, actual):
    """Checks the masked places by kind, then copies them into the expectation. What is wrong with them."""
    for path, kind in masks.items():
        want, have = places(expected, path), places(actual, path)
        if len(want) != len(have):
            yield f"{path}: expected at {len(want)} places, found at {len(have)}"
            continue
        for (container, key), (found_in, found_at) in zip(want, have):
            if not fits(kind, found_in[found_at]):
                yield f"{path}: {found_in[found_at]!r} is not {kind}"
            container[key] = found_in[found_at]


def difference(want, got, where="$"):
    """The first difference of two JSON values, their types included; None if there is none."""
    if type(want) is type(got) is dict and want.keys() == got.keys():
        keys = want.keys()
    elif type(want) is type(got) is list and len(want) == len(got):
        keys = range(len(want))
    else:
        return None if type(want) is type(got) and want == got else f"{where}: expected {want!r}, got {got!r}"
    return next(filter(None, (difference(want[key], got[key], f"{where}[{key!r}]") for key in keys)), None)


def comparable(name, value):
    """A header's value without what does not matter."""
    if value is None:
        return None
    if name in ("allow", "vary"):
        return sorted(each.strip().lower() for each in value.split(",") if each.strip())
    if name == "content-type":
        return re.sub(r"\s*;\s*", "; ", value.strip().lower())
    return value.strip()


def json_text(value):
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def problems_of(expect, answer, names, exact):
    """What differs between an answer and the recorded one."""
    status, headers, body = answer
    if status != expect["status"]:
        yield f"status: expected {expect['status']}, got {status}"
    for name, value in expect.get("headers", {}).items():
        if name.lower() not in COMPARED_HEADERS:
            continue
        want = fill(value, names) if value is not None else None
        got = ", ".join(v for k, v in headers if k.lower() == name.lower()) or None
        if not (want == got if exact else comparable(name.lower(), want) == comparable(name.lower(), got)):
            yield f"header {name}: expected {want!r}, got {got!r}"
    kind = expect.get("body_kind")
    if kind == "json":
        yield from json_problems(expect, status, body, names, exact)
        return
    text = body.decode("utf-8", "replace")
    if kind == "empty" and body:
        yield f"body: expected none, got {text[:80]!r}"
    if kind == "text" and text != fill(expect["text"], names):
        yield f"body: expected {fill(expect['text'], names)[:120]!r}, got {text[:120]!r}"
    if kind == "contains":
        for part in expect.get("contains", []):
            if fill(part, names) not in text:
                yield f"body does not contain {fill(part, names)!r}"
        for part in expect.get("lacks", []):
            if fill(part, names) in text:
                yield f"body contains {fill(part, names)!r}"


def json_problems(expect, status, body, names, exact):
    try:
        actual = json.loads(body.decode("utf-8"))
    except ValueError as error:
        yield f"body is not JSON: {error}: {body[:80]!r}"
        return
    if status == expect["status"] == 201 and isinstance(actual, dict) and isinstance(actual.get("id"), int):
        names.setdefault("new", actual["id"])
    wanted = fill_value(expect["json"], names)
    yield from unmask(expect.get("masks", {}), wanted, actual)
    differs = difference(wanted, actual)
    if differs:
        yield "body: " + differs
    elif exact and not expect.get("indented") and json_text(wanted) != body.decode("utf-8"):
        yield f"body text: expected {json_text(wanted)[:160]!r}, got {body.decode('utf-8')[:160]!r}"


def play(client, case, setup_path, exact):
    """Plays a case; the statuses of its answers, and what differs, request by request."""
    names = client.prepare(case, setup_path)
    statuses, problems = [], []
    for number, step in enumerate([case] + case.get("then", [])):
        where = f"then[{number - 1}] {step['request']['method']} {step['request']['path']}: " if number else ""
        answer = client.send(step["request"], names)
        statuses.append(answer[0])
        problems.append([where + problem for problem in problems_of(step["expect"], answer, names, exact)])
    return statuses, problems


def judge(case, statuses, problems, listed):
    """What is wrong with how a case came out; None if nothing is."""
    flat = " | ".join(sum(problems, []))
    if not listed:
        return f"FAIL {{}}: {flat}" if flat else None
    if not flat:
        return "STALE {}: passes, but is listed in deviations.txt"
    if max(statuses) >= 500:
        return f"FAIL {{}}: a deviation is no licence to crash: {flat}"
    if case["expect"]["status"] == 500 and statuses[0] >= 400 and any(problems[1:]):
        return f"FAIL {{}}: refused, but something was stored: {flat}"
    return None


def read_deviations(file):
    """{(profile, case): reason}; one `profile case: reason` a line."""
    deviations = {}
    for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        found = re.fullmatch(r"(\S+) (\S+): (\S.*)", line)
        if not found or found.group(1, 2) in deviations:
            raise ValueError(f"{file}:{number}: not `profile case: reason`, or there twice")
        deviations[found.group(1, 2)] = found[3]
    return deviations


@contextlib.contextmanager
def start_profile(profile, orders):
    """`orders serve` with the settings of a profile, on an empty database of the kind that it was recorded on."""
    with contextlib.ExitStack() as stack:
        on = stack.enter_context(start_postgres(fsync="off")).url() if profile == "postgres" else None
        # The log goes to a file; warnings only, since nobody reads a line for each of some thousand requests.
        yield stack.enter_context(
            start_orders(orders, database=on, arguments=["--log-level", "warning"], **PROFILES[profile]))


def run_profile(profile, options, deviations):
    """The lines to print, and whether all is as it should be."""
    document = json.loads((DATA / f"drf_{profile}.json").read_text(encoding="utf-8"))
    listed = {case for of, case in deviations if of == profile}
    known = {case["name"] for case in document["cases"]}
    lines = [f"STALE {profile} {name}: there is no such case" for name in sorted(listed - known)]
    passed = deviated = 0
    with start_profile(profile, options.orders) as server:
        client = Client(server.port)
        for case in document["cases"]:
            name = case["name"]
            if options.only and options.only not in name and options.only not in case["category"]:
                continue
            try:
                statuses, problems = play(client, case, document["paths"]["setup_path"], options.exact)
                wrong = judge(case, statuses, problems, name in listed)
            except (OSError, http.client.HTTPException, RuntimeError) as error:
                wrong = f"FAIL {{}}: {type(error).__name__}: {error}"
            if wrong:
                lines.append(wrong.replace("{}", f"{profile} {name}", 1))
            elif name in listed:
                deviated += 1
            else:
                passed += 1
    failed = len(lines)
    lines.append(f"{profile}: {passed} passed, {failed} failed, {deviated} deviations")
    return lines, failed == 0 and passed + deviated > 0


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--orders", required=True, help="the program under test")
    parser.add_argument("--exact", action="store_true", help="compare JSON texts and header values letter by letter")
    parser.add_argument("--only", help="only cases whose name or category contains this text")
    parser.add_argument("profiles", nargs="*", metavar="PROFILE", help=f"of {', '.join(PROFILES)}; none: all")
    options = parser.parse_args()
    unknown = [profile for profile in options.profiles if profile not in PROFILES]
    if unknown:
        parser.error(f"no profile {unknown[0]}; there are {', '.join(PROFILES)}")
    deviations = read_deviations(DATA / "deviations.txt")
    fine = True
    with concurrent.futures.ThreadPoolExecutor(max_workers=2) as pool:
        for lines, good in pool.map(lambda profile: run_profile(profile, options, deviations),
                                    options.profiles or PROFILES):
            print("\n".join(lines), flush=True)
            fine = fine and good
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
