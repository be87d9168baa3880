"""From what was played to results: counts, medians, bounds; and the best setting of each other way of judging."""
import collections
import statistics

from corpus import judges

CONFIDENCE = 0.95


def at_least(hits, of):
    """The least rate that `hits` of `of` leaves possible: one-sided, exact (Clopper and Pearson), 95 %."""
    return 0.0 if hits == 0 else 1 - at_most(of - hits, of)


def at_most(hits, of):
    """The greatest rate that `hits` of `of` leaves possible, likewise."""
    if of == 0 or hits == of:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(60):
        rate = (low + high) / 2
        low, high = (rate, high) if _at_most_so_many(hits, of, rate) > 1 - CONFIDENCE else (low, rate)
    return high


def _at_most_so_many(hits, of, rate):
    """P(X <= hits) for X binomial."""
    term, total = (1 - rate) ** of, 0.0
    for k in range(hits + 1):
        total += term
        term *= (of - k) / (k + 1) * rate / (1 - rate)
    return total


def median(values):
    return statistics.median(values) if values else None


def is_to_be_found(play):
    return "race" in play.expected


def told(said):
    """A reason with its numbers and names: "unproven: attempts 1, serial_runs 20"."""
    members = ", ".join(f"{name} {value}" for name, value in said["with"].items() if not isinstance(value, (dict, list)))
    return f"{said['code']}: {members}." if members else f"{said['code']}."


def why(record):
    """Why it came out so, in a line."""
    said = [told(reason) for reason in record["reasons"]]
    said += [f"{finding['kind']}: {finding['why']['is']}." for finding in record["findings"]]
    said.append(f"{record['tried']['explained']} of {record['tried']['attempts']} attempts are explained.")
    planted = [f"one of {each['window_us'] / 1000:g} ms in {each['found_in']} of {each['rounds']} rounds"
               for each in record["tried"].get("sensitivity", [])]
    return said[0] + (f" Planted windows it found there and then: {', '.join(planted)}." if planted else "")


def outcome_of(play, record, heard_s, flagged):
    """One play, as far as the results need it. `heard_s`: when the last was heard of which its journal tells, which is the
    proof, if there is one; `flagged`: by judges.judge()."""
    finding = record["findings"][0] if record["verdict"] == "race" else None
    return {"verdict": record["verdict"],
            "kind": finding["kind"] if finding else None,
            "proven_at": finding["proven_at"] if finding else None,
            "proof_s": heard_s if finding else None,
            "duration_s": record["duration_s"],
            "attempts": record["tried"]["attempts"],
            "counted": record["tried"]["counted"],
            "flagged": {family: {setting: count > 0 for setting, count in settings.items()}
                        for family, settings in flagged.items()},
            "why": why(record)}


def scores(outcomes):
    """{family: {setting: {found, of, false_alarms, of_quiet}}} over (play, outcome) pairs."""
    totals = {}
    for family, settings in judges.FAMILIES.items():
        totals[family] = {}
        for setting in settings:
            flags = [(is_to_be_found(play), outcome["flagged"][family][setting]) for play, outcome in outcomes]
            totals[family][setting] = {"found": sum(flag for racy, flag in flags if racy),
                                       "of_faulty": sum(racy for racy, _ in flags),
                                       "false_alarms": sum(flag for racy, flag in flags if not racy),
                                       "of_quiet": sum(not racy for racy, _ in flags)}
    return totals


def best(settings):
    """The setting with the greatest mean of the share that it finds and the share that it rightly leaves alone."""
    def share(hits, of):
        return hits / of if of else 0.0

    return max(settings, key=lambda s: share(settings[s]["found"], settings[s]["of_faulty"]) -
               share(settings[s]["false_alarms"], settings[s]["of_quiet"]))


