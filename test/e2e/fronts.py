"""Servers that we did not write, put in front of `orders`: they speak TLS or HTTP/2 to whoever comes. And a proxy."""
import base64
import contextlib
import os
import pathlib
import selectors
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
import time

from scratch import scratch_folder

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60


def make_certificate(folder, names="IP:127.0.0.1,IP:::1,DNS:localhost", days=2):
    """A certificate that signs itself, and its key, as two files of PEM."""
    certificate, key = pathlib.Path(folder, "certificate.pem"), pathlib.Path(folder, "key.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-subj", "/CN=a test", "-addext", f"subjectAltName={names}", "-days", str(days),
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    return certificate, key


def free_port():
    """Free a moment ago: whoever starts on it has to be asked whether that went well."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def accepts(port):
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
        return True
    return False


@contextlib.contextmanager
def running(command, port, log_path, **popen):
    """The program until the end of the block, once its port accepts connections."""
    with open(log_path, "w", encoding="utf-8") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, **popen)
    try:
        limit = time.monotonic() + START_TIMEOUT_S
        while not accepts(port):
            if process.poll() is not None or time.monotonic() > limit:
                raise RuntimeError(f"{command[0]} did not start:\n{pathlib.Path(log_path).read_text()}")
            with selectors.DefaultSelector() as selector:
                selector.select(0.02)
        yield process
    finally:
        process.terminate()
        process.wait(STOP_TIMEOUT_S)


def program(name):
    """Debian keeps servers where not everybody looks."""
    return shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin") or name


class Front:
    def __init__(self, port, certificate, scheme="https"):
        self.port, self.certificate = port, certificate
        self.url = f"{scheme}://127.0.0.1:{port}"


# {more} stands in the server's block.
NGINX = """
daemon off;
pid {folder}/pid;
worker_processes 2;
error_log stderr warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  scgi_temp_path {folder}/scgi;
  uwsgi_temp_path {folder}/uwsgi;
  upstream api {{ server {backend}; keepalive 64; }}
  server {{
    listen 127.0.0.1:{port} ssl{http2};
    listen [::1]:{port} ssl{http2};
    ssl_certificate {certificate};
    ssl_certificate_key {key};
    {more}
    location / {{
      proxy_pass http://api;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $http_host;
    }}
  }}
}}
"""


@contextlib.contextmanager
def nginx(backend_url, http2=False, more=""):
    # Whom its workers become when it is started as root and is told no other user.
    with scratch_folder("nginx-", "nobody") as folder:
        certificate, key = make_certificate(folder)
        port = free_port()
        configuration = pathlib.Path(folder, "nginx.conf")
        configuration.write_text(NGINX.format(folder=folder, backend=backend_url.removeprefix("http://"), port=port,
                                              http2=" http2" if http2 else "", more=more, certificate=certificate, key=key))
        with running([program("nginx"), "-e", "stderr", "-c", str(configuration)], port, pathlib.Path(folder, "log")):
            yield Front(port, certificate)


HAPROXY = """
global
  maxconn 512
  tune.ssl.default-dh-param 2048
defaults
  mode http
  timeout connect 10s
  timeout client 60s
  timeout server 60s
frontend here
  bind 127.0.0.1:{port} {how}
  default_backend api
backend api
  server orders {backend}
"""


@contextlib.contextmanager
def haproxy(backend_url, secure):
    """HTTP/2 over TLS, or without it by prior knowledge."""
    with tempfile.TemporaryDirectory(prefix="haproxy-") as folder:
        certificate, key = make_certificate(folder)
        both = pathlib.Path(folder, "both.pem")
        both.write_text(certificate.read_text() + key.read_text())
        port = free_port()
        configuration = pathlib.Path(folder, "haproxy.cfg")
        configuration.write_text(HAPROXY.format(port=port, backend=backend_url.removeprefix("http://"),
                                                how=f"ssl crt {both} alpn h2,http/1.1" if secure else "proto h2"))
        with running([program("haproxy"), "-db", "-f", str(configuration)], port, pathlib.Path(folder, "log")):
            yield Front(port, certificate, "https" if secure else "http")


class Proxy(socketserver.ThreadingTCPServer):
    """Forwards the whole URLs of HTTP/1.1, and makes tunnels. `asked` has the request lines. `user`: "name:password", and
    nobody else is served."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, user=None):
        super().__init__(("127.0.0.1", 0), ProxyHandler)
        self.asked = []
        self.key = user and f"Proxy-Authorization: Basic {base64.b64encode(user.encode()).decode()}"
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.05}).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class ProxyHandler(socketserver.StreamRequestHandler):
    def handle(self):
        """One server for each connection, the one that the first request names."""
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        head = self.read_head()
        if not head:
            return
        if not self.is_known(head):
            self.connection.sendall(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        tunnel = head[0].startswith("CONNECT ")
        place = head[0].split()[1] if tunnel else head[0].split("/")[2]
        host, port = place.rsplit(":", 1)
        with socket.create_connection((host, int(port))) as upstream:
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.pump, args=(upstream.recv, self.connection))
            back.start()
            if tunnel:
                self.connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
                self.pump(self.rfile.read1, upstream)
            while head and not tunnel and self.is_known(head):
                self.forward(head, place, upstream)
                head = self.read_head()
            with contextlib.suppress(OSError):
                upstream.shutdown(socket.SHUT_WR)
            back.join()

    def read_head(self):
        """Its lines; none at the end."""
        lines = []
        while (line := self.rfile.readline().decode().rstrip("\r\n")) or not lines:
            if not line:
                return []
            lines.append(line)
        self.server.asked.append(lines[0])
        return lines

    def is_known(self, head):
        return self.server.key is None or self.server.key in head

    def forward(self, head, place, upstream):
        length = next((int(line.split(":")[1]) for line in head if line.lower().startswith("content-length:")), 0)
        head = [line for line in head if not line.startswith("Proxy-Authorization:")]
        head = [head[0].replace(f"http://{place}", "", 1), *head[1:], "", ""]
        upstream.sendall("\r\n".join(head).encode() + self.rfile.read(length))

    @staticmethod
    def pump(read, to):
        with contextlib.suppress(OSError):
            while piece := read(65536):
                to.sendall(piece)
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)
