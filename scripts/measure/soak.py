"""Runs what scripts/soak.sh says and judges it.

A round plays three generators at once and ends when they have, their sessions are closed and the
outputs have everything; then a quiet sample is taken. Leaks show in three ways: quiet memory that
grows from round to round, busy memory with a slope over the last half, and descriptors or threads
that do not return to their number before the first router.
"""

import argparse
import csv
import datetime
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

from counting import LineSink, OctetSink, RotatedFile
from loopback import (REPO, RIBCAGE, WORK, cpu_now, end_all, machine, output_of, reap, start,
                      text_of, wait_for)

ROUND_S = 45  # of each round in which routers send
SAMPLE_S = 5
SETTLE_S = 120  # until the last record of a round is out
ROTATE_OCTETS = 192 << 20
BATCH_MEMORY = "32MiB"
# Fills it twice over while a sink is paused: batches are made when they are first needed, so only
# then is memory at its height and can be told to stay there.
WARM_UP = [("warm-up", ["--routers", "2", "--peers", "8", "--prefixes", "80000"])]
PAUSE_S, READ_S = 20, 15  # the reader of the output that may drop
GROWTH_MIB, GROWTH_SHARE = 8, 0.05  # memory may grow by the larger of these
# Words of the log that no part of this run gives a reason for.
NEVER = ["engine-failed", "accept-failed", "poll-failed", "router-refused", "session-reset",
         "session-broken-framing", "peer-limit", "state-limit", "output-write-failed",
         "output-disconnected", "output-dropped", "output-undelivered", "drain-timeout",
         "library-message", "log-lines-dropped"]


