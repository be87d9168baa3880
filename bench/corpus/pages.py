"""Results as a text, as the parts of the documents that are generated, and as a picture."""
import html
import re

from corpus.tally import Row, Totals, at_least, at_most, median

FAMILY_TITLES = {"counting": "counting 2xx", "comparing": "comparing answers"}


def percent(rate):
    return f"{100 * rate:.1f} %" if 0.001 <= rate <= 0.999 else f"{100 * rate:.2f} %"


def seconds(value):
    return "-" if value is None else f"{value:.1f} s"


def share(hits, of):
    return f"{hits}/{of}" if of else "-"


def spread(values):
    return "-" if not values else f"{median(values):g} ({min(values)} - {max(values)})"


def cells_of(row):
    """What the tables say of a pattern or a control, by column."""
    faulty = row.faulty or {"proven_at": [], "proof_s": []}
    cells = {"found": share(row.found, row.faulty_runs),
             "attempts": spread(faulty["proven_at"]),
             "time": seconds(median(faulty["proof_s"])),
             "false": share(row.false_alarms, row.quiet_runs)}
    for family in FAMILY_TITLES:
        found, flagged = row.flagged(family)
        cells[family] = f"{share(found, row.faulty_runs)}, {share(flagged, row.quiet_runs)}"
    return cells


def table(head, align, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---:" if a == ">" else "---" for a in align) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def sentences(values):
    """What all of it comes to."""
    t = Totals(values)
    said = []
    if t.of_faulty:
        said.append(f"Found: {t.found:,} of {t.of_faulty:,} runs of faulty forms (95 %: at least {percent(at_least(t.found, t.of_faulty))} "
                    f"of such runs), the median after {median(t.proven_at) or 0:g} attempts and {seconds(median(t.proof_s))}.")
    if t.of_quiet:
        said.append(f"False alarms: {t.false_alarms:,} of {t.of_quiet:,} runs of cured, refusing and control forms (95 %: at most "
                    f"{percent(at_most(t.false_alarms, t.of_quiet))}), {t.quiet_counted:,} attempts that counted.")
    if t.undecided:
        said.append(f"No verdict: {t.undecided:,} of these.")
    return said


def where(values):
    m = values["measured"]
    return f"`{m['command']}` on {m['date']}: {m['machine']}, {m['tool']}, {m['minutes']:.0f} minutes."


def summary(values):
    """For the README."""
    t = Totals(values)
    totals = {family: values["settings"][family][values["chosen"][family]] for family in FAMILY_TITLES}
    rows = [[cell(row.title), *cells_of(row).values()] for row in t.patterns]
    if t.controls:
        quiet = sum(row.quiet_runs for row in t.controls)
        others = [f"-, {sum(row.flagged(family)[1] for row in t.controls)}/{quiet}" for family in FAMILY_TITLES]
        rows.append([f"{len(t.controls)} controls: correct, but odd", "-", "-", "-",
                     f"{sum(row.false_alarms for row in t.controls)}/{quiet}", *others])
    rows.append(["**all**", f"**{t.found}/{t.of_faulty}**", f"{median(t.proven_at) or 0:g}", seconds(median(t.proof_s)),
                 f"**{t.false_alarms}/{t.of_quiet}**",
                 *(f"**{s['found']}/{s['of_faulty']}, {s['false_alarms']}/{s['of_quiet']}**" for s in totals.values())])
    head = ["race", "found", "attempts to proof", "time", "false alarms", *FAMILY_TITLES.values()]
    return "\n\n".join([table(head, "<>>>>>>", rows), "\n".join(sentences(values) + [where(values)])])


def tables(values):
    """For doc/detection.md: everything."""
    t = Totals(values)
    head = ["pattern", "form", "expected", "verdicts", "attempts to proof, median (least - most)", "time", "95 %",
            "attempts that counted", *FAMILY_TITLES.values()]
    rows = []
    for item in values["items"]:
        row = Row(item)
        for form, value in item["forms"].items():
            verdicts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(value["verdicts"].items()))
            if form == "faulty":
                bound = f"found in at least {percent(at_least(row.found, value['runs']))}"
            else:
                alarms = sum(count for verdict, count in value["verdicts"].items()
                             if verdict in ("race", "broken") and verdict not in value["expected"])
                bound = f"alarms in at most {percent(at_most(alarms, value['runs']))}"
            rows.append([item["name"], form, " or ".join(value["expected"]), verdicts, spread(value["proven_at"]),
                         seconds(value["median_s"]), bound, f"{value['counted']:,}",
                         *(f"{value[family]}/{value['runs']}" for family in FAMILY_TITLES)])
    parts = ["\n".join(sentences(values) + [where(values)]), table(head, "<<<<>><>>>", rows)]
    parts.append("### What came out otherwise than expected\n\n" + (
        "Nothing." if not values["unexpected"] else
        table(["run (pattern, form, seed)", "verdict", "expected", "why"], "<<<<",
              [[u["run"], u["verdict"], " or ".join(u["expected"]), cell(u["why"])] for u in values["unexpected"]])))
    for family, title in FAMILY_TITLES.items():
        lines = [[f"**{name}**" if name == values["chosen"][family] else name, f"{s['found']}/{s['of_faulty']}",
                  f"{s['false_alarms']}/{s['of_quiet']}"] for name, s in values["settings"][family].items()]
        parts.append(f"### The settings of {title}\n\n" + table(["flagged if an attempt has", "found", "false alarms"], "<>>", lines))
    return "\n\n".join(parts)


