"""Runs `deadheat` as a user does: a command line, an exit code, what it prints, and run.json."""
import dataclasses
import json
import os
import pathlib
import subprocess
import tempfile

import schema

SCENARIOS = pathlib.Path(__file__).resolve().parents[2] / "scenarios"

# Scenarios name their target as the tests say, and reports are in English, whoever runs them.
for name in ("BASE_URL", "LC_ALL", "LC_MESSAGES"):
    os.environ.pop(name, None)
os.environ["LANG"] = "C"

SCHEMAS = {name: schema.Schema(name) for name in ("run", "scenario")}


def fits(name, value, what):
    problems = SCHEMAS[name].problems(value)
    assert not problems, f"{what} does not fit schema/{name}.schema.json:\n" + "\n".join(problems[:10])


@dataclasses.dataclass
class Run:
    code: int
    out: str
    err: str
    record: dict  # {} where none was written

    @property
    def verdict(self):
        return self.record.get("verdict")

    @property
    def finding(self):
        """The one that gives the verdict; None where there is none."""
        return next(iter(self.record.get("findings", [])), None)

    @property
    def kind(self):
        return self.finding["kind"] if self.finding else None

    def told(self, code, among=("reasons", "next_steps", "notes")):
        """What is said under this code, each as {name: value}."""
        said = [each for part in among for each in self.record.get(part, [])]
        said += self.record.get("learnt", {}).get("remarks", [])
        return [each["with"] for each in said if each["code"] == code]

    def __str__(self):
        return f"exit {self.code}\n{self.out}\n{self.err}"


class Tool:
    """`patience` stretches the guard against hangs, for slow (sanitized) programs; no test depends on it otherwise."""

    def __init__(self, binary, patience=1):
        self.binary = str(binary)
        self.patience = patience

    def command(self, scenario, targets, options):
        return [self.binary, "run", str(scenario), *(word for t in targets for word in ("--target", t)), *options]

    def start(self, scenario, *targets, options=(), **popen):
        return subprocess.Popen(self.command(scenario, targets, options), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **popen)

    def run(self, scenario, *targets, options=(), timeout=600, env=None):
        """`scenario`: the name of one of scenarios/, a path, or the text of one (anything of more than one line).
        `env`: for its ${...}, beside what the environment has. What was raced and what it gave fit their schemas. Files are
        written for users, with a budget for a machine that does nothing else; here their attempts end a run, however slow."""
        with tempfile.TemporaryDirectory() as scratch:
            if "\n" in str(scenario):
                file = pathlib.Path(scratch, "scenario.yaml")
                file.write_text(scenario)
            elif isinstance(scenario, pathlib.Path) or "/" in scenario:
                file = scenario
            else:
                file = SCENARIOS / f"{scenario}.yaml"
            record = pathlib.Path(scratch, "run.json")
            options = [*map(str, options), "--json", str(record)]
            if "\n" not in str(scenario) and "--budget" not in options:
                options += ["--budget", "10m"]
            result = subprocess.run(self.command(file, targets, options),
                                    stdin=subprocess.DEVNULL, capture_output=True, text=True,
                                    timeout=timeout * self.patience,
                                    env=os.environ | (env or {}))
            run = Run(result.returncode, result.stdout, result.stderr,
                      json.loads(record.read_text()) if record.exists() else {})
            if run.record:
                fits("run", run.record, "run.json")
                fits("scenario", schema.scenario(pathlib.Path(file).read_text()), "a scenario that was raced")
            return run
