"""Two network namespaces joined by a veth pair: in one a router under test and the collector, in
the other its neighbours. Every process that is started here is ended here, and no other.
"""

import json
import os
import re
import subprocess
import time

RIBCAGE = os.environ["RIBCAGE"]
HERE = os.path.dirname(os.path.abspath(__file__))
ROUTER, NEIGHBOUR = "10.99.0.1", "10.99.0.2"
ROUTER6, NEIGHBOUR6 = "fd99::1", "fd99::2"
ROUTER_AS, NEIGHBOUR_AS = 64999, 65013
PATIENCE_S = 30
QUIET_S = 1.0  # without a new record


class Failed(Exception):
    """Something in the lab, not in what it compares."""


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


class Lab:
    """The namespaces, and a directory for configurations, logs and output."""

    def __init__(self, work):
        self.work = work
        self.router, self.neighbour = (f"ribcage-{os.getpid()}-{end}" for end in "rn")
        self.started = []
        self.serial = 0
        self.made = []

    def __enter__(self):
        for name in (self.router, self.neighbour):
            self.ip("netns", "add", name)
            self.made.append(name)
            self.ip("-n", name, "link", "set", "lo", "up")
        self.ip("-n", self.router, "link", "add", "to-n", "type", "veth", "peer", "name", "to-r",
                "netns", self.neighbour)
        ends = ((self.router, "to-n", ROUTER, ROUTER6),
                (self.neighbour, "to-r", NEIGHBOUR, NEIGHBOUR6))
        for name, link, v4, v6 in ends:
            self.ip("-n", name, "addr", "add", v4 + "/24", "dev", link)
            self.ip("-n", name, "addr", "add", v6 + "/64", "dev", link, "nodad")
            self.ip("-n", name, "link", "set", link, "up")
        return self

    def __exit__(self, *_):
        self.end(*self.started)
        for name in self.made:
            subprocess.run(["ip", "netns", "del", name], check=False)

    @staticmethod
    def ip(*words):
        done = subprocess.run(["ip", *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Failed(f"ip {' '.join(words)}: {done.stderr.strip()}")

    def path(self, name):
        return os.path.join(self.work, name)

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def start(self, namespace, name, *command, **more):
        self.serial += 1
        path = self.path(f"{self.serial:02}-{name}.log")
        with open(path, "wb") as log:
            process = subprocess.Popen(["ip", "netns", "exec", namespace, *command], stdout=log,
                                       stderr=log, **{"stdin": subprocess.DEVNULL, **more})
        process.log = path
        self.started.append(process)
        return process

    def run(self, namespace, *command, timeout=PATIENCE_S):
        return subprocess.run(["ip", "netns", "exec", namespace, *command], capture_output=True,
                              text=True, timeout=timeout, check=False)

    def end(self, *processes):
        for process in reversed(processes):
            if process.poll() is None:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
            if process.stdin:
                process.stdin.close()
            if process in self.started:
                self.started.remove(process)


def wait_for(pattern, process, what, seconds=PATIENCE_S):
    """The first match in the process's log."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        found = re.search(pattern, text_of(process.log))
        if found:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.05)
    raise Failed(f"{what}: not seen within {seconds} s:\n{text_of(process.log)[-2000:]}")


class Collector:
    """`ribcage collect` beside the router, and what it wrote."""

    def __init__(self, lab, name):
        self.lab, self.name = lab, name
        self.output = lab.path(f"{name}.json")
        if os.path.exists(self.output):
            os.unlink(self.output)
        self.process = lab.start(
            lab.router, f"{name}-collect", RIBCAGE, "collect", "-l", "127.0.0.1:0", "--color",
            "never", "-o", f"pmacct-json=file:{self.output}",
            "-o", f"bmp=file:{lab.path(name)}.{{session}}.bmp")
        port = wait_for(r"127\.0\.0\.1:([1-9]\d*)", self.process, "the collector's port")
        self.port = int(port.group(1))

    def settle(self, routes=1, seconds=PATIENCE_S):
        """Waits until `routes` records of routes or more are there and none has come for a while.
        """
        until, size, since = time.monotonic() + seconds, -1, time.monotonic()
        while time.monotonic() < until:
            now = os.path.getsize(self.output) if os.path.exists(self.output) else 0
            if now != size:
                size, since = now, time.monotonic()
            elif time.monotonic() - since >= QUIET_S and (
                    len(self.routes()) >= routes or time.monotonic() - since > 4 * QUIET_S):
                return
            time.sleep(0.1)

    def records(self):
        if not os.path.exists(self.output):
            return []
        lines = text_of(self.output).splitlines()
        return [json.loads(line) for line in lines if line.endswith("}")]

    def routes(self, view=None, family=None):
        """Records of routes: of one view, of one family (AFI, SAFI)."""
        return [r for r in self.records()
                if r.get("log_type") in ("update", "withdraw", "error")
                and view in (None, r.get("bmp_rib_type"))
                and family in (None, (r.get("afi"), r.get("safi")))]

    def stop(self):
        self.lab.end(self.process)


def decoded(lab, name, octets):
    """What `ribcage decode` makes of BMP messages in a file."""
    path = lab.path(name + ".bmp")
    with open(path, "wb") as file:
        file.write(octets)
    done = subprocess.run([RIBCAGE, "decode", "--quiet", "-F", "pmacct-json", path],
                          capture_output=True, text=True, check=False)
    if done.returncode:
        raise Failed(f"ribcage decode {path}: {done.stderr.strip()}")
    records = [json.loads(line) for line in done.stdout.splitlines()]
    return [r for r in records if r.get("log_type") in ("update", "withdraw", "error")]
