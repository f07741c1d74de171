"""Runs the receivers and senders of scripts/journey.sh in turns.

CPU seconds: of ribcage, the floors and the senders from wait4, from their start to their end; of
others from /proc, from their being ready until they stand still (their RIB is not torn down: the
connection stays open). wall_s is the time from the first octet sent until the receiver stands
still.

What others took is read from their own counters while the connection is still open, and held
against the messages and routes of the stream. Who cannot be started, stops reading or ends by
itself is "not available", with the reason; nothing waits longer than the limits below.
"""

import argparse
import csv
import fcntl
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import urllib.request

from loopback import (REPO, RIBCAGE, WORK, count_lines, cpu_now, end_all, free_port, listens,
                      machine, output_of, peak_mib, reap, start, text_of, wait_for)

BYTES, TARGET = os.environ["BYTES"], os.environ["TARGET"]
STREAM = {}
COUNTED = {}
PATIENCE_S = 600  # until a receiver has taken everything and stands still
STALL_S = 30  # without CPU time or a write while there is more to read
START_S = 30  # until a receiver listens
COUNTERS_S = 20  # until the counters of one that stands still show everything
END_S = 10  # from SIGINT to SIGKILL
PIPE = 1 << 20


class NotAvailable(Exception):
    """Why a row cannot be had here."""


class Stuck(Exception):
    """A receiver that did not take everything: it ended, closed, or does not come to rest."""


class Router:
    """`ribcage load --replay` plays the stream. Its octets go through a pipe in the kernel to the
    receiver, whose connection stays open after the sender's end until told to close it: some
    collectors drop what they know and have counted of a router when it goes."""

    def __init__(self, port):
        self.begun, self.passed, self.error = None, 0, None
        self.all_sent, self.over = threading.Event(), threading.Event()
        self.receiver = socket.create_connection(("127.0.0.1", port), START_S)
        self.receiver.settimeout(None)
        self.door = socket.create_server(("127.0.0.1", 0))
        self.door.settimeout(START_S)
        self.load = start([RIBCAGE, "load", "--quiet", "--replay", BYTES, "--target",
                           f"127.0.0.1:{self.door.getsockname()[1]}"], "load")
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        ends = os.pipe()
        try:
            with self.receiver, self.door, self.door.accept()[0] as sender:
                fcntl.fcntl(ends[1], fcntl.F_SETPIPE_SZ, PIPE)
                while octets := os.splice(sender.fileno(), ends[1], PIPE):
                    self.begun = self.begun or time.monotonic()
                    while octets > 0:
                        done = os.splice(ends[0], self.receiver.fileno(), octets)
                        octets, self.passed = octets - done, self.passed + done
                if self.passed != STREAM["octets"]:
                    raise OSError(f"the sender ended early: {last_words(self.load)}")
                self.all_sent.set()
                self.over.wait()
        except OSError as error:
            self.error = error
        for end in ends:
            os.close(end)

    def close(self):
        self.over.set()
        self.thread.join(END_S)


def moved_by(pid):
    """Something that changes as long as a process works."""
    return cpu_now(pid), re.search(r"^wchar: (\d+)", text_of(f"/proc/{pid}/io"), re.M).group(1)


def settle(process, quiet, router=None):
    """Waits until the process stands still for `quiet` seconds, not before the router has sent
    everything; when it last moved."""
    last, moved, sent = None, time.monotonic(), time.monotonic()
    until = sent + PATIENCE_S
    while True:
        passed = f" {router.passed} of {STREAM['octets']} octets sent," if router else ""
        if process.poll() is not None:
            raise Stuck(f"it ended by itself:{passed} {last_words(process)}")
        at, now = time.monotonic(), moved_by(process.pid)
        sending = router and not router.all_sent.is_set()
        if now != last:
            last, moved = now, at
        if sending:
            sent = at
        elif at - max(moved, sent) >= quiet:
            return moved
        if router and router.error:
            raise Stuck(f"{router.error}:{passed} {last_words(process)}")
        if sending and at - moved > STALL_S:
            raise Stuck(f"it has stood still for {STALL_S} s:{passed} {last_words(process)}")
        if at > until:
            raise Stuck(f"no rest within {PATIENCE_S} s:{passed} {last_words(process)}")
        time.sleep(0.01)


