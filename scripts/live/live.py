"""What scripts/live.sh does: real routers send BMP, and what Ribcage says of their routes is held
against what they say of them.
"""

import argparse
import collections
import datetime
import os
import platform
import re
import shutil
import subprocess
import sys

import bgp
import exabgp
import frr
import gobgp
import lab as l
import terms

PER_FAMILY = 60  # routes of the generator that a router is fed with


class Rows:
    """A line for each family and lab; differences that nobody has given a reason for fail."""

    def __init__(self):
        self.rows, self.unexpected, self.notes = [], 0, []
        self.families = None  # of the lab `fed`; all of them

    def compare(self, lab, family, wanted, got, what="routes", explained=()):
        """Holds two lists of fields against each other. `explained` are (pattern, reason): what is
        only on one side, as text behind `wanted ` or `got `, is expected if a pattern matches.
        """
        ours = collections.Counter(map(terms.frozen, got))
        theirs = collections.Counter(map(terms.frozen, wanted))
        equal = sum((ours & theirs).values())
        differences = []
        for side, fields, others in (("wanted", wanted, ours), ("got", got, theirs)):
            seen = collections.Counter()
            for one in fields:
                key = terms.frozen(one)
                seen[key] += 1
                if seen[key] > others[key]:
                    differences.append(f"{side} {sorted(one.items(), key=lambda kv: kv[0])}")
        reasons = collections.Counter()
        for difference in differences:
            reason = next((why for pattern, why in explained if re.search(pattern, difference)),
                          None)
            reasons[reason] += 1
            if reason is None:
                self.unexpected += 1
                self.notes.append(f"{lab}, {family}, {what}: {difference}")
        for reason, times in reasons.items():
            if reason:
                self.notes.append(f"{lab}, {family}, {what}: {times} × {reason}")
        self.rows.append((lab, family, what, len(wanted), len(got), equal, len(differences)))
        return len(differences)

    def failed(self, lab, family, why, expected=False):
        self.unexpected += not expected
        self.notes.append(f"{lab}, {family}: {why}")
        if not expected:
            self.rows.append((lab, family, "failed", 0, 0, 0, 1))

    def text(self):
        lines = [("lab", "family", "what", "the router's", "received", "equal", "differences")]
        lines += [tuple(map(str, row)) for row in self.rows]
        widths = [max(len(line[at]) for line in lines) for at in range(7)]
        return "\n".join(
            "  ".join(cell.ljust(width) if at < 3 else cell.rjust(width)
                      for at, (cell, width) in enumerate(zip(line, widths))).rstrip()
            for line in lines)


def fields_of(records, without=()):
    return [terms.record(record, without) for record in records]


def hopless(family):
    """Keys that are not compared: flow specifications have no next hop, though GoBGP names one."""
    return ("bgp_nexthop",) if family[1] in (133, 134) else ()


def announced(records):
    return [r for r in records if r["log_type"] == "update"]


# ---- GoBGP originates, and says what it has in its own tables

