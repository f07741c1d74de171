"""Runs what scripts/reload.sh says and judges it. Every process that is started here is ended here,
and no other."""

import argparse
import glob
import json
import os
import re
import signal
import sys
import time

from loopback import REPO, RIBCAGE, WORK, end_all, machine, output_of, start, text_of, wait_for

ROUTERS, PEERS, PREFIXES = 40, 4, 2000
SETTLE_S = 120
# Words of the log that reading the configuration again gives no reason for.
NEVER = ["config-reload-failed", "config-needs-restart", "listen-failed", "engine-failed",
         "accept-failed", "router-refused", "router-not-allowed", "session-reset",
         "session-broken-framing", "output-write-failed", "output-dropped", "output-undelivered",
         "drain-timeout", "log-lines-dropped"]

OUTPUTS = f"""
[[output]]
name = "json"
format = "pmacct-json"
url = "file:{WORK}/out.json"

[[output]]
name = "octets"
format = "bmp"
url = "file:{WORK}/octets-{{session}}.bmp"

[[output]]
name = "shown"
format = "pmacct-json"
url = "null:"
"""

# What follows the last output's table belongs to it: its filter.
FILES = [
    """
listen = ["127.0.0.1:0"]
max-routers = 1000
log-level = "info"
{outputs}filter = "family = ipv4"

[[router]]
source = "127.0.0.0/8"
name = "one"
tags = [1]
""",
    """
listen = ["127.0.0.1:0", "127.0.0.2:0"]
allow = ["127.0.0.0/8", "192.0.2.0/24"]
max-routers = 2000
max-routers-per-source = 1900
accept-rate = "9000/s"
idle-timeout = "1h"
flush-interval = "20ms"
keepalive = "30s,5s,3"
dscp = 48
log-level = "debug"
{outputs}filter = "not message = statistics"

[[router]]
source = "127.0.0.0/8"
label = "two"
as-width = 4

[[router]]
source = "192.0.2.0/24"
allow = false
""",
]


def write(number):
    """The next file in the place of the last: a reader sees one of them."""
    path = os.path.join(WORK, "ribcage.toml")
    with open(path + ".next", "w", encoding="utf-8") as file:
        file.write(FILES[number % len(FILES)].format(outputs=OUTPUTS))
    os.rename(path + ".next", path)
    return path


def count_records(path):
    """Route records by their kind, and how many numbers are missing or doubled."""
    counts = {"update": 0, "withdraw": 0, "log_init": 0, "log_close": 0}
    wrong, due = 0, 0
    with open(path, "rb") as file:
        for line in file:
            if not line.endswith(b"}\n"):
                wrong += 1
                continue
            record = json.loads(line)
            kind = record.get("log_type") or record.get("event_type")
            if kind in counts:
                counts[kind] += 1
            wrong += record["seq"] != due
            due = record["seq"] + 1
    return counts, wrong


def play(seconds, every_ms):
    """Sends and reloads; what was sent, and how often the configuration was read."""
    collector = start([RIBCAGE, "--color", "never", "collect", "-c", write(0)], "collector")
    port = wait_for(r"listening address=127\.0\.0\.1:(\d+)", collector, "its address").group(1)
    report = os.path.join(WORK, "load.json")
    churn = f"churn:rate=20000/s,for={seconds}s"
    load = start([RIBCAGE, "load", "-q", "--target", f"127.0.0.1:{port}", "--routers", str(ROUTERS),
                  "--peers", str(PEERS), "--prefixes", str(PREFIXES), "--scenario", churn,
                  "--json", report], "load")
    asked, until = 0, time.monotonic() + seconds + SETTLE_S
    while load.poll() is None:
        if time.monotonic() > until:
            sys.exit("the generator does not end:\n" + text_of(load.log))
        asked += 1
        write(asked)
        os.kill(collector.pid, signal.SIGHUP)
        time.sleep(every_ms / 1000)
    while open_sessions(collector) != 0:
        if time.monotonic() > until:
            break  # told below
    os.kill(collector.pid, signal.SIGTERM)
    code = collector.wait(timeout=SETTLE_S)
    with open(report, encoding="utf-8") as file:
        return json.load(file), asked, code, text_of(collector.log)


def open_sessions(collector):
    """As the collector's status says, which it is asked for."""
    os.kill(collector.pid, signal.SIGUSR1)
    time.sleep(0.3)
    said = re.findall(r" status sessions=(\d+)", text_of(collector.log))
    return int(said[-1]) if said else None


def judge(sent, asked, code, log):
    """What came of it, and what is wrong with it."""
    counts, gaps = count_records(os.path.join(WORK, "out.json"))
    octets = sum(os.path.getsize(path) for path in glob.glob(os.path.join(WORK, "octets-*")))
    words = {}
    for word in re.findall(r"^\S+ [A-Z]+ (\S+)", log, re.MULTILINE):
        words[word] = words.get(word, 0) + 1
    read = words.get("config-reloaded", 0)
    pairs = [
        ("routes announced", sent["announced"], counts["update"]),
        ("routes withdrawn", sent["withdrawn"], counts["withdraw"]),
        ("octets", sent["bytes"], octets),
        ("sessions begun", ROUTERS, counts["log_init"]),
        ("sessions ended", ROUTERS, counts["log_close"]),
        ("records missing or doubled", 0, gaps),
        ("exit code", 0, code),
    ]
    lines = [f"{what:<34} {came:>12} of {want}" for what, want, came in pairs]
    lines.append(f"{'SIGHUP':<34} {asked:>12}, configuration read {read} times")
    wrong = [line for line, (_, want, came) in zip(lines, pairs) if want != came]
    wrong += [f"{word}: {words[word]} in the log" for word in NEVER if word in words]
    if read < asked / 4:
        wrong.append("the configuration was hardly ever read")
    return lines, wrong


def save(directory, arguments, lines, verdict, before):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "README.md"), "w", encoding="utf-8") as file:
        file.write(f"# Reading the configuration again under load, {time.strftime('%Y-%m-%d')}\n\n")
        file.write(f"    scripts/reload.sh {' '.join(arguments)}\n\n")
        commit = output_of(["git", "-C", REPO, "rev-parse", "--short", "HEAD"])
        file.write(f"* Ribcage: {output_of([RIBCAGE, '--version'])}, commit {commit}\n")
        profile = "debug" if "/debug/" in RIBCAGE else "release"
        file.write(f"* Machine: {machine()}; {profile} profile\n")
        file.write(f"* Load average before: {before}\n\n")
        file.write("".join(f"    {line}\n" for line in lines))
        file.write(f"\n    {verdict}\n")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--every", type=int, default=100)
    parser.add_argument("--into")
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    before = " ".join(text_of("/proc/loadavg").split()[:3])
    try:
        lines, wrong = judge(*play(arguments.seconds, arguments.every))
    finally:
        end_all()
    verdict = "FAILED" if wrong else "PASSED"
    print("\n".join(lines + wrong + [verdict]))
    if arguments.into:
        words = [word for word in sys.argv[1:] if not word.startswith(("--into", "--binary", "/"))]
        words = [word for word in words if word != arguments.into]
        save(arguments.into, words, lines + wrong, verdict, before)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