def last_words(process):
    return text_of(process.log).strip()[-300:].replace("\n", " | ") or "it says nothing"


def row(name, user, system, wall, peak, octets, routes, complete):
    return {"receiver": name, "user_s": round(user, 3), "sys_s": round(system, 3),
            "cpu_s": round(user + system, 3), "wall_s": round(wall, 3), "peak_mib": round(peak, 1),
            "octets": octets, "routes": routes, "complete": complete}


def ribcage(name, output):
    path = os.path.join(WORK, "out")
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    cores = sorted(os.sched_getaffinity(0))
    command = [RIBCAGE, "collect", "-l", "127.0.0.1:0", "--reactor-cores", str(cores[0]),
               "--writer-cores", str(cores[1 % len(cores)]), "--color", "never", "-o",
               output.replace("OUT", path)]
    process = start(command, "collect")
    until = time.monotonic() + 30
    while not (found := re.search(r"127\.0\.0\.1:([1-9]\d*)", text_of(process.log))):
        if process.poll() == 2 and "direct" in output:
            raise NotAvailable(f"the option is refused: {text_of(process.log).strip()[:160]}")
        if process.poll() is not None or time.monotonic() > until:
            sys.exit(f"the collector does not start:\n{text_of(process.log)}")
        time.sleep(0.02)
    router = Router(int(found.group(1)))
    moved = settle(process, 0.3, router)
    router.close()
    wait_for(r"session-close", process, "the session's end")
    peak = peak_mib(process.pid)
    process.send_signal(signal.SIGTERM)
    user, system, code = reap(process)
    files = [os.path.join(path, f) for f in os.listdir(path)]
    octets, routes = sum(os.path.getsize(f) for f in files), ""
    log = re.search(r"session-close.*?octets=(\d+)", text_of(process.log))
    complete = code == 0 and log is not None and int(log.group(1)) == STREAM["octets"]
    if output.startswith("pmacct-json=file"):
        _, routes = count_lines(files[0])
        complete = complete and routes == STREAM["routes"]
    elif output.startswith("bmp=file"):
        complete = complete and octets == STREAM["octets"]
    shutil.rmtree(path, ignore_errors=True)
    return row(name, user, system, moved - router.begun, peak, octets, routes, complete)


def floor(name, octets):
    """Reads the stream and writes `octets` octets."""
    out = os.path.join(WORK, "floor.out")
    command = [os.path.join(WORK, "receiver"), "floor", out, str(STREAM["octets"]), str(octets)]
    process = start(command, "floor")
    port = wait_for(r"PORT (\d+)", process, "the floor's port").group(1)
    router = Router(int(port))
    router.all_sent.wait(PATIENCE_S)
    router.close()
    user, system, code = reap(process)
    wall = time.monotonic() - (router.begun or time.monotonic())
    written = os.path.getsize(out)
    os.unlink(out)
    return row(name, user, system, wall, 0.0, written, "", code == 0 and written == octets)


def other(name, command, port, after, quiet=2.0):
    """A collector of others: `after` gives octets, routes (or "") and whether all was taken."""
    try:
        process, router = start(command, name.replace(" ", "-"), cwd=WORK), None
    except OSError as why:
        raise NotAvailable(f"it cannot be run: {why}") from why
    try:
        until = time.monotonic() + START_S
        while not listens(port):
            if time.monotonic() > until or process.poll() is not None:
                raise NotAvailable(f"it does not listen: {last_words(process)}")
            time.sleep(0.05)
        settle(process, 0.5)
        user0, system0 = cpu_now(process.pid)
        router = Router(port)
        moved = settle(process, quiet, router)
        user, system = cpu_now(process.pid)
        peak = peak_mib(process.pid)
        octets, routes, complete = after()
    except (Stuck, OSError) as why:
        raise NotAvailable(f"it was started, but: {why}") from why
    finally:
        end(process, router)
    return row(name, user - user0, system - system0, moved - router.begun, peak, octets, routes,
               complete)