def originated(lab, rows):
    collector = l.Collector(lab, "originated")
    daemon = gobgp.Daemon(lab, "originated", collector.port, "local-rib")
    many = 0
    for family, routes in gobgp.ROUTES.items():
        for route in routes:
            daemon.add(family, route)
            many += 1
    for name, rd, target in gobgp.VRFS:
        daemon.said("vrf", "add", name, "rd", rd, "rt", "both", target)
        daemon.said("vrf", name, "rib", "add", "10.77.0.0/24")
        daemon.said("vrf", name, "rib", "add", "-a", "ipv6", "2001:db8:77::/64")
        many += 3
    collector.settle(many)
    families = [row for row in gobgp.FAMILIES if row[0] in gobgp.ROUTES or row[0] == "rtc"]
    before = {}
    for word, _, family, _ in families:
        paths = daemon.table(word)
        before[word] = dict(paths)
        wanted = [terms.gobgp(family, path) for _, path in paths]
        got = fields_of(collector.routes("Loc-Rib", family), hopless(family))
        rows.compare("GoBGP originates", word, wanted, got, explained=ORIGINATED)
    count = len(collector.routes())
    for family, routes in gobgp.ROUTES.items():
        for route in routes[::2]:
            daemon.remove(family, route)
            count += 1
    collector.settle(count)
    for word, _, family, _ in families:
        left = dict(daemon.table(word))
        gone = [path for key, path in before[word].items() if key not in left]
        # Labels of withdrawn routes need not be theirs (RFC 8277 §2.4).
        wanted = [without(terms.gobgp(family, path), "bgp_nexthop", "label") for path in gone]
        got = fields_of([r for r in collector.routes("Loc-Rib", family)
                         if r["log_type"] == "withdraw"], ("bgp_nexthop", "mpls_label"))
        rows.compare("GoBGP originates", word, wanted, got, "withdrawn")
    for record in collector.routes():
        if record["log_type"] == "error":
            octets = record.get("nlri_raw") or record.get("bgp_pdu_raw", "")
            rows.failed("GoBGP originates", "?", "an error record, with all octets: "
                        + record["error"], expected=octets.endswith(WHOLE_ADDRESS))
    lab.end(daemon.process)
    collector.stop()


# GoBGP 3.10 writes all octets of a Type 1 Session Transformed prefix, of however many bits it is;
# later versions write those that its length needs.
WHOLE_ADDRESS = "01000317" "0001010203040064" "17c0a80000" "ffffffff3f" "200a000002"
ORIGINATED = [(r"^wanted .*'192\.168\.0\.0/23'", "prefix of Type 1 Session Transformed of which"
               " GoBGP 3.10 sends more octets than its length says")]


def without(fields, *names):
    return {k: v for k, v in fields.items() if k not in names}


# ---- GoBGP is fed with the generator's routes, which it reads, and writes again for BMP

# Routes that GoBGP 3.10 does not take, or reads as older drafts have them, by (AFI, SAFI): told by
# what Ribcage says of them.
def is_later_mup(fields):
    kind = fields["route_type"]
    if kind == "Interwork Segment Discovery" and ":" in fields["prefix"]:
        return True
    if kind == "Type 1 Session Transformed":
        address, length = fields["prefix"].split("/")
        whole = int(length) == (128 if ":" in address else 32)
        return not whole or "source_address" in fields or "tlvs" in fields
    whole = 160 if ":" in fields.get("endpoint_address", "") else 64
    return "tlvs" in fields or fields.get("endpoint_address_length", whole) != whole


def has_offset(fields):
    return any("offset" in component for component in fields["components"])


MUP = (is_later_mup, "MUP of later drafts: source addresses, parts of TEIDs, TLVs; and IPv6"
       " prefixes, of which it reads or writes all 16 octets whatever their length is")
OFFSETS = (has_offset, "IPv6 patterns with an offset: it takes them for whole addresses (RFC 8956"
           " before its last drafts)")
NOT_TAKEN = {
    (1, 85): MUP,
    (2, 85): MUP,
    (1, 132): (lambda fields: ":" not in fields.get("route_target", ""),
               "route target prefixes: it crashes on the default, and disables the family for"
               " others"),
    (2, 133): OFFSETS,
    (2, 134): OFFSETS,
    (25, 65): (lambda fields: "ve_id" not in fields,
               "VPLS but of RFC 4761: it crashes on longer ones"),
    (25, 70): (lambda fields: fields["route_type"] not in EVPN_TYPES,
               "EVPN types 6 to 11: it knows none of them"),
    (16388, 71): (lambda fields: fields["nlri_type"] not in LS_TYPES,
                  "BGP-LS types but node, link and prefix: it knows none of them"),
}
EVPN_TYPES = ("Ethernet Auto-Discovery", "MAC/IP Advertisement", "Ethernet Segment", "IP Prefix",
              "Inclusive Multicast Ethernet Tag")
