"""Starts and stops the programs under test, on free ports and in folders of their own."""
import contextlib
import os
import selectors
import signal
import subprocess
import tempfile

START_TIMEOUT_S = 60  # sanitizers are slow to start
STOP_TIMEOUT_S = 60
# What would change a server's settings if the caller's own environment had it.
SETTINGS = ("SECRET_KEY", "DEBUG", "ALLOWED_HOSTS", "DATABASE_URL", "PROCESSING_DELAY", "HOST", "PORT", "AUTH",
            "PAGE_SIZE", "SEARCH", "ORDERING", "LANGUAGE_CODE", "REQUIRE_IF_MATCH", "MAX_BODY_BYTES", "MAX_HEADER_BYTES",
            "MAX_REQUEST_LINE_BYTES", "MAX_JSON_DEPTH", "MAX_CONNECTIONS", "MAX_REQUESTS_PER_CONNECTION",
            "IDLE_TIMEOUT", "RECEIVE_TIMEOUT", "SEND_TIMEOUT", "DATABASE_CONNECTIONS", "DATABASE_TRANSACTIONS",
            "DATABASE_WAIT", "DATABASE_CONNECT_TIMEOUT", "DATABASE_STATEMENT_TIMEOUT",
            "DRAIN_DELAY", "HEARTBEAT", "MOUNTS")


class Server:
    """A running `orders serve`."""

    def __init__(self, process, url, log_path, database):
        self.process, self.url, self.log_path, self.database = process, url, log_path, database
        self.port = int(url.rsplit(":", 1)[1])
        self.pid = process.pid
        self.stopping = False

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(STOP_TIMEOUT_S)

    def begin_stop(self):
        """SIGTERM, once, without waiting for the end. (A second one would end the server at once.)"""
        if not self.stopping and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.stopping = True

    def stop(self):
        """SIGTERM; the exit code."""
        self.begin_stop()
        return self.process.wait(STOP_TIMEOUT_S)

    def log(self):
        with open(self.log_path, encoding="utf-8") as file:
            return file.read()


def clean_environment(**env):
    kept = {name: value for name, value in os.environ.items() if name not in SETTINGS}
    return {**kept, **env}


@contextlib.contextmanager
def start_orders(binary, processing_delay="0", database=None, arguments=(), **env):
    """Starts `orders serve` on a free port, on `database` or an empty one; stops it at the end.

    Raises if the server ends in another way than by a stop or kill(): with a crash or a sanitizer's report."""
    with tempfile.TemporaryDirectory(prefix="orders-") as folder:
        database = database or os.path.join(folder, "orders.sqlite3")
        log_path = os.path.join(folder, "log")
        command = [os.path.abspath(binary), "serve", "--port", "0", "--database", database,
                   "--processing-delay", processing_delay, *arguments]
        with open(log_path, "w", encoding="utf-8") as log:
            process = subprocess.Popen(command, cwd=folder, env=clean_environment(**env),
                                       stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield Server(process, wait_for_url(process, log_path), log_path, database)
        finally:
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(STOP_TIMEOUT_S)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            process.stdout.close()
        if process.returncode not in (0, -signal.SIGKILL):
            with open(log_path, encoding="utf-8") as log:
                raise RuntimeError(f"orders ended with {process.returncode}:\n{log.read()}")


@contextlib.contextmanager
def start_lab(binary, *arguments, **env):
    """Starts `lab serve` on a free port; the process and its URL. Stops it at the end. Raises as start_orders does."""
    with tempfile.TemporaryDirectory(prefix="lab-log-") as folder:
        log_path = os.path.join(folder, "log")
        with open(log_path, "w", encoding="utf-8") as log:
            process = subprocess.Popen([os.path.abspath(binary), "serve", "--port", "0", *arguments],
                                       env={**os.environ, **env}, stdout=subprocess.PIPE, stderr=log, text=True)
        try:
            yield process, wait_for_url(process, log_path)
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()
        if process.returncode != 0:
            with open(log_path, encoding="utf-8") as log:
                raise RuntimeError(f"lab ended with {process.returncode}:\n{log.read()}")


def wait_for_url(process, log_path):
    """The URL that the server announces when it is ready."""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)
        line = process.stdout.readline() if selector.select(START_TIMEOUT_S) else ""
    if not line.startswith("listening on "):
        with open(log_path, encoding="utf-8") as log:
            raise RuntimeError(f"the server did not start: {line!r}\n{log.read()}")
    return line.split()[-1]


def load_orders(binary, database, count=12):
    """Brings the example orders into a database."""
    subprocess.run([os.path.abspath(binary), "load", "--count", str(count), "--database", database],
                   env=clean_environment(), check=True, stdout=subprocess.DEVNULL, timeout=STOP_TIMEOUT_S)