def end(process, router):
    process.send_signal(signal.SIGINT)
    if router:
        router.close()
    try:
        process.wait(END_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def pmbmpd():
    if shutil.which("pmbmpd") is None:
        raise NotAvailable("not installed (Debian's package pmacct)")
    port, out = free_port(), os.path.join(WORK, "pmbmpd.json")
    conf = os.path.join(WORK, "pmbmpd.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(f"daemonize: false\nlogfile: {WORK}/pmbmpd.daemon.log\n"
                   f"bmp_daemon_ip: 127.0.0.1\nbmp_daemon_port: {port}\n"
                   f"bmp_daemon_msglog_file: {out}\nbmp_daemon_msglog_output: json\n")

    def after():
        _, routes = count_lines(out)
        octets = os.path.getsize(out)
        os.unlink(out)
        return octets, routes, routes == STREAM["routes"]
    return other("pmbmpd json file", ["pmbmpd", "-f", conf], port, after)


def scraped(port):
    """What /metrics says: name with labels, value. Nothing when nobody answers."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
            text = reply.read().decode()
    except OSError:
        return []
    return [(name, float(value))
            for name, value in re.findall(r"^([^#\s][^{\s]*(?:{.*})?) (\S+)", text, re.M)]


def counted(name, port, wanted):
    """Compares a collector's counters with the stream: `wanted` names a sum of counters by a
    pattern and says how much it has to be. Keeps what was seen for the table; the routes, and
    whether all was taken."""
    until, seen = time.monotonic() + COUNTERS_S, {}
    while True:
        values = scraped(port)
        for what, (pattern, _) in wanted.items():
            found = [value for counter, value in values if re.match(pattern, counter)]
            seen[what] = int(sum(found)) if found else None
        complete = all(seen[what] == much for what, (_, much) in wanted.items())
        if complete or time.monotonic() > until:
            break
        time.sleep(0.2)
    text = ", ".join(f"{what} {'no such counter' if seen[what] is None else seen[what]}"
                     f" of {much}" for what, (_, much) in wanted.items())
    COUNTED.setdefault(name, {})[complete] = text
    return seen.get("routes") or "", complete


def rival(name):
    path = os.path.abspath(os.path.join(ARGUMENTS.rivals, "bin", name))
    if not os.access(path, os.X_OK):
        raise NotAvailable(f"no {path}: cargo install --locked --root target/rivals {name}"
                           + NEEDS.get(name, ""))
    return path


# What a build of them needs besides a Rust toolchain, by the names of Debian's packages.
NEEDS = {"arancini": " (needs cmake, zlib1g-dev and capnproto)"}


def arancini(name, *options):
    """Its outputs (Kafka, NATS) off, one worker: it decodes every UPDATE into its own updates, one
    a prefix, and hands them to a producer that forgets them."""
    port, metrics = free_port(), free_port()
    command = [rival("arancini"), "--bmp-address", f"127.0.0.1:{port}", "--metrics-address",
               f"127.0.0.1:{metrics}", "--arancini-workers", "1", "--kafka-disable", *options]
    wanted = {"messages": (r"risotto_bmp_messages_total\b", STREAM["messages"]),
              "routes": (r"risotto_rx_updates_total\b", STREAM["routes"]),
              "handed on": (r"risotto_arancini_bridge_rx_total\b", STREAM["routes"])}
    return other(name, command, port, lambda: (0, *counted(name, metrics, wanted)))


def rotonda(name):
    """A BMP listener, a RIB, and a target that forgets."""
    port, metrics = free_port(), free_port()
    conf = os.path.join(WORK, "rotonda.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(f'log_level = "warn"\nlog_target = "stderr"\n'
                   f'http_listen = ["127.0.0.1:{metrics}"]\n'
                   f'[units.bmp-in]\ntype = "bmp-tcp-in"\nlisten = "127.0.0.1:{port}"\n'
                   f'[units.rib]\ntype = "rib"\nsources = ["bmp-in"]\n'
                   f'[targets.null]\ntype = "null-out"\nsources = ["rib"]\n')
    wanted = {"messages": (r"rotonda_bmp_tcp_in_num_bmp_messages_received_total\b",
                           STREAM["messages"]),
              "routes": (r"rotonda_bmp_state_num_announcements_total\b", STREAM["routes"]),
              # A prefix new to the RIB, or one more peer's route to it: each route is one of them.
              "stored": (r"rotonda_rib_unit_num_(unique_prefixes|modified_route_announcements)"
                         r"_total\b", STREAM["routes"])}
    return other(name, [rival("rotonda"), "-c", conf], port,
                 lambda: (0, *counted(name, metrics, wanted)))


def receivers(done):
    """Name and function of each row, in the order of a turn. Floors write what a row before them
    has written in the same turn."""
    def as_much_as(name, like):
        if like not in done:
            raise NotAvailable(f"'{like}' was not measured")
        return floor(name, done[like]["octets"])
    return [
        ("ribcage json file", lambda n: ribcage(n, "pmacct-json=file:OUT/all.json")),
        ("ribcage json direct", lambda n: ribcage(n, "pmacct-json=file:OUT/all.json?direct=on")),
        ("ribcage json null", lambda n: ribcage(n, "pmacct-json=null:")),
        ("floor json", lambda n: as_much_as(n, "ribcage json file")),
        # The lines of the pmbmpd that stands beside us: those of its version, not of the newest.
        ("ribcage 1.7.7 file", lambda n: ribcage(n, "pmacct-json=file:OUT/all.json?compat=1.7.7")),
        ("ribcage 1.7.7 direct",
         lambda n: ribcage(n, "pmacct-json=file:OUT/all.json?compat=1.7.7&direct=on")),
        ("floor 1.7.7", lambda n: as_much_as(n, "ribcage 1.7.7 file")),
        ("ribcage bmp file", lambda n: ribcage(n, "bmp=file:OUT/{session}.bmp")),
        ("ribcage bmp direct", lambda n: ribcage(n, "bmp=file:OUT/{session}.bmp?direct=on")),
        ("floor bmp", lambda n: as_much_as(n, "ribcage bmp file")),
        ("pmbmpd json file", lambda _: pmbmpd()),
        # Its deduplication off too, and as it is by default (its state saved once an hour).
        ("arancini no outputs", lambda n: arancini(n, "--curation-disable")),
        ("arancini curating", lambda n: arancini(n, "--curation-state-interval", "3600")),
        ("rotonda rib null", rotonda),
    ]


def sender(name, command):
    """Runs a sender into a receiver that discards; CPU seconds of the sender a gigabyte."""
    receiver = start([os.path.join(WORK, "receiver"), "discard"], "discard")
    port = wait_for(r"PORT (\d+)", receiver, "the receiver's port").group(1)
    process = start([word.replace("PORT", port) for word in command], "sender")
    user, system, code = reap(process)
    octets = int(wait_for(r"READ (\d+)", receiver, "the receiver's end").group(1))
    reap(receiver)
    if code != 0 or octets == 0:
        sys.exit(f"the sender {name} failed:\n{text_of(process.log)}")
    return {"sender": name, "user_s": round(user, 3), "sys_s": round(system, 3), "octets": octets,
            "cpu_s_per_gb": round((user + system) / octets * 1e9, 4)}


def senders(repeat):
    load = [RIBCAGE, "load", "--quiet", "--target", "127.0.0.1:PORT"]
    blast = os.path.join(WORK, "blast")
    prefixes = str(max(1, STREAM["routes"] // 8))
    return [
        ("blast", [blast, "127.0.0.1", "PORT", BYTES, "1", str(repeat), "-q"]
         if os.path.exists(blast) else None),
        ("ribcage load --replay", load + ["--replay", BYTES, "--repeat", str(repeat)]),
        ("ribcage load synthetic", load + ["--routers", "1", "--peers", "8", "--prefixes", prefixes,
                                           "--seed", "1", "--repeat", str(repeat)]),
    ]


def median(values):
    return statistics.median(values)


def ratios(rows, key, name_key, name, base):
    """The ratios of `name` to `base`, turn by turn."""
    turns = {}
    for r in rows:
        turns.setdefault(r["run"], {})[r[name_key]] = r
    return [t[name][key] / t[base][key] for t in turns.values()
            if name in t and base in t and t[base][key] > 0]


def span(values, digits=2):
    if not values:
        return "-"
    return f"{median(values):.{digits}f} ({min(values):.{digits}f}-{max(values):.{digits}f})"


def taken_in(whole, turns):
    """Turns in which not everything was taken give no figure, as long as there are others."""
    if whole == turns:
        return "all"
    return f"all, in {whole} of {turns} turns" if whole else "NOT ALL: no ratio"


def table(rows, missing):
    million = STREAM["routes"] / 1e6
    lines = [f"{'receiver':<22}{'CPU-s/M routes':>15}{'user':>8}{'system':>8}{'wall s':>8}"
             f"{'MiB':>8}{'MB out':>8}  {'of ribcage json file':<22}{'of its floor':<20}taken"]
    for name in dict.fromkeys(r["receiver"] for r in rows):
        every = [r for r in rows if r["receiver"] == name]
        whole = [r for r in every if r["complete"]]
        own = whole or every
        mid = lambda key: median([r[key] for r in own])
        valid = [r for r in rows if r["complete"]]
        of_us = ratios(valid, "cpu_s", "receiver", name, "ribcage json file")
        floors = (f"floor {kind}" for kind in ("bmp", "1.7.7") if f" {kind} " in name)
        its_floor = next(floors, "floor json")
        of_floor = ratios(valid, "cpu_s", "receiver", name, its_floor)
        lines.append(
            f"{name:<22}{mid('cpu_s') / million:>15.3f}{mid('user_s') / million:>8.3f}"
            f"{mid('sys_s') / million:>8.3f}{mid('wall_s'):>8.2f}{mid('peak_mib'):>8.1f}"
            f"{mid('octets') / 1e6:>8.1f}  {span(of_us):<22}"
            f"{span(of_floor) if 'ribcage' in name and 'null' not in name else '-':<20}"
            f"{taken_in(len(whole), len(every))}")
    lines += [f"counted by {name}: {text}" for name, seen in COUNTED.items()
              for text in seen.values()]
    lines += [f"not available: {name}: {why}" for name, why in missing.items()]
    return lines


def senders_table(rows, missing):
    lines = ["", f"{'sender':<26}{'CPU-s/GB':>10}  times blast's"]
    for name in dict.fromkeys(r["sender"] for r in rows):
        own = [r["cpu_s_per_gb"] for r in rows if r["sender"] == name]
        of_blast = ratios(rows, "cpu_s_per_gb", "sender", name, "blast")
        lines.append(f"{name:<26}{median(own):>10.3f}  {span(of_blast)}")
    lines += [f"not available: {name}: {why}" for name, why in missing.items()]
    return lines


def write_csv(path, rows):
    if rows:
        with open(path, "w", newline="", encoding="ascii") as file:
            writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def version_of(name):
    return output_of([os.path.join(ARGUMENTS.rivals, "bin", name), "--version"])


def save(directory, rows, sent, text):
    os.makedirs(directory, exist_ok=True)
    write_csv(os.path.join(directory, "journey.csv"), rows)
    write_csv(os.path.join(directory, "senders.csv"), sent)
    with open(os.path.join(directory, "journey.txt"), "w", encoding="ascii") as file:
        file.write(text)
    commit = output_of(["git", "-C", REPO, "rev-parse", "--short", "HEAD"])
    load = " ".join(text_of("/proc/loadavg").split()[:3])
    with open(os.path.join(directory, "README-journey.md"), "w", encoding="utf-8") as file:
        file.write(f"""# The whole journey, {time.strftime("%Y-%m-%d")}

    scripts/journey.sh --runs {ARGUMENTS.runs}

* Ribcage: {output_of([RIBCAGE, "--version"])}, commit {commit}; {output_of(["rustc", "--version"])}
* pmbmpd: {output_of(["pmbmpd", "-V"])}
* arancini: {version_of("arancini")}
* rotonda: {version_of("rotonda")}
* Machine: {machine()}; load average at the end {load}
* The stream: {STREAM["octets"]} octets of BMP, {STREAM["messages"]} messages, {STREAM["routes"]}
  routes, {STREAM["how"]}.

Medians of {ARGUMENTS.runs} turns and ratios of each turn (lowest and highest in brackets) are in
`journey.txt`, every run in `journey.csv` and `senders.csv`.
""")


def read_stream():
    with open(BYTES, "rb") as file:
        octets = file.read()
    STREAM["octets"], STREAM["messages"], at = len(octets), 0, 0
    while at + 6 <= len(octets):  # RFC 7854, 4.1: version, length, type
        at += max(6, int.from_bytes(octets[at + 1:at + 5], "big"))
        STREAM["messages"] += 1
    if at != len(octets):
        sys.exit(f"{BYTES} does not hold whole BMP messages only")
    # As many as a collector logs: what the bytes hold is not for this script to know.
    done = start([RIBCAGE, "decode", "--quiet", "-o", f"pmacct-json=file:{WORK}/count.json", BYTES],
                 "count")
    if done.wait(PATIENCE_S) != 0:
        sys.exit(f"the stream cannot be decoded:\n{text_of(done.log)}")
    _, STREAM["routes"] = count_lines(f"{WORK}/count.json")
    os.unlink(f"{WORK}/count.json")
    STREAM["how"] = os.path.basename(BYTES)


def turn(run, rows, missing):
    done = {}
    for name, measure in receivers(done):
        if ARGUMENTS.only and ARGUMENTS.only not in name:
            continue
        try:
            done[name] = measure(name)
        except NotAvailable as why:
            if name not in missing:
                print(f"not available: {name}: {why}", file=sys.stderr)
            missing[name] = f"turn {run}: " + str(why).replace("\n", " ")
            continue
        print(f"turn {run}: {done[name]}", file=sys.stderr)
        rows.append({"run": run, **done[name]})


def main():
    read_stream()
    rows, sent, missing, missing_senders = [], [], {}, {}
    for run in range(1, ARGUMENTS.runs + 1):
        turn(run, rows, missing)
        for name, command in senders(2 if ARGUMENTS.quick else 10):
            if ARGUMENTS.only and ARGUMENTS.only not in name:
                continue
            if command is None:
                missing_senders[name] = "no blast.c in the shared lab"
                continue
            one = sender(name, command)
            print(f"turn {run}: {one}", file=sys.stderr)
            sent.append({"run": run, **one})
    text = "\n".join(table(rows, missing) + senders_table(sent, missing_senders)) + "\n"
    print(text, end="")
    if ARGUMENTS.save:
        save(ARGUMENTS.save, rows, sent, text)
    return 0 if all(r["complete"] for r in rows if "ribcage" in r["receiver"]) else 1


def arguments():
    parser = argparse.ArgumentParser(prog="journey.sh")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--save")
    parser.add_argument("--binary")
    parser.add_argument("--stream")
    parser.add_argument("--only")
    parser.add_argument("--rivals", default=os.path.join(TARGET, "rivals"))
    found = parser.parse_args()
    if found.quick:
        found.runs = 1
    return found


if __name__ == "__main__":
    ARGUMENTS = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # what was started is ended then, too
    try:
        sys.exit(main())
    except Stuck as why:
        sys.exit(f"a receiver of ours: {why}")
    finally:
        end_all()