LS_TYPES = ("Node NLRI", "Link NLRI", "IPv4 Topology Prefix NLRI", "IPv6 Topology Prefix NLRI")
# Path attributes that are left out, for GoBGP does not know some of their values and then takes the
# route for withdrawn: extended communities.
LEFT_OUT = {(25, 70): (16,)}
# It crashes on a label base without the bottom-of-stack bit, which RFC 4761 does not ask for.
def with_bottom(route):
    return route[:-1] + bytes([route[-1] | 1]) if len(route) == 19 else route


CHANGED = {(25, 65): with_bottom}


def generated(lab, key, family):
    """UPDATEs of one route each, as `ribcage load` makes them, and the records of those routes."""
    def load(port):
        done = subprocess.run(
            [l.RIBCAGE, "load", "--quiet", "--target", f"127.0.0.1:{port}", "--prefixes",
             str(PER_FAMILY), "--scenario", f"families:list={key}"],
            capture_output=True, text=True, check=False)
        if done.returncode:
            raise l.Failed(f"ribcage load: {done.stderr.strip()}")

    stream = bgp.recorded(lab.path(f"generated-{key}.bmp"), load)
    found = []
    for update in bgp.updates_of(stream):
        if bgp.family_of(update) != family:
            continue
        if family == (1, 1):
            found.append(update)
            continue
        change = CHANGED.get(family, bytes)
        found += [bgp.with_route(update, change(route), LEFT_OUT.get(family, ()))
                  for route in bgp.routes_of(family, bgp.nlri_of(update))]
    octets = b"".join(bgp.monitored(u, l.NEIGHBOUR, l.NEIGHBOUR_AS) for u in found)
    records = l.decoded(lab, f"fed-{key}", octets)
    if family != (1, 1) and len(records) != len(found):
        raise l.Failed(f"{len(found)} routes have {len(records)} records")
    return found, fields_of(records, hopless(family))


def fed(lab, rows):
    for word, name, family, key in gobgp.FAMILIES:
        if rows.families and word not in rows.families:
            continue
        try:
            feed_one(lab, rows, word, name, family, key)
        except l.Failed as why:
            rows.failed("GoBGP is fed", word, str(why))
        lab.end(*lab.started)


def feed_one(lab, rows, word, name, family, key):
    where = "GoBGP is fed"
    updates, wanted = generated(lab, key, family)
    if not wanted:
        raise l.Failed("nothing was generated")
    if family in NOT_TAKEN:
        skip, why = NOT_TAKEN[family]
        taken = [(u, fields) for u, fields in zip(updates, wanted) if not skip(fields)]
        if len(taken) < len(wanted):
            rows.failed(where, word, f"{len(wanted) - len(taken)} of {len(wanted)} left out: {why}",
                        expected=True)
        updates, wanted = map(list, zip(*taken))
    hop = hopless(family)
    with open(lab.path(f"fed-{key}.updates"), "wb") as file:
        file.write(b"".join(updates))
    collector = l.Collector(lab, f"fed-{key}")
    neighbour = gobgp.neighbour(l.NEIGHBOUR, l.NEIGHBOUR_AS, [name])
    daemon = gobgp.Daemon(lab, f"fed-{key}", collector.port, "all", neighbour)
    speaker = lab.start(
        lab.neighbour, f"speaker-{key}", sys.executable, os.path.join(l.HERE, "speaker.py"),
        l.NEIGHBOUR, l.ROUTER, str(l.NEIGHBOUR_AS), f"{family[0]}/{family[1]}",
        lab.path(f"fed-{key}.updates"), stdin=subprocess.PIPE)
    l.wait_for(r"sent \d+", speaker, "the session")
    collector.settle(3 * len(wanted))
    said = "; ".join(l.text_of(speaker.log).split("\n")[2:]).strip("; ")
    if said:
        rows.failed(where, word, f"GoBGP ended the session: {said}", word in ENDS)
    if daemon.process.poll() is not None:
        rows.failed(where, word, "GoBGP crashed")
    for view in ("Adj-Rib-In Pre-Policy", "Loc-Rib"):
        got = fields_of(announced(collector.routes(view, family)), hop)
        what = "as fed, " + ("pre-policy" if view.startswith("Adj") else "Loc-RIB")
        missing = rows.compare(where, word, wanted, got, what, EXPLAINED.get(word, ()))
        errors = [r for r in collector.routes(view) if r["log_type"] == "error"]
        if len(errors) != (missing if EXPLAINED.get(word, NONE) is not NONE else 0):
            rows.failed(where, word, f"{what}: {len(errors)} error records")
    got = fields_of(announced(collector.routes("Adj-Rib-In Pre-Policy", family)), hop)
    try:
        paths = daemon.table(word, "neighbor", l.NEIGHBOUR, "adj-in")
        theirs = [terms.gobgp(family, path) for _, path in paths]
    except l.Failed as why:
        rows.failed(where, word, f"GoBGP prints none of them: {why}", expected=word in SILENT)
        return
    if None in theirs:
        name = terms.NAMES[family[1]]
        theirs, got = [{"name": key} for key, _ in paths], [{"name": name(one)} for one in got]
    rows.compare(where, word, theirs, got, "as GoBGP says", EXPLAINED.get(word, ()))


