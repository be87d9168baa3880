"""Results as a text, as the parts of doc/strategies.md that are generated, and as a picture."""
import html
import math

import measured
from contention.cells import CLIENTS, DATABASES, ORDERS, STRATEGIES, Cell

# Which outcomes no order of the changes explains, as test/e2e/v2_test.py (Lab) has `deadheat` find out with two processes.
RACES = {"SQLite": {"naive", "check-then-act"}, "PostgreSQL": {"naive", "check-then-act", "transaction"}}
TEST = "../test/e2e/v2_test.py"


def verdict(database, strategy):
    return "race" if strategy in RACES[database] else "clean"


def of(values, database, orders, clients, strategy):
    return values["cells"].get(Cell(database, orders, clients, strategy).key())


def milliseconds(us):
    return f"{us / 1000:.2f}" if us < 10_000 else f"{us / 1000:.0f}"


def count(orders):
    return "one order" if orders == 1 else f"{orders:,} orders"


def table(head, align, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---:" if a == ">" else "---" for a in align) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def speed(values, database, orders):
    """A row for each strategy: changes a second, and how long answers take."""
    head = ["", f"[verdict]({TEST})", *(f"{clients} client{'s' * (clients > 1)}" for clients in CLIENTS)]
    rows = []
    for strategy in STRATEGIES:
        cells = [of(values, database, orders, clients, strategy) for clients in CLIENTS]
        rows.append([f"`{strategy}`", f"`{verdict(database, strategy)}`",
                     *(f"{each['rate']:,.0f} ({milliseconds(each['p50_us'])}, {milliseconds(each['p99_us'])})" if each else "-"
                       for each in cells)])
    return table(head, "<<" + ">" * len(CLIENTS), rows)


def speeds(values):
    parts = []
    for orders in ORDERS:
        for database in DATABASES:
            parts += [f"{database}, {count(orders)}: changes a second (median, 99th percentile of all answers, in ms)",
                      speed(values, database, orders)]
    return "\n\n".join([*parts, measured.sentence(values["measured"])])


def conflicts(values):
    """A row for each strategy that had any."""
    places = [(database, orders, clients) for database in DATABASES for orders in ORDERS for clients in CLIENTS if clients > 1]
    head = ["", *(f"{database}, {count(orders)}, {clients} clients" for database, orders, clients in places)]
    rows = []
    for strategy in STRATEGIES:
        cells = [of(values, *place, strategy) for place in places]
        if any(each and each["conflicts"] for each in cells):
            rows.append([f"`{strategy}`", *(f"{each['conflicts']:.3g}, {each['retries']:.3g}, {each['given_up']:.3g}"
                                            if each and each["conflicts"] else "0" for each in cells)])
    return table(head, "<" + ">" * len(places), rows)


PARTS = {"speeds": speeds, "conflicts": conflicts}


def text(values):
    """For a terminal."""
    lines = [f"{'':42}{'changes/s':>10}{'p50 ms':>8}{'p99 ms':>8}   of 100: {'conflicts':>9}{'retries':>9}{'given up':>9}"]
    for orders in ORDERS:
        for database in DATABASES:
            for clients in CLIENTS:
                lines.append(f"{database}, {count(orders)}, {clients} client{'s' * (clients > 1)}")
                for strategy in STRATEGIES:
                    each = of(values, database, orders, clients, strategy)
                    if each:
                        lines.append(f"  {strategy:16}{verdict(database, strategy):24}{each['rate']:10,.0f}{milliseconds(each['p50_us']):>8}"
                                     f"{milliseconds(each['p99_us']):>8}           {each['conflicts']:9.2f}{each['retries']:9.2f}"
                                     f"{each['given_up']:9.2f}" + (f"  {each['failed']} failed" if each["failed"] else ""))
    return "\n".join(lines) + "\n"


# -- the picture: a panel for each database and number of orders, above changes a second, below the 99th percentile; a line for
#    each strategy, with its name at its end. Colours of Okabe and Ito, which colour-blind readers can tell; broken: a race.

COLOURS = {"naive": "#d55e00", "check-then-act": "#e69f00", "transaction": "#cc79a7", "lock": "#56b4e9", "version": "#0072b2",
           "conditional": "#000000", "serializable": "#009e73"}
INK, GREY, LINE = "#1f2328", "#6e7781", "#d8dee4"
WIDTH, LEFT, PLOT_WIDTH, NAMES, PLOT_HEIGHT, HEAD, TOP = 800, 54, 214, 126, 190, 44, 70
LABEL_HEIGHT = 13
MEASURES = [("rate", "changes a second", lambda value: value), ("p99_us", "99th percentile", lambda value: value / 1000)]


def axis_text(value, measure):
    if measure == "p99_us":
        return f"{value:g} ms" if value < 1000 else f"{value / 1000:g} s"
    return f"{value / 1000:g}k" if value >= 1000 else f"{value:g}"


def apart(wanted, least, low, high):
    """The places nearest to those wanted that are `least` apart, in the same order."""
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    places = [max(low, wanted[i]) for i in order]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + least)
    overflow = places[-1] - high if places else 0
    if overflow > 0:
        places[-1] = high
        for i in range(len(places) - 2, -1, -1):
            places[i] = min(places[i], places[i + 1] - least)
    return {i: place for i, place in zip(order, places)}


