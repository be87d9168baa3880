"""A PostgreSQL server of one's own: in a scratch folder, on a unix socket there, as long as the block lasts.

    postgres.py --url-file FILE

As a program it runs one until SIGTERM, and writes its URL into FILE as soon as it can be used.
"""
import argparse
import contextlib
import ctypes
import os
import pathlib
import signal
import subprocess
import sys
import time

from scratch import other_user, scratch_folder

START_TIMEOUT_S = 60
PR_SET_PDEATHSIG = 1
USER = "postgres"  # PostgreSQL does not run as root: then as its own user


def programs():
    """The folder of the newest PostgreSQL that is installed."""
    found = [path.parent for path in pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if not found:
        raise RuntimeError("PostgreSQL is not installed: run script/bootstrap postgres")
    return max(found, key=lambda path: int(path.parent.name))


def state_of(process):
    """The letter that Linux has for it; None: it is gone."""
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None


class Postgres:
    """A running server. kill() and kill_9() are crashes; start() brings it back. On a port of 127.0.0.1, too, if the settings have one."""

    def __init__(self, folder, settings):
        self.folder = pathlib.Path(folder)
        self.settings = settings
        self.process = None
        self.port = settings.get("port", 5432)

    def url(self, database="postgres"):
        return f"postgresql://orders@/{database}?host={self.folder}&port={self.port}"

    def demote(self):
        user = other_user(USER)
        if user:
            os.setgroups([])
            os.setgid(user.pw_gid)
            os.setuid(user.pw_uid)
        # Whatever becomes of us, the server does not stay.
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGQUIT)

    def init(self):
        """An empty database, if no copy of another server's is to be there."""
        subprocess.run([programs() / "initdb", "-D", self.folder / "data", "-U", "orders", "-A", "trust", "-E", "UTF8",
                        "--locale=C.UTF-8", "--no-sync"], preexec_fn=self.demote, cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL)

    def start(self):
        settings = {"listen_addresses": "127.0.0.1" if "port" in self.settings else "", "unix_socket_directories": str(self.folder), **self.settings}
        arguments = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with open(self.folder / "log", "ab") as log:
            self.process = subprocess.Popen([programs() / "postgres", "-D", self.folder / "data", *arguments],
                                            preexec_fn=self.demote, cwd=self.folder, stdout=log, stderr=log)
        end = time.monotonic() + START_TIMEOUT_S
        while subprocess.run([programs() / "pg_isready", "-q", "-h", self.folder, "-p", str(self.port), "-t", "1"], check=False).returncode:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"PostgreSQL did not start:\n{(self.folder / 'log').read_text()}")
            time.sleep(0.05)

    def kill(self):
        """At once, without a word to anybody: pg_ctl stop -m immediate."""
        self.process.send_signal(signal.SIGQUIT)
        self.process.wait(START_TIMEOUT_S)

    def kill_9(self):
        """All its processes at once, so that none does anything any more."""
        children = pathlib.Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children")
        self.process.send_signal(signal.SIGSTOP)
        while state_of(self.process.pid) != "T":  # then there are no new ones
            time.sleep(0.001)
        killed = [*map(int, children.read_text().split()), self.process.pid]
        for process in killed:
            os.kill(process, signal.SIGKILL)
        self.process.wait(START_TIMEOUT_S)
        while any(state_of(process) not in ("Z", None) for process in killed):  # they have the shared memory
            time.sleep(0.001)

    def stop(self):
        """pg_ctl stop -m fast."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(START_TIMEOUT_S)

    def psql(self, database):
        return [programs() / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", self.folder, "-p", str(self.port),
                "-U", "orders", "-d", database]

    @contextlib.contextmanager
    def holding(self, sql, database="postgres"):
        """A transaction that has done this, and is rolled back at the end of the block."""
        with subprocess.Popen(self.psql(database), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as session:
            session.stdin.write(f"BEGIN;\n{sql};\n\\echo done\n")
            session.stdin.flush()
            if session.stdout.readline() != "done\n":
                raise RuntimeError(f"psql could not do this: {sql}")
            yield
            session.stdin.close()

    def execute(self, sql, database="postgres"):
        """What psql prints for it, without headings."""
        ran = subprocess.run([*self.psql(database), "-c", sql], capture_output=True, text=True, check=False)
        if ran.returncode:
            raise RuntimeError(ran.stderr)
        return ran.stdout.strip()


@contextlib.contextmanager
def start_postgres(on_disk=False, fill=Postgres.init, **settings):
    """Starts a server with these settings (fsync="off", say) on what `fill` puts into its folder; removes all at the end.
    `on_disk`: a commit waits for a disk, even where /tmp is memory."""
    with scratch_folder("postgres-", USER, on_disk) as folder:
        server = Postgres(folder, settings)
        try:
            fill(server)
            server.start()
            yield server
        finally:
            if server.process and server.process.poll() is None:
                server.kill()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--url-file", type=pathlib.Path, required=True, help="where its URL is written")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # by way of the end of the block
    try:
        with start_postgres() as server:
            arguments.url_file.write_text(server.url() + "\n")
            signal.pause()
    except RuntimeError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
