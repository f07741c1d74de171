"""Feeds recordings to a database, as scripts/postgres.sh says, and asks it what it holds."""

import argparse
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


def psql(text):
    """Runs statements; the rows of the last one. A statement that is not taken ends them."""
    run = subprocess.run(
        [PSQL, "-X", "-q", "-A", "-t", "-F", "\t", "-v", "ON_ERROR_STOP=1"],
        input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if run.returncode:
        raise sql.Refused(run.stderr.decode().strip()[:2000])
    return [line.split("\t") for line in run.stdout.decode().splitlines()]


def ask(question):
    """One number."""
    return int(psql(question)[0][0])


def feed(octets, name):
    """Puts messages into the database: rows by object, and what was put off for the end."""
    texts = []
    consumer = sql.Consumer(texts.append)
    off = []
    for kind, collector, rows in sql.messages(octets):
        if (kind == "peer" and rows[0][24] == LOST) or (off and kind in ("router", "collector")):
            off.append((kind, collector, rows))
        else:
            consumer.read(kind, collector, rows)
    consumer.flush()
    (WORK / f"{name}.sql").write_text("".join(texts))
    psql("".join(texts))
    return consumer, off, sum(text == ";\n" or text.endswith(";\n") for text in texts)


def ended(consumer, off):
    """Puts the rest into it."""
    texts = []
    consumer.write = texts.append
    for message in off:
        consumer.read(*message)
    consumer.flush()
    psql("".join(texts))
    return sum(text.endswith(";\n") for text in texts)


class Routes:
    """What `pmacct-json` says of routes and peers, kept by the consumer's rules."""

    def __init__(self):
        self.ip, self.vpn, self.known, self.up = {}, {}, set(), set()
        self.routers, self.odd = set(), 0

    def forget(self, peer, time):
        """The consumer drops the routes of a peer that are older than its coming or going."""
        for key in [k for k, at in self.ip.items() if k[0] == peer and at < time]:
            del self.ip[key]

    def read(self, record):
        self.routers.add(record["bmp_router"])
        self.odd += record.get("log_type") == "error"
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


ORPHANS = """SELECT (SELECT count(*) FROM {table} r LEFT JOIN base_attrs b
  ON b.hash_id = r.base_attr_hash_id AND b.peer_hash_id = r.peer_hash_id
  WHERE NOT r.iswithdrawn AND b.hash_id IS NULL)
 + (SELECT count(*) FROM {table} r LEFT JOIN bgp_peers p ON p.hash_id = r.peer_hash_id
  WHERE p.hash_id IS NULL)"""
TABLES = "collectors routers bgp_peers stat_reports base_attrs ip_rib l3vpn_rib ls_nodes ls_links " \
         "ls_prefixes".split()


def questions(path):
    """Names, what the database says, what it ought to say; before the routers' ends."""
    routes = Routes()
    for line in decode("pmacct-json", path).splitlines():
        routes.read(json.loads(line))
    yield "routes", ask("SELECT count(*) FROM ip_rib WHERE NOT iswithdrawn"), len(routes.ip)
    yield "vpn routes", ask("SELECT count(*) FROM l3vpn_rib WHERE NOT iswithdrawn"), \
        len(routes.vpn)
    yield "peers up", ask("SELECT count(*) FROM bgp_peers WHERE state = 'up'"), len(routes.up)
    for table in TABLES[5:]:
        yield f"orphans in {table}", ask(ORPHANS.format(table=table)), 0


def last_questions():
    """The same at the very end."""
    yield "peers up at the end", ask("SELECT count(*) FROM bgp_peers WHERE state = 'up'"), 0
    yield "routers up at the end", ask("SELECT count(*) FROM routers WHERE state = 'up'"), 0
    yield "collectors that are not down", \
        ask("SELECT count(*) FROM collectors WHERE state <> 'down'"), 0
    yield "routes of peers that are down", \
        ask("SELECT count(*) FROM ip_rib WHERE NOT iswithdrawn"), 0


def try_one(path, name):
    """One recording: a line about it, and what was not as it should be."""
    psql("TRUNCATE " + ", ".join(TABLES))
    began = time.monotonic()
    faults = []
    try:
        consumer, off, count = feed(decode("openbmp", path), name)
        answers = list(questions(path))
        count += ended(consumer, off)
        answers += last_questions()
        faults += [f"{what}: {got}; expected {want}" for what, got, want in answers if got != want]
        found = {what: got for what, got, _ in answers}
    except (sql.Refused, ValueError) as fault:
        return f"{name}: refused", [str(fault)]
    rows = " ".join(f"{kind} {n}" for kind, n in consumer.rows.items())
    seconds = time.monotonic() - began
    return f"{name}: {count} statements; {rows}; routes left {found['routes']} + " \
        f"{found['vpn routes']}; peers up {found['peers up']}; {seconds:.1f} s", faults


def recordings():
    """Streams, captures and collectors' recordings in the shared folder."""
    data = pathlib.Path(os.environ.get("RIBCAGE_SHARED", REPO.parent / "shared")) / "data"
    found = []
    for pattern in ("captures/**/*.pcap", "lab/*.bmp.gz", "openbmp/golden/streams/*.bmp",
                    "openbmp/obmp-binary/*.msg.bin", "pmacct/*-BMP-*/streams/*.bin",
                    "pmacct/synthetic/input/*.bin", "mrt/mrtparse-samples/samples/*_*",
                    "mrt/rislive/*msg*", "streams/*.bmp.gz",
                    "mrt/ripe-ncc-bgpdump/*.[0-9][0-9][0-9][0-9].gz"):
        found += sorted(data.glob(pattern))
    return [(path, str(path.relative_to(data))) for path in found]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--into", type=pathlib.Path)
    parser.add_argument("--binary")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    arguments = parser.parse_args()
    psql((REPO / "scripts/openbmp_sql/schema.sql").read_text())
    ours = WORK / "hostile.bmp"
    ours.write_bytes(hostile.stream())
    paths = [(path, str(path)) for path in arguments.files] or recordings()
    lines = [psql("SELECT version()")[0][0],
             subprocess.check_output([RIBCAGE, "--version"], text=True).strip(), ""]
    bad = 0
    for path, name in [(ours, "hostile.bmp"), *paths]:
        line, faults = try_one(path, name.replace("/", "-").removesuffix(".gz"))
        lines += [line] + [f"  NOT SO: {fault}" for fault in faults]
        bad += bool(faults)
        print(*lines[-1 - len(faults):], sep="\n", flush=True)
    lines += ["", f"{len(paths) + 1} recordings, {bad} of them not as they should be"]
    print(lines[-1])
    if arguments.into:
        arguments.into.mkdir(parents=True, exist_ok=True)
        (arguments.into / "postgres.txt").write_text("\n".join(lines) + "\n")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
