#!/usr/bin/env python3
"""The house rules that a program can check. Prints one line for each violation; exit status 1 if there is any."""
import argparse
import os
import pathlib
import re
import subprocess
import sys

# What `orders` calls its things. A tester that knows one of these words knows its target.
VOCABULARY = ("customer_name restaurant_name delivery_address total_price quantity menu "
              "pending preparing delivering delivered cancelled").split()

# The Debian package that brings what find_package looks for; base: what g++ or cmake bring themselves.
PACKAGES = {"Threads": "g++", "Boost": "libboost1.81-dev", "fmt": "libfmt-dev", "GTest": "libgtest-dev",
            "SQLite3": "libsqlite3-dev", "yaml-cpp": "libyaml-cpp-dev", "CLI11": "libcli11-dev",
            "spdlog": "libspdlog-dev", "tl-expected": "libexpected-dev", "PkgConfig": "pkg-config",
            "OpenSSL": "libssl-dev", "PostgreSQL": "libpq-dev", "ZLIB": "zlib1g-dev", "Python3": "python3",
            "benchmark": "libbenchmark-dev"}
# Likewise what pkg_check_modules looks for.
MODULES = {"libnghttp2": "libnghttp2-dev", "libjwt": "libjwt-dev", "prometheus-cpp-core": "prometheus-cpp-dev",
           "libutf8proc": "libutf8proc-dev"}
# Headers of libraries that only one room may see.
WRAPPED = {"utf8proc.h": "base", "nghttp2": "http", "zlib.h": "http", "openssl": "net", "jq.h": "client",
           "yaml-cpp": "scenario", "libpq-fe.h": "store", "sqlite3.h": "store", "jwt.h": "callers",
           "prometheus": "metrics"}
BOOST_COMPONENTS = {"json": "libboost-json1.81-dev", "url": "libboost-url1.81-dev"}

# Rooms that decide: no socket, file, thread or clock of their own.
DECIDING = {"expression", "scenario", "schedule", "outcome", "oracle", "trial", "finding", "history", "model", "check", "record",
            "report", "order", "dialect", "callers", "settings"}
# Rooms below the one that speaks: what they know goes up as codes and numbers.
SILENT = {"trial", "finding", "record"}
DOING = re.compile(r'#\s*include\s*<(fstream|iostream|thread|filesystem|unistd\.h|poll\.h|sys/\S+|boost/asio\S*)>')

INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.MULTILINE)


def code_only(text):
    """The text with comments and literals blanked out, line by line as it was."""
    pattern = re.compile(r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|(?<![0-9a-fA-F])\'(?:\\.|[^\'\\\n])+\'', re.DOTALL)
    return pattern.sub(lambda m: re.sub(r"[^\n]", " ", m[0]), text)


class House:
    """The tree, read once."""

    def __init__(self, root):
        self.root = pathlib.Path(root).resolve()
        self.sources = {f: f.read_text() for f in sorted((self.root / "src").rglob("*"))
                        if f.suffix in (".h", ".cpp") and f.is_file()}
        self.rooms = {}  # folder -> (target, what it DEPENDS on)
        self.listed_tests = set()
        self.tests = {f for f in self.sources if f.name.endswith("_test.cpp")}  # and what else stands under TESTS
        for lists in sorted((self.root / "src").rglob("CMakeLists.txt")):
            text = re.sub(r"#[^\n]*", "", lists.read_text())
            for call in re.findall(r"add_folder\(([^)]*)\)", text):
                words = call.split()
                depends, section = [], None
                for word in words[1:]:
                    if word in ("SOURCES", "DEPENDS", "TESTS", "FOLDER"):
                        section = word
                    elif section == "DEPENDS":
                        depends.append(word)
                    elif section == "TESTS":
                        self.tests.add(lists.parent / word)
                        self.listed_tests.add(lists.parent / word)
                self.rooms[lists.parent] = (words[0], depends)
        self.targets = {target: folder for folder, (target, _) in self.rooms.items()}

    def name(self, file):
        return str(file.relative_to(self.root))

    def includes(self, file):
        """Each header of ours that the file includes, as (the text, the header or None)."""
        for text in INCLUDE.findall(self.sources[file]):
            yield text, self.resolve(file, text)

    def resolve(self, file, text):
        beside = file.parent / text
        if beside in self.sources:
            return beside
        room, _, rest = text.partition("/")
        if room == file.parent.name and file.parent / rest in self.sources:
            return file.parent / rest
        house = file.relative_to(self.root / "src").parts[0]
        found = [h for h in self.sources if rest and h.parent.name == room and h == h.parent / rest]
        # Both houses may have a room of this name; the own one is nearer.
        found.sort(key=lambda h: h.relative_to(self.root / "src").parts[0] != house)
        return found[0] if found else None


