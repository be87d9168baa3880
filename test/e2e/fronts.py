"""Servers that we did not write, put in front of `orders`: they speak TLS to whoever comes."""
import contextlib
import os
import pathlib
import selectors
import shutil
import socket
import subprocess
import tempfile
import time

START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60


def make_certificate(folder, names="IP:127.0.0.1,DNS:localhost", days=2):
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


class Front:
    def __init__(self, port, certificate):
        self.port, self.certificate = port, certificate
        self.url = f"https://127.0.0.1:{port}"


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
    ssl_certificate {certificate};
    ssl_certificate_key {key};
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
def nginx(backend_url, http2=False):
    with tempfile.TemporaryDirectory(prefix="nginx-") as folder:
        os.chmod(folder, 0o755)  # as root it gives up its rights
        certificate, key = make_certificate(folder)
        port = free_port()
        configuration = pathlib.Path(folder, "nginx.conf")
        configuration.write_text(NGINX.format(folder=folder, backend=backend_url.removeprefix("http://"), port=port,
                                              http2=" http2" if http2 else "", certificate=certificate, key=key))
        binary = shutil.which("nginx", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
        with running([binary, "-e", "stderr", "-c", str(configuration)], port, pathlib.Path(folder, "log")):
            yield Front(port, certificate)
