"""Results as a text, as the parts of doc/arrival.md that are generated, and as a picture."""
import html
import math
import re

from arrivals.ways import WAYS

BARRIER = "threads"
# What is wanted at 20 requests: the way, to what, at most so much of it.
WANTED = [("http1-headers", BARRIER, 0.5), ("http1-body", BARRIER, 0.5), ("http2-body", BARRIER, 0.3), ("http2-headers", BARRIER, 0.3),
          ("http2-body", "floor-body", 2), ("http2-headers", "floor-whole", 2)]
WANTED_AT = "20"
WANTED_ATTEMPTS = 25
PARTS_OF_AN_ATTEMPT = {"around": "the reset and two reads", "held": "bringing two requests to the gate and holding them there",
                       "race": "from the release to the last answer", "between": "the rest of the tool, and controls"}
RATES = {"script": "Python, requests, threads, as one would write it", "script-kept": "Python, requests, threads, kept connections",
         "lanes-1": "deadheat, one lane", "lanes-20": "deadheat, twenty lanes"}


def span(us):
    if us is None:
        return "-"
    return f"{us / 1000:.1f} ms" if us >= 10000 else f"{us:.0f} µs" if us >= 10 else f"{us:.1f} µs"


def ratio(value):
    return "-" if value is None else f"{value:.2f}" if value < 10 else f"{value:.0f}"


def table(head, align, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---:" if a == ">" else "---" for a in align) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def numbers(values):
    return sorted(values["spread"], key=int)


def of(values, number, way):
    return values["spread"][number].get(way)


def to(values, number, way, other, which="p50_us"):
    """How much of the other's spread this way's is."""
    a, b = of(values, number, way), of(values, number, other)
    return a[which] / b[which] if a and b and b[which] else None


def where(values):
    m = values["measured"]
    return f"`{m['command']}` on {m['date']}: {m['machine']}, {m['tool']}, {m['minutes']:.0f} minutes."


def spreads(values):
    """The table: p50 and p99 at the server, and as shares of the barrier's."""
    head = ["", *(f"{number} requests: p50, p99 (ratio to the barrier)" for number in numbers(values))]
    rows = []
    for way in WAYS:
        cells = []
        for number in numbers(values):
            each = of(values, number, way.name)
            cells.append("-" if each is None else
                         f"{span(each['p50_us'])}, {span(each['p99_us'])} ({ratio(to(values, number, way.name, BARRIER))}, "
                         f"{ratio(to(values, number, way.name, BARRIER, 'p99_us'))})")
        rows.append([way.title, *cells])
    lost = [f"{way.title} with {number}: {each['rounds'] - each['whole']} of {each['rounds']}" for number in numbers(values) for way in WAYS
            if (each := of(values, number, way.name)) and each["whole"] < each["rounds"]]
    note = f"Rounds that did not come whole: {'; '.join(lost) or 'none'}."
    return "\n\n".join([table(head, "<" + ">" * (len(head) - 1), rows), note + "\n" + where(values)])


def wanted(values):
    rows = [[title_of(way), title_of(other), limit, ratio(to(values, WANTED_AT, way, other))] for way, other, limit in WANTED]
    return table([f"with {WANTED_AT} requests", "to", "at most", "measured"], "<<>>", rows)


def title_of(name):
    return next(way.title for way in WAYS if way.name == name)


def claims(values):
    """What deadheat says of its own release, against what the server saw."""
    head = ["", "requests", "deadheat: p50, p99", "server: p50, p99", "server less deadheat, round by round: p10, p50, p90", "correlation"]
    rows = []
    for way in WAYS:
        for number in numbers(values):
            each = of(values, number, way.name)
            if each is None or "claimed" not in each:
                continue
            c = each["claimed"]
            rows.append([way.title, number, f"{span(c['p50_us'])}, {span(c['p99_us'])}", f"{span(each['p50_us'])}, {span(each['p99_us'])}",
                         ", ".join(f"{c[key]:.0f} µs" for key in ("off_p10_us", "off_p50_us", "off_p90_us")),
                         "-" if c["correlation"] is None else f"{c['correlation']:.2f}"])
    return table(head, "<>>>>>", rows)


def lateness(values):
    """How late the server's program saw what had arrived."""
    rows = []
    for way in WAYS:
        cells = [f"{span(each['late_p50_us'])}, {span(each['late_p99_us'])}; {span(each['seen_p50_us'])}" if each else "-"
                 for number in numbers(values) for each in [of(values, number, way.name)]]
        rows.append([way.title, *cells])
    head = ["", *(f"{number} requests" for number in numbers(values))]
    return table(head, "<" + ">" * (len(head) - 1), rows)


def attempts(values):
    rates = values["attempts"]
    least = rates["script"]["median"]
    rows = [[title, f"{rates[who]['median']:,.0f}", f"{min(rates[who]['each']):,.0f} - {max(rates[who]['each']):,.0f}",
             ratio(rates[who]["median"] / least)] for who, title in RATES.items()]
    parts = rates["lanes-1"].get("parts_us", {})
    whole = sum(parts.values())
    where_it_goes = "; ".join(f"{PARTS_OF_AN_ATTEMPT[name]} {us:.0f} µs ({100 * us / whole:.0f} %)" for name, us in parts.items())
    again = values.get("attempts_measured")
    measured = f"\n\n`{again['command']}` on {again['date']}: {again['machine']}, {again['tool']}." if again else ""
    return table(["", "attempts per second, median", "least - most", "to the script"], "<>>>", rows) + measured + \
        f"\n\nWanted: {WANTED_ATTEMPTS} times the script. Where the time of one lane goes, for an attempt: {where_it_goes}."


PARTS = {"spreads": spreads, "wanted": wanted, "claims": claims, "lateness": lateness, "attempts": attempts}


def with_parts(document, values):
    """The document with each part between its markers written anew."""
    def write(match):
        return f"{match[1]}\n{PARTS[match[2]](values)}\n{match[4]}"

    return re.sub(r"(<!-- arrival: (\w+)[^>]*-->)\n(.*?)\n?(<!-- end of arrival -->)", write, document, flags=re.DOTALL)


def text(values):
    """For a terminal."""
    rows = [("", *(f"{number}: p50, p99, to the barrier" for number in numbers(values)))]
    for way in WAYS:
        cells = [f"{span(each['p50_us'])}  {span(each['p99_us'])}  {ratio(to(values, number, way.name, BARRIER))}" if each else "-"
                 for number in numbers(values) for each in [of(values, number, way.name)]]
        rows.append((way.title, *cells))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join(c.ljust(w) if i == 0 else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths))).rstrip() for row in rows]
    if WANTED_AT in values["spread"]:
        lines += ["", *(f"{way} to {other}: {ratio(to(values, WANTED_AT, way, other))}, at most {limit} is wanted" for way, other, limit in WANTED)]
    if values.get("attempts"):
        lines += ["", *(f"{who}: {rate['median']:.0f} attempts per second" for who, rate in values["attempts"].items())]
    return "\n".join(lines) + "\n"


