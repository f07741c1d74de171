"""Runs the receivers and senders of scripts/journey.sh in turns.

CPU seconds: of ribcage, the floors and the senders from wait4, from their start to their end; of
others from /proc, from their being ready until they stand still (their RIB is not torn down: the
connection stays open). wall_s is the time from the first octet sent until the receiver stands still.
"""

import argparse
import csv
import os
import re
import shutil
import signal
import socket
import statistics
import sys
import threading
import time
import urllib.request

from loopback import (REPO, RIBCAGE, WORK, count_lines, cpu_now, end_all, free_port, listens,
                      machine, output_of, peak_mib, reap, start, text_of, wait_for)

BYTES, TARGET = os.environ["BYTES"], os.environ["TARGET"]
STREAM = {}
PATIENCE_S = 600


class NotAvailable(Exception):
    """Why a row cannot be had here."""


class Router:
    """Sends the stream over one connection and holds it open until told to close it."""

    def __init__(self, port):
        self.over = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self.run, args=(port,), daemon=True)
        self.thread.start()

    def run(self, port):
        try:
            with socket.create_connection(("127.0.0.1", port)) as connection:
                view = memoryview(STREAM["bytes"])
                for at in range(0, len(view), 262144):
                    connection.sendall(view[at:at + 262144])
                self.over.wait()
        except OSError as error:
            self.error = error

    def close(self):
        self.over.set()
        self.thread.join(10)


def moved_by(pid):
    """Something that changes as long as a process works."""
    return cpu_now(pid), re.search(r"^wchar: (\d+)", text_of(f"/proc/{pid}/io"), re.M).group(1)


def settle(process, quiet):
    """Waits until the process stands still for `quiet` seconds; when it last moved."""
    last, moved, until = None, time.monotonic(), time.monotonic() + PATIENCE_S
    while time.monotonic() - moved < quiet:
        if process.poll() is not None:
            sys.exit(f"a receiver ended by itself:\n{text_of(process.log)}")
        if time.monotonic() > until:
            sys.exit("a receiver does not come to rest")
        now = moved_by(process.pid)
        if now != last:
            last, moved = now, time.monotonic()
        time.sleep(0.01)
    return moved


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
    begun = time.monotonic()
    router = Router(int(found.group(1)))
    moved = settle(process, 0.3)
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
    return row(name, user, system, moved - begun, peak, octets, routes, complete)


def floor(name, octets):
    """Reads the stream and writes `octets` octets."""
    out = os.path.join(WORK, "floor.out")
    command = [os.path.join(WORK, "receiver"), "floor", out, str(STREAM["octets"]), str(octets)]
    process = start(command, "floor")
    port = wait_for(r"PORT (\d+)", process, "the floor's port").group(1)
    begun = time.monotonic()
    router = Router(int(port))
    router.close()
    user, system, code = reap(process)
    wall = time.monotonic() - begun
    written = os.path.getsize(out)
    os.unlink(out)
    return row(name, user, system, wall, 0.0, written, "", code == 0 and written == octets)


def other(name, command, port, after, quiet=2.0):
    """A collector of others: `after` gives octets, routes (or "") and whether all was taken."""
    process = start(command, name, cwd=WORK)
    until = time.monotonic() + 30
    while not listens(port):
        if time.monotonic() > until or process.poll() is not None:
            raise NotAvailable(f"it does not listen: {text_of(process.log).strip()[-200:]}")
        time.sleep(0.05)
    settle(process, 0.5)
    user0, system0 = cpu_now(process.pid)
    begun = time.monotonic()
    router = Router(port)
    moved = settle(process, quiet)
    user, system = cpu_now(process.pid)
    peak = peak_mib(process.pid)
    octets, routes, complete = after(process)
    process.send_signal(signal.SIGINT)
    router.close()
    try:
        process.wait(10)
    except Exception:
        process.kill()
        process.wait()
    return row(name, user - user0, system - system0, moved - begun, peak, octets, routes, complete)


def pmbmpd():
    if shutil.which("pmbmpd") is None:
        raise NotAvailable("not installed (Debian's package pmacct)")
    port, out = free_port(), os.path.join(WORK, "pmbmpd.json")
    conf = os.path.join(WORK, "pmbmpd.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(f"daemonize: false\nlogfile: {WORK}/pmbmpd.daemon.log\n"
                   f"bmp_daemon_ip: 127.0.0.1\nbmp_daemon_port: {port}\n"
                   f"bmp_daemon_msglog_file: {out}\nbmp_daemon_msglog_output: json\n")

    def after(_process):
        _, routes = count_lines(out)
        octets = os.path.getsize(out)
        os.unlink(out)
        return octets, routes, routes == STREAM["routes"]
    return other("pmbmpd json file", ["pmbmpd", "-f", conf], port, after)


