"""FRR: EVPN routes of its own, which it makes of what the kernel knows, VPN routes, and routes of a
neighbour.
"""

import json
import os
import shutil
import tempfile
import time

import gobgp
import lab as l
import terms

BGPD = """hostname live
log stdout informational
router bgp {asn}
 bgp router-id {address}
 no bgp default ipv4-unicast
 no bgp ebgp-requires-policy
 no bgp network import-check
 no bgp enforce-first-as
 neighbor {neighbour} remote-as {neighbour_as}
 neighbor {neighbour} advertisement-interval 0
 address-family ipv4 unicast
  network 10.200.1.0/24
  network 10.200.2.3/32
  neighbor {neighbour} activate
 exit-address-family
 address-family ipv6 unicast
  network 2001:db8:200::/48
  neighbor {neighbour} activate
 exit-address-family
 address-family ipv4 vpn
  network 10.1.0.0/24 rd 65001:1 label 100
  network 10.2.0.0/16 rd 1.2.3.4:5 label 1048575
  network 0.0.0.0/0 rd 65001:2 label 16
  neighbor {neighbour} activate
 exit-address-family
 address-family ipv6 vpn
  network 2001:db8:1::/64 rd 65001:1 label 100
  neighbor {neighbour} activate
 exit-address-family
 address-family l2vpn evpn
  neighbor {neighbour} activate
  advertise-all-vni
 exit-address-family
exit
"""
FAMILIES = [("ipv4 unicast", (1, 1)), ("ipv6 unicast", (2, 1)), ("ipv4 vpn", (1, 128)),
            ("ipv6 vpn", (2, 128)), ("l2vpn evpn", (25, 70))]
# What the neighbour, a gobgpd, sends: of GoBGP's routes those that FRR 8.4 takes.
SKIPPED = ("multicast 2001", "esi 2001")  # FRR answers the first with a NOTIFICATION
OF_NEIGHBOUR = ("ipv4", "ipv6", "ipv4-l3vpn", "ipv6-l3vpn", "evpn")


def lab(lab, rows):
    collector = l.Collector(lab, "frr")
    # vtysh wants a short path, and FRR one where it may write as another user.
    run = tempfile.mkdtemp(prefix="ribcage-frr-")
    try:
        os.chmod(run, 0o777)
        compare(lab, rows, collector, run)
    finally:
        lab.end(*lab.started)
        shutil.rmtree(run)


def links(lab):
    """A VXLAN device in a bridge, and two neighbours behind it; why not, where that cannot be."""
    def ip(*words):
        lab.ip("-n", lab.router, *words)

    try:
        for vni in (100, 200):
            bridge, tunnel, port = f"br{vni}", f"vxlan{vni}", f"port{vni}"
            ip("link", "add", bridge, "type", "bridge")
            ip("link", "add", tunnel, "type", "vxlan", "id", str(vni), "dstport", "4789", "local",
               l.ROUTER, "nolearning")
            ip("link", "add", port, "type", "veth", "peer", "name", f"host{vni}")
            for link in (tunnel, port):
                ip("link", "set", link, "master", bridge)
            for link in (bridge, tunnel, port, f"host{vni}"):
                ip("link", "set", link, "up")
    except l.Failed as why:
        return str(why)
    return None


def hosts(lab):
    """Hosts behind the bridges, with IPv4, IPv6 and no addresses: MAC/IP Advertisements."""
    for vni in (100, 200):
        for at, addresses in enumerate(([f"10.{vni}.0.7"], [f"2001:db8:{vni}::7"], [])):
            mac = f"02:00:00:00:{vni // 100:02}:{at + 1:02}"
            done = lab.run(lab.router, "bridge", "fdb", "add", mac, "dev", f"port{vni}", "master",
                           "static")
            if done.returncode:
                raise l.Failed(f"bridge fdb add: {done.stderr.strip()}")
            for address in addresses:
                lab.ip("-n", lab.router, "neigh", "add", address, "lladdr", mac, "dev",
                       f"br{vni}")