def lines_with(pattern, text):
    for number, line in enumerate(text.splitlines(), 1):
        match = re.search(pattern, line)
        if match:
            yield number, match[0]


def unused_headers(house):
    used = {header for file in house.sources for _, header in house.includes(file) if header != file}
    for file in house.sources:
        # A folder without CMakeLists.txt is written down but not built yet.
        if file.suffix == ".h" and file not in used and (file.parent / "CMakeLists.txt").exists():
            yield f"{house.name(file)}: nobody includes this header"


def banned_calls(house):
    for file, text in house.sources.items():
        folders = file.relative_to(house.root / "src").parts[:-1]
        banned = [r"\bdetached\b", r"\bsleep_for\b"]
        if folders[0] != "base":
            banned.append(r"\bsystem_clock\b")
        if "app" not in folders:
            banned.append(r"\bstd::cout\b")
        for number, call in lines_with("|".join(banned), code_only(text)):
            yield f"{house.name(file)}:{number}: {call} is banned here"


def leftovers(house):
    word = r"\b(FIX" r"ME|TO" r"DO|X" r"XX)\b"
    folders = ["src", "test", "script", "cmake", "scenarios", "schema"]
    for folder in folders:
        for file in sorted((house.root / folder).rglob("*")):
            if not file.is_file() or "__pycache__" in file.parts:
                continue
            for number, found in lines_with(word, file.read_text(errors="replace")):
                yield f"{house.name(file)}:{number}: {found} is left over"


def houses_apart(house):
    for file in house.sources:
        for text, header in house.includes(file):
            if header is None:
                continue
            of, to = (f.relative_to(house.root / "src").parts[0] for f in (file, header))
            if {of, to} == {"deadheat", "orders"} or (to in ("deadheat", "orders") and of != to):
                yield f'{house.name(file)}: "{text}" belongs to the house {to}'


def declared_includes(house):
    """A folder uses itself, what it DEPENDS on, and what the headers of these include (re-export)."""
    def depends(folder):
        return [house.targets[d] for d in house.rooms[folder][1] if d in house.targets]

    def everything_below(folder, seen):
        for other in depends(folder):
            if other not in seen:
                seen.add(other)
                everything_below(other, seen)
        return seen

    for folder in house.rooms:
        if folder in everything_below(folder, set()):
            yield f"{house.name(folder)}: depends on itself, in a circle"
    for file in house.sources:
        folder = file.parent
        if folder not in house.rooms:
            continue
        seen = {folder, *depends(folder)}
        seen |= {header.parent for h in house.sources if h.parent in seen and h.suffix == ".h"
                 for _, header in house.includes(h) if header is not None}
        seen |= {f for f in everything_below(folder, set()) if f.name == "base"}
        for text, header in house.includes(file):
            if header is not None and header.parent not in seen:
                yield f'{house.name(file)}: "{text}", but {house.name(folder)} does not declare {header.parent.name} in DEPENDS'