def cell(text):
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


PARTS = {"summary": summary, "tables": tables}


def with_parts(document, values):
    """The document with each part between its markers written anew."""
    def write(match):
        return f"{match[1]}\n{PARTS[match[2]](values)}\n{match[4]}"

    return re.sub(r"(<!-- detection: (\w+)[^>]*-->)\n(.*?)\n?(<!-- end of detection -->)", write, document, flags=re.DOTALL)


def text(values):
    """For a terminal."""
    t = Totals(values)
    rows = [("pattern", "found", "attempts", "time", "false", "counting 2xx", "comparing")]
    rows += [(row.name, *cells_of(row).values()) for row in [*t.patterns, *t.controls]]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))) for row in rows]
    lines.insert(1, "  ".join("-" * width for width in widths))
    lines += ["", *sentences(values)]
    lines += [f"{title}: flagged if an attempt has: {values['chosen'][family]}" for family, title in FAMILY_TITLES.items()]
    for u in values["unexpected"]:
        lines.append(f"{u['run']}: {u['verdict']}, expected {' or '.join(u['expected'])}: {u['why']}")
    return "\n".join(lines) + "\n"


# -- the picture: a line for each pattern; time to proof of each run, and who finds it

ROW, TOP, LEFT, PLOT, COLUMN = 22, 64, 330, 400, 92
COLOURS = {"ink": "#1f2328", "grey": "#6e7781", "line": "#d0d7de", "dot": "#0969da", "found": "#1a7f37", "alarm": "#cf222e"}


def svg(values):
    t = Totals(values)
    columns = ["deadheat", *FAMILY_TITLES.values()]
    longest = max([1.0, *t.proof_s])
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 30, 60, 120) if longest / s <= 8)
    end = step * (int(longest / step) + 1)
    height = TOP + ROW * (len(t.patterns) + len(t.controls)) + 34
    width = LEFT + PLOT + 30 + COLUMN * len(columns)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def write(x, y, what, colour="ink", anchor="start", weight="normal"):
        out.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{COLOURS[colour]}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(what)}</text>')

    def bar(x, y, share, colour):
        out.append(f'<rect x="{x}" y="{y}" width="70" height="6" fill="{COLOURS["line"]}"/>')
        out.append(f'<rect x="{x}" y="{y}" width="{70 * share:.1f}" height="6" fill="{COLOURS[colour]}"/>')

    write(12, 22, "Time to proof, each seed a dot; and the share of runs that are flagged: faulty ones (green) and correct ones (red)", weight="bold")
    for i in range(int(end / step) + 1):
        x = LEFT + PLOT * i * step / end
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 30}" stroke="{COLOURS["line"]}"/>')
        write(x, TOP - 14, f"{i * step:g} s", "grey", "middle")
    for i, title in enumerate(columns):
        write(LEFT + PLOT + 30 + COLUMN * i, TOP - 14, title, "grey")
    for line, row in enumerate([*t.patterns, *t.controls]):
        y = TOP + ROW * line
        write(12, y + 13, row.title if len(row.title) <= 52 else row.title[:51] + "…", "ink" if row.faulty else "grey")
        for duration in row.faulty["proof_s"] if row.faulty else ():
            out.append(f'<circle cx="{LEFT + PLOT * duration / end:.1f}" cy="{y + 9}" r="3.5" fill="{COLOURS["dot"]}" fill-opacity="0.45"/>')
        pairs = [(row.found if row.faulty else 0, row.false_alarms), *(row.flagged(family) for family in FAMILY_TITLES)]
        for i, (found, alarms) in enumerate(pairs):
            x = LEFT + PLOT + 30 + COLUMN * i
            if row.faulty:
                bar(x, y + 3, found / row.faulty["runs"], "found")
            if row.quiet_runs:
                bar(x, y + 11, alarms / row.quiet_runs, "alarm")
    write(12, height - 10, where(values).replace("`", ""), "grey")
    return "\n".join([*out, "</svg>"]) + "\n"
