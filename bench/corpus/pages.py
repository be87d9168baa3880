"""Results as a text, as the parts of the documents that are generated, and as a picture."""
import html
import re

from corpus.tally import Row, Totals, at_least, at_most, median

TITLES = {"deadheat": "deadheat", "counting": "counting 2xx", "comparing": "comparing answers"}
OTHERS = ["counting", "comparing"]


def percent(rate):
    """With as many digits as matter, and never 100 % for less."""
    if rate in (0.0, 1.0):
        return f"{100 * rate:.0f} %"
    return f"{100 * rate:.2f} %" if min(rate, 1 - rate) < 0.01 else f"{100 * rate:.1f} %"


def seconds(value):
    return "-" if value is None else f"{value:.1f} s"


def share(hits, of):
    return f"{hits}/{of}" if of else "-"


def spread(values):
    return "-" if not values else f"{median(values):g} ({min(values)} - {max(values)})"


def verdicts(form):
    return "-" if form is None else ", ".join(f"{count} {verdict}" for verdict, count in sorted(form["verdicts"].items()))


def cell(text):
    return re.sub(r"\s+", " ", text).replace("|", "\\|")


def table(head, align, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---:" if a == ">" else "---" for a in align) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def others_of(row):
    """Races found, false alarms: by each other way of judging."""
    return [f"{share(found, row.faulty_runs)}, {share(flagged, row.quiet_runs)}"
            for found, flagged in map(row.flagged, OTHERS)]


def sentences(values):
    """What all of it comes to."""
    t = Totals(values)
    said = []
    if t.of_faulty:
        said.append(f"Found: {t.found:,} of {t.of_faulty:,} runs of faulty forms (95 %: at least {percent(at_least(t.found, t.of_faulty))} "
                    f"of such runs), the median after {median(t.proven_at) or 0:g} attempts and {seconds(median(t.proof_s))}.")
    if t.of_quiet:
        said.append(f"False alarms: {t.false_alarms:,} in {t.of_quiet:,} runs of cured, refusing and control forms (95 %: in at most "
                    f"{percent(at_most(t.false_alarms, t.of_quiet))}), with {t.quiet_counted:,} attempts that counted.")
    if t.undecided:
        said.append(f"No verdict where one was due: {t.undecided:,} of these.")
    return said


def where(values):
    m = values["measured"]
    return f"`{m['command']}` on {m['date']}: {m['machine']}, {m['tool']}, {m['minutes']:.0f} minutes."


# -- parts of documents

def summary(values):
    """For the README: all of it in three lines."""
    t = Totals(values)
    head = ["judged by", "races found", *(f"false alarms: {form}" for form in t.quiet_forms)]
    rows = [[title, share(t.found_by(family), t.of_faulty),
             *(share(t.alarms_by(family, form), t.quiet_runs(form)) for form in t.quiet_forms)]
            for family, title in TITLES.items()]
    return table(head, "<" + ">" * (len(head) - 1), rows) + "\n\n" + "\n".join([*sentences(values), where(values)])


def patterns(values):
    t = Totals(values)
    head = ["race", "faulty", "attempts to proof", "time", "cured", "refusing", "bound", *(TITLES[family] for family in OTHERS)]
    rows = []
    for row in t.patterns:
        faulty = row.faulty or {"proven_at": [], "proof_s": []}
        counted = sum(form["counted"] for form in row.quiet.values())
        rows.append([f"{cell(row.title)} (`{row.name}`)", verdicts(row.faulty), spread(faulty["proven_at"]),
                     seconds(median(faulty["proof_s"])), verdicts(row.quiet.get("cured")), verdicts(row.quiet.get("refusing")),
                     percent(at_most(0, counted)), *others_of(row)])
    return table(head, "<<>><<>>>", rows)


def controls(values):
    rows = [[f"{cell(row.title)} (`{row.name}`)", " or ".join(form["expected"]), verdicts(form), seconds(form["median_s"]),
             *others_of(row)] for row in Totals(values).controls for form in row.quiet.values()]
    return table(["control", "expected", "verdicts", "time", *(TITLES[family] for family in OTHERS)], "<<<>>>", rows)


def unexpected(values):
    if not values["unexpected"]:
        return "Nothing."
    return table(["run (name, form, seed)", "verdict", "expected", "why"], "<<<<",
                 [[u["run"], u["verdict"], " or ".join(u["expected"]), cell(u["why"])] for u in values["unexpected"]])


def settings(values, family):
    rows = [[f"**{name}**" if name == values["chosen"][family] else name, share(s["found"], s["of_faulty"]),
             share(s["false_alarms"], s["of_quiet"])] for name, s in values["settings"][family].items()]
    return table(["an attempt is flagged if it has", "found", "false alarms"], "<>>", rows)


def tables(values):
    """For doc/detection.md: everything."""
    parts = ["\n".join([*sentences(values), where(values)]), "### Races", patterns(values)]
    if Totals(values).controls:
        parts += ["### Controls", controls(values)]
    parts += ["### What came out otherwise than expected", unexpected(values)]
    for family in OTHERS:
        parts += [f"### The settings of {TITLES[family]}", settings(values, family)]
    return "\n\n".join(parts)


PARTS = {"summary": summary, "tables": tables}


def with_parts(document, values):
    """The document with each part between its markers written anew."""
    def write(match):
        return f"{match[1]}\n{PARTS[match[2]](values)}\n{match[4]}"

    return re.sub(r"(<!-- detection: (\w+)[^>]*-->)\n(.*?)\n?(<!-- end of detection -->)", write, document, flags=re.DOTALL)


def text(values):
    """For a terminal."""
    t = Totals(values)
    rows = [("", "faulty", "attempts to proof", "time", "others", *(TITLES[family] for family in OTHERS))]
    for row in [*t.patterns, *t.controls]:
        faulty = row.faulty or {"proven_at": [], "proof_s": []}
        rows.append((row.name, verdicts(row.faulty), spread(faulty["proven_at"]), seconds(median(faulty["proof_s"])),
                     "; ".join(f"{form}: {verdicts(value)}" for form, value in row.quiet.items()), *others_of(row)))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) if i in (0, 1, 4) else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip() for row in rows]
    lines += ["", *sentences(values)]
    lines += [f"{TITLES[family]}: flagged if an attempt has {values['chosen'][family]}" for family in OTHERS]
    lines += [f"{u['run']}: {u['verdict']}, expected {' or '.join(u['expected'])}: {u['why']}" for u in values["unexpected"]]
    return "\n".join(lines) + "\n"


