"""How other tools would have judged the attempts of a journal (`deadheat run --journal`).

Two families, each with its settings. All are given what only `deadheat` has made here: the attempts themselves, every order
of the scripts run one at a time as a benchmark to compare with, and attempts told apart by script. None reads the state.

counting   how many scripts were told 2xx. The user knows how many are right: as many as in the orders.
comparing  whether answers differ: from those that the same requests were given in sequence (Burp's and Turbo Intruder's
           way), or from each other (race-the-web's). What of an answer is compared is the setting.
"""
import collections
import gzip
import json
import re


def script_of(answer):
    """"redeem" of "redeem[3]": copies send the same request."""
    return answer["script"].partition("[")[0]


def text_of(body):
    return "" if body is None else body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)


def words_of(body):
    return len(re.findall(r"\w+", text_of(body)))


def is_2xx(answer):
    """The script came to its end, and was told 2xx there."""
    return "stopped_before" not in answer and bool(answer["steps"]) and answer["steps"][-1]["status"] // 100 == 2


FEATURES = {  # what of one answer to one request is compared
    "status": lambda step: step["status"],
    "status, length": lambda step: (step["status"], step["size"]),
    "status, words": lambda step: (step["status"], words_of(step["body"])),
    "status, length, words": lambda step: (step["status"], step["size"], words_of(step["body"])),
    "status, body": lambda step: (step["status"], text_of(step["body"])),
}


def answers_by_script(line, feature):
    """For each script the answers that its copies got, in any order: {script: sorted answers}, hashable."""
    answers = collections.defaultdict(list)
    for answer in line["answers"]:
        answers[script_of(answer)].append(tuple(feature(step) for step in answer["steps"]))
    return tuple((script, tuple(sorted(told, key=repr))) for script, told in sorted(answers.items()))


def successes(line):
    return sum(map(is_2xx, line["answers"]))


def successes_by_script(line):
    return collections.Counter(script_of(answer) for answer in line["answers"] if is_2xx(answer))


def successful_requests(line):
    return sum(step["status"] // 100 == 2 for answer in line["answers"] for step in answer["steps"])


def unique_answers(line, feature):
    return sum(len(set(told)) for _, told in answers_by_script(line, feature))


def more_than(count):
    """Flags an attempt with more than in any order."""
    def judge(orders):
        most = max(map(count, orders))
        return lambda attempt: count(attempt) > most
    return judge


def more_of_some_script(orders):
    most = collections.Counter()
    for order in orders:
        most |= successes_by_script(order)
    return lambda attempt: bool(successes_by_script(attempt) - most)


def none_of(what):
    """Flags an attempt of which `what` is as in no order."""
    def judge(orders):
        known = set(map(what, orders))
        return lambda attempt: what(attempt) not in known
    return judge


def successful_answers(line, feature):
    return collections.Counter((script_of(answer), tuple(feature(step) for step in answer["steps"]))
                               for answer in line["answers"] if is_2xx(answer))


def successes_of_no_order(feature):
    """Flags an attempt whose 2xx answers are not among those of any one order: who was refused does not matter."""
    def judge(orders):
        known = {frozenset(answers.items()): answers for answers in (successful_answers(order, feature) for order in orders)}
        return lambda attempt: all(successful_answers(attempt, feature) - answers for answers in known.values())
    return judge


def unequal_copies(feature):
    def judge(_):
        return lambda attempt: any(len(set(told)) > 1 for _, told in answers_by_script(attempt, feature))
    return judge


# family -> setting -> judge: from the serial runs of all scripts to (attempt -> flagged?)
FAMILIES = {
    "counting": {
        "two or more": lambda _: lambda attempt: successes(attempt) >= 2,
        "more than in any order": more_than(successes),
        "more of some script than in any order": more_of_some_script,
        "more 2xx answers than in any order, over all steps": more_than(successful_requests),
        "another number than in every order": none_of(successes),
    },
    "comparing": {
        **{f"{name}: as in no order": none_of(lambda line, f=feature: answers_by_script(line, f))
           for name, feature in FEATURES.items()},
        **{f"{name}: 2xx answers of no order, whoever was refused": successes_of_no_order(feature) for name, feature in FEATURES.items()},
        **{f"{name}: equal requests, unequal answers": unequal_copies(feature) for name, feature in FEATURES.items()},
        **{f"{name}: as many different answers as in no order": none_of(lambda line, f=feature: unique_answers(line, f))
           for name, feature in FEATURES.items()},
    },
}


def read(path):
    """Of a journal: the serial runs of all scripts one after another, what was raced, and when the last of all was heard (s)."""
    with (gzip.open if str(path).endswith(".gz") else open)(path, "rt", encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    last = max((line.get("learning", 1) for line in lines), default=1)
    # What is made after the proof only shows how wide the window is.
    heard = [line for line in lines if line.get("learning") == last and "answers" in line and not line.get("after_proof")]
    attempts = [line for line in heard if line["kind"] == "attempt"]
    scripts = len(attempts[0]["answers"]) if attempts else None
    orders = [line for line in heard if line["kind"] != "attempt" and not line["by_request"] and len(line["answers"]) == scripts]
    return orders, attempts, max((line["heard_ns"] for line in heard), default=0) / 1e9


def judge(orders, attempts):
    """{family: {setting: how many attempts it flags}}."""
    if not orders or not attempts:
        return {family: dict.fromkeys(settings, 0) for family, settings in FAMILIES.items()}
    return {family: {setting: sum(map(judge(orders), attempts)) for setting, judge in settings.items()}
            for family, settings in FAMILIES.items()}
