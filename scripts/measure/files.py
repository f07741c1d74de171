"""What scripts/files.sh does: runs `ribcage collect` and `load`, and looks at the files."""

import argparse
import json
import os
import pathlib
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import zlib

METHODS = {"none": "", "gzip": ".gz", "zstd": ".zst"}


class Collector:
    """`ribcage collect` with its log in a file; killed with its block."""

    def __init__(self, binary, outputs, log):
        self.log = pathlib.Path(log)
        args = [binary, "collect", "-l", "127.0.0.1:0", "--batch-memory", "16MiB"]
        for output in outputs:
            args += ["-o", output]
        self.process = subprocess.Popen(
            args, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=open(log, "wb"))
        self.address = self.find(r"listening address=(\S+)")
        self.find("collector-started")  # its outputs are open

    def find(self, pattern, deadline=60):
        end = time.monotonic() + deadline
        while time.monotonic() < end:
            found = re.search(pattern, self.log.read_text(errors="replace"))
            if found:
                return found.group(1) if found.groups() else found.group(0)
            if self.process.poll() is not None:
                break
            time.sleep(0.01)
        sys.exit(f"no {pattern!r} in the log:\n{self.log.read_text(errors='replace')}")

    def wait_for_end_of_sessions(self, number, deadline=300):
        end = time.monotonic() + deadline
        while self.log.read_text(errors="replace").count(" session-close ") < number:
            if time.monotonic() > end:
                sys.exit(f"sessions stay open:\n{self.log.read_text(errors='replace')}")
            time.sleep(0.05)

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=120)
        if code != 0:
            sys.exit(f"collect ended with {code}:\n{self.log.read_text(errors='replace')}")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def load(binary, address, *more):
    args = [binary, "load", "--quiet", "--target", address, *more]
    return subprocess.Popen(args, stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def check(condition, text):
    if not condition:
        sys.exit(f"WRONG: {text}")


def frames_end(data):
    """The end of the last whole zstd frame (RFC 8878)."""
    at = end = 0
    try:
        while at < len(data):
            if data[at:at + 4] != b"\x28\xb5\x2f\xfd":
                return end
            descriptor = data[at + 4]
            single = descriptor >> 5 & 1
            at += 5 + (1 - single) + (0, 1, 2, 4)[descriptor & 3]
            at += (single, 2, 4, 8)[descriptor >> 6]
            last = 0
            while not last:
                head = int.from_bytes(data[at:at + 3], "little")
                if at + 3 > len(data):
                    return end
                last, kind, size = head & 1, head >> 1 & 3, head >> 3
                at += 3 + (1 if kind == 1 else size)
            at += 4 * (descriptor >> 2 & 1)
            if at > len(data):
                return end
            end = at
    except IndexError:
        pass
    return end


def sound(path):
    """The text of a file up to its last whole frame, member or line, and whether that is all."""
    data = path.read_bytes()
    name = path.name.removesuffix(".part")
    if name.endswith(".zst"):
        end = frames_end(data)
        if end == 0:
            return b"", not data
        run = subprocess.run(["zstd", "-dcq"], input=data[:end], capture_output=True, check=True)
        return run.stdout, end == len(data)
    if name.endswith(".gz"):
        text, rest = b"", data
        while rest:
            member = zlib.decompressobj(31)
            try:
                part = member.decompress(rest)
            except zlib.error:
                return text, False
            if not member.eof:
                return text, False
            text, rest = text + part, member.unused_data
        return text, True
    end = data.rfind(b"\n") + 1
    return data[:end], end == len(data)


def in_order(directory):
    """Complete files, the oldest first."""
    def key(path):
        stamp, number = re.fullmatch(r"x\.(\d{8}T\d{6}Z)(?:\.(\d+))?(?:\.gz|\.zst)?", path.name).groups()
        return stamp, int(number or 0)
    return sorted((p for p in directory.iterdir() if not p.name.endswith(".part")), key=key)


def sequences(text):
    """Checks whole records; their sequence numbers, one list for each run of the collector."""
    check(text == b"" or text.endswith(b"\n"), "a record is torn")
    runs = []
    for line in text.splitlines():
        seq = json.loads(line)["seq"]
        if seq == 0:
            runs.append(0)
        check(runs and seq == runs[-1], f"seq {seq} where {runs and runs[-1]} should be")
        runs[-1] += 1
    return runs


def compare(scratch, files):
    """Checks that files together are the one of an output without rotation."""
    digest = 0
    with open(scratch / "all.json", "rb") as whole:
        for path in files:
            text, is_whole = sound(path)
            check(is_whole and text.endswith(b"\n"), f"{path.name} is torn")
            check(whole.read(len(text)) == text, f"{path.name} differs")
            digest += text.count(b"\n")
        check(whole.read(1) == b"", "the last records are missing")
    return digest


def rotation(options):
    print("a) rotation under full load: all files together = the file without rotation")
    cases = [(compress, rotate) for compress in METHODS
             for rotate in ("rotate=1s&rotate-size=1MiB", "rotate=1s", "rotate-size=256KiB")]
    for compress, rotate in cases:
        with tempfile.TemporaryDirectory() as scratch:
            scratch = pathlib.Path(scratch)
            directory = scratch / "d"
            directory.mkdir()
            outputs = [f"pmacct-json=file:{scratch}/all.json",
                       f"pmacct-json=file:{directory}/x?{rotate}&compress={compress}"]
            with Collector(options.ribcage, outputs, scratch / "log") as collector:
                begun = time.monotonic()
                code = load(options.ribcage, collector.address, "--routers", "2", "--peers", "4",
                            "--prefixes", "20000", "--seed", str(options.seed)).wait()
                check(code == 0, f"load ended with {code}")
                collector.wait_for_end_of_sessions(2)
                collector.stop()
                seconds = time.monotonic() - begun
            check(not list(directory.glob("*.part")), "a part is left")
            files = in_order(directory)
            records = compare(scratch, files)
            octets = sum(p.stat().st_size for p in files)
            plain = (scratch / "all.json").stat().st_size
            print(f"   compress={compress:4} {rotate:27} {records:7} records in {len(files):4} files, "
                  f"{plain / octets:5.1f} : 1, {seconds:5.1f} s")


# Seconds after the first octet in which a kill comes: what is written until then is read as a whole.
WITHIN = 0.2


def kills(options):
    print(f"b) {options.number} times SIGKILL at a random moment")
    chance = random.Random(options.seed)
    # Of each kind so many, with rotation and without.
    kinds = [(compress, rotate) for compress in METHODS for rotate in ("rotate=1s&rotate-size=512KiB", "")]
    for at, (compress, rotate) in enumerate(kinds):
        number = options.number // len(kinds) + (at < options.number % len(kinds))
        with tempfile.TemporaryDirectory() as scratch:
            kill_one_kind(options, chance, pathlib.Path(scratch), compress, rotate, number)


def kill_one_kind(options, chance, scratch, compress, rotate, number):
    directory = scratch / "d"
    directory.mkdir()
    flush = "" if compress == "none" else "&flush=100ms"
    output = f"pmacct-json=file:{directory}/x?compress={compress}{flush}&{rotate}".rstrip("&")
    known, parts, torn, octets = {}, {}, 0, 0
    for _ in range(number):
        with Collector(options.ribcage, [output], scratch / "log") as collector:
            look_after_start(directory, rotate, known, parts)
            player = load(options.ribcage, collector.address, "--routers", "2", "--peers", "4",
                          "--prefixes", "200000", "--seed", str(options.seed))
            before = written(directory)
            while written(directory) == before and player.poll() is None:
                time.sleep(0.01)
            time.sleep(chance.uniform(0, WITHIN))
            collector.process.kill()
            collector.process.wait()
            player.kill()
            player.wait()
        parts = {}
        for path in directory.iterdir():
            text, is_whole = sound(path)
            check(text == b"" or text.endswith(b"\n"), f"{path.name}: a record is torn")
            torn += not is_whole
            if path.name.endswith(".part") or not rotate:
                parts[path.name] = text
            else:
                check(is_whole, f"{path.name} has its name and is torn")
    with Collector(options.ribcage, [output], scratch / "log") as collector:
        look_after_start(directory, rotate, known, parts)
        collector.stop()
    if rotate:
        files = in_order(directory)
        text = b"".join(sound(path)[0] for path in files)
        runs = sequences(text)
    else:
        files = list(directory.iterdir())
        text = sound(files[0])[0]
        # Without compression the torn line of each run is closed and stays: not a record.
        lines = [line for line in text.split(b"\n") if line.endswith(b"}")]
        runs = sequences(b"".join(line + b"\n" for line in lines))
    records = sum(runs)
    print(f"   compress={compress:4} {rotate or 'no rotation':27} {number:3} kills, {torn:3} torn ends, "
          f"{records:8} records in {len(files):4} files: whole, in order, none twice")


def written(directory):
    """Octets in all files of a directory, which may go or get other names meanwhile."""
    total = 0
    for path in directory.iterdir():
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            pass
    return total


def look_after_start(directory, rotate, known, parts):
    """What could be read before a start can be read after it, and complete files never change."""
    now = {path.name: sound(path)[0] for path in directory.iterdir()}
    for name, text in known.items():
        check(now.get(name) == text, f"{name} was complete and has changed")
    for name, text in parts.items():
        if rotate:
            base = name.removesuffix(".part")
            check(name not in now, f"{name} is left")
            check(text == b"" or now.get(base) == text, f"{base} is not what {name} was")
        else:
            check(now[name].startswith(text), f"{name} has lost something")
    if rotate:
        known.clear()
        known.update((n, t) for n, t in now.items() if not n.endswith(".part"))


def full_disk(options):
    print("c) a disk that is full for a while: all files together = the file without rotation")
    for compress, size in (("none", "12m"), ("gzip", "1m"), ("zstd", "1m")):
        for rotate in ("rotate=1s&rotate-size=1MiB", ""):
            with tempfile.TemporaryDirectory() as scratch:
                full_disk_once(options, pathlib.Path(scratch), compress, size, rotate)


def full_disk_once(options, scratch, compress, size, rotate):
    directory = scratch / "d"
    directory.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", directory], check=True)
    try:
        outputs = [f"pmacct-json=file:{scratch}/all.json",
                   f"pmacct-json=file:{directory}/x?compress={compress}&{rotate}".rstrip("&")]
        with Collector(options.ribcage, outputs, scratch / "log") as collector:
            player = load(options.ribcage, collector.address, "--routers", "2", "--peers", "4",
                          "--prefixes", "30000", "--seed", str(options.seed))
            collector.find("output-write-failed")
            time.sleep(3)
            # What is compressed well may fit into what waits in memory and in sockets.
            held_back = "held back" if player.poll() is None else "done"
            used = shutil.disk_usage(directory).used
            subprocess.run(["mount", "-o", "remount,size=1g", directory], check=True)
            check(player.wait() == 0, "load failed")
            collector.find("output-recovered")
            collector.wait_for_end_of_sessions(2)
            collector.stop()
        check(not list(directory.glob("*.part")), "a part is left")
        files = in_order(directory) if rotate else list(directory.iterdir())
        records = compare(scratch, files)
        print(f"   compress={compress:4} {rotate or 'no rotation':27} {records:7} records in "
              f"{len(files):3} files, full at {used >> 10} KiB for 3 s, routers {held_back}")
    finally:
        subprocess.run(["umount", directory], check=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--ribcage", required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--number", type=int, default=100)
    parser.add_argument("what", choices=["rotation", "kills", "full-disk"])
    options = parser.parse_args()
    os.environ["TZ"] = "UTC"
    {"rotation": rotation, "kills": kills, "full-disk": full_disk}[options.what](options)


main()
