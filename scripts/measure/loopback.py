"""Runs the receivers of scripts/loopback.sh in turns and prints what each took.

Every process that is started here is ended here, and no other. Figures of a receiver:
cpu_s    user and system time: of ribcage and the floor from wait4, from their start to their end; of
         pmbmpd from /proc, from its being ready to the last octet written
peak_mib VmHWM
wall_s   from the sender's start until the last octet was written
"""

import argparse
import csv
import datetime
import os
import platform
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

WORK, RIBCAGE, REPO = (os.environ[name] for name in ("WORK", "RIBCAGE", "REPO"))
PEERS = 8
PATIENCE_S = 600
STARTED = []


def start(command, name, **more):
    log = open(os.path.join(WORK, name + ".log"), "wb")
    process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, **more)
    process.log = log.name
    STARTED.append(process)
    return process


def end_all():
    for process in STARTED:
        if process.returncode is None and process.poll() is None:
            process.kill()
            process.wait()


def text_of(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.read()


def wait_for(pattern, process, what):
    """The first match in the process's log."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until:
        found = re.search(pattern, text_of(process.log))
        if found:
            return found
        if process.poll() is not None:
            break
        time.sleep(0.02)
    sys.exit(f"{what}: not seen within {PATIENCE_S} s or before its end:\n{text_of(process.log)}")


def peak_mib(pid):
    found = re.search(r"VmHWM:\s+(\d+)", text_of(f"/proc/{pid}/status"))
    return int(found.group(1)) / 1024 if found else 0.0


def reap(process):
    """Waits for the process; its CPU seconds and exit code, of itself and nobody else."""
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return usage.ru_utime, usage.ru_stime, process.returncode


def send(port, prefixes):
    """Runs the sender to its end; what it says that it sent."""
    report = os.path.join(WORK, "load.json")
    command = [RIBCAGE, "load", "--quiet", "--target", f"127.0.0.1:{port}", "--routers", "1",
               "--peers", str(PEERS), "--prefixes", str(prefixes), "--seed", "1", "--json", report]
    sender = start(command, "load")
    if sender.wait(PATIENCE_S) != 0:
        sys.exit(f"the sender failed:\n{text_of(sender.log)}")


def count_lines(path):
    """Lines, and those that announce a route."""
    lines = updates = 0
    with open(path, "rb") as file:
        for line in file:
            lines += line.endswith(b"}\n")
            updates += b'"log_type": "update"' in line
    return lines, updates


def row(name, user, system, wall, peak, octets, routes, complete):
    return {"receiver": name, "user_s": round(user, 3), "sys_s": round(system, 3),
            "cpu_s": round(user + system, 3), "wall_s": round(wall, 3), "peak_mib": round(peak, 1),
            "octets": octets, "routes": routes, "complete": complete}


def ribcage(name, output, prefixes):
    """`ribcage collect` with one output, from its start to its end."""
    path = os.path.join(WORK, "out")
    shutil.rmtree(path, ignore_errors=True)
    os.mkdir(path)
    command = [RIBCAGE, "collect", "-l", "127.0.0.1:0", "--reactor-cores", "0", "--writer-cores",
               "1", "--color", "never", "-o", output.replace("OUT", path)]
    process = start(command, "collect")
    port = wait_for(r"127\.0\.0\.1:([1-9]\d*)", process, "the collector's port").group(1)
    begun = time.monotonic()
    send(port, prefixes)
    wait_for(r"session-close", process, "the session's end")
    peak = peak_mib(process.pid)
    process.send_signal(signal.SIGTERM)
    user, system, code = reap(process)
    wall = time.monotonic() - begun
    files = [os.path.join(path, f) for f in os.listdir(path)]
    octets = sum(os.path.getsize(f) for f in files)
    routes, complete = "", code == 0
    if output.startswith("pmacct-json=file"):
        _, routes = count_lines(files[0])
        complete = complete and routes == PEERS * prefixes
    elif output.startswith("bmp=file"):
        complete = complete and octets == STREAM["octets"]
    return row(name, user, system, wall, peak, octets, routes, complete)


def floor(prefixes, octets):
    """Reads the stream and writes as many octets as the JSON had."""
    out = os.path.join(WORK, "floor.out")
    command = [os.path.join(WORK, "receiver"), "floor", out, str(STREAM["octets"]), str(octets)]
    process = start(command, "floor")
    port = wait_for(r"PORT (\d+)", process, "the floor's port").group(1)
    begun = time.monotonic()
    send(port, prefixes)
    user, system, code = reap(process)
    wall = time.monotonic() - begun
    written = os.path.getsize(out)
    os.unlink(out)
    return row("floor", user, system, wall, 0.0, written, "", code == 0 and written == octets)


def cpu_now(pid):
    """User and system seconds of a process so far."""
    fields = text_of(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    tick = os.sysconf("SC_CLK_TCK")
    return int(fields[11]) / tick, int(fields[12]) / tick


def written_by(pid):
    return int(re.search(r"^wchar: (\d+)", text_of(f"/proc/{pid}/io"), re.M).group(1))


def free_port():
    import socket
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(port):
    return any(f":{port:04X} 00000000:0000 0A" in line for line in open("/proc/net/tcp"))


def pmbmpd(prefixes):
    """pmacct's collector with its real-time log as JSON, no RIB dump."""
    port, out = free_port(), os.path.join(WORK, "pmbmpd.json")
    conf = os.path.join(WORK, "pmbmpd.conf")
    with open(conf, "w", encoding="ascii") as file:
        file.write(f"daemonize: false\nlogfile: {WORK}/pmbmpd.daemon.log\n"
                   f"bmp_daemon_ip: 127.0.0.1\nbmp_daemon_port: {port}\n"
                   f"bmp_daemon_msglog_file: {out}\nbmp_daemon_msglog_output: json\n")
    process = start(["pmbmpd", "-f", conf], "pmbmpd")
    until = time.monotonic() + 30
    while not listens(port):
        if time.monotonic() > until or process.poll() is not None:
            sys.exit(f"pmbmpd does not listen:\n{text_of(process.log)}")
        time.sleep(0.05)
    time.sleep(0.5)
    user0, system0 = cpu_now(process.pid)
    begun = time.monotonic()
    send(port, prefixes)
    last, moved = written_by(process.pid), time.monotonic()
    while time.monotonic() - moved < 2.0:
        time.sleep(0.01)
        now = written_by(process.pid)
        if now != last:
            last, moved = now, time.monotonic()
    user, system = cpu_now(process.pid)
    peak = peak_mib(process.pid)
    process.send_signal(signal.SIGINT)
    reap(process)
    _, routes = count_lines(out)
    octets = os.path.getsize(out)
    os.unlink(out)
    return row("pmbmpd", user - user0, system - system0, moved - begun, peak, octets, routes,
               routes == PEERS * prefixes)


def median(rows, name, key):
    return statistics.median(r[key] for r in rows if r["receiver"] == name)


def summary(rows, million):
    """The table: medians, and ratios where everything was delivered."""
    names = list(dict.fromkeys(r["receiver"] for r in rows))
    cpu = {n: median(rows, n, "cpu_s") for n in names}
    whole = {n: all(r["complete"] for r in rows if r["receiver"] == n) for n in names}

    def ratio(n, base, upside_down):
        if base not in cpu or n == base:
            return "-"
        if not (whole[n] and whole[base]) or min(cpu[n], cpu[base]) <= 0:
            return "none"
        return f"1/{cpu[base] / cpu[n]:.1f}" if upside_down else f"{cpu[n] / cpu[base]:.2f}"

    lines = [f"{'receiver':<24}{'CPU-s/M routes':>15}{'user':>8}{'system':>8}{'wall s':>8}"
             f"{'peak MiB':>10}{'MB written':>12}{'of pmbmpd':>11}{'of floor':>10}  delivered"]
    for n in names:
        peak = median(rows, n, "peak_mib")
        lines.append(
            f"{n:<24}{cpu[n] / million:>15.3f}{median(rows, n, 'user_s') / million:>8.3f}"
            f"{median(rows, n, 'sys_s') / million:>8.3f}{median(rows, n, 'wall_s'):>8.2f}"
            f"{f'{peak:.1f}' if peak else '-':>10}{median(rows, n, 'octets') / 1e6:>12.1f}"
            f"{ratio(n, 'pmbmpd', True):>11}{ratio(n, 'floor', False):>10}"
            f"  {'all' if whole[n] else 'NOT ALL: no ratio'}")
    return "\n".join(lines) + "\n"


def output_of(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return "not installed"
    return (done.stdout or done.stderr).strip().split("\n")[0]


def machine():
    cpuinfo = text_of("/proc/cpuinfo")
    model = re.search(r"model name\s*: (.*)", cpuinfo)
    memory = re.search(r"MemTotal:\s+(\d+)", text_of("/proc/meminfo"))
    kind = output_of(["stat", "-f", "-c", "%T", WORK])
    return (f"{model.group(1) if model else platform.machine()}, {os.cpu_count()} cores, "
            f"{int(memory.group(1)) >> 20} GiB, Linux {platform.release()}, output on {kind}")


def save(directory, rows, table, arguments):
    os.makedirs(directory, exist_ok=True)
    with open(os.path.join(directory, "raw.csv"), "w", newline="", encoding="ascii") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    with open(os.path.join(directory, "summary.txt"), "w", encoding="ascii") as file:
        file.write(table)
    commit = output_of(["git", "-C", REPO, "rev-parse", "--short", "HEAD"])
    load = " ".join(text_of("/proc/loadavg").split()[:3])
    with open(os.path.join(directory, "README.md"), "w", encoding="utf-8") as file:
        file.write(f"""# Loopback, {datetime.date.today()}

    scripts/loopback.sh --routes {arguments.routes} --runs {arguments.runs}

* Ribcage: {output_of([RIBCAGE, "--version"])}, commit {commit}; {output_of(["rustc", "--version"])}
* pmbmpd: {output_of(["pmbmpd", "-V"])}
* Machine: {machine()}; load average at the end {load}
* The stream: {STREAM["octets"]} octets of BMP, {PEERS} peers, seed 1.

Medians of {arguments.runs} runs in turns are in `summary.txt`, every run in `raw.csv`.
""")


VARIANTS = [
    ("ribcage json file", "pmacct-json=file:OUT/all.json"),
    ("ribcage json null", "pmacct-json=null:"),
    ("ribcage bmp file", "bmp=file:OUT/{session}.bmp"),
]


def main():
    parser = argparse.ArgumentParser(prog="loopback.sh")
    parser.add_argument("--routes", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--save")
    parser.add_argument("--binary")
    arguments = parser.parse_args()
    prefixes = max(1, arguments.routes // PEERS)
    recorded = start([os.path.join(WORK, "receiver"), "record", os.path.join(WORK, "s.bmp")], "rec")
    port = wait_for(r"PORT (\d+)", recorded, "the recorder's port").group(1)
    send(port, prefixes)
    reap(recorded)
    STREAM["octets"] = os.path.getsize(os.path.join(WORK, "s.bmp"))
    rows = []
    with_pmbmpd = shutil.which("pmbmpd") is not None
    if not with_pmbmpd:
        print("skipped: pmbmpd is not installed (package pmacct)", file=sys.stderr)
    for run in range(arguments.runs):
        one = [ribcage(name, output, prefixes) for name, output in VARIANTS]
        one.append(floor(prefixes, one[0]["octets"]))
        if with_pmbmpd:
            one.append(pmbmpd(prefixes))
        for r in one:
            print(f"run {run + 1}: {r}", file=sys.stderr)
            rows.append({"run": run + 1, **r})
    table = summary(rows, PEERS * prefixes / 1e6)
    print(table, end="")
    if arguments.save:
        save(arguments.save, rows, table, arguments)
    return 0 if all(r["complete"] for r in rows) else 1


STREAM = {"octets": 0}

if __name__ == "__main__":
    try:
        sys.exit(main())
    finally:
        end_all()