def compare(lab, rows, collector, run):
    why = links(lab)
    if why:
        rows.failed("FRR", "l2vpn evpn", f"no VXLAN here, so no routes of its own: {why}", True)
    config = BGPD.format(asn=l.ROUTER_AS, address=l.ROUTER, neighbour=l.NEIGHBOUR,
                         neighbour_as=l.NEIGHBOUR_AS)
    for name, text in (("bgpd", config), ("zebra", "hostname live\n")):
        path = os.path.join(run, f"{name}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(path, 0o666)

    def daemon(name, *more):
        lab.start(lab.router, f"frr-{name}", f"/usr/lib/frr/{name}", *more, "-u", "root", "-g",
                  "frrvty", "-z", f"{run}/zserv.api", "--vty_socket", run, "-P", "0", "-i",
                  f"{run}/{name}.pid", "-f", f"{run}/{name}.conf")
        time.sleep(1)

    def vtysh(*commands):
        words = [word for command in commands for word in ("-c", command)]
        done = lab.run(lab.router, "vtysh", "--vty_socket", run, *words)
        if done.returncode:
            raise l.Failed(f"vtysh {commands}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    daemon("zebra")
    daemon("bgpd", "-M", "bgpd_bmp")
    if not why:
        hosts(lab)
    sent = neighbour(lab)
    until = time.monotonic() + l.PATIENCE_S
    while time.monotonic() < until:
        if len(evpn_paths(vtysh("show bgp l2vpn evpn json"))) >= sent["evpn"]:
            break
        time.sleep(0.5)
    time.sleep(2)
    # FRR tells a station of its own routes when that connects, and not of later ones.
    monitors = [f"bmp monitor {name} {view}" for name, _ in FAMILIES
                for view in ("pre-policy", "post-policy")]
    vtysh("configure terminal", f"router bgp {l.ROUTER_AS}", "bmp targets live",
          *monitors, f"bmp connect 127.0.0.1 port {collector.port} min-retry 500 max-retry 1000")
    collector.settle(10)
    for name, family in FAMILIES:
        said = vtysh(f"show bgp {name} json")
        theirs = PATHS[family[1]](said)
        for who, is_own in (("own", True), ("of a neighbour", False)):
            wanted = [fields for own, fields in theirs if own == is_own]
            got = [r for r in collector.routes("Adj-Rib-In Post-Policy", family)
                   if r["log_type"] == "update" and (r["peer_ip"] in OWN) == is_own]
            rows.compare("FRR", name, wanted, [terms.record(r, NOT_SAID) for r in got],
                         f"{who}, post-policy", EXPLAINED)
    errors = [r["error"] for r in collector.routes() if r["log_type"] == "error"]
    for error in errors:
        rows.failed("FRR", "?", error)


# Of peers: FRR tells its own routes as those of a peer without an address.
OWN = ("0.0.0.0", "::")
# What FRR's JSON does not say. Its labels in BMP are 0 in any case.
NOT_SAID = ("bgp_nexthop", "mpls_label", "mpls_label1", "vni1", "mpls_label2", "vni2",
            "gw_ip_address", "esi")
EXPLAINED = [(r"^wanted .*'prefix', '(0\.0\.0\.0|::)/0'\), \('rd'",
              "VPN default route: FRR 8.4 sends none over BMP")]


def neighbour(lab):
    """A gobgpd that is FRR's neighbour; how many routes it sends, by family."""
    words = {word: name for word, name, _, _ in gobgp.FAMILIES}
    config = gobgp.NEIGHBOUR_CONFIG.format(asn=l.NEIGHBOUR_AS, address=l.NEIGHBOUR) \
        + gobgp.neighbour(l.ROUTER, l.ROUTER_AS, [words[word] for word in OF_NEIGHBOUR], False)
    path = lab.write("neighbour.toml", config)
    process = lab.start(lab.neighbour, "neighbour", "gobgpd", "-f", path, "--api-hosts",
                        "127.0.0.1:50052", "--pprof-disable")
    l.wait_for("Finished reading the config file", process, "gobgpd")
    sent = {}
    for word in OF_NEIGHBOUR:
        routes = [r for r in gobgp.ROUTES[word] if not r.startswith(SKIPPED)]
        for route in routes:
            more = [] if "nexthop" in route else ["nexthop", l.NEIGHBOUR]
            if word == "evpn":
                more = []
            done = lab.run(lab.neighbour, "gobgp", "-p", "50052", "global", "rib", "add", "-a",
                           word, *route.split(), *more)
            if done.returncode:
                raise l.Failed(f"gobgp global rib add {route}: {done.stdout}{done.stderr}")
        sent[word] = len(routes)
    return sent


def is_own(path):
    return path["peerId"] == "(unspec)"


def rd(text):
    """An RD as FRR prints it, with the type that its form tells."""
    admin, _ = text.rsplit(":", 1)
    return f"{'1' if '.' in admin else '0' if int(admin) < 1 << 16 else '2'}:{text}"


def unicast_paths(said):
    routes = json.loads(said)["routes"]
    return [(is_own(path), {"prefix": prefix}) for prefix, paths in routes.items()
            for path in paths]


def vpn_paths(said):
    tables = json.loads(said)["routes"]["routeDistinguishers"]
    return [(is_own(path), {"rd": rd(name), "prefix": prefix})
            for name, routes in tables.items() for prefix, paths in routes.items()
            for path in paths]


def evpn_paths(said):
    found = []
    for name, routes in json.loads(said).items():
        if not isinstance(routes, dict):
            continue
        for key, route in routes.items():
            if not key.startswith("["):
                continue
            for paths in route["paths"]:
                for path in paths if isinstance(paths, list) else [paths]:
                    fields = {"rd": rd(name), **evpn(key)}
                    if fields["route_type"] in ("MAC/IP Advertisement", "IP Prefix"):
                        fields["ethernet_segment_identifier"] = path.get("esi", NO_SEGMENT)
                    found.append((is_own(path), fields))
    return found


def evpn(key):
    """[2]:[tag]:[48]:[MAC]:[bits]:[IP], [3]:[tag]:[bits]:[IP], [5]:[tag]:[bits]:[prefix] …"""
    kind, *parts = key[1:-1].split("]:[")
    if kind == "1":
        return {"route_type": "Ethernet Auto-Discovery", "ethernet_tag_id": int(parts[0]),
                "ethernet_segment_identifier": parts[1]}
    if kind == "2":
        fields = {"route_type": "MAC/IP Advertisement", "ethernet_tag_id": int(parts[0]),
                  "mac_address": parts[2]}
        return {**fields, "ip_address": parts[4]} if len(parts) > 3 else fields
    if kind == "3":
        return {"route_type": "Inclusive Multicast Ethernet Tag", "ethernet_tag_id": int(parts[0]),
                "originating_router_ip_address": parts[2]}
    if kind == "4":
        return {"route_type": "Ethernet Segment", "ethernet_segment_identifier": parts[0],
                "originating_router_ip_address": parts[2]}
    return {"route_type": "IP Prefix", "ethernet_tag_id": int(parts[0]),
            "prefix": f"{parts[2]}/{parts[1]}"}


NO_SEGMENT = ":".join(["00"] * 10)
PATHS = {1: unicast_paths, 128: vpn_paths, 70: evpn_paths}
