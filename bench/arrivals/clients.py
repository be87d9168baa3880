"""Clients of the usual kinds, that bench/arrival compares with: what one would write to race one's own API.

    clients.py requests URL REQUESTS ROUNDS    threads and a Barrier, over warm connections
    clients.py curl URL REQUESTS ROUNDS        curl --parallel, a fresh connection for each request
    clients.py attempts URL SECONDS            complete attempts on `orders`: prints how many, in how many seconds
    clients.py attempts-kept URL SECONDS       the same over connections that are kept
"""
import json
import subprocess
import sys
import threading
import time

import requests

HEADERS = {"Content-Type": "application/json"}
ORDER = {"customer_name": "김고객", "restaurant_name": "맛나분식", "menu": "떡볶이", "total_price": 18000,
         "delivery_address": "서울시 마포구"}


def by_requests(url, count, rounds):
    """Each thread has a Session of its own; the barrier opens when all are back from the round before."""
    barrier = threading.Barrier(count)
    failed = []

    def play():
        with requests.Session() as session:
            session.get(f"{url}/rounds/0")
            for number in range(1, rounds + 1):
                barrier.wait()
                if session.post(f"{url}/rounds/{number}/go", data="{}", headers=HEADERS).status_code != 200:
                    failed.append(number)

    threads = [threading.Thread(target=play) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(f"rounds failed: {failed}")


def by_curl(url, count, rounds):
    for number in range(1, rounds + 1):
        one = f'url = "{url}/rounds/{number}/go"\noutput = /dev/null\n'
        subprocess.run(["curl", "--silent", "--fail", "--parallel", "--parallel-immediate", "--parallel-max", str(count),
                        "--header", "Content-Type: application/json", "--data", "{}", "--config", "-"],
                       input=one * count, text=True, check=True,
                       stderr=subprocess.DEVNULL)  # it counts there, silent or not


def attempts(url, seconds, kept):
    """Reset, race of two, observe; two threads for each race, started together, as one would write it."""
    clients = [requests.Session() if kept else requests for _ in range(2)]

    def change(client, barrier, path, body):
        barrier.wait()
        answer = client.patch(url + path, json=body)
        assert answer.status_code == 200, answer.text

    done, began = 0, time.monotonic()
    while time.monotonic() - began < seconds:
        made = clients[0].post(f"{url}/api/v2/orders/", json=ORDER)
        path = f"/api/v2/orders/{made.json()['id']}/"
        barrier = threading.Barrier(2)
        racers = [threading.Thread(target=change, args=(client, barrier, path, body)) for client, body in
                  zip(clients, ({"delivery_address": "서울시 용산구"}, {"status": "preparing"}))]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        seen = clients[0].get(url + path).json()
        assert seen["status"] == "preparing", seen
        done += 1
    print(json.dumps({"attempts": done, "seconds": time.monotonic() - began}))


def main():
    what, url, *numbers = sys.argv[1:]
    if what.startswith("attempts"):
        attempts(url, float(numbers[0]), what == "attempts-kept")
    else:
        {"requests": by_requests, "curl": by_curl}[what](url, *map(int, numbers))


if __name__ == "__main__":
    main()
