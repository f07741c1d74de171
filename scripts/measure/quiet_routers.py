"""Ten thousand quiet routers: what they cost a collector, and how fast they come and go.

    scripts/measure/quiet_routers.py PATH/TO/ribcage [--routers N] [--say initiation|nothing]
                                     [--output FORMAT=URL] [--seconds S]

Starts a collector on a free port of 127.0.0.1, notes its memory, connects the routers from
addresses of 127/8, lets them say one Initiation (or nothing) and then be quiet. Prints, and with
--limits compares with what is promised:
connect_s   from the first connect until the collector has opened every session
kib_each    its resident memory above that of the empty collector, per router
cpu         the part of a core that it uses while they are quiet
lost_s      from the moment at which all of them go until it has closed every session

Both this script and the collector need as many descriptors as there are routers (ulimit -n).
"""

import argparse
import errno
import os
import re
import resource
import selectors
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 120
AT_ONCE = 512


def initiation(number):
    def tlv(kind, text):
        return struct.pack("!HH", kind, len(text)) + text

    body = tlv(1, b"quiet router") + tlv(2, b"quiet-%d" % number)
    return struct.pack("!BIB", 3, 6 + len(body), 4) + body


class Collector:
    def __init__(self, binary, output, more):
        self.log_path = os.path.join(tempfile.mkdtemp(prefix="quiet-"), "log")
        log = open(self.log_path, "wb")
        command = [binary, "collect", "--listen", "127.0.0.1:0", "--output", output] + more
        self.process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        self.port = int(self.wait_for(r"listening address=127\.0\.0\.1:(\d+)").group(1))
        self.wait_for("collector-started")

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as file:
            return file.read()

    def wait_for(self, pattern):
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until and self.process.poll() is None:
            found = re.search(pattern, self.log())
            if found:
                return found
            time.sleep(0.02)
        sys.exit(f"not seen in the collector's log: {pattern}\n{self.log()[-4000:]}")

    def open_sessions(self):
        """Asks for a status report and adds the reactors up: sessions (opened, open)."""
        before = len(self.log())
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            text = self.log()[before:]
            if re.search(r"status output=\S+ .*queued_records=\d+\n", text):
                opened = re.findall(r"sessions_opened=(\d+)", text)
                still = re.findall(r"sessions_open=(\d+)", text)
                return sum(map(int, opened)), sum(map(int, still))
            time.sleep(0.005)
        sys.exit("no status report: " + self.log()[-2000:])

    def rss(self):
        with open(f"/proc/{self.process.pid}/smaps_rollup", encoding="ascii") as file:
            return int(re.search(r"Rss:\s+(\d+) kB", file.read()).group(1))

    def cpu(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def end(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                return self.process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                self.process.kill()
                return self.process.wait()
        return self.process.returncode


def connect_all(port, count, say):
    """Connects without waiting for one after the other."""
    ready = selectors.DefaultSelector()
    routers, begun, pending = [], 0, 0
    while begun < count or pending:
        while begun < count and pending < AT_ONCE:
            router = socket.socket()
            router.setblocking(False)
            router.bind((f"127.{1 + begun // 60000}.{begun // 250 % 240}.{1 + begun % 250}", 0))
            if router.connect_ex(("127.0.0.1", port)) not in (0, errno.EINPROGRESS):
                sys.exit("cannot connect")
            ready.register(router, selectors.EVENT_WRITE, begun)
            begun, pending = begun + 1, pending + 1
        for key, _ in ready.select(PATIENCE_S):
            router = key.fileobj
            error = router.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                sys.exit(f"a router cannot connect: {os.strerror(error)}")
            ready.unregister(router)
            if say == "initiation":
                router.send(initiation(key.data))
            routers.append(router)
            pending -= 1
    return routers


def wait_until(what, is_true):
    until = time.monotonic() + PATIENCE_S
    while not is_true():
        if time.monotonic() > until:
            sys.exit(f"waited in vain for {what}")


def measure(options, collector):
    time.sleep(1.5)
    empty = collector.rss()
    begun = time.monotonic()
    routers = connect_all(collector.port, options.routers, options.say)
    client_s = time.monotonic() - begun
    wait_until("all sessions", lambda: collector.open_sessions()[0] >= options.routers)
    connect_s = time.monotonic() - begun
    time.sleep(3)
    full = collector.rss()
    before, since = collector.cpu(), time.monotonic()
    time.sleep(options.seconds)
    cpu = (collector.cpu() - before) / (time.monotonic() - since)
    assert collector.open_sessions()[1] == options.routers, "a quiet session was lost"
    begun = time.monotonic()
    for router in routers:
        router.close()
    close_s = time.monotonic() - begun
    wait_until("all to be gone", lambda: collector.open_sessions()[1] == 0)
    lost_s = time.monotonic() - begun
    time.sleep(1)
    grown = full - empty
    print(f"routers={options.routers} say={options.say} output={options.output}")
    print(f"empty_mib={empty / 1024:.1f} grown_mib={grown / 1024:.1f}"
          f" kib_each={grown / options.routers:.2f} after_mib={collector.rss() / 1024:.1f}")
    print(f"cpu={100 * cpu:.2f}% connect_s={connect_s:.2f} (client {client_s:.2f})"
          f" lost_s={lost_s:.2f} (client {close_s:.2f})")
    if not options.limits:
        return True
    return grown / options.routers < 3.2 and cpu < 0.01 and connect_s < 10 and lost_s < 5


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--routers", type=int, default=10_000)
    parser.add_argument("--say", choices=["initiation", "nothing"], default="initiation")
    parser.add_argument("--output", default="pmacct-json=null:")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--limits", action="store_true")
    parser.add_argument("more", nargs="*", help="more of the collector's arguments, after --")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    collector = Collector(options.binary, options.output, options.more)
    try:
        kept = measure(options, collector)
    finally:
        code = collector.end()
    print(f"exit={code}")
    sys.exit(0 if kept and code == 0 else 1)


main()
