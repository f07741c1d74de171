"""ExaBGP originates what GoBGP's command line cannot, or in other octets; GoBGP passes it on over
BMP. What is to come out is written beside the routes.
"""

import os

import gobgp
import lab as l
import terms

CONFIG = """neighbor {router} {{
  router-id {neighbour}; local-address {neighbour}; local-as {asn}; peer-as {peer_as}; hold-time 90;
  family {{ l2vpn vpls; ipv4 flow; ipv4 flow-vpn; ipv6 flow; ipv4 mpls-vpn; ipv4 nlri-mpls; }}
  {routes}
}}
"""
ROUTES = """l2vpn {
    vpls one { endpoint 5; base 10702; offset 1; size 8; rd 172.30.5.4:13;
      next-hop 10.99.0.2; origin igp; extended-community [ target:54591:6 ]; }
    vpls two { endpoint 65535; base 16; offset 9; size 32; rd 65013:7;
      next-hop 10.99.0.2; origin igp; }
  }
  flow {
    route one { match { destination 192.0.2.0/24; source 198.51.100.7/32; protocol [ tcp udp ];
        destination-port [ =80 >8080&<8088 ]; packet-length [ >200&<300 ]; }
      then { discard; } }
    route two { rd 65013:9; match { destination 203.0.113.0/25; icmp-type [ =8 ]; }
      then { rate-limit 9600; } }
    route three { match { source 203.0.113.9/32; fragment [ is-fragment first-fragment ];
        tcp-flags [ syn rst ]; dscp [ =46 ]; } then { discard; } }
    route four { match { destination 2001:db8:5::/64/0; next-header [ =udp ]; flow-label [ =77 ]; }
      then { discard; } }
  }
  static {
    route 10.90.0.0/16 next-hop 10.99.0.2 rd 65013:5 label [ 800 ];
    route 10.91.0.0/16 next-hop 10.99.0.2 label [ 801 ];
  }"""


def number(operator, value, octets=1, also=False):
    return {"and": also, "operator": operator, "number": value, "octets": octets}


def bits(*names):
    return {"and": False, "not": False, "match": False, "bits": list(names), "octets": 1}


def component(kind, *operators):
    return {"type": kind, "operators": list(operators)}


HOP = {"bgp_nexthop": l.NEIGHBOUR}
WANTED = {
    "vpls": ((25, 65), [
        {"rd": "1:172.30.5.4:13", "ve_id": 5, "ve_block_offset": 1, "ve_block_size": 8,
         "label_base": 10702, **HOP},
        {"rd": "0:65013:7", "ve_id": 65535, "ve_block_offset": 9, "ve_block_size": 32,
         "label_base": 16, **HOP}]),
    "ipv4-flowspec": ((1, 133), [
        {"components": [{"type": "Destination Prefix", "prefix": "192.0.2.0/24"},
                        {"type": "Source Prefix", "prefix": "198.51.100.7/32"},
                        component("IP Protocol", number("=", 6), number("=", 17)),
                        component("Destination Port", number("=", 80), number(">", 8080, 2),
                                  number("<", 8088, 2, True)),
                        component("Packet Length", number(">", 200),
                                  number("<", 300, 2, True))]},
        {"components": [{"type": "Source Prefix", "prefix": "203.0.113.9/32"},
                        component("TCP Flags", bits("syn"), bits("rst")),
                        component("DSCP", number("=", 46)),
                        component("Fragment", bits("is-fragment"), bits("first-fragment"))]}]),
    "ipv4-l3vpn-flowspec": ((1, 134), [
        {"rd": "0:65013:9",
         "components": [{"type": "Destination Prefix", "prefix": "203.0.113.0/25"},
                        component("ICMP Type", number("=", 8))]}]),
    "ipv6-flowspec": ((2, 133), [
        {"components": [{"type": "Destination IPv6 Prefix", "prefix": "2001:db8:5::/64"},
                        component("Upper-Layer Protocol", number("=", 17)),
                        component("Flow Label", number("=", 77))]}]),
    "ipv4-l3vpn": ((1, 128), [{"rd": "0:65013:5", "prefix": "10.90.0.0/16", "label": 800, **HOP}]),
    "ipv4-labelled": ((1, 4), [{"prefix": "10.91.0.0/16", "label": 801, **HOP}]),
}


def lab(lab, rows):
    collector = l.Collector(lab, "exabgp")
    names = {word: name for word, name, _, _ in gobgp.FAMILIES}
    neighbour = gobgp.neighbour(l.NEIGHBOUR, l.NEIGHBOUR_AS, [names[word] for word in WANTED])
    daemon = gobgp.Daemon(lab, "exabgp", collector.port, "all", neighbour)
    config = CONFIG.format(router=l.ROUTER, neighbour=l.NEIGHBOUR, asn=l.NEIGHBOUR_AS,
                           peer_as=l.ROUTER_AS, routes=ROUTES)
    environment = {**os.environ, "exabgp_daemon_drop": "false", "exabgp_daemon_user": "root",
                   "exabgp_log_destination": "stdout", "exabgp_api_cli": "false"}
    # A Python of one's own need not find what the system's package has put beside its own.
    sender = lab.start(lab.neighbour, "exabgp", "/usr/bin/python3", "/usr/sbin/exabgp",
                       lab.write("exabgp.conf", config), env=environment)
    collector.settle(2 * sum(len(routes) for _, routes in WANTED.values()))
    if sender.poll() is not None:
        raise l.Failed(f"exabgp ended: {l.text_of(sender.log)[-500:]}")
    if daemon.process.poll() is not None:
        raise l.Failed("GoBGP crashed")
    for word, (family, wanted) in WANTED.items():
        leave = ("bgp_nexthop",) if family[1] in (133, 134) else ()
        for view in ("Adj-Rib-In Pre-Policy", "Loc-Rib"):
            got = [terms.record(r, leave) for r in collector.routes(view, family)
                   if r["log_type"] == "update"]
            rows.compare("ExaBGP, GoBGP", word, wanted, got, view)
    for record in collector.routes():
        if record["log_type"] == "error":
            rows.failed("ExaBGP, GoBGP", "?", record["error"])
