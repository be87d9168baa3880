"""Each strategy of the lab under each number of clients, on one order and on many, on both databases."""
import contextlib
import dataclasses
import pathlib
import re
import statistics
import subprocess
import time
import urllib.request

import postgres
import servers
from scratch import scratch_folder

LUA = pathlib.Path(__file__).resolve().parent.parent / "contention.lua"
STRATEGIES = ["naive", "check-then-act", "transaction", "lock", "version", "conditional", "serializable"]
DATABASES = ["SQLite", "PostgreSQL"]
CLIENTS = [1, 8, 64]
ORDERS = [1, 1000]
DRAIN_TIMEOUT_S = 10


@dataclasses.dataclass(frozen=True)
class Cell:
    database: str
    orders: int
    clients: int
    strategy: str

    def key(self):
        return f"{self.database}, {self.orders} orders, {self.clients} clients, {self.strategy}"


# The strategies innermost: those that are compared are neighbours in time.
CELLS = [Cell(database, orders, clients, strategy)
         for orders in ORDERS for clients in CLIENTS for database in DATABASES for strategy in STRATEGIES]


@dataclasses.dataclass
class Sample:
    """Of one second or more of one cell."""
    rate: float  # changes made, a second
    p50_us: int  # of all answers
    p99_us: int
    answers: int
    conflicts: int  # how often a change lost against another
    given_up: int  # changes that were refused for it (409)
    failed: int  # all other answers that are no success


def metrics(url, strategy):
    """What the service has counted of this strategy: {status: answers}, and its conflicts."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    answers = {}
    for line in text.splitlines():
        if line.startswith("orders_requests_total{") and f'mount="lab/{strategy}"' in line:
            status = re.search(r'status="(\d+)"', line)[1]
            answers[status] = answers.get(status, 0) + int(float(line.split()[-1]))
    conflicts = re.search(rf'^orders_conflicts_total{{strategy="{strategy}"}} (\S+)', text, re.MULTILINE)
    connections = re.search(r"^orders_open_connections (\S+)", text, re.MULTILINE)
    return answers, int(float(conflicts[1])) if conflicts else 0, int(float(connections[1]))


def drained(url, strategy):
    """The metrics once nobody but us is connected: what wrk left behind is over."""
    end = time.monotonic() + DRAIN_TIMEOUT_S
    while True:
        answers, conflicts, connections = metrics(url, strategy)
        if connections <= 1:
            return answers, conflicts
        if time.monotonic() > end:
            raise RuntimeError(f"{url}: {connections} connections stay open")
        time.sleep(0.01)


def play(cell, url, first, seconds):
    """A sample, on the orders from `first` on."""
    before, conflicts_before = drained(url, cell.strategy)
    ran = subprocess.run(["wrk", "-t1", f"-c{cell.clients}", f"-d{seconds}s", "--timeout", "30s", "-s", str(LUA), url, "--",
                          cell.strategy, str(first), str(first + cell.orders - 1)], capture_output=True, text=True, check=True)
    requests, refused, broken, duration, p50, p99 = map(int, re.search(r"RESULT (.*)", ran.stdout)[1].split())
    after, conflicts = drained(url, cell.strategy)
    answers = {status: number - before.get(status, 0) for status, number in after.items()}
    if broken:
        raise RuntimeError(f"{cell.key()}: {broken} answers did not come\n{ran.stdout}")
    given_up = answers.pop("409", 0)
    made = answers.pop("200", 0)
    return Sample(rate=(requests - refused) / duration * 1e6, p50_us=p50, p99_us=p99, answers=made + given_up + sum(answers.values()),
                  conflicts=conflicts - conflicts_before, given_up=given_up, failed=sum(answers.values()))


def summary(samples):
    """Medians of the passes; what was counted is summed up, and told for each hundred answers."""
    hundreds = sum(each.answers for each in samples) / 100
    conflicts, given_up = sum(each.conflicts for each in samples), sum(each.given_up for each in samples)
    rates = [each.rate for each in samples]
    return {"rate": round(statistics.median(rates), 1), "least": round(min(rates), 1), "most": round(max(rates), 1),
            "p50_us": statistics.median([each.p50_us for each in samples]), "p99_us": statistics.median([each.p99_us for each in samples]),
            "conflicts": round(conflicts / hundreds, 2), "retries": round((conflicts - given_up) / hundreds, 2),
            "given_up": round(given_up / hundreds, 2), "failed": sum(each.failed for each in samples)}


@contextlib.contextmanager
def services(orders, singles):
    """{database: (the service's URL, what tidies its tables up)}, each with `singles` orders, and a thousand more."""
    count = singles + max(ORDERS)
    with contextlib.ExitStack() as stack:
        file = str(stack.enter_context(scratch_folder("bench-", on_disk=True)) / "orders.sqlite3")
        cluster = stack.enter_context(postgres.start_postgres(on_disk=True))
        cluster.execute("CREATE DATABASE service")
        started = {}
        for database, name, tidy in (("SQLite", file, lambda: None),
                                     ("PostgreSQL", cluster.url("service"), lambda: cluster.execute("VACUUM ANALYZE", "service"))):
            servers.load_orders(orders, name, count)
            service = stack.enter_context(servers.start_orders(orders, database=name))
            started[database] = (service.url, tidy)
        yield started


def measure(orders, passes, seconds, cells=None, say=lambda _: None):
    """{cell's key: summary}. Each sample on one order has an order of its own: none pays for the changes of another."""
    cells = cells or CELLS
    played = {cell: [] for cell in cells}
    with services(orders, len(cells) * passes) as started:
        next_single = max(ORDERS) + 1
        for number in range(1, passes + 1):
            for _, tidy in started.values():
                tidy()
            for cell in cells:
                first = next_single if cell.orders == 1 else 1
                next_single += cell.orders == 1
                sample = play(cell, started[cell.database][0], first, seconds)
                played[cell].append(sample)
                say(f"pass {number} of {passes}, {cell.key()}: {sample.rate:,.0f}/s, {sample.conflicts} conflicts, "
                    f"{sample.given_up} given up, {sample.failed} failed")
    return {cell.key(): summary(samples) for cell, samples in played.items()}