def results(items, outcomes, measured):
    """`outcomes`: (play, outcome_of()) pairs. Plain values, small enough to be kept beside the documents."""
    settings = scores(outcomes)
    chosen = {family: best(totals) for family, totals in settings.items()}
    by_form = collections.defaultdict(list)
    for play, outcome in outcomes:
        by_form[play.name, play.form].append((play, outcome))
    rows = []
    for item in items:
        forms = {}
        for form in item["forms"]:
            played = [outcome for _, outcome in by_form[item["name"], form]]
            if not played:
                continue
            races = [outcome for outcome in played if outcome["verdict"] == "race"]
            forms[form] = {
                "expected": item["expect"][form],
                "runs": len(played),
                "verdicts": dict(collections.Counter(outcome["verdict"] for outcome in played)),
                "kinds": dict(collections.Counter(outcome["kind"] for outcome in races)),
                "proven_at": [outcome["proven_at"] for outcome in races],
                "proof_s": [round(outcome["proof_s"], 2) for outcome in races],
                "median_s": round(median([outcome["duration_s"] for outcome in played]), 2),
                "attempts": sum(outcome["attempts"] for outcome in played),
                "counted": sum(outcome["counted"] for outcome in played),
                **{family: sum(outcome["flagged"][family][chosen[family]] for outcome in played) for family in chosen}}
        if forms:
            rows.append({"name": item["name"], "title": item["title"], "kind": item["kind"], "forms": forms})
    unexpected = [{"run": play.id, "verdict": outcome["verdict"], "expected": list(play.expected), "why": outcome["why"]}
                  for play, outcome in outcomes if outcome["verdict"] not in play.expected]
    return {"measured": measured, "chosen": chosen, "settings": settings, "items": rows, "unexpected": unexpected}


class Row:
    """A pattern or a control, read from the results."""

    def __init__(self, item):
        self.name, self.title, self.kind = item["name"], item["title"], item["kind"]
        self.faulty = item["forms"].get("faulty")  # None for a control, or where it was not played
        self.quiet = {form: value for form, value in item["forms"].items() if "race" not in value["expected"]}

    @property
    def found(self):
        return self.faulty["verdicts"].get("race", 0) if self.faulty else 0

    @property
    def faulty_runs(self):
        return self.faulty["runs"] if self.faulty else 0

    @property
    def quiet_runs(self):
        return sum(form["runs"] for form in self.quiet.values())

    @property
    def false_alarms(self):
        return sum(map(false_alarms, self.quiet.values()))

    @property
    def undecided(self):
        """Quiet runs that came to no verdict where one was expected."""
        return sum(form["verdicts"].get("inconclusive", 0) for form in self.quiet.values()
                   if "inconclusive" not in form["expected"])

    def flagged(self, family):
        """By a way of judging, "deadheat" among them: (faulty runs found, quiet runs flagged)."""
        if family == "deadheat":
            return self.found, self.false_alarms
        return (self.faulty[family] if self.faulty else 0, sum(form[family] for form in self.quiet.values()))


def false_alarms(form):
    return sum(count for verdict, count in form["verdicts"].items()
               if verdict in ("race", "broken") and verdict not in form["expected"])


class Totals:
    def __init__(self, values):
        rows = [Row(item) for item in values["items"]]
        self.rows = rows
        self.patterns = [row for row in rows if row.kind == "pattern"]
        self.controls = [row for row in rows if row.kind == "control"]
        racy = [row for row in rows if row.faulty]
        self.found = sum(row.found for row in racy)
        self.of_faulty = sum(row.faulty_runs for row in racy)
        self.false_alarms = sum(row.false_alarms for row in rows)
        self.of_quiet = sum(row.quiet_runs for row in rows)
        self.undecided = sum(row.undecided for row in rows)
        self.proven_at = [n for row in racy for n in row.faulty["proven_at"]]
        self.proof_s = [s for row in racy for s in row.faulty["proof_s"]]
        self.quiet_counted = sum(form["counted"] for row in rows for form in row.quiet.values())
        self.quiet_forms = list(dict.fromkeys(form for row in rows for form in row.quiet))

    def found_by(self, family):
        return sum(row.flagged(family)[0] for row in self.rows)

    def quiet_runs(self, form):
        return sum(row.quiet[form]["runs"] for row in self.rows if form in row.quiet)

    def alarms_by(self, family, form):
        played = [row.quiet[form] for row in self.rows if form in row.quiet]
        return sum(false_alarms(each) if family == "deadheat" else each[family] for each in played)
