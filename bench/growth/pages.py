"""Results as a text, and as the parts of doc/scale.md that are generated."""
import measured
from growth import questions

# By how much an answer may take longer at the greatest size: an index is a few pages deeper, and lies in more of them.
GROWTH = 3
ROWS = [(each.name, each.title, each.by, each.linear) for each in questions.QUESTIONS] + \
    [(name, title, by, False) for name, (title, by) in questions.CHANGES.items()]


def sizes(values):
    return [str(size) for size in values["sizes"]]


def span(us):
    return f"{us / 1000:,.0f} ms" if us >= 10_000 else f"{us / 1000:.1f} ms" if us >= 1_000 else f"{us:.0f} µs"


def too_fast(values):
    """What grows faster than its index lets it: (database, question's name, ratio)."""
    least, greatest = sizes(values)[0], sizes(values)[-1]
    for database, taken in values["answers"].items():
        for name, _, _, linear in ROWS:
            if name in taken and not linear and taken[name][greatest] > GROWTH * taken[name][least]:
                yield database, name, taken[name][greatest] / taken[name][least]


def table(head, align, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---:" if a == ">" else "---" for a in align) + " |"]
    return "\n".join(lines + ["| " + " | ".join(map(str, row)) + " |" for row in rows])


def answers(values):
    head = ["", "found by", *(f"{database}: {' '.join(f'{int(size):,}' for size in sizes(values)[:1])}" if i == 0 else f"{int(size):,}"
                              for database in values["answers"] for i, size in enumerate(sizes(values)))]
    rows = []
    for name, title, by, linear in ROWS:
        cells = []
        for taken in values["answers"].values():
            base = taken.get(name, {}).get(sizes(values)[0])
            for i, size in enumerate(sizes(values)):
                us = taken.get(name, {}).get(size)
                cells.append("-" if us is None else span(us) if i == 0 else f"{span(us)} ({us / base:.1f})")
        rows.append([title, by, *cells])
    return table(head, "<<" + ">" * (len(head) - 2), rows) + "\n\n" + measured.sentence(values["measured"])


PARTS = {"answers": answers}


def text(values):
    """For a terminal."""
    lines = []
    for database, taken in values["answers"].items():
        lines.append(f"{database:36}" + "".join(f"{int(size):>12,}" for size in sizes(values)) + "   to the least")
        for name, title, _, linear in ROWS:
            if name in taken:
                us = [taken[name][size] for size in sizes(values)]
                lines.append(f"  {title:34}" + "".join(f"{span(each):>12}" for each in us)
                             + "   " + "  ".join(f"{each / us[0]:.1f}" for each in us[1:]) + ("  (no index)" if linear else ""))
    lines += [f"{database}: {name} takes {ratio:.1f} times as long, and at most {GROWTH} is wanted"
              for database, name, ratio in too_fast(values)]
    return "\n".join(lines) + "\n"
