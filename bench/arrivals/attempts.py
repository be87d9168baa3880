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


def by_deadheat(deadheat, url, attempts, lanes):
    """Attempts per second while attempts are made, controls and judging included; learning is before that."""
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        (folder / "attempts.yaml").write_text(SCENARIO.format(url=url, attempts=attempts, lanes=lanes))
        journal = folder / "journal"
        subprocess.run([deadheat, "run", folder / "attempts.yaml", "--quiet", "--journal", journal], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, check=True, timeout=600)
        with open(journal, encoding="utf-8") as lines:
            heard = sorted(line["heard_ns"] for line in map(json.loads, lines) if line["kind"] == "attempt")
    return (len(heard) - 1) / (heard[-1] - heard[0]) * 1e9


def by_script(url, seconds, kept):
    out = subprocess.run([sys.executable, str(CLIENTS), "attempts-kept" if kept else "attempts", url, str(seconds)], check=True,
                         capture_output=True, text=True, timeout=60 + 10 * seconds).stdout
    told = json.loads(out)
    return told["attempts"] / told["seconds"]


def play(deadheat, url, passes, seconds, attempts):
    """{who: [attempts per second, of each pass]}, interleaved."""
    rates = {"script": [], "script-kept": [], "lanes-1": [], "lanes-20": []}
    for _ in range(passes):
        rates["script"].append(by_script(url, seconds, False))
        rates["script-kept"].append(by_script(url, seconds, True))
        rates["lanes-1"].append(by_deadheat(deadheat, url, attempts // 4, 1))
        rates["lanes-20"].append(by_deadheat(deadheat, url, attempts, 20))
        print("attempts per second: " + ", ".join(f"{who} {each[-1]:.0f}" for who, each in rates.items()), file=sys.stderr)
    return {who: {"median": round(statistics.median(each), 1), "each": [round(rate, 1) for rate in each]}
            for who, each in rates.items()}
