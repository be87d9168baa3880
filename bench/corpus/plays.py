"""Plays the corpus: `deadheat run` on a fresh `lab serve`, one pattern (or control), form and seed at a time."""
import contextlib
import dataclasses
import gzip
import hashlib
import json
import os
import pathlib
import selectors
import shlex
import shutil
import signal
import subprocess
import tempfile
import time

LISTENING = "listening on "
START_TIMEOUT_S = 20
STOP_TIMEOUT_S = 20
RUN_TIMEOUT_S = 300  # a guard: the budget of a scenario ends long before


@dataclasses.dataclass(frozen=True)
class Play:
    """What is played once."""
    name: str
    kind: str  # "pattern" or "control"
    form: str
    seed: int
    expected: tuple  # verdicts
    server: tuple    # options of `lab serve`
    scenario: pathlib.Path

    @property
    def id(self):
        return f"{self.name}.{self.form}.{self.seed}"


def items_of(lab):
    """What `lab list` prints."""
    return json.loads(subprocess.run([lab, "list"], capture_output=True, text=True, timeout=20, check=True).stdout)


def plays_of(items, folder, seeds, only=()):
    """Every play, seed by seed, so that an interrupted bench has something of everything."""
    unknown = set(only) - {item["name"] for item in items}
    if unknown:
        raise SystemExit(f"bench/detection: --only {', '.join(sorted(unknown))}: there is no such pattern or control; "
                         f"there are {', '.join(item['name'] for item in items)}")
    plays = []
    for seed in range(1, seeds + 1):
        for item in items:
            if only and item["name"] not in only:
                continue
            scenario = folder / {"pattern": "scenarios", "control": "controls"}[item["kind"]] / f"{item['name']}.yaml"
            for form in item["forms"]:
                plays.append(Play(item["name"], item["kind"], form, seed, tuple(item["expect"][form]),
                                  tuple(shlex.split(item.get("server", ""))), scenario))
    missing = sorted({str(play.scenario) for play in plays if not play.scenario.exists()})
    if missing:
        raise SystemExit("bench/detection: no scenario for what `lab list` names: " + ", ".join(missing))
    return plays


@contextlib.contextmanager
def serving(lab, options, log):
    """A fresh `lab serve`: its base URL. Stopped by SIGTERM, and by its own id."""
    process = subprocess.Popen([lab, "serve", "--port", "0", *options], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                               stderr=log, text=True)
    try:
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            line = process.stdout.readline() if selector.select(START_TIMEOUT_S) else ""
        if not line.startswith(LISTENING):
            raise RuntimeError(f"lab serve: expected '{LISTENING}...', found {line!r}")
        yield line.removeprefix(LISTENING).strip()
        if process.poll() is not None:
            raise RuntimeError(f"lab serve ended by itself, with {process.returncode}")
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


class Folder:
    """Where plays are kept: ID.json with the run's record, ID.jsonl.gz with its journal. A play that was made with other
    programs, another scenario or other options is not there."""

    def __init__(self, path, deadheat, lab, options_of):
        self.path, self.deadheat, self.lab, self.options_of = path, deadheat, lab, options_of
        self.programs = b"".join(pathlib.Path(p).read_bytes() for p in (deadheat, lab))
        path.mkdir(parents=True, exist_ok=True)

    def key(self, play):
        parts = [self.programs, play.scenario.read_bytes(), repr((play, self.options_of(play))).encode()]
        return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()

    def journal(self, play):
        return self.path / f"{play.id}.jsonl.gz"

    def load(self, play):
        """What `play` gave, or None."""
        try:
            kept = json.loads((self.path / f"{play.id}.json").read_text())
        except (OSError, ValueError):
            return None
        return kept if kept.get("key") == self.key(play) and self.journal(play).exists() else None

    def play(self, play):
        with tempfile.TemporaryDirectory(prefix="detection-") as scratch:
            record, journal = pathlib.Path(scratch, "run.json"), pathlib.Path(scratch, "journal.jsonl")
            with open(pathlib.Path(scratch, "lab.log"), "w+", encoding="utf-8") as log, \
                    serving(self.lab, play.server, log) as url:
                command = [self.deadheat, "run", str(play.scenario), "--seed", str(play.seed), *self.options_of(play),
                           "--json", str(record), "--journal", str(journal), "--quiet"]
                began = time.monotonic()
                run = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_TIMEOUT_S,
                                     env={**os.environ, "BASE_URL": url, "FORM": play.form})
                took = time.monotonic() - began
            if not record.exists() or not journal.exists():
                raise RuntimeError(f"{play.id}: exit {run.returncode}: {run.stderr.strip() or run.stdout.strip()}")
            kept = {"key": self.key(play), "took_s": took, "record": json.loads(record.read_text())}
            with open(journal, "rb") as file, gzip.open(self.journal(play), "wb", compresslevel=3) as packed:
                shutil.copyfileobj(file, packed)
        # Last, and whole or not at all: what is there has been played to its end.
        part = self.path / f"{play.id}.part"
        part.write_text(json.dumps(kept))
        part.replace(self.path / f"{play.id}.json")
        return kept