def tester_knows_no_service(house):
    pattern = r"(?i)(?<![A-Za-z0-9_])(" + "|".join(VOCABULARY) + r")(?![A-Za-z0-9_])"
    for file, text in house.sources.items():
        if file.relative_to(house.root / "src").parts[0] != "deadheat" or file in house.tests:
            continue
        for number, word in lines_with(pattern, text):
            yield f"{house.name(file)}:{number}: the tester knows nothing of the service, but here stands '{word}'"


def deciding_is_apart(house):
    for file, text in house.sources.items():
        if file.parent.name not in DECIDING or file in house.tests:
            continue
        for number, include in lines_with(DOING, text):
            yield f"{house.name(file)}:{number}: {include} in a room that decides"
        # The progress line is given a clock, to be drawn no more often than eyes can follow.
        clocks = r"\w*[Cc]lock::now\b" if file.parent.name == "report" else r"\w*[Cc]lock::now\b|\b(System)?Clock\b|\bclock\w*\.now\b"
        for number, clock in lines_with(clocks, code_only(text)):
            yield f"{house.name(file)}:{number}: {clock} in a room that decides; the time is passed in"


def libraries_stay_in_their_room(house):
    for file, text in house.sources.items():
        for number, include in lines_with(r"#\s*include\s*<[^>]+>", text):
            library = re.search(r"<([^/>]+)", include)[1]
            room = WRAPPED.get(library, file.parent.name)
            if room != file.parent.name:
                yield f"{house.name(file)}:{number}: {include}; only {room} knows this library"


def one_ellipsis(house):
    """A text is cut by base::cut, which ends it in the product's one ellipsis."""
    for file, text in house.sources.items():
        if file.parent.name == "base" or file in house.tests:
            continue
        for number, _ in lines_with(r'"(\.\.\.|…)"', re.sub(r"//[^\n]*", "", text)):
            yield f"{house.name(file)}:{number}: an ellipsis by hand; base::cut ends a text that was cut"


def only_report_speaks(house):
    """No literal of four words or more, neighbours taken together; placeholders are no words."""
    literal = r'"(?:\\.|[^"\\\n])*"'
    pattern = re.compile(rf"//[^\n]*|/\*.*?\*/|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'|({literal}(?:\s*{literal})*)", re.DOTALL)
    for file, text in house.sources.items():
        if file.parent.name not in SILENT or file in house.tests:
            continue
        for match in pattern.finditer(text):
            said = re.sub(r'"\s*"', "", match[1] or "")
            if sum(bool(re.search("[A-Za-z]", re.sub(r"\{[^{}]*\}|\\.", "", word))) for word in said.split()) >= 4:
                number = text.count("\n", 0, match.start()) + 1
                yield f"{house.name(file)}:{number}: only report speaks, but here stands {said[:60]}"


def no_sleep_in_lab(house):
    for file in sorted((house.root / "test/lab").rglob("*")):
        if file.is_file():
            for number, call in lines_with(r"\b(sleep|usleep|nanosleep|sleep_for|sleep_until)\s*\(", file.read_text(errors="replace")):
                yield f"{house.name(file)}:{number}: {call}...) in the lab; wait for what is to happen"


def patterns_do_not_wait(house):
    """The window of a race in the lab is its own statements: nothing there may wait, or burn time."""
    waiting = r"\bwhile\s*\(|\bdo\s*\{|\bfor\s*\([^:]*;|\bRECURSIVE\b|\bthis_thread\b|<chrono>|<thread>|\byield\b|\bwait(_for|_until)?\s*\(|\bpoll\s*\("
    for file in sorted((house.root / "test/lab/patterns").glob("*")):
        text = re.sub(r"//[^\n]*", "", file.read_text(errors="replace"))
        for number, what in lines_with(waiting, text):
            yield f"{house.name(file)}:{number}: {what} in a pattern, whose window has to be its own statements"