def scraped(port, pattern):
    """The sum of a counter over all its labels; None where there is none."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as reply:
            text = reply.read().decode()
    except OSError:
        return None
    with open(os.path.join(WORK, "metrics.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    found = [float(value) for value in re.findall(rf"^(?:{pattern})(?:{{.*}})? (\S+)", text, re.M)]
    return int(sum(found)) if found else None


def rival(name):
    path = os.path.join(ARGUMENTS.rivals, "bin", name)
    if not os.access(path, os.X_OK):
        raise NotAvailable(f"no {path}: cargo install --root target/rivals {name}")
    return path


def arancini():
    """With its outputs and its curation off: it decodes and passes updates to nobody."""
    port, metrics = free_port(), free_port()
    command = [rival("arancini"), "--bmp-address", f"127.0.0.1:{port}", "--metrics-address",
               f"127.0.0.1:{metrics}", "--arancini-workers", "1", "--kafka-disable",
               "--curation-disable"]

    def after(_process):
        seen = scraped(metrics, ARANCINI_ROUTES)
        return 0, "" if seen is None else seen, True
    return other("arancini no outputs", command, port, after)


def rotonda():
    """A BMP listener, a RIB, and a target that forgets."""
    port, metrics = free_port(), free_port()
    conf = os.path.join(WORK, "rotonda.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(f'log_level = "warn"\nlog_target = "stderr"\n'
                   f'http_listen = ["127.0.0.1:{metrics}"]\n'
                   f'[units.bmp-in]\ntype = "bmp-tcp-in"\nlisten = "127.0.0.1:{port}"\n'
                   f'[units.rib]\ntype = "rib"\nsources = ["bmp-in"]\n'
                   f'[targets.null]\ntype = "null-out"\nsources = ["rib"]\n')

    def after(_process):
        seen = scraped(metrics, ROTONDA_ROUTES)
        return 0, "" if seen is None else seen, True
    return other("rotonda rib null", [rival("rotonda"), "-c", conf], port, after)


# Counters that tell how much was taken, for the record; what a figure means is the collector's.
ARANCINI_ROUTES = r"arancini_rx_updates_total|arancini_updates_processed_total"
ROTONDA_ROUTES = r"rotonda_bmp_tcp_in_num_bmp_messages_received_total|num_announcements_total"


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
        ("ribcage bmp file", lambda n: ribcage(n, "bmp=file:OUT/{session}.bmp")),
        ("ribcage bmp direct", lambda n: ribcage(n, "bmp=file:OUT/{session}.bmp?direct=on")),
        ("floor bmp", lambda n: as_much_as(n, "ribcage bmp file")),
        ("pmbmpd json file", lambda _: pmbmpd()),
        ("arancini no outputs", lambda _: arancini()),
        ("rotonda rib null", lambda _: rotonda()),
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


def table(rows, missing):
    million = STREAM["routes"] / 1e6
    lines = [f"{'receiver':<22}{'CPU-s/M routes':>15}{'user':>8}{'system':>8}{'wall s':>8}"
             f"{'MiB':>8}{'MB out':>8}  {'of ribcage json file':<22}{'of its floor':<20}taken"]
    for name in dict.fromkeys(r["receiver"] for r in rows):
        own = [r for r in rows if r["receiver"] == name]
        whole = all(r["complete"] for r in own)
        mid = lambda key: median([r[key] for r in own])
        of_us = ratios(rows, "cpu_s", "receiver", name, "ribcage json file") if whole else []
        its_floor = "floor bmp" if " bmp " in name else "floor json"
        of_floor = ratios(rows, "cpu_s", "receiver", name, its_floor) if whole else []
        lines.append(
            f"{name:<22}{mid('cpu_s') / million:>15.3f}{mid('user_s') / million:>8.3f}"
            f"{mid('sys_s') / million:>8.3f}{mid('wall_s'):>8.2f}{mid('peak_mib'):>8.1f}"
            f"{mid('octets') / 1e6:>8.1f}  {span(of_us):<22}"
            f"{span(of_floor) if 'ribcage' in name and 'null' not in name else '-':<20}"
            f"{'all' if whole else 'NOT ALL: no ratio'}")
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
* Machine: {machine()}; load average at the end {load}
* The stream: {STREAM["octets"]} octets of BMP, {STREAM["routes"]} routes, {STREAM["how"]}.

Medians of {ARGUMENTS.runs} turns and ratios of each turn (lowest and highest in brackets) are in
`journey.txt`, every run in `journey.csv` and `senders.csv`.
""")


def read_stream():
    with open(BYTES, "rb") as file:
        STREAM["bytes"] = file.read()
    STREAM["octets"] = len(STREAM["bytes"])
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
            missing[name] = str(why).replace("\n", " ")
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
    try:
        sys.exit(main())
    finally:
        end_all()
