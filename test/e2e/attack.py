"""The attack that this project started from: a customer cancels while the restaurant accepts.

    attack.py [BASE [MOUNT]]

BASE is http://127.0.0.1:8000 and MOUNT is v1, unless arguments or the environment variables of these
names say otherwise.
"""
import os
import sys
import threading

import requests

arguments = dict(enumerate(sys.argv))
BASE = arguments.get(1) or os.getenv("BASE", "http://127.0.0.1:8000")
MOUNT = arguments.get(2) or os.getenv("MOUNT", "v1")
URL = f"{BASE}/api/{MOUNT}/orders/8/"


def cancel():
    print("[고객] '취소해주세요!' 요청 보냄")
    res = requests.put(URL, json={"status": "cancelled"})
    print(f"[고객] 결과: {res.json()['status']}")


def accept():
    print("[사장님] '주문 접수!' 요청 보냄")
    res = requests.put(URL, json={"status": "preparing"})
    print(f"[사장님] 결과: {res.json()['status']}")


customer = threading.Thread(target=cancel)
restaurant = threading.Thread(target=accept)
customer.start()
restaurant.start()
customer.join()
restaurant.join()