# Families of which GoBGP's command line prints no route.
SILENT = {"ipv4-multicast", "ipv6-multicast", "ipv4-l3vpn-multicast", "ipv6-l3vpn-multicast",
          "ipv4-srpolicy", "ipv6-srpolicy", "vpls"}
# Families of which it does not take any, though its configuration names them.
ENDS = {"ipv4-multicast", "ipv6-multicast"}
# Routes that it took and sends on malformed: error records in their place, with all octets.
SHORT = "GoBGP 3.10 keeps the length and writes less: an error record each"
NONE = [("^wanted", "GoBGP takes none, though its configuration names the family")]
EXPLAINED = {
    "ipv4-multicast": NONE,
    "ipv6-multicast": NONE,
    "ipv4-l3vpn-multicast": NONE,
    "ipv6-l3vpn-multicast": NONE,
    "ipv4-mup": [("^wanted .*Type 1 Session", "length of a source address, 0: " + SHORT)],
    "ls": [("^wanted .*'mt_ids'", "multi-topology identifiers: " + SHORT)],
}

LABS = {"originated": originated, "fed": fed, "exabgp": exabgp.lab, "frr": frr.lab}


def versions():
    said = []
    for command in (["gobgpd", "--version"],
                    ["/usr/bin/python3", "/usr/sbin/exabgp", "--version"],
                    ["/usr/lib/frr/bgpd", "--version"],
                    [l.RIBCAGE, "--version"], ["uname", "-sr"]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        lines = done.stdout.strip().splitlines() or [command[0] + " is not there"]
        said.append(" ".join(lines[0].split()))
    return said


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--only", choices=LABS, action="append")
    parser.add_argument("--family", action="append")
    parser.add_argument("--into")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--binary")
    options = parser.parse_args()
    rows, work = Rows(), os.environ["WORK"]
    rows.families = options.family
    began = datetime.datetime.now(datetime.timezone.utc)
    for name in options.only or LABS:
        directory = os.path.join(work, name)
        os.mkdir(directory)
        with l.Lab(directory) as lab:
            try:
                LABS[name](lab, rows)
            except l.Failed as why:
                rows.failed(name, "all", str(why))
    commit = subprocess.run(["git", "-C", l.HERE, "rev-parse", "--short", "HEAD"],
                            capture_output=True, text=True, check=False).stdout.strip()
    verdict = f"FAILED: {rows.unexpected} unexpected differences" if rows.unexpected else "PASSED"
    lines = [f"scripts/live.sh, {began:%F %R} UTC, commit {commit}", *versions(),
             f"Python {platform.python_version()}", "", rows.text(), "", *rows.notes, "", verdict]
    text = "\n".join(lines) + "\n"
    print(text, end="")
    if options.into:
        os.makedirs(options.into, exist_ok=True)
        with open(os.path.join(options.into, "live.txt"), "w", encoding="utf-8") as file:
            file.write(text)
    if not options.keep:
        shutil.rmtree(work)
    sys.exit(1 if rows.unexpected else 0)


if __name__ == "__main__":
    main()
