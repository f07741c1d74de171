"""Receivers that count: lines of JSON by what they tell, or octets of BMP."""

import os
import selectors
import socket
import threading
import time

READ = 1 << 18
# What is counted of each line, by what stands in it.
MARKS = {
    "updates": b'"log_type": "update"',
    "withdraws": b'"log_type": "withdraw"',
    "opened": b'"event_type": "log_init"',
    "closed": b'"event_type": "log_close"',
    "peers_down": b'"bmp_msg_type": "peer_down"',
}


def tally():
    return dict.fromkeys(["lines", "octets", *MARKS], 0)


def count(into, text):
    """Counts whole lines."""
    into["lines"] += text.count(b"\n")
    into["octets"] += len(text)
    for name, mark in MARKS.items():
        into[name] += text.count(mark)


def count_file(into, path):
    """Counts a file; whether it ends with a whole line."""
    rest = b""
    with open(path, "rb") as file:
        while piece := file.read(READ):
            whole, newline, tail = piece.rpartition(b"\n")
            if newline:
                count(into, rest + whole + newline)
                rest = tail
            else:
                rest += piece
    return not rest


class LineSink:
    """Takes the connections of one output, one after the other, and counts its lines. Paused, it
    does not read."""

    def __init__(self, path=None):
        self.tally, self.connections, self.torn = tally(), 0, 0
        self.paused, self.paused_s = threading.Event(), 0.0
        if path:
            self.door = socket.socket(socket.AF_UNIX)
            self.door.bind(path)
            self.door.listen(8)
            self.url = f"unix:{path}"
        else:
            self.door = socket.create_server(("127.0.0.1", 0))
            self.url = f"tcp://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            with self.door.accept()[0] as connection:
                self.connections += 1
                self.read(connection)

    def read(self, connection):
        buffer, rest = bytearray(READ), b""
        while True:
            while self.paused.is_set():
                time.sleep(0.05)
                self.paused_s += 0.05
            try:
                length = connection.recv_into(buffer)
            except ConnectionResetError:
                length = 0
            if length == 0:
                self.torn += bool(rest)
                return
            end = buffer.rfind(b"\n", 0, length) + 1
            if end:
                count(self.tally, rest + bytes(memoryview(buffer)[:end]))
                rest = bytes(memoryview(buffer)[end:length])
            else:
                rest += bytes(memoryview(buffer)[:length])


class OctetSink:
    """Takes any number of connections and counts their octets."""

    def __init__(self):
        self.octets, self.connections, self.open = 0, 0, 0
        self.door = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.door.setblocking(False)
        self.url = f"tcp://127.0.0.1:{self.door.getsockname()[1]}"
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        ready, buffer = selectors.EpollSelector(), bytearray(READ)
        ready.register(self.door, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is self.door:
                    connection = self.door.accept()[0]
                    connection.setblocking(False)
                    ready.register(connection, selectors.EVENT_READ)
                    self.connections += 1
                    self.open += 1
                    continue
                try:
                    length = key.fileobj.recv_into(buffer)
                except ConnectionResetError:
                    length = 0
                self.octets += length
                if length == 0:
                    ready.unregister(key.fileobj)
                    key.fileobj.close()
                    self.open -= 1


class RotatedFile:
    """A file that is moved away, counted and removed again and again. `reopen` tells the collector
    to open it anew."""

    def __init__(self, path, reopen):
        self.path, self.reopen, self.tally = path, reopen, tally()
        self.rotations, self.torn, self.late = 0, 0, 0

    def size(self):
        return os.path.getsize(self.path) if os.path.exists(self.path) else 0

    def rotate(self, patience):
        moved = f"{self.path}.{self.rotations}"
        os.rename(self.path, moved)
        self.reopen()
        until = time.monotonic() + patience
        # The new one appears when the old one has what was begun.
        while not os.path.exists(self.path) and time.monotonic() < until:
            time.sleep(0.05)
        self.late += not os.path.exists(self.path)
        self.torn += not count_file(self.tally, moved)
        os.unlink(moved)
        self.rotations += 1

    def finish(self):
        self.torn += not count_file(self.tally, self.path)
        os.unlink(self.path)
