#!/usr/bin/env python3
"""The commands of README.md, of the tutorial and of the how-to pages do what the pages say, and no link is dead.

A comment before a block says what becomes of it:

  run, run: exit N   the commands are run, and the last one ends with that status (0)
  server             the command is started, and runs until the next one or the end of the page
  not run: REASON    who runs it instead
  output             the last run printed these lines; numbers may differ, and so may the end of a line that begins with a label
  file: NAME         a scenario that later commands use
  part               keys of a scenario, in place of those of the page's file (behind them, in `reset`): no error in it
  same as: FILE, part of: FILE, edit: FILE    what stands in a file, a part of it, a change to it as a diff

Each page has a folder of its own with a copy of doc/, and port 8000 is a free port there."""
import argparse
import concurrent.futures
import contextlib
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "doc").rglob("*.md"))]
PAGES = [ROOT / "README.md", ROOT / "doc/tutorial.md", *sorted((ROOT / "doc/how-to").glob("*.md"))]
DEADHEAT = ROOT / "build/release/bin/deadheat"
LONGEST_S = 120  # a guard against hangs
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^\n]*?) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def sections(text):
    """A scenario's keys of the first level, each with its lines."""
    return {part.split(":")[0]: part for part in re.split(r"^(?=\w)", text, flags=re.MULTILINE) if part.strip()}


def with_part(scenario, part):
    whole = sections(scenario)
    if re.search(r"^targets:", part, re.MULTILINE):
        del whole["target"]
    for key, lines in sections(part).items():
        behind = key == "reset" and key in whole
        whole[key] = whole[key] + lines.split("\n", 1)[1] if behind else lines
    return "".join(whole.values())


def comparable(line):
    """What a line of a report says in every run: its label, or all of it, without numbers."""
    label = re.split(r"(?<=\S)\s{2,}", line.strip())[0]
    return re.sub(r"\d+(\.\d+)?", "N", label)


class Page:
    """Plays a page, and lists what is not as it says."""

    def __init__(self, file, scratch):
        self.name = str(file.relative_to(ROOT)) if file.is_relative_to(ROOT) else file.name
        self.text = file.read_text()
        self.folder = pathlib.Path(scratch)
        self.port = free_port()
        self.problems = []
        self.server = None
        self.printed = None
        self.scenario = None
        shutil.copytree(ROOT / "doc", self.folder / "doc")
        for copy in (self.folder / "doc").rglob("*"):
            if copy.suffix in (".py", ".yaml"):
                copy.write_text(self.here(copy.read_text()))
        (self.folder / "build/release").mkdir(parents=True)
        (self.folder / "build/release/bin").symlink_to(DEADHEAT.parent)
        self.environment = {**os.environ, "PATH": f"{DEADHEAT.parent}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8"}

    def here(self, text):
        return re.sub(r"\b8000\b", str(self.port), text)

    def play(self):
        try:
            for block in BLOCK.finditer(self.text):
                line = self.text.count("\n", 0, block.start()) + 1
                for problem in self.play_block(block["kind"], block["text"], block["mark"]):
                    self.problems.append(f"{self.name}:{line}: {problem}")
        finally:
            self.stop_server()
        return self.problems

    def play_block(self, kind, text, mark):
        what, _, of = (mark or "").partition(": ")
        if what in ("run", "server") and kind == "sh":
            return self.start(text) if what == "server" else self.run(text, int(of.removeprefix("exit ") or 0))
        if what in ("same as", "part of", "edit", "file"):
            return getattr(self, what.replace(" ", "_"))(text, of)
        if what in ("output", "part"):
            return getattr(self, what)(text)
        if what == "not run":
            return [] if of else ["it says not who runs these commands"]
        return ["a comment has to say what becomes of these commands"] if kind == "sh" else []

    def run(self, commands, expected):
        done = subprocess.run(["bash", "-ec", self.here(commands)], cwd=self.folder, env=self.environment,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              timeout=LONGEST_S, check=False)
        self.printed = done.stdout
        if done.returncode != expected:
            return [f"exit code {done.returncode}, and not {expected}:\n{done.stdout}\n{done.stderr}"]
        return []

    def start(self, command):
        self.stop_server()
        self.server = subprocess.Popen(["bash", "-c", "exec " + self.here(command)], cwd=self.folder, env=self.environment,
                                       stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + LONGEST_S
        while self.server.poll() is None and time.monotonic() < until:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return []
            except OSError:
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.server.wait(0.02)
        return ["the server did not start"]

    def stop_server(self):
        if self.server is not None:
            self.server.kill()
            self.server.wait()
            self.server = None

    def output(self, text):
        printed = {comparable(line) for line in (self.printed or "").splitlines()}
        return [f"the last run did not print: {line}" for line in text.splitlines()
                if line.strip() not in ("", "…") and comparable(line) not in printed]

    def file(self, text, name):
        self.scenario = text
        (self.folder / name).write_text(self.here(text))
        return []

    def part(self, text):
        scenario = self.scenario or next(b["text"] for b in BLOCK.finditer(self.text) if (b["mark"] or "").startswith("file"))
        (self.folder / "part.yaml").write_text(with_part(scenario, text))
        named = {name: "x" for name in re.findall(r"\$\{(\w+)\}", scenario + text)}
        # Nothing listens there, and no program is found: what is left is whether the scenario is one.
        done = subprocess.run([DEADHEAT, "run", "part.yaml", "--quiet", "--target", "http://127.0.0.1:1"], cwd=self.folder,
                              env={**named, "PATH": "/nowhere"}, stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=LONGEST_S, check=False)
        wrong = done.returncode != 4 and ("exec:" not in text or "part.yaml:" in done.stderr)
        return [f"exit code {done.returncode}: {done.stdout}{done.stderr}"] if wrong else []

    def same_as(self, text, file):
        return [] if (ROOT / file).read_text() == text else [f"{file} is not the same"]

    def part_of(self, text, file):
        return [] if text in (ROOT / file).read_text() else [f"this does not stand in {file}"]

    def edit(self, text, file):
        lines = [line or " " for line in text.splitlines()]
        before, after = ("".join(line[1:] + "\n" for line in lines if line[0] in " " + sign) for sign in "-+")
        copy = self.folder / file
        if copy.read_text().count(before) != 1:
            return [f"what is to be changed does not stand once in {file}"]
        copy.write_text(copy.read_text().replace(before, after))
        return []


def play(file):
    with tempfile.TemporaryDirectory(prefix="page-") as scratch:
        return Page(file, scratch).play()


def prose(text):
    return BLOCK.sub("", text)


def anchors(file):
    """The names of a page's headings, as GitHub makes them."""
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-")
            for heading in re.findall(r"^#+ (.*)$", prose(file.read_text()), re.MULTILINE)}


