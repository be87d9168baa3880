"""Kills services, or their database, under writers, and looks whether anything of what was acknowledged is missing.

A trial is many rounds on one database. In each, eight writers work, something is killed and comes back, the writers go
on, and when they have stopped, each order of theirs has to be what they were told, its history has to explain it, and a
listener has to have heard this history. At the end all is compared once more."""
import collections
import contextlib
import itertools
import json
import os
import shutil
import socket
import tempfile
import threading
import time
import urllib.parse

import requests

import writers
from listener import Listener
from postgres import start_postgres
from servers import start_orders

PATIENCE_S = 60
FAULTS_SHOWN = 3  # of a kind
GO_ON = 16  # changes, acknowledged after a kill before the next thing happens


def until(condition, what):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} did not come about within {PATIENCE_S} s")
        time.sleep(0.01)


class Fleet:
    """Services on one database; `disk` is a PowerCut, `server` the PostgreSQL that the database is on."""

    def __init__(self, binary, database, count=1, disk=None, server=None):
        self.binary, self.database, self.count, self.disk, self.server = binary, database, count, disk, server
        self.running = []  # the oldest first, each with what ends it

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            undo.callback(self.__exit__)
            for _ in range(self.count):
                self.start()
            undo.pop_all()
        return self

    def __exit__(self, *raised):
        while self.running:
            self.running.pop()[1].close()

    def services(self):
        return [service for service, _ in self.running]

    def start(self):
        with contextlib.ExitStack() as stack:
            service = stack.enter_context(start_orders(self.binary, database=self.database,
                                                       **(self.disk.environment if self.disk else {})))
            self.running.append((service, stack.pop_all()))

    def kill_the_oldest(self):
        service, stack = self.running[0]
        service.kill()
        del self.running[0]
        stack.close()
        if self.disk:
            self.disk.restore()


class PowerCut:
    """A folder that is, after a kill, as it would be after a loss of power: with what was synced, and no more.

    `library` is preloaded into the service. A disk that `forgets` files (by the end of their name) does not keep what is
    synced of these."""

    def __init__(self, library, folder, forgets=""):
        self.seen, self.kept = os.path.join(folder, "seen"), os.path.join(folder, "kept")
        for each in (self.seen, self.kept):
            os.mkdir(each)
        self.database = os.path.join(self.seen, "orders.sqlite3")
        self.environment = {"LD_PRELOAD": os.path.abspath(library), "POWER_CUT_KEEPS": self.kept,
                            "POWER_CUT_FORGETS": forgets}

    def restore(self):
        shutil.rmtree(self.seen)
        shutil.copytree(self.kept, self.seen, ignore=shutil.ignore_patterns("*.part"))


@contextlib.contextmanager
def on_sqlite(binary, library=None, forgets=""):
    """A service on a new file; with `library`, on a disk whose power fails when the service is killed."""
    with tempfile.TemporaryDirectory() as folder:
        disk = PowerCut(library, folder, forgets) if library else None
        yield Fleet(binary, disk.database if disk else os.path.join(folder, "orders.sqlite3"), disk=disk)


@contextlib.contextmanager
def on_postgres(binary):
    """Two services on a PostgreSQL server of their own."""
    with start_postgres(fsync="on") as server:
        server.execute("CREATE DATABASE orders")
        yield Fleet(binary, server.url("orders"), count=2, server=server)


class Follower(threading.Thread):
    """Hears every event from the first on, at whichever service is there."""

    def __init__(self, services):
        super().__init__()
        self.services = services
        self.heard = []  # (id, event)
        self.orders = collections.defaultdict(list)  # order -> its events
        self.came_back = -1
        self.at = None  # the service that it listens to
        self.lost = None  # why it cannot go on
        self.stream = None
        self.over = threading.Event()

    def run(self):
        while not self.over.is_set() and not self.lost:
            services = self.services()
            if services:
                with contextlib.suppress(OSError, ValueError, IndexError):  # the last two: half of a line, or none
                    self.listen(services[0])
                self.at = None
            time.sleep(0.01)

    def stop(self):
        self.over.set()
        if self.stream:
            with contextlib.suppress(OSError):
                self.stream.socket.shutdown(socket.SHUT_RDWR)
        self.join(PATIENCE_S)

    def listen(self, service):
        last = self.heard[-1][0] if self.heard else "0-0"
        with contextlib.closing(Listener(service, last)) as stream:
            self.stream = stream
            if stream.status == 400:
                self.lost = f"the id {last} is no longer one"
            if stream.status != 200:
                return
            self.came_back += 1
            self.at = service
            while event := stream.event():
                self.heard.append((stream.last, event))
                self.orders[event["order"]].append(event)