# -- the picture: a strip for each number of requests, a line for each way, from p10 to p99 on a logarithmic scale

ROW, TOP, LEFT, PLOT, BETWEEN = 20, 62, 330, 560, 46
COLOURS = {"ink": "#1f2328", "grey": "#6e7781", "line": "#d0d7de", "deadheat": "#0969da", "barrier": "#cf222e", "other": "#9a6700",
           "floor": "#1a7f37"}


def svg(values):
    all_spans = [each[key] for number in numbers(values) for each in values["spread"][number].values() for key in ("p10_us", "p99_us")]
    low = math.floor(math.log10(max(0.5, min(all_spans))))
    high = math.ceil(math.log10(max(all_spans)))
    height = TOP + len(numbers(values)) * (ROW * len(WAYS) + BETWEEN) + 20
    width = LEFT + PLOT + 130
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" font-size="12">',
           f'<rect width="{width}" height="{height}" fill="#ffffff"/>']

    def write(x, y, what, colour="ink", anchor="start", weight="normal"):
        out.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{COLOURS[colour]}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(what)}</text>')

    def at(us):
        return LEFT + PLOT * (math.log10(max(us, 10 ** low)) - low) / (high - low)

    write(12, 22, "Between the first and the last arrival of a round, at the server", weight="bold")
    write(12, 40, "dot: median · thick: the middle 80 % of rounds · thin: to the 99th percentile · number: ratio of the medians to the C++ barrier's", "grey")
    for i, number in enumerate(numbers(values)):
        top = TOP + i * (ROW * len(WAYS) + BETWEEN) + 18
        write(12, top - 4, f"{number} requests", weight="bold")
        for power in range(low, high + 1):
            x = at(10 ** power)
            out.append(f'<line x1="{x:.1f}" y1="{top}" x2="{x:.1f}" y2="{top + ROW * len(WAYS)}" stroke="{COLOURS["line"]}"/>')
            write(x, top - 4, f"{10 ** power:g} µs" if power < 3 else f"{10 ** (power - 3):g} ms", "grey", "middle")
        for line, way in enumerate(WAYS):
            y = top + ROW * line + ROW / 2
            each = of(values, number, way.name)
            write(24, y + 4, way.title)
            if each is None:
                continue
            colour = COLOURS[way.kind]
            out.append(f'<line x1="{at(each["p10_us"]):.1f}" y1="{y}" x2="{at(each["p99_us"]):.1f}" y2="{y}" stroke="{colour}"/>')
            out.append(f'<line x1="{at(each["p10_us"]):.1f}" y1="{y}" x2="{at(each["p90_us"]):.1f}" y2="{y}" stroke="{colour}" stroke-width="5"/>')
            out.append(f'<circle cx="{at(each["p50_us"]):.1f}" cy="{y}" r="4.5" fill="{colour}" stroke="#ffffff"/>')
            write(LEFT + PLOT + 20, y + 4, ratio(to(values, number, way.name, BARRIER)), "grey")
    m = values["measured"]
    write(12, height - 10, f"{m['date']}, {m['machine']}, {m['tool']}", "grey")
    return "\n".join([*out, "</svg>"]) + "\n"
