"""Who listens to the live events of `orders`."""
import json
import socket

PATIENCE_S = 60  # until a test gives up; never a measure of speed


class Listener:
    """What the stream says, as a browser's EventSource reads it."""

    def __init__(self, server, last=None, headers=None):
        self.socket = socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE_S)
        lines = ["GET /api/v2/events HTTP/1.1", "Host: 127.0.0.1", "Accept: text/event-stream"]
        lines += [f"Last-Event-ID: {last}"] if last else []
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        self.socket.sendall("\r\n".join([*lines, "", ""]).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        self.headers = {}
        while (line := self.file.readline().strip()):
            name, _, value = line.decode().partition(": ")
            self.headers[name.lower()] = value
        self.unread, self.last, self.comments, self.ended = b"", last, 0, None
        if self.status == 200:
            self.block()  # the id where it begins: from here on nothing is missed

    def close(self):
        self.file.close()
        self.socket.close()

    def chunk(self):
        """The next chunk; empty at the end of the body. Raises if the connection breaks off before."""
        size = self.file.readline()
        if not size.strip():
            raise ConnectionError("broken off")
        data = self.file.read(int(size, 16))
        self.file.read(2)
        return data

    def block(self):
        """The fields of what stands before the next empty line; None at the end."""
        while b"\n\n" not in self.unread:
            data = self.chunk()
            if not data:
                self.ended = "in good order"
                return None
            self.unread += data
        text, self.unread = self.unread.split(b"\n\n", 1)
        fields = {}
        for line in text.decode().split("\n"):
            name, _, value = line.partition(": ")
            if not name:
                self.comments += 1
            fields[name] = value
        self.last = fields.get("id", self.last)
        return fields

    def event(self):
        """The next event."""
        while (fields := self.block()) is not None:
            if "data" in fields:
                data = json.loads(fields["data"])
                assert fields["event"] == data["kind"], fields
                return data
        return None

    def events(self, count):
        return [self.event() for _ in range(count)]