def runs(seconds):
    """The generators of a round: a name and arguments each."""
    third = max(2, seconds // 3)
    return [
        ("mixed", ["--routers", "24", "--peers", "2", "--prefixes", "400",
                   "--scenario", f"churn:rate=5000/s,for={seconds}s",
                   "--scenario", f"flap:every=5s,for={seconds}s",
                   "--scenario", f"storm:times=2,every={third}s",
                   "--scenario", "hot:factor=5",
                   "--scenario", "slow:routers=2,rate=64KiB/s",
                   "--scenario", "malformed:per=200"]),
        ("families", ["--routers", "4", "--peers", "2", "--prefixes", "1200",
                      "--scenario", "families:add-path=on",
                      "--scenario", f"churn:rate=1000/s,for={seconds}s"]),
        ("comers", ["--routers", "200", "--peers", "1", "--prefixes", "30",
                    "--scenario", f"storm:times={max(1, seconds // 5)},every=5s"]),
    ]


class Collector:
    """The collector under test and what is seen of it from outside."""

    def __init__(self, outputs):
        # Two reactors where there are three cores: what they hand each other is soaked, too.
        cores = sorted(os.sched_getaffinity(0))[:3]
        reactors = cores[:max(1, len(cores) - 1)]
        command = [RIBCAGE, "collect", "-l", "127.0.0.1:0", "--color", "never",
                   "--batch-memory", BATCH_MEMORY, "--max-frame", "128KiB"]
        if len(cores) > 1:
            command += ["--reactor-cores", ",".join(map(str, reactors)),
                        "--writer-cores", str(cores[-1])]
        self.parts = {f"reactor {i}" for i in range(len(reactors))}
        for output in outputs:
            command += ["-o", output]
            self.parts.add(re.search(r"name=(\w+)", output).group(1))
        self.process = start(command, "collector")
        found = wait_for(r"listening address=127\.0\.0\.1:(\d+)", self.process, "its address")
        self.port, self.pid = int(found.group(1)), self.process.pid
        self.read, self.events, self.rest = 0, {}, ""
        self.status, self.fresh = {}, set()
        wait_for(r"collector-started", self.process, "its start")

    def look(self):
        """Reads what is new in the log: counts events, keeps the newest status of each part."""
        with open(self.process.log, encoding="utf-8") as file:
            file.seek(self.read)
            text = self.rest + file.read()
            self.read = file.tell()
        *lines, self.rest = text.split("\n")
        for line in lines:
            words = line.split(" ", 3)
            if len(words) < 3:
                continue
            event, keys = words[2], dict(re.findall(r"(\w+)=(\"[^\"]*\"|\S+)", line))
            self.events[event] = self.events.get(event, 0) + int(keys.get("repeated", 1))
            if event == "status":
                part = keys.get("output") or f"reactor {keys.get('reactor')}"
                self.status[part] = {k: int(v) for k, v in keys.items() if v.isdigit()}
                self.fresh.add(part)

    def report(self):
        """The status report, asked for now: of each output, and of all reactors together."""
        self.look()
        self.fresh.clear()
        self.process.send_signal(signal.SIGUSR1)
        until = time.monotonic() + 10
        while not self.parts <= self.fresh and time.monotonic() < until:
            time.sleep(0.05)
            self.look()
        reactors = [self.status.get(part, {}) for part in self.parts if part.startswith("reactor ")]
        names = {name for reactor in reactors for name in reactor}
        all_of_them = {name: sum(r.get(name, 0) for r in reactors) for name in names}
        return {**self.status, "reactors": all_of_them}

    def sample(self):
        status = text_of(f"/proc/{self.pid}/status")
        field = {name: int(re.search(rf"^{name}:\s+(\d+)", status, re.M).group(1))
                 for name in ("VmRSS", "RssAnon", "VmHWM", "Threads")}
        return {"rss_kib": field["VmRSS"], "anonymous_kib": field["RssAnon"],
                "peak_kib": field["VmHWM"], "threads": field["Threads"],
                "descriptors": len(os.listdir(f"/proc/{self.pid}/fd")),
                "cpu_s": round(sum(cpu_now(self.pid)), 2)}


class Soak:
    def __init__(self):
        self.json, self.bmp = LineSink(), OctetSink()
        self.dropping = LineSink(os.path.join(WORK, "dropping.sock"))
        path = os.path.join(WORK, "out.json")
        self.collector = Collector([
            f"pmacct-json={self.json.url}?name=socket", f"bmp={self.bmp.url}?name=bmp",
            f"pmacct-json=file:{path}?name=file", "pmacct-json=null:?name=null",
            f"pmacct-json={self.dropping.url}?name=dropping&when-full=drop"])
        self.file = RotatedFile(path, self.reopen)
        self.begun, self.last, self.swap = time.monotonic(), None, 0.0
        self.samples, self.rounds, self.quiet = [], [], []
        self.sent = dict.fromkeys(["messages", "announced", "withdrawn", "bytes", "reconnects",
                                   "flaps", "malformed", "sessions"], 0)
        self.wrong, self.reopens = [], 0

    def reopen(self):
        self.collector.process.send_signal(signal.SIGHUP)

    def elapsed(self):
        return time.monotonic() - self.begun

    def take_sample(self, phase):
        taken = self.collector.sample()
        self.collector.look()
        now, cpu = self.elapsed(), taken["cpu_s"]
        before = self.last or (now - 1, cpu)
        percent = 100 * (cpu - before[1]) / max(0.001, now - before[0])
        self.last = (now, cpu)
        self.samples.append({"seconds": round(now, 1), "phase": phase, **taken,
                             "cpu_percent": round(percent, 1),
                             "routers_to_bmp_sink": self.bmp.open,
                             "lines_to_socket": self.json.tally["lines"]})
        return taken

    def upkeep(self):
        """What has to be done every now and then while routers send."""
        if self.file.size() > ROTATE_OCTETS:
            self.file.rotate(SETTLE_S)
        if self.elapsed() > self.swap:
            paused = self.dropping.paused
            self.swap = self.elapsed() + (READ_S if paused.is_set() else PAUSE_S)
            paused.clear() if paused.is_set() else paused.set()

    def warm_up(self):
        """Round 0: has all memory for batches used."""
        self.json.paused.set()
        self.play(0, ROUND_S, WARM_UP)

    def play(self, number, seconds, players):
        """One round."""
        loads = []
        for name, arguments in players:
            report = os.path.join(WORK, f"load-{name}.json")
            command = [RIBCAGE, "load", "--quiet", "--target", f"127.0.0.1:{self.collector.port}",
                       "--seed", str(number), "--json", report, *arguments]
            loads.append((name, start(command, f"load-{name}"), report))
        until = time.monotonic() + 4 * seconds + 120
        next_sample = 0
        while any(process.poll() is None for _, process, _ in loads):
            if time.monotonic() > until:
                self.wrong.append(f"round {number}: the generators do not end")
                for _, process, _ in loads:
                    process.kill()
                    process.wait()
                break
            if time.monotonic() >= next_sample:
                next_sample = time.monotonic() + SAMPLE_S
                self.take_sample("busy" if number else "warm-up")
            self.collector.look()
            if len(self.collector.parts) - 5 <= self.collector.events.get("backpressure-start", 0):
                self.json.paused.clear()
            self.upkeep()
            time.sleep(0.2)
        self.json.paused.clear()
        for name, process, report in loads:
            if process.wait() != 0:
                self.wrong.append(f"round {number}: {name} ended with {process.returncode}: "
                                  f"{text_of(process.log).strip()[-300:]}")
            elif os.path.exists(report):
                self.add(json.loads(text_of(report)))
                os.unlink(report)
        self.settle(number)

    def add(self, report):
        for key in self.sent:
            self.sent[key] += report.get(key, 0)
        self.sent["sessions"] += report["connections"] + report["reconnects"]

    def settle(self, number):
        """Waits until everything is out, samples, and adds the round."""
        self.dropping.paused.clear()
        self.swap = self.elapsed() + READ_S
        until = time.monotonic() + SETTLE_S
        while time.monotonic() < until:
            status = self.collector.report()
            owed = sum(part.get("pending_records", 0) + part.get("queued_records", 0)
                       for part in status.values())
            reactor = status["reactors"]
            if owed == 0 and reactor.get("sessions_open") == 0 and self.bmp.open == 0 and \
                    reactor.get("sessions_closed") == self.sent["sessions"]:
                break
            time.sleep(0.3)
        else:
            self.wrong.append(f"round {number}: not everything is out after {SETTLE_S} s")
        time.sleep(2)
        taken = self.take_sample("quiet")
        self.quiet.append(taken)
        self.rounds.append({"round": number, "seconds": round(self.elapsed(), 1), **taken,
                            **{f"sent_{k}": v for k, v in self.sent.items()},
                            "lines_to_socket": self.json.tally["lines"],
                            "octets_to_bmp_sink": self.bmp.octets,
                            "rotations": self.file.rotations})

    def end(self):
        """Asks for the last report, then for the end."""
        self.status = self.collector.report()
        self.collector.process.send_signal(signal.SIGTERM)
        _, _, self.code = reap(self.collector.process)
        time.sleep(1)  # what sinks have yet to read
        self.collector.look()
        self.file.finish()


def equal(wrong, what, **values):
    """All values have to be the same."""
    if len(set(values.values())) > 1:
        wrong.append(f"{what}: " + ", ".join(f"{k} {v}" for k, v in values.items()))


def check_counts(soak):
    """What was sent, what was counted, what came out."""
    wrong, sent, status = soak.wrong, soak.sent, soak.status
    reactor = status["reactors"]
    equal(wrong, "messages", sent=sent["messages"], counted=reactor.get("messages"))
    equal(wrong, "octets", sent=sent["bytes"], counted=reactor.get("octets_received"),
          relayed=soak.bmp.octets, reported=status["bmp"]["octets"])
    equal(wrong, "sessions", sent=sent["sessions"], opened=reactor.get("sessions_opened"),
          closed=reactor.get("sessions_closed"), relayed=soak.bmp.connections)
    for name, out in [("socket", soak.json.tally), ("file", soak.file.tally)]:
        equal(wrong, f"routes announced, {name}", sent=sent["announced"],
              counted=reactor.get("routes_announced"), came=out["updates"])
        equal(wrong, f"routes withdrawn, {name}", sent=sent["withdrawn"],
              counted=reactor.get("routes_withdrawn"), came=out["withdraws"])
        equal(wrong, f"records, {name}", rendered=status[name]["records"], came=out["lines"],
              to_nowhere=status["null"]["records"])
        equal(wrong, f"octets, {name}", reported=status[name]["octets"], came=out["octets"])
        # A malformed Peer Down may happen to make sense, too.
        if not sent["flaps"] <= out["peers_down"] <= sent["flaps"] + sent["malformed"]:
            wrong.append(f"flaps, {name}: sent {sent['flaps']}, came {out['peers_down']}")
        equal(wrong, f"log_init, {name}", sent=sent["sessions"], came=out["opened"])
        equal(wrong, f"log_close, {name}", sent=sent["sessions"], came=out["closed"])
        equal(wrong, f"passed by, {name}", none=0, skipped=status[name]["skipped_records"],
              dropped=status[name]["dropped_records"])
    drop = status["dropping"]
    equal(wrong, "records, dropping", rendered=drop["records"],
          came=soak.dropping.tally["lines"], given_up=drop["records"] - drop["dropped_records"])
    if soak.dropping.paused_s > 0 and drop["skipped_records"] == 0:
        wrong.append("dropping: its reader paused and nothing was passed by: this shows nothing")
    # Markers of sessions that were passed by are told later, and counted again.
    if drop["taken_records"] + drop["skipped_records"] < status["null"]["taken_records"]:
        wrong.append(f"dropping: {drop['taken_records']} taken and {drop['skipped_records']} "
                     f"passed by are less than {status['null']['taken_records']}")
    for name, sink in [("socket", soak.json), ("dropping", soak.dropping)]:
        equal(wrong, f"connections, {name}", expected=1, made=sink.connections)
    equal(wrong, "torn lines", none=0, socket=soak.json.torn, dropping=soak.dropping.torn,
          file=soak.file.torn)
    equal(wrong, "rotations without a new file", none=0, seen=soak.file.late)


def slope(points):
    """Least squares: growth of y for one of x."""
    n = len(points)
    mean_x, mean_y = (sum(p[i] for p in points) / n for i in (0, 1))
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def check_growth(soak):
    """Memory, descriptors and threads stay what they were; returns figures for the summary."""
    wrong, figures = soak.wrong, {}
    busy = [(s["seconds"], s["rss_kib"] / 1024) for s in soak.samples if s["phase"] == "busy"]
    half = [p for p in busy if p[0] >= soak.samples[-1]["seconds"] / 2]
    quiet = [(i, q["rss_kib"] / 1024) for i, q in enumerate(soak.quiet)]
    # Heaps, caches and tables of sessions find their size in the first rounds.
    later = quiet[min(2, len(quiet) // 2):]
    for name, points in [("busy, last half", half), ("quiet", later)]:
        if len(points) < 2:
            wrong.append(f"memory, {name}: too few samples to judge; let it run longer")
            continue
        mean = sum(y for _, y in points) / len(points)
        growth = slope(points) * (points[-1][0] - points[0][0])
        allowed = max(GROWTH_MIB, GROWTH_SHARE * mean)
        figures[name] = (mean, growth, len(points))
        if growth > allowed:
            wrong.append(f"memory, {name}: grows by {growth:.1f} MiB of {mean:.1f} "
                         f"(allowed {allowed:.1f})")
    first = soak.baseline
    for number, taken in enumerate(soak.quiet):
        equal(wrong, f"descriptors after round {number}", at_first=first["descriptors"],
              now=taken["descriptors"])
        equal(wrong, f"threads after round {number}", at_first=first["threads"],
              now=taken["threads"])
    return figures


def check_log(soak):
    events = soak.collector.events
    for word in NEVER:
        if events.get(word):
            soak.wrong.append(f"the log has {events[word]} of {word}")
    if soak.code != 0:
        soak.wrong.append(f"it ended with {soak.code}")
    if "undelivered=0 sessions_cut=0" not in text_of(soak.collector.process.log):
        soak.wrong.append("its last line does not say that everything was delivered")
    equal(soak.wrong, "reopened", asked=5 * soak.file.rotations, done=events.get("reopened", 0))


def summary(soak, figures):
    busy = [s for s in soak.samples if s["phase"] == "busy"]
    cpu = sum(s["cpu_percent"] for s in busy) / max(1, len(busy))
    sent, status = soak.sent, soak.status
    lines = [
        f"{'lasted':<24}{soak.elapsed() / 60:.1f} minutes, {len(soak.rounds)} rounds",
        f"{'sent':<24}{sent['messages']} messages, {sent['announced']} routes announced, "
        f"{sent['withdrawn']} withdrawn, {sent['bytes']} octets",
        f"{'':<24}{sent['sessions']} sessions, {sent['flaps']} flaps, {sent['malformed']} "
        "malformed messages",
        f"{'came out':<24}socket {soak.json.tally['lines']} records, file "
        f"{soak.file.tally['lines']} ({soak.file.rotations} rotations), bmp {soak.bmp.octets} octets "
        f"over {soak.bmp.connections} connections",
        f"{'may drop':<24}{soak.dropping.tally['lines']} records came, "
        f"{status['dropping']['skipped_records']} BMP records passed by, reader paused for "
        f"{soak.dropping.paused_s:.0f} s",
        f"{'held back':<24}{status['reactors']['backpressure_stalls']} times, "
        f"{status['reactors']['backpressure_ns'] / 1e9:.1f} s",
        f"{'moved':<24}{status['reactors'].get('sessions_moved', 0)} sessions between reactors",
        f"{'CPU of the collector':<24}{cpu:.0f} % of a core while busy",
        f"{'descriptors, threads':<24}{soak.baseline['descriptors']} and "
        f"{soak.baseline['threads']} before the first router and after each round; at most "
        f"{max(s['descriptors'] for s in soak.samples)} descriptors",
        f"{'memory at the start':<24}{soak.baseline['rss_kib'] / 1024:.1f} MiB; peak "
        f"{max(s['peak_kib'] for s in soak.samples) / 1024:.1f} MiB",
    ]
    for name, (mean, growth, count) in figures.items():
        lines.append(f"{'memory, ' + name:<24}{mean:.1f} MiB on average, {growth:+.2f} MiB by "
                     f"least squares over {count} samples")
    lines.append(f"{'quiet, each round':<24}" +
                 " ".join(f"{q['rss_kib'] / 1024:.1f}" for q in soak.quiet) + " MiB")
    lines += ["", "PASSED" if not soak.wrong else "FAILED"]
    return "\n".join(lines + [f"* {text}" for text in soak.wrong]) + "\n"


def write_csv(path, rows):
    with open(path, "w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)


def save(directory, soak, table, minutes, before):
    os.makedirs(directory, exist_ok=True)
    write_csv(os.path.join(directory, "samples.csv"), soak.samples)
    write_csv(os.path.join(directory, "rounds.csv"), soak.rounds)
    with open(os.path.join(directory, "summary.txt"), "w", encoding="utf-8") as file:
        file.write(table)
    with open(os.path.join(directory, "events.csv"), "w", encoding="ascii") as file:
        file.write("event,lines\n")
        file.writelines(f"{e},{n}\n" for e, n in sorted(soak.collector.events.items()))
    commit = output_of(["git", "-C", REPO, "rev-parse", "--short", "HEAD"])
    clean = subprocess.run(["git", "-C", REPO, "diff", "--quiet", "HEAD"], check=False)
    load = " ".join(text_of("/proc/loadavg").split()[:3])
    players = "\n".join(f"    ribcage load {' '.join(a)}" for _, a in WARM_UP + runs(ROUND_S))
    with open(os.path.join(directory, "README.md"), "w", encoding="utf-8") as file:
        file.write(f"""# Soak, {datetime.date.today()}

    scripts/soak.sh --minutes {minutes:g}

* Ribcage: {output_of([RIBCAGE, "--version"])}, commit {commit}{' with changes' if clean.returncode
                                                                 else ''}
* {output_of(["rustc", "--version"])}
* Machine: {machine()}
* Load average before: {before}; after: {load}

{''.join('    ' + line if line.strip() else line for line in table.splitlines(keepends=True))}
`samples.csv` is what /proc said every {SAMPLE_S} s, `rounds.csv` the quiet moment after each round with what
had been sent by then, `events.csv` the events in the collector's log. Round 0 is the first of these
commands, against a paused sink: it has all memory for batches used. Each later round is the others,
all at once:

{players}
""")


def main():
    parser = argparse.ArgumentParser(prog="soak.sh")
    parser.add_argument("--minutes", type=float, default=20)
    parser.add_argument("--into")
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true")
    arguments = parser.parse_args()
    before = " ".join(text_of("/proc/loadavg").split()[:3])
    if shutil.disk_usage(WORK).free < 2 << 30:
        sys.exit("soak.sh: less than 2 GiB are free where temporary files go (TMPDIR)")
    soak = Soak()
    until = time.monotonic() + 10
    while soak.json.connections + soak.dropping.connections < 2 and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(1)
    soak.baseline = soak.take_sample("start")
    soak.warm_up()
    number = 0
    while soak.elapsed() < arguments.minutes * 60 or number < 3:
        number += 1
        # Rounds of one length; a short run has shorter ones, so that there are enough to compare.
        seconds = max(8, min(ROUND_S, int(arguments.minutes * 60 / 6)))
        soak.play(number, seconds, runs(seconds))
        row = soak.rounds[-1]
        print(f"round {number}: {row['seconds']:.0f} s, {row['sent_announced']} routes, "
              f"quiet {row['rss_kib'] / 1024:.1f} MiB, {row['descriptors']} descriptors",
              file=sys.stderr, flush=True)
        if soak.collector.process.poll() is not None:
            sys.exit(f"the collector has ended:\n{text_of(soak.collector.process.log)[-3000:]}")
    soak.end()
    check_counts(soak)
    figures = check_growth(soak)
    check_log(soak)
    table = summary(soak, figures)
    print(table, end="")
    if arguments.into:
        save(arguments.into, soak, table, arguments.minutes, before)
    return 1 if soak.wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        end_all()