def scripts_have_help(house):
    for script in sorted((house.root / "script").glob("*")):
        if not script.is_file() or script.suffix:
            continue
        if not os.access(script, os.X_OK):
            yield f"{house.name(script)}: not executable"
            continue
        try:
            result = subprocess.run([script, "--help"], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
        except (OSError, subprocess.TimeoutExpired):
            yield f"{house.name(script)}: --help does not come to an end"
            continue
        if result.returncode != 0 or not result.stdout.lstrip().startswith("usage:"):
            yield f"{house.name(script)}: --help does not print its usage"


def packages_cover_cmake(house):
    listed = {line.split("#")[0].strip() for line in (house.root / "script/packages.txt").read_text().splitlines()}
    for lists in [house.root / "CMakeLists.txt", *sorted((house.root / "src").rglob("CMakeLists.txt"))]:
        text = re.sub(r"#[^\n]*", "", lists.read_text())
        modules = [m for call in re.findall(r"pkg_check_modules\(([^)]*)\)", text) for m in call.split()[1:]
                   if m not in ("REQUIRED", "IMPORTED_TARGET")]
        for name, package in [(m, MODULES.get(m)) for m in modules]:
            if package not in listed:
                yield f"{house.name(lists)}: {name} needs {package or 'a package'}, which script/packages.txt does not list"
        for call in re.findall(r"find_package\(([^)]*)\)", text):
            words = call.split()
            needed = {words[0]: PACKAGES.get(words[0])}
            if words[0] == "Boost" and "COMPONENTS" in words:
                needed |= {f"Boost {c}": BOOST_COMPONENTS.get(c) for c in words[words.index("COMPONENTS") + 1:]}
            for name, package in needed.items():
                if package is None:
                    yield f"{house.name(lists)}: test/tidy.py does not know which package brings {name}"
                elif package not in listed:
                    yield f"{house.name(lists)}: {name} needs {package}, which script/packages.txt does not list"


def no_test_is_forgotten(house):
    """A test that nobody runs fails nowhere. A file of Python may be run class by class: then each of its classes is."""
    for file in house.sources:
        if file.name.endswith("_test.cpp") and (file.parent / "CMakeLists.txt").exists() and file not in house.listed_tests:
            yield f"{house.name(file)}: its folder does not list it under TESTS"
    lists = house.root / "test/CMakeLists.txt"
    text = re.sub(r"#[^\n]*", "", lists.read_text()) if lists.exists() else ""
    values = {name: words.split() for name, words in re.findall(r"(?:set|foreach)\((\w+) ([^)]*)\)", text)}
    calls = [set(re.sub(r"\$\{(\w+)\}", lambda m: " ".join(values.get(m[1], [])), call).split())
             for call in re.findall(r"python_test\(([^)]*)\)", text)]
    for file in sorted((house.root / "test").rglob("*_test.py")):
        words = set().union(*(call for call in calls if str(file.relative_to(lists.parent)) in call))
        if not words:
            yield f"{house.name(file)}: {house.name(lists)} does not run it"
        cases = [part.split("(")[0].split(":")[0] for part in re.split(r"^class ", file.read_text(), flags=re.MULTILINE)[1:]
                 if re.search(r"^    def test_", part, re.MULTILINE)]
        if words & set(cases):
            for case in cases:
                if case not in words:
                    yield f"{house.name(file)}: {house.name(lists)} runs some of its classes, but not {case}"


RULES = [unused_headers, banned_calls, leftovers, houses_apart, declared_includes, tester_knows_no_service,
         deciding_is_apart, libraries_stay_in_their_room, one_ellipsis, only_report_speaks, no_sleep_in_lab,
         patterns_do_not_wait, scripts_have_help, packages_cover_cmake, no_test_is_forgotten]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", default=pathlib.Path(__file__).resolve().parent.parent)
    house = House(parser.parse_args().root)
    violations = [line for rule in RULES for line in rule(house)]
    for line in violations:
        print(line)
    print(f"tidy: {len(RULES)} rules, {len(house.sources)} files, {len(violations)} violations")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())
