#!/usr/bin/env python3
"""Writes the tables of doc/corpus.md from `lab list`, between the marks that are there.

    test/lab/pages.py --lab build/release/bin/lab           writes them
    test/lab/pages.py --lab build/release/bin/lab --check   only says whether they are as they should be; exit status 1 if not
"""
import argparse
import json
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).resolve().parents[2] / "doc/corpus.md"


def entries(lab):
    return json.loads(subprocess.run([lab, "list"], check=True, capture_output=True, text=True).stdout)


def row(*cells):
    return "| " + " | ".join(cells) + " |\n"


def patterns_table(all_entries):
    lines, source = [], None
    for entry in all_entries:
        if entry["kind"] != "pattern":
            continue
        if entry["source"] != source:
            source = entry["source"]
            lines += ["\n", f"[`{source}`](../{source})\n\n", row("pattern", "window of the faulty form", "cured", "refusing"),
                      row("---", "---", "---", "---")]
        lines.append(row(f"[`{entry['name']}`](../test/lab/scenarios/{entry['name']}.yaml) {entry['title']} ({entry['cwe']})",
                         entry["window"], entry["cure"], entry["refusal"]))
    return "".join(lines) + "\n"


def controls_table(all_entries):
    lines = ["\n", row("control", "allowed", "why it is no race"), row("---", "---", "---")]
    for entry in all_entries:
        if entry["kind"] == "control":
            server = f" (`lab serve {entry['server']}`)" if entry["server"] else ""
            lines.append(row(f"[`{entry['name']}`](../test/lab/controls/{entry['name']}.yaml) {entry['title']}{server}",
                             ", ".join(entry["expect"]["control"]), entry["why"]))
    return "".join(lines) + "\n"


def between(page, mark, text):
    """The page with `text` between <!-- mark --> and <!-- end of mark -->."""
    begin, end = f"<!-- {mark} -->\n", f"<!-- end of {mark} -->"
    before, _, rest = page.partition(begin)
    _, found, after = rest.partition(end)
    if not found:
        sys.exit(f"{PAGE}: the marks of '{mark}' are not there")
    return before + begin + text + end + after


def written(page, all_entries):
    page = between(page, "patterns", patterns_table(all_entries))
    return between(page, "controls", controls_table(all_entries))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lab", required=True)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    page = PAGE.read_text()
    wanted = written(page, entries(arguments.lab))
    if arguments.check and wanted != page:
        sys.exit(f"{PAGE}: not what `lab list` says; run test/lab/pages.py --lab {arguments.lab}")
    if not arguments.check:
        PAGE.write_text(wanted)


if __name__ == "__main__":
    main()
