#!/usr/bin/env python3
"""A shop with coupons, and with a race. usage: python3 shop.py [PORT]"""
import http.server
import json
import sys
import time

coupons = []


def redeem(coupon):
    redeemed = coupon["redeemed"]
    if redeemed >= coupon["limit"]:
        return 409, {"error": "no coupon left"}
    time.sleep(0.002)  # as long as a query of a database
    coupon["redeemed"] = redeemed + 1
    return 200, {"ok": True}


class Shop(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_GET(self):   # GET /coupons/0
        self.answer(200, coupons[int(self.path.split("/")[2])])

    def do_POST(self):  # POST /coupons {"limit": 5}; POST /coupons/0/redeem
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if self.path.endswith("/redeem"):
            self.answer(*redeem(coupons[int(self.path.split("/")[2])]))
        else:
            coupons.append({"id": len(coupons), "limit": json.loads(body)["limit"], "redeemed": 0})
            self.answer(201, coupons[-1])

    def answer(self, status, value):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8000
    http.server.ThreadingHTTPServer(("127.0.0.1", port), Shop).serve_forever()
