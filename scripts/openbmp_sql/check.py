"""Feeds recordings to a database, as scripts/postgres.sh says, and asks it what it holds."""

import argparse
import contextlib
import ipaddress
import json
import os
import pathlib
import subprocess
import sys
import time

import hostile
import sql

REPO = pathlib.Path(__file__).resolve().parents[2]
WORK = pathlib.Path(os.environ["WORK"])
RIBCAGE, PSQL = os.environ["RIBCAGE"], os.environ["PSQL"]
# What the format says of the peers of a router that is lost. Put off, for the routes that its peers
# had until then can only be counted before.
LOST = "BMP session lost"
EPOCH = "2000"  # a router's clock is believed from then on


def decode(form, path):
    """What the program makes of a recording; broken framing ends it, and is no failure here."""
    command = [RIBCAGE, "decode", "-q", "--arrival", "2029-01-02T03:04:05Z", "--router",
               "192.0.2.9:4000", "-F", form, str(path)]
    run = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                         env=os.environ | {"TZ": "UTC"}, check=False)
    if run.returncode not in (0, 1):
        sys.exit(f"{' '.join(command)}: {run.stderr.decode()}")
    return run.stdout


class Statements:
    """Runs statements as they are written; one that is not taken ends them."""

    def __init__(self, name=None):
        command = [PSQL, "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"]
        self.count, self.answer = 0, (WORK / "answer").open("w+b")
        self.copy = (WORK / f"{name}.sql").open("ab") if name and os.environ["KEEP"] else None
        self.run = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=self.answer,
                                    stderr=subprocess.STDOUT)

    def write(self, text):
        self.count += text.endswith(";\n")
        if self.copy:
            self.copy.write(text.encode())
        with contextlib.suppress(BrokenPipeError):  # the end tells why
            self.run.stdin.write(text.encode())

    def end(self):
        """The rows of the answer."""
        with contextlib.suppress(BrokenPipeError):
            self.run.stdin.close()
        failed = self.run.wait()
        self.answer.seek(0)
        text = self.answer.read().decode()
        self.answer.close()
        if failed:
            raise sql.Refused(text.strip()[:2000])
        return [line.split("\t") for line in text.splitlines()]


def psql(text):
    """The same of a text."""
    statements = Statements()
    statements.write(text)
    return statements.end()


def answers(questions):
    """Asks for many numbers at once: what was asked, what the answer is and what it ought to be."""
    row = psql("SELECT " + ", ".join(f"({text})" for _, text, _ in questions) + ";")[0]
    return [(what, int(got), want) for got, (what, _, want) in zip(row, questions)]


def feed(octets, name):
    """Puts messages into the database: their consumer, what was put off for the end, a count."""
    statements, off = Statements(name), []
    consumer = sql.Consumer(statements.write)
    for kind, collector, rows in sql.messages(octets):
        if (kind == "peer" and rows[0][24] == LOST) or (off and kind in ("router", "collector")):
            off.append((kind, collector, rows))
        else:
            consumer.read(kind, collector, rows)
    consumer.flush()
    statements.end()
    return consumer, off, statements.count


def ended(consumer, off, name):
    """Puts the rest into it."""
    statements = Statements(name)
    consumer.write = statements.write
    for message in off:
        consumer.read(*message)
    consumer.flush()
    statements.end()
    return statements.count


class Routes:
    """What `pmacct-json` says of routes and peers, kept by the consumer's rules."""

    def __init__(self):
        self.ip, self.vpn, self.known, self.up = {}, {}, set(), set()
        self.mirrored = 0

    def forget(self, peer, time):
        """The consumer drops the routes of a peer that are older than its coming or going."""
        for key in [k for k, at in self.ip.items() if k[0] == peer and at < time]:
            del self.ip[key]

    def read(self, record):
        self.mirrored += record.get("bmp_msg_type") == "route_mirror"
        if "peer_ip" not in record:
            return
        time = record["timestamp"]
        time = time if time >= EPOCH else record["timestamp_arrival"]
        view, kind = record["bmp_rib_type"], record["bmp_msg_type"]
        rd = record.get("rd") if record.get("rd_origin", "bmp") == "bmp" else None
        peer = (record["bmp_router"], record["peer_ip"], rd, view == "Loc-Rib")
        if record.get("safi") == 128:
            peer = peer[:2] + (None, peer[3])
        elif kind == "peer_up":
            self.forget(peer, time)
            self.known.add(peer)
            self.up.add(peer)
        elif kind == "peer_down":
            self.forget(peer, time)
            self.known.discard(peer)
            self.up.discard(peer)
        elif kind in ("route_monitor", "stats") and peer not in self.known:
            self.forget(peer, time)
            self.known.add(peer)
            self.up.discard(peer)
        if "ip_prefix" in record and record.get("log_type") in ("update", "withdraw"):
            self.route(record, peer, view, time)

    def route(self, record, peer, view, time):
        table = {1: self.ip, 4: self.ip, 128: self.vpn}.get(record["safi"])
        if table is None or record["afi"] not in (1, 2):
            return
        network = ipaddress.ip_network(record["ip_prefix"], strict=False)
        rd = record.get("rd") if record["safi"] == 128 else None
        key = (peer, view, record["safi"], rd, network, record.get("as_path_id", 0))
        if record["log_type"] == "update":
            table[key] = time
        else:
            table.pop(key, None)


