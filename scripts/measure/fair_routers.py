"""A thousand routers that dump their tables at once: does one of them wait for the others?

    scripts/measure/fair_routers.py PATH/TO/ribcage [--routers N] [--prefixes N] [-- MORE…]

Starts a collector that writes pmacct-json to a file and lets `ribcage load` play the routers, which
hang up when they have said everything. Prints how long after the first router came the last
End-of-RIB of each was read: the mean, the slowest, and what the slowest took of the mean. It fails
when that is more than --limit, or when a route is missing.
"""

import argparse
import datetime
import json
import os
import re
import resource
import signal
import statistics
import subprocess
import sys
import tempfile
import time

PATIENCE_S = 300


def seconds(text):
    return datetime.datetime.strptime(text, "%Y-%m-%d %H:%M:%S.%f").timestamp()


def wait_for(path, process, pattern):
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and process.poll() is None:
        with open(path, encoding="utf-8", errors="replace") as file:
            found = re.search(pattern, file.read())
        if found:
            return found
        time.sleep(0.02)
    sys.exit(f"not seen in the collector's log: {pattern}")


def wait_for_closes(path, wanted):
    until, seen, rest = time.monotonic() + PATIENCE_S, 0, b""
    with open(path, "rb") as file:
        while seen < wanted and time.monotonic() < until:
            piece = rest + file.read(1 << 24)
            seen += piece.count(b'"log_close"')
            rest = piece[-10:]  # one that is cut is counted with the next piece
            if len(piece) < 1 << 20:
                time.sleep(0.1)


def run(options, folder):
    out, log = os.path.join(folder, "out.json"), os.path.join(folder, "log")
    command = [options.binary, "collect", "--listen", "127.0.0.1:0"]
    command += ["--output", f"pmacct-json=file:{out}"] + options.more
    with open(log, "wb") as file:
        collector = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        port = wait_for(log, collector, r"listening address=127\.0\.0\.1:(\d+)").group(1)
        wait_for(log, collector, "collector-started")
        load = [options.binary, "load", "--target", f"127.0.0.1:{port}", "--peers", "1"]
        load += ["--routers", str(options.routers), "--prefixes", str(options.prefixes)]
        quiet = subprocess.DEVNULL
        subprocess.run(load, check=True, timeout=PATIENCE_S, stdout=quiet, stderr=quiet)
        wait_for_closes(out, options.routers)
    finally:
        collector.send_signal(signal.SIGTERM)
        code = collector.wait(PATIENCE_S)
    if code:
        sys.exit(f"the collector ended with {code}")
    return out


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("--routers", type=int, default=1000)
    parser.add_argument("--prefixes", type=int, default=1000)
    parser.add_argument("--limit", type=float, default=1.5)
    parser.add_argument("more", nargs="*", help="more of the collector's arguments, after --")
    options = parser.parse_args()
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    begun, done, routes = None, {}, 0
    with tempfile.TemporaryDirectory() as folder, open(run(options, folder), "rb") as lines:
        for line in lines:
            if b'"log_type": "update"' in line:
                routes += 1
            elif b'"log_init"' in line:
                began = seconds(json.loads(line)["timestamp"])
                begun = min(begun or began, began)
            elif b'"log_type": "end-of-rib"' in line:
                record = json.loads(line)
                router = (record["bmp_router"], record["bmp_router_port"])
                done[router] = seconds(record["timestamp_arrival"])
    took = sorted(moment - begun for moment in done.values())
    mean = statistics.mean(took)
    print(f"routers={len(took)} routes={routes} fastest_s={took[0]:.3f} mean_s={mean:.3f}"
          f" slowest_s={took[-1]:.3f} slowest_of_mean={took[-1] / mean:.3f}")
    if len(took) != options.routers or routes != options.routers * options.prefixes:
        sys.exit("some are missing")
    sys.exit(0 if took[-1] / mean <= options.limit else 1)


main()