class Trial:
    """Rounds of writing, killing and looking, on one database; `strike` is what happens in each: kill_services or
    kill_database. It may let the writers go on meanwhile."""

    def __init__(self, fleet, strike, name, tell=print):
        self.fleet, self.strike, self.name, self.tell = fleet, strike, name, tell
        self.numbers = itertools.count(1)
        self.follower = Follower(fleet.services)
        self.faults = []  # (kind, what)
        self.rounds = self.acknowledged = self.unanswered = self.found_done = self.customers = 0

    def __enter__(self):
        self.follower.start()
        return self

    def __exit__(self, *raised):
        self.follower.stop()

    def play(self, enough):
        """A round, in which the blow falls once `enough` changes were acknowledged, and on the service that is listened to."""
        self.rounds += 1
        journal = writers.Journal(self.numbers)
        shared = writers.Desk()
        desks = [writers.Desk() for _ in range(4)] + [shared] * 4
        at_work = [writers.Writer(place, self.fleet.services, desk, journal) for place, desk in enumerate(desks)]
        for writer in at_work:
            writer.start()
        try:
            journal.wait_for(enough)
            until(lambda: self.follower.at is self.fleet.services()[0] or self.follower.lost, "the listener's stream")
            self.strike(self.fleet, lambda: journal.wait_for(journal.acknowledged + GO_ON))
            journal.wait_for(journal.acknowledged + GO_ON)
        finally:
            for writer in at_work:
                writer.over.set()
            for writer in at_work:
                writer.join(2 * PATIENCE_S)
        self.look(journal)

    def look(self, journal):
        with requests.Session() as session:
            for order in sorted(journal.told):
                self.look_at(session, order, journal)
            for attempt in journal.attempts:
                if attempt.version == 0 and attempt.order:
                    self.ask_again(session, attempt, journal)
        known = {order["total_price"] for versions in journal.told.values() for order in versions.values()}
        unanswered = [attempt for attempt in journal.attempts if attempt.answer == "unknown"]
        self.acknowledged += journal.acknowledged
        self.unanswered += len(unanswered) + journal.in_doubt
        self.found_done += sum(attempt.number in known for attempt in unanswered) + journal.replayed
        self.customers += sum(attempt.version == 0 for attempt in journal.attempts)
        for kind, what in journal.faults:
            self.fault(kind, what)

    def look_at(self, session, number, journal):
        order, history = self.read(session, number)
        if order:
            journal.tell(order)
        found = list(faults_of(order, history, journal.told[number],
                               [attempt for attempt in journal.attempts if attempt.order == number]))
        heard = self.heard_of(number, history)
        if sorted(heard, key=lambda event: event["version"]) != history:
            found.append(("event", f"the listener heard {[event['version'] for event in heard]}"))
        elif heard != history:
            found.append(("order of events", f"the listener heard {[event['version'] for event in heard]}"))
        for kind, what in found:
            lines = [f"order {number}: {what}", f"  now {order}"]
            lines += [f"  history {event}" for event in history]
            lines += [f"  heard {event}" for event in heard]
            lines += [f"  told {told}" for told in journal.told[number].values()]
            lines += [f"  {attempt}" for attempt in journal.attempts if attempt.order == number]
            self.fault(kind, "\n".join(lines))

    def read(self, session, number):
        """An order and its history. What a killed service had begun may still end: then they are read once more."""
        url = f"{self.fleet.services()[0].url}{writers.LIST}{number}"
        for _ in range(3):
            answer = session.get(f"{url}/", timeout=PATIENCE_S)
            history = session.get(f"{url}/history", timeout=PATIENCE_S)
            order = answer.json() if answer.status_code == 200 else None
            events = history.json() if history.status_code == 200 else []
            if order and events and order["version"] == events[-1]["version"]:
                break
        return order, events

    def heard_of(self, number, history):
        """What the listener heard of an order, once it has heard as much as there is."""
        end = time.monotonic() + PATIENCE_S
        while len(self.follower.orders[number]) < len(history) and not self.follower.lost and time.monotonic() < end:
            time.sleep(0.005)
        return [{name: value for name, value in event.items() if name != "order"} for event in self.follower.orders[number]]

    def ask_again(self, session, attempt, journal):
        """The key of an order that is there gives this order."""
        answer = session.post(f"{self.fleet.services()[0].url}{writers.LIST}", json=writers.draft(attempt.number),
                              headers={"Idempotency-Key": writers.key_of(attempt.number)}, timeout=PATIENCE_S)
        if answer.status_code != 201 or "Idempotent-Replayed" not in answer.headers or \
                answer.json() != journal.told[attempt.order].get(1):
            self.fault("lost", f"{attempt} again: {answer.status_code} {answer.text}, was {journal.told[attempt.order].get(1)}")

    def conclude(self):
        """Compares the whole: what a listener hears that comes last, and every order that there is."""
        url = self.fleet.services()[0].url + writers.LIST + "?limit=500"
        last, orders = {}, []
        with contextlib.closing(Listener(self.fleet.services()[0], "0-0")) as stream:
            for place, (position, event) in enumerate(list(self.follower.heard)):
                last[event["order"]] = max(last.get(event["order"], event), event, key=lambda each: each["version"])
                told = json.loads((stream.block() or {}).get("data", "null"))  # null: a heartbeat, for there are no more
                if (stream.last, told) != (position, event):
                    self.fault("event", f"event {place} was {position} {event}, and is {stream.last} {told}")
                    break
        if self.follower.lost:
            self.fault("event", self.follower.lost)
        with requests.Session() as session:
            while url:
                answer = session.get(url, timeout=PATIENCE_S)
                orders += answer.json()
                url = urllib.parse.urljoin(url, answer.links["next"]["url"]) if "next" in answer.links else None
        for order in orders:
            event = last.get(order["id"])
            if not event or not agree(order, event):
                self.fault("history", f"{order} has {event} as its last event")
        for customer, count in collections.Counter(order["customer_name"] for order in orders).items():
            if count > 1:
                self.fault("half", f"{customer} sent one order, and has {count}")
        if len(orders) != self.customers:
            self.fault("lost", f"{self.customers} orders were created, {len(orders)} are there")

    def fault(self, kind, what):
        self.faults.append((kind, what))
        if self.kinds()[kind] <= FAULTS_SHOWN:
            self.tell(f"{self.name}, kill {self.rounds}: {kind}: {what}")

    def kinds(self):
        return collections.Counter(kind for kind, _ in self.faults)