# Where the two outputs cannot say the same: a part of the recording's name, the question, why.
MIRRORED = "mirrored"
APART = [
    (MIRRORED, "routes", "mirrored UPDATEs are rows of routes, as the original has them"),
    ("lab-bird", "routes", "its peers have no time, and the collector's stands still here: the "
     "consumer drops only what is older than a Peer Down"),
    ("synthetic-input-03-peer", "peers up", "JSON does not show distinguishers of global peers"),
    ("openbgpd_rib_table-v2", "vpn routes", "its next hops lack the distinguisher, which makes the "
     "UPDATEs malformed: pmacct shows them, here the routes are withdrawn"),
    ("synthetic-input-07-rib", "routes", "one prefix with two sets of host bits has two ids"),
]

ORPHANS = """SELECT (SELECT count(*) FROM {table} r LEFT JOIN base_attrs b
  ON b.hash_id = r.base_attr_hash_id AND b.peer_hash_id = r.peer_hash_id
  WHERE NOT r.iswithdrawn AND r.base_attr_hash_id IS NOT NULL AND b.hash_id IS NULL)
 + (SELECT count(*) FROM {table} r LEFT JOIN bgp_peers p ON p.hash_id = r.peer_hash_id
  WHERE p.hash_id IS NULL)"""
TABLES = ["collectors", "routers", "bgp_peers", "stat_reports", "base_attrs", "ip_rib", "l3vpn_rib",
          "ls_nodes", "ls_links", "ls_prefixes"]


def questions(routes):
    """What the database is asked before the routers' ends, and what it ought to say."""
    return [
        ("routes", "SELECT count(*) FROM ip_rib WHERE NOT iswithdrawn", len(routes.ip)),
        ("vpn routes", "SELECT count(*) FROM l3vpn_rib WHERE NOT iswithdrawn", len(routes.vpn)),
        ("peers up", "SELECT count(*) FROM bgp_peers WHERE state = 'up'", len(routes.up)),
        *((f"orphans in {table}", ORPHANS.format(table=table), 0) for table in TABLES[5:]),
    ]


# The same at the very end. Of peers that a router has called down the consumer keeps routes that
# are not older than that.
AT_THE_END = [
    ("peers up at the end", "SELECT count(*) FROM bgp_peers WHERE state = 'up'", 0),
    ("routers up at the end", "SELECT count(*) FROM routers WHERE state = 'up'", 0),
    ("collectors not down", "SELECT count(*) FROM collectors WHERE state <> 'down'", 0),
    ("routes of peers whose router is lost",
     "SELECT count(*) FROM ip_rib r JOIN bgp_peers p ON p.hash_id = r.peer_hash_id "
     f"WHERE NOT r.iswithdrawn AND p.error_text = '{LOST}'", 0),
]


def try_one(path, name):
    """One recording: a line about it, and what was not as it should be."""
    psql("TRUNCATE " + ", ".join(TABLES))
    began = time.monotonic()
    faults = []
    try:
        consumer, off, count = feed(decode("openbmp", path), name)
        routes = Routes()
        for line in decode("pmacct-json", path).splitlines():
            routes.read(json.loads(line))
        told = answers(questions(routes))
        count += ended(consumer, off, name)
        told += answers(AT_THE_END)
        for what, got, want in told:
            apart = [why for part, asked, why in APART
                     if asked == what and (part in name or part is MIRRORED and routes.mirrored)]
            if got != want:
                faults.append((f"{what}: {got}; expected {want}", *apart[:1]))
        found = {what: got for what, got, _ in told}
    except (sql.Refused, ValueError) as fault:
        return f"{name}: refused", [(str(fault),)]
    rows = " ".join(f"{kind} {n}" for kind, n in consumer.rows.items())
    seconds = time.monotonic() - began
    return f"{name}: {count} statements; {rows}; routes left {found['routes']} + " \
        f"{found['vpn routes']}; peers up {found['peers up']}; {seconds:.1f} s", faults


def recordings(most):
    """Streams, captures and collectors' recordings in the shared folder."""
    data = pathlib.Path(os.environ.get("RIBCAGE_SHARED", REPO.parent / "shared")) / "data"
    found = []
    for pattern in ("captures/**/*.pcap", "lab/*.bmp.gz", "openbmp/golden/streams/*.bmp",
                    "openbmp/obmp-binary/*.msg.bin", "pmacct/*-BMP-*/streams/*.bin",
                    "pmacct/synthetic/input/*.bin", "mrt/mrtparse-samples/samples/*_*",
                    "mrt/rislive/*msg*", "streams/*.bmp.gz",
                    "mrt/ripe-ncc-bgpdump/*.[0-9][0-9][0-9][0-9].gz"):
        found += sorted(data.glob(pattern))
    return [(path, str(path.relative_to(data))) for path in found
            if path.stat().st_size <= most]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=pathlib.Path)
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--under", type=int, metavar="KIB", default=1 << 30)
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    psql((REPO / "scripts/openbmp_sql/schema.sql").read_text())
    ours = WORK / "hostile.bmp"
    ours.write_bytes(hostile.stream())
    paths = [(path, str(path)) for path in arguments.files] or recordings(
        arguments.under << 10)
    lines = [psql("SELECT version()")[0][0],
             subprocess.check_output([RIBCAGE, "--version"], text=True).strip(), ""]
    bad = 0
    for path, name in [(ours, "hostile.bmp"), *paths]:
        line, faults = try_one(path, name.replace("/", "-").removesuffix(".gz"))
        lines += [line] + [f"  apart: {fault}, for {why[0]}" if why else f"  NOT SO: {fault}"
                           for fault, *why in faults]
        bad += any(len(fault) == 1 for fault in faults)
        print(*lines[-1 - len(faults):], sep="\n", flush=True)
    lines += ["", f"{len(paths) + 1} recordings, {bad} of them not as they should be"]
    print(lines[-1])
    if arguments.into:
        arguments.into.mkdir(parents=True, exist_ok=True)
        (arguments.into / "postgres.txt").write_text("\n".join(lines) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