class Panel:
    def __init__(self, values, measure, scale, x, y, low, high):
        self.values, self.measure, self.scale, self.x, self.y = values, measure, scale, x, y
        self.low, self.high = low, high  # powers of ten
        self.out = []

    def across(self, clients):
        return self.x + PLOT_WIDTH * math.log(clients) / math.log(CLIENTS[-1])

    def up(self, value):
        share = (math.log10(value) - self.low) / (self.high - self.low)
        return self.y + PLOT_HEIGHT * (1 - min(1, max(0, share)))

    def write(self, x, y, what, colour=GREY, anchor="start", weight="normal"):
        self.out.append(f'<text x="{x:.1f}" y="{y:.1f}" fill="{colour}" text-anchor="{anchor}" font-weight="{weight}">{html.escape(what)}</text>')

    def grid(self):
        for power in range(self.low, self.high + 1):
            y = self.up(10 ** power)
            self.out.append(f'<line x1="{self.x}" y1="{y:.1f}" x2="{self.x + PLOT_WIDTH}" y2="{y:.1f}" stroke="{LINE}"/>')
            self.write(self.x - 6, y + 4, axis_text(10 ** power, self.measure), anchor="end")
        for clients in CLIENTS:
            x = self.across(clients)
            self.out.append(f'<line x1="{x:.1f}" y1="{self.y}" x2="{x:.1f}" y2="{self.y + PLOT_HEIGHT}" stroke="{LINE}"/>')
            self.write(x, self.y + PLOT_HEIGHT + 16, str(clients) if clients > 1 else "1 client", anchor="middle")

    def lines(self, database, orders):
        ends = []
        for strategy in STRATEGIES:
            points = [(self.across(clients), self.up(self.scale(each[self.measure]))) for clients in CLIENTS
                      for each in [of(self.values, database, orders, clients, strategy)] if each and each[self.measure] > 0]
            if not points:
                continue
            broken = ' stroke-dasharray="5 4"' if verdict(database, strategy) == "race" else ""
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
            self.out.append(f'<polyline points="{path}" fill="none" stroke="{COLOURS[strategy]}" stroke-width="2.2"{broken}/>')
            self.out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{COLOURS[strategy]}"/>' for x, y in points]
            ends.append((strategy, *points[-1]))
        places = apart([y for _, _, y in ends], LABEL_HEIGHT, self.y, self.y + PLOT_HEIGHT)
        for i, (strategy, x, y) in enumerate(ends):
            at = places[i]
            self.out.append(f'<polyline points="{x + 5:.1f},{y:.1f} {x + 14:.1f},{at:.1f} {x + 18:.1f},{at:.1f}" fill="none" '
                            f'stroke="{COLOURS[strategy]}" stroke-width="1"/>')
            self.write(x + 21, at + 4, strategy, COLOURS[strategy], weight="600")


def svg(values):
    rows = [(orders, measure) for measure in MEASURES for orders in ORDERS]
    height = TOP + len(rows) * (PLOT_HEIGHT + HEAD + 24) + 24
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="system-ui, sans-serif" font-size="12">',
           "<title>Changes a second and 99th percentiles of each strategy</title>",
           f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
           f'<text x="12" y="24" fill="{INK}" font-size="15" font-weight="bold">What it costs to change an order, by strategy and number of clients</text>',
           f'<text x="12" y="44" fill="{GREY}">broken lines: wrong, and a race by the verdict of deadheat · both axes are logarithmic</text>']
    for row, (orders, (measure, title, scale)) in enumerate(rows):
        taken = [scale(each[measure]) for each in values["cells"].values() if each[measure] > 0]
        low, high = math.floor(math.log10(min(taken))), math.ceil(math.log10(max(taken)))
        y = TOP + row * (PLOT_HEIGHT + HEAD + 24) + HEAD - 12
        for column, database in enumerate(DATABASES):
            panel = Panel(values, measure, scale, LEFT + column * (PLOT_WIDTH + NAMES + LEFT), y, low, max(high, low + 1))
            panel.write(panel.x, y - 12, f"{database}, {count(orders)}: {title}", INK, weight="bold")
            panel.grid()
            panel.lines(database, orders)
            out += panel.out
    record = values["measured"]
    out.append(f'<text x="12" y="{height - 12}" fill="{GREY}">{html.escape("{date}, {machine}, {tool}".format(**record))}</text>')
    return "\n".join([*out, "</svg>"]) + "\n"