def faults_of(order, history, told, attempts):
    """What is wrong with an order, as (kind, what): with what is there, what was told of it, and what was asked for."""
    if not order or not history:
        yield "lost", "it, or its history, is gone"
        return
    if [event["version"] for event in history] != list(range(1, len(history) + 1)) or \
            [event["kind"] for event in history] != ["created"] + ["changed"] * (len(history) - 1):
        yield "history", "it does not begin with the creation, or has a gap"
        return
    if [event["from"] for event in history] != [None] + [event["to"] for event in history[:-1]]:
        yield "history", "a change does not begin where the last one ended"
    if not agree(order, history[-1]):
        yield "history", "it does not end in what the order is"
    for version, known in told.items():
        if version > len(history) or not agree(known, history[version - 1]):
            yield "lost", f"version {version}, which somebody was told, is not in the history"
    numbers = [known["total_price"] for known in told.values()]
    if len(set(numbers)) < len(numbers):
        yield "half", "one change was made more than once"
    for event in history:
        asked = [attempt for attempt in attempts if attempt.version in (None, event["version"] - 1)
                 and attempt.answer != "refused" and (attempt.to or event["from"]) == event["to"]]
        known = told.get(event["version"])
        if not asked:
            yield "half", f"nobody asked for version {event['version']}, or who did was refused"
        elif known and not any(attempt.number == known["total_price"] for attempt in asked):
            yield "half", f"nobody asked for version {event['version']} as it was told"
        if known and any(known[name] != writers.numbered(known["total_price"])[name] for name in writers.TOGETHER):
            yield "half", f"version {event['version']} is of two changes"


def agree(order, event):
    return (order["version"], order["status"], order["updated_at"]) == (event["version"], event["to"], event["at"])


def kill_services(fleet, go_on):
    """Kills a service; the others serve on meanwhile, if there are any."""
    fleet.kill_the_oldest()
    if fleet.services():
        go_on()
    fleet.start()


def kill_database(fleet, _):
    """Kills PostgreSQL; the services know, stay, and come back by themselves."""
    def ready(status):
        return all(requests.get(f"{service.url}/readyz", timeout=PATIENCE_S).status_code == status
                   for service in fleet.services())

    fleet.server.kill_9()
    until(lambda: ready(503), "503 at /readyz")
    for service in fleet.services():
        assert requests.get(f"{service.url}/livez", timeout=PATIENCE_S).status_code == 200
    fleet.server.start()
    until(lambda: ready(200), "200 at /readyz")


def run(fleet, strike, name, kills, tell=print):
    """The trial, after so many kills."""
    with fleet, Trial(fleet, strike, name, tell) as trial:
        for number in range(kills):
            # Sooner and later: in the first commits of a database, between them, and around checkpoints.
            trial.play(enough=1 + 37 * number % 400)
            if (number + 1) % 20 == 0 and number + 1 < kills:
                tell(f"{name}: {number + 1} kills, {trial.acknowledged} acknowledged, {len(trial.faults)} faults")
        trial.conclude()
    return trial
