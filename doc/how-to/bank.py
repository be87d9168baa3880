#!/usr/bin/env python3
"""A bank for the how-to pages: users log in, and two withdrawals at once pay out the same money twice."""
import argparse
import http.server
import itertools
import json
import time

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--port", type=int, default=8000)
parser.add_argument("--delay", type=float, default=0.002, help="seconds between read and write (0.002)")
parser.add_argument("--single", action="store_true", help="handle one request at a time, like one worker process")
options = parser.parse_args()

accounts = {1: {"id": 1, "balance": 1000}}
new_id = itertools.count(2)
tokens = {}


def log_in(body):
    if body.get("password") != "secret":
        return 401, {"error": "wrong password"}
    token = f"token-{next(new_id)}"
    tokens[token] = body["name"]
    return 200, {"token": token}


def open_account(body):
    account = {"id": next(new_id), "balance": body["balance"]}
    accounts[account["id"]] = account
    return 201, account


def change(account, amount):
    balance = account["balance"]
    if balance + amount < 0:
        return 409, {"error": "not enough money"}
    time.sleep(options.delay)
    account["balance"] = balance + amount
    return 200, {"balance": account["balance"]}


class Bank(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def answer(self):
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or "{}")
        status, value = self.handle_request(self.path.strip("/").split("/"), body)
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    do_GET = do_POST = answer

    def handle_request(self, path, body):
        if path == ["login"]:
            return log_in(body)
        if path[0] == "my" and self.headers.get("Authorization", "").removeprefix("Bearer ") not in tokens:
            return 401, {"error": "log in first"}
        path = path[1:] if path[0] == "my" else path  # /my/accounts/... is for users who are logged in
        if path == ["accounts"]:
            return open_account(body)
        account = accounts[int(path[1])]
        if path[2:] == ["withdraw"]:
            return change(account, -body["amount"])
        return change(account, body["amount"]) if path[2:] == ["deposit"] else (200, account)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.HTTPServer if options.single else http.server.ThreadingHTTPServer
    server(("127.0.0.1", options.port), Bank).serve_forever()
