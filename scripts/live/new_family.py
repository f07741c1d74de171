"""What scripts/new_family.sh does with its copy of the project."""

import datetime
import json
import os
import subprocess
import sys
import time

import bgp

REPO, WORK = os.environ["REPO"], os.environ["WORK"]
PROJECT = os.path.join(WORK, "project")
TABLE = os.path.join(PROJECT, "src/bgp/nlri/mod.rs")
FAMILY = (16999, 242)
ROW = '    made_up { (16999, 242) => "Made-up" "made-up" [] made_up::MadeUp<\'_>; }'
NEIGHBOUR, AS = "10.99.0.2", 65013

RD = bytes.fromhex("0000fde900000005")
STATION = RD + bytes.fromhex("020000000001" "000007" "20" "20010db8")
ROUTES = (bytes([1, len(STATION)]) + STATION      # of the known type
          + bytes.fromhex("0703aabbcc"))          # of another: kept whole
WANTED = [
    {"rd": "0:65001:5", "route_type": "station", "mac_address": "02:00:00:00:00:01", "slot": 7,
     "prefix": "2001:db8::/32"},
    {"route_type": 7, "value": "aabbcc"},
]
NEXT_HOP = bytes([10, 99, 0, 2])


def add_family():
    """One file and one row; says which."""
    with open(os.path.join(REPO, "scripts/live/made_up.rs"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(PROJECT, "src/bgp/nlri/made_up.rs"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(TABLE, encoding="utf-8") as file:
        before = file.read().split("\n")
    begin = before.index("families! {")
    end = before.index("}", begin)
    with open(TABLE, "w", encoding="utf-8") as file:
        file.write("\n".join([*before[:end], ROW, *before[end:]]))
    lines = len(text.split("#[cfg(test)]")[0].splitlines())
    print(f"added   src/bgp/nlri/made_up.rs, {lines} lines and its tests")
    status = subprocess.run(["git", "diff", "--no-index", "--numstat", REPO + "/src",
                             PROJECT + "/src"], capture_output=True, text=True, check=False)
    for line in status.stdout.splitlines():
        added, removed, name = line.split("\t")
        name = name.rsplit("/", 1)[-1].rstrip("}")
        print(f"changed {name}: {added} lines more, {removed} fewer")
    print("row    ", ROW.strip())


def cargo(*words):
    begun = time.monotonic()
    done = subprocess.run(
        ["cargo", *words], cwd=PROJECT, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, check=False,
        env={**os.environ, "CARGO_TARGET_DIR": os.path.join(WORK, "target")})
    print(f"ran     cargo {' '.join(words)}: {time.monotonic() - begun:.0f} s")
    if done.returncode:
        sys.exit(f"it failed:\n{done.stdout[-6000:]}")
    return done.stdout


def ribcage(*words, octets=b""):
    done = subprocess.run([os.path.join(WORK, "target/debug/ribcage"), *words], input=octets,
                          capture_output=True, check=False)
    if done.returncode:
        sys.exit(f"ribcage {' '.join(words)}: {done.stderr.decode()}")
    return done.stdout.decode()


def routes_of(octets):
    lines = ribcage("decode", "--quiet", "-F", "pmacct-json", "-", octets=octets).splitlines()
    records = [json.loads(line) for line in lines]
    return [r for r in records if r.get("log_type") in ("update", "withdraw", "error")]


def decode():
    """Records of crafted octets: of a sound UPDATE, and of one with a malformed route in it."""
    def message(nlri):
        return bgp.monitored(bgp.announcing(FAMILY, NEXT_HOP, nlri, AS), NEIGHBOUR, AS)

    records = routes_of(message(ROUTES))
    for record in records:
        print("record ", json.dumps(record))
    held = ("log_type", "afi", "safi", "bgp_nexthop", "as_path")
    common = dict(zip(held, ("update", *FAMILY, NEIGHBOUR, str(AS))))
    if len(records) != len(WANTED):
        sys.exit(f"{len(WANTED)} records were wanted")
    for record, wanted in zip(records, WANTED):
        for name, value in {**common, **wanted}.items():
            if record.get(name) != value:
                sys.exit(f"{name} is {record.get(name)!r}, and was to be {value!r}")
    malformed = routes_of(message(ROUTES + bytes([1, 2, 0, 0])))
    kinds = [record["log_type"] for record in malformed]
    print("with a malformed route behind them:", *kinds)
    if kinds != ["update", "update", "error"]:
        sys.exit("two updates and an error were wanted")


def generate():
    """The load generator has it too, by its key, and what it sends decodes."""
    stream = os.path.join(WORK, "load.bmp")
    lines = bgp.recorded(stream, lambda port: ribcage(
        "load", "--quiet", "--target", f"127.0.0.1:{port}", "--prefixes", "100", "--scenario",
        "families:list=made-up,add-path=on"))
    records = [r for r in routes_of(lines) if (r["afi"], r["safi"]) == FAMILY]
    different = {(r["rd"], r["prefix"]) for r in records if r["route_type"] == "station"}
    print(f"ribcage load --prefixes 100 --scenario families:list=made-up,add-path=on: "
          f"{len(records)} routes came, {len(different)} different ones")
    if len(different) != 100:
        sys.exit("100 were wanted")


def main():
    began = datetime.datetime.now(datetime.timezone.utc)
    head = subprocess.run(["git", "-C", REPO, "rev-parse", "--short", "HEAD"],
                          capture_output=True, text=True, check=False).stdout.strip()
    print(f"scripts/new_family.sh, {began:%F %R} UTC, commit {head}")
    add_family()
    cargo("build", "--quiet", "--offline", "--bin", "ribcage")
    decode()
    generate()
    tests = cargo("test", "--offline", "--lib", *filter(None, [os.environ["TESTS"]]))
    print("tests  ", next(line for line in tests.splitlines() if line.startswith("test result")))
    mine = [line for line in tests.splitlines() if "made_up::" in line]
    print("\n".join(mine))
    if not mine:
        sys.exit("its own tests did not run")
    print("PASSED")


if __name__ == "__main__":
    main()
