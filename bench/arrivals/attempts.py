"""Complete attempts per second: reset, race of two, observe; by deadheat, and by a script of Python."""
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile

CLIENTS = pathlib.Path(__file__).with_name("clients.py")

# As scenarios/lost-update-v2.yaml, and simultaneous only, as the script is.
SCENARIO = """\
version: 1
id: attempts
name: complete attempts
target: {url}
reset:
  - request: POST /api/v2/orders/
    json: {{customer_name: 김고객, restaurant_name: 맛나분식, menu: 떡볶이, total_price: 18000, delivery_address: 서울시 마포구}}
    expect: 201
    capture: {{order: .body.id}}
race:
  move: {{request: 'PATCH /api/v2/orders/{{{{order}}}}/', json: {{delivery_address: 서울시 용산구}}}}
  accept: {{request: 'PATCH /api/v2/orders/{{{{order}}}}/', json: {{status: preparing}}}}
observe:
  order: GET /api/v2/orders/{{{{order}}}}/
run: {{attempts: {attempts}, budget: 1h, offsets: none, lanes: {lanes}}}
"""


def parts_of(attempt):
    """What an attempt's time went to, in ns: before the first byte of the race and after its last answer; between that byte and
    the gate; from there to the last answer."""
    steps = [step for answer in attempt["answers"] for step in answer["steps"]]
    sent, answered = min(step["sent_ns"] for step in steps), max(step["answered_ns"] for step in steps)
    whole = attempt["wall_end_ns"] - attempt["wall_begin_ns"]
    return {"around": whole - (answered - sent), "held": attempt["gate_opened_ns"] - sent, "race": answered - attempt["gate_opened_ns"]}


def by_deadheat(deadheat, url, attempts, lanes):
    """(attempts per second while attempts are made, controls and judging included, learning before that; the mean of each part of
    an attempt in us, and what is left of its lane's time)"""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "attempts.yaml").write_text(SCENARIO.format(url=url, attempts=attempts, lanes=lanes))
        journal = folder / "journal"
        ran = subprocess.run([deadheat, "run", folder / "attempts.yaml", "--quiet", "--journal", journal], stdin=subprocess.DEVNULL,
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=600)
        if ran.returncode not in (0, 3):  # where too few overlap for a verdict, attempts have been made all the same
            raise RuntimeError(f"deadheat ended with {ran.returncode}:\n{ran.stdout}")
        with open(journal, encoding="utf-8") as lines:
            made = [line for line in map(json.loads, lines) if line["kind"] == "attempt" and "failure" not in line]
    heard = sorted(line["heard_ns"] for line in made)
    rate = (len(heard) - 1) / (heard[-1] - heard[0]) * 1e9
    parts = [parts_of(line) for line in made]
    shares = {name: round(statistics.mean(part[name] for part in parts) / 1000, 1) for name in parts[0]}
    if lanes == 1:
        shares["between"] = round(1e6 / rate - sum(shares.values()), 1)
    return rate, shares


def by_script(url, seconds, kept):
    out = subprocess.run([sys.executable, str(CLIENTS), "attempts-kept" if kept else "attempts", url, str(seconds)], check=True,
                         capture_output=True, text=True, timeout=60 + 10 * seconds).stdout
    told = json.loads(out)
    return told["attempts"] / told["seconds"]


def play(deadheat, url, passes, seconds, attempts):
    """{who: [attempts per second, of each pass]}, interleaved."""
    rates = {"script": [], "script-kept": [], "lanes-1": [], "lanes-20": []}
    shares = {}
    for _ in range(passes):
        rates["script"].append(by_script(url, seconds, False))
        rates["script-kept"].append(by_script(url, seconds, True))
        for who, lanes, count in (("lanes-1", 1, attempts // 4), ("lanes-20", 20, attempts)):
            rate, shares[who] = by_deadheat(deadheat, url, count, lanes)
            rates[who].append(rate)
        print("attempts per second: " + ", ".join(f"{who} {each[-1]:.0f}" for who, each in rates.items()), file=sys.stderr)
    return {who: {"median": round(statistics.median(each), 1), "each": [round(rate, 1) for rate in each],
                  **({"parts_us": shares[who]} if who in shares else {})} for who, each in rates.items()}