def dead_links(file):
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(file.read_text())):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        to = (file.parent / path).resolve() if path else file
        if not to.exists():
            yield f"{file.name}: {link}: there is no such file"
        elif anchor and to.suffix == ".md" and anchor not in anchors(to):
            yield f"{file.name}: {link}: there is no such heading"


class Links(unittest.TestCase):
    def test_every_relative_link_leads_somewhere(self):
        self.assertEqual([], [problem for file in DOCUMENTS for problem in dead_links(file)])

    def test_every_document_is_in_the_index(self):
        index = (ROOT / "doc/README.md").read_text()
        for file in DOCUMENTS[1:]:
            name = str(file.relative_to(ROOT / "doc"))
            self.assertTrue(name == "README.md" or f"]({name})" in index, f"doc/README.md does not name {name}")

    def test_a_dead_link_is_found(self):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text("# One `two`\n[a](#one-two) [b](#three) [c](gone.md) [d](https://example.test/)\n```\n[e](no.md)\n```\n")
            self.assertEqual(["page.md: #three: there is no such heading", "page.md: gone.md: there is no such file"],
                             list(dead_links(page)))


class Pages(unittest.TestCase):
    maxDiff = None

    def test_every_page_does_what_it_says(self):
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            problems = [problem for found in pool.map(play, PAGES) for problem in found]
        self.assertEqual([], problems, "\n".join(problems))

    def test_what_a_page_gets_wrong_is_found(self):
        coupon = (ROOT / "doc/tutorial/coupon.yaml").read_text()
        cases = [
            ("```sh\ntrue\n```", "a comment has to say"),
            ("<!-- run -->\n```sh\nexit 1\n```", "exit code 1, and not 0"),
            ("<!-- run: exit 3 -->\n```sh\ntrue\n```", "exit code 0, and not 3"),
            ("<!-- run -->\n```sh\necho one 2\n```\n<!-- output -->\n```\none 3\ntwo 3\n```", "did not print: two 3"),
            ("<!-- server -->\n```sh\nfalse\n```", "did not start"),
            ("<!-- not run -->\n```sh\ntrue\n```", "who runs"),
            ("<!-- same as: doc/tutorial/coupon.yaml -->\n```yaml\nversion: 1\n```", "not the same"),
            ("<!-- part of: doc/tutorial/shop.py -->\n```python\nvoid\n```", "does not stand in"),
            ("<!-- edit: doc/tutorial/shop.py -->\n```diff\n-void\n```", "does not stand once"),
            (f"<!-- file: c.yaml -->\n```yaml\n{coupon}```\n<!-- part -->\n```yaml\nsettl: 5s\n```", "'settl' is not known"),
        ]
        for text, problem in cases:
            with self.subTest(problem), tempfile.TemporaryDirectory() as folder:
                page = pathlib.Path(folder, "page.md")
                page.write_text(text + "\n")
                found = play(page)
                self.assertEqual(1, len(found), found)
                self.assertIn(problem, found[0])


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deadheat", type=pathlib.Path, default=DEADHEAT)
    options, rest = parser.parse_known_args()
    DEADHEAT = options.deadheat.resolve()
    unittest.main(argv=[sys.argv[0], *rest])