# -- the picture: a line for each pattern; time to proof of each run, and who flags it

ROW, TOP, LEFT, PLOT, GAP, COLUMN, BAR = 22, 78, 350, 380, 30, 122, 92
COLOURS = {"ink": "#1f2328", "grey": "#6e7781", "line": "#d0d7de", "dot": "#0969da", "found": "#1a7f37", "alarm": "#cf222e"}


def svg(values):
    t = Totals(values)
    rows = [*t.patterns, *t.controls]
    longest = max([1.0, *t.proof_s])
    step = next(s for s in (0.5, 1, 2, 5, 10, 20, 30, 60, 120) if longest / s <= 8)
    end = step * (int(longest / step) + 1)
    height = TOP + ROW * len(rows) + 34
    width = LEFT + PLOT + GAP + COLUMN * len(TITLES)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def write(x, y, what, colour="ink", anchor="start", weight="normal"):
        out.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{COLOURS[colour]}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(what)}</text>')

    def bar(x, y, part, colour):
        out.append(f'<rect x="{x}" y="{y}" width="{BAR}" height="6" fill="{COLOURS["line"]}"/>')
        out.append(f'<rect x="{x}" y="{y}" width="{BAR * part:.1f}" height="6" fill="{COLOURS[colour]}"/>')

    write(12, 22, "Time to proof, a dot for each seed", weight="bold")
    write(LEFT + PLOT + GAP, 22, "Share of runs that are flagged by", weight="bold")
    write(LEFT + PLOT + GAP, 40, "green: with a race · red: without one", "grey")
    for i in range(int(end / step) + 1):
        x = LEFT + PLOT * i * step / end
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 30}" stroke="{COLOURS["line"]}"/>')
        write(x, TOP - 14, f"{i * step:g} s", "grey", "middle")
    for i, title in enumerate(TITLES.values()):
        write(LEFT + PLOT + GAP + COLUMN * i, TOP - 14, title, "grey")
    for line, row in enumerate(rows):
        y = TOP + ROW * line
        write(12, y + 13, row.title if len(row.title) <= 50 else row.title[:49] + "…", "ink" if row.faulty else "grey")
        for duration in row.faulty["proof_s"] if row.faulty else ():
            out.append(f'<circle cx="{LEFT + PLOT * duration / end:.1f}" cy="{y + 9}" r="3.5" fill="{COLOURS["dot"]}" fill-opacity="0.45"/>')
        for i, family in enumerate(TITLES):
            found, flagged = row.flagged(family)
            x = LEFT + PLOT + GAP + COLUMN * i
            if row.faulty_runs:
                bar(x, y + 3, found / row.faulty_runs, "found")
            if row.quiet_runs:
                bar(x, y + 11, flagged / row.quiet_runs, "alarm")
    m = values["measured"]
    write(12, height - 10, f"{m['date']}, {m['machine']}, {m['tool']}", "grey")
    return "\n".join([*out, "</svg>"]) + "\n"
