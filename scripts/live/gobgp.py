"""GoBGP: what its command line can originate, and what it says of it."""

import json

import lab as l

# Routes by address family of `gobgp global rib add -a`, in its words.
FLOW4 = ["destination 10.0.0.0/24 source 20.0.0.0/16 protocol tcp "
         "destination-port ==80 ==443 >=8080&<=8088 tcp-flags SA then discard",
         "destination 10.0.1.0/24 packet-length >1000 dscp ==46 fragment is-fragment "
         "then rate-limit 1000",
         "port ==53 icmp-type ==8 icmp-code ==0 then redirect 65013:100",
         "destination 10.0.2.0/24 source-port !=0&<1024 then mark 10",
         "source 0.0.0.0/0 protocol ==udp ==6 fragment first-fragment+last-fragment "
         "tcp-flags =S &!A then action sample"]
FLOW6 = ["destination 2001:db8:1::/64 32 protocol udp label ==100 then discard",
         "source 2001:db8:2::/48 destination-port ==53 then action terminal",
         "destination 2001:db8::/32 source 2001:db8:3::/56 port >=1024&<=65535 dscp ==10 "
         "icmp-type ==128 icmp-code ==0 packet-length <=1280 then accept",
         "destination 2001:db8:4::1/128 fragment last-fragment then rate-limit 0"]
FLOW2 = ["destination-mac aa:bb:cc:dd:ee:01 ether-type arp vid ==100 then discard",
         "source-mac aa:bb:cc:dd:ee:02 llc-dsap ==66 llc-ssap ==66 llc-control ==3 then discard",
         "ether-type ==2048 snap ==1 cos ==5 inner-vid >10&<20 inner-cos !=0 then discard"]
EVPN = ["a-d esi LACP aa:bb:cc:dd:ee:ff 100 etag 200 label 300 rd 1.1.1.1:65000 rt 65000:200 "
        "encap vxlan esi-label 400",
        "a-d esi 0 etag 100 label 200 rd 1.1.1.1:65000",
        "a-d esi MSTP aa:bb:cc:dd:ee:01 4096 etag 4294967295 label 0 rd 65013:2",
        "a-d esi ROUTERID 1.2.3.4 7 etag 3 label 4 rd 65013:2",
        "a-d esi ARBITRARY 11:22:33:44:55:66:77:88:99 etag 4 label 5 rd 70000:2",
        "macadv aa:bb:cc:dd:ee:01 10.0.0.1 etag 100 label 200,300 rd 1.1.1.1:65000",
        "macadv aa:bb:cc:dd:ee:02 0.0.0.0 etag 0 label 200 rd 1.1.1.1:65000 rt 65000:400 "
        "encap vxlan",
        "macadv aa:bb:cc:dd:ee:03 2001:db8::3 esi AS 65000 100 etag 200 label 300 "
        "rd 1.1.1.1:65000 rt 65000:400 encap vxlan",
        "macadv aa:bb:cc:dd:ee:04 10.0.0.4 etag 0 label 16777215 rd 65013:1 encap vxlan",
        "multicast 10.0.0.1 etag 100 rd 1.1.1.1:65000 rt 65000:200 encap vxlan "
        "pmsi ingress-repl 100 1.1.1.1",
        "multicast 2001:db8::1 etag 100 rd 1.1.1.1:65000",
        "esi 10.0.0.1 esi MAC aa:bb:cc:dd:ee:ff 100 rd 1.1.1.1:65000 rt 65000:200 encap vxlan",
        "esi 2001:db8::9 esi 0 rd 65013:3",
        "prefix 10.0.0.0/24 etag 100 label 300 rd 1.1.1.1:65000 rt 65000:200 encap vxlan "
        "router-mac bb:bb:bb:bb:bb:bb",
        "prefix 10.1.0.0/17 gw 10.1.0.9 etag 5 rd 65013:4",
        "prefix 2001:db8:5::/64 gw 2001:db8:5::9 esi AS 65000 7 etag 0 label 301 rd 1.1.1.1:65001"]
SEGMENT = "prefix 2001:db8:1:1::/64 locator-node-length 24 function-length 16 behavior"
V6 = "nexthop fd99::2"
MUP4 = [f"isd 10.0.0.0/24 rd 100:100 {SEGMENT} ENDM_GTP4E rt 10:10 {V6}",
        f"dsd 10.0.0.1 rd 100:100 {SEGMENT} END_DT4 rt 10:10 mup 10:10 {V6}",
        f"t1st 192.168.0.1/32 rd 100:100 rt 10:10 teid 12345 qfi 9 endpoint 10.0.0.1 {V6}",
        f"t1st 192.168.0.0/23 rd 1.2.3.4:100 rt 10:10 teid 4294967295 qfi 63 "
        f"endpoint 10.0.0.2 {V6}",
        f"t2st 10.0.0.1 rd 100:100 rt 10:10 teid 12345 mup 10:10 {V6}",
        f"t2st 10.0.0.2 rd 100:100 rt 10:10 teid 1 mup 10:10 {V6}"]
MUP6 = [f"isd 2001:db8:7::/48 rd 100:100 {SEGMENT} ENDM_GTP6E rt 10:10 {V6}",
        f"dsd 2001:db8::1 rd 100:100 {SEGMENT} END_DT6 rt 10:10 mup 10:10 {V6}",
        f"t1st 2001:db8::1/128 rd 100:100 rt 10:10 teid 12345 qfi 9 endpoint 2001:db8::2 {V6}",
        f"t2st 2001:db8::1 rd 100:100 rt 10:10 teid 12345 mup 10:10 {V6}"]
ROUTES = {
    "ipv4": ["10.1.0.0/24", "10.2.0.0/15 med 5 community 65013:1", "0.0.0.0/0", "10.3.3.3/32"],
    "ipv6": [f"2001:db8::/32 {V6}", f"::/0 {V6}", f"2001:db8::7/128 {V6}"],
    "ipv4-l3vpn": ["10.60.1.0/24 label 1001 rd 65013:1 rt 65013:1",
                   "10.61.0.0/16 label 77 rd 10.10.10.10:100 rt 65013:9",
                   "10.62.0.0/16 label 78 rd 100.100:100 rt 65013:9",
                   "0.0.0.0/0 label 1048575 rd 65013:2 rt 1.2.3.4:5"],
    "ipv6-l3vpn": [f"2001:db8:6000::/64 label 1101 rd 65013:1 rt 65013:1 {V6}",
                   f"::/0 label 16 rd 10.10.10.10:100 rt 65013:1 {V6}"],
    "ipv4-labelled": ["10.63.1.0/24 100", "10.63.2.0/24 100/200", "10.63.3.3/32 3"],
    "ipv6-labelled": [f"2001:db8:63::/48 100 {V6}", f"2001:db8:64::/64 100/200/300 {V6}"],
    "evpn": EVPN,
    "ipv4-flowspec": ["match " + rule for rule in FLOW4],
    "ipv6-flowspec": ["match " + rule for rule in FLOW6],
    "ipv4-l3vpn-flowspec": [f"rd 65013:1 match {rule} rt 65013:1" for rule in FLOW4],
    "ipv6-l3vpn-flowspec": [f"rd 65013:1 match {rule} rt 65013:1" for rule in FLOW6],
    "l2vpn-flowspec": [f"rd 65013:1 match {rule} rt 65013:1" for rule in FLOW2],
    "ipv4-mup": MUP4,
    "ipv6-mup": MUP6,
}
# Each makes a route of route target membership and two of VPNs.
VRFS = [("blue", "65001:100", "65001:100"), ("red", "10.9.8.7:5", "10.9.8.7:6")]

# Families by GoBGP's words, for command lines and for configurations, by AFI and SAFI, and by
# Ribcage's word.
FAMILIES = [
    ("ipv4", "ipv4-unicast", (1, 1), "ipv4"),
    ("ipv4-multicast", "ipv4-multicast", (1, 2), "ipv4-multicast"),
    ("ipv4-labelled", "ipv4-labelled-unicast", (1, 4), "ipv4-labeled"),
    ("ipv4-encap", "ipv4-encap", (1, 7), "ipv4-encapsulation"),
    ("ipv4-srpolicy", "ipv4-srpolicy", (1, 73), "ipv4-sr-policy"),
    ("ipv4-mup", "ipv4-mup", (1, 85), "ipv4-mup"),
    ("ipv4-l3vpn", "l3vpn-ipv4-unicast", (1, 128), "ipv4-vpn"),
    ("ipv4-l3vpn-multicast", "l3vpn-ipv4-multicast", (1, 129), "ipv4-vpn-multicast"),
    ("rtc", "rtc", (1, 132), "rtc"),
    ("ipv4-flowspec", "ipv4-flowspec", (1, 133), "ipv4-flowspec"),
    ("ipv4-l3vpn-flowspec", "l3vpn-ipv4-flowspec", (1, 134), "ipv4-vpn-flowspec"),
    ("ipv6", "ipv6-unicast", (2, 1), "ipv6"),
    ("ipv6-multicast", "ipv6-multicast", (2, 2), "ipv6-multicast"),
    ("ipv6-labelled", "ipv6-labelled-unicast", (2, 4), "ipv6-labeled"),
    ("ipv6-encap", "ipv6-encap", (2, 7), "ipv6-encapsulation"),
    ("ipv6-srpolicy", "ipv6-srpolicy", (2, 73), "ipv6-sr-policy"),
    ("ipv6-mup", "ipv6-mup", (2, 85), "ipv6-mup"),
    ("ipv6-l3vpn", "l3vpn-ipv6-unicast", (2, 128), "ipv6-vpn"),
    ("ipv6-l3vpn-multicast", "l3vpn-ipv6-multicast", (2, 129), "ipv6-vpn-multicast"),
    ("ipv6-flowspec", "ipv6-flowspec", (2, 133), "ipv6-flowspec"),
    ("ipv6-l3vpn-flowspec", "l3vpn-ipv6-flowspec", (2, 134), "ipv6-vpn-flowspec"),
    ("vpls", "l2vpn-vpls", (25, 65), "vpls"),
    ("evpn", "l2vpn-evpn", (25, 70), "evpn"),
    ("l2vpn-flowspec", "l2vpn-flowspec", (25, 134), "l2vpn-vpn-flowspec"),
    ("ls", "ls", (16388, 71), "bgp-ls"),
    ("opaque", "opaque", (16397, 241), "opaque"),
]

CONFIG = """[global.config]
  as = {asn}
  router-id = "{address}"
[[bmp-servers]]
  [bmp-servers.config]
    address = "127.0.0.1"
    port = {port}
    route-monitoring-policy = "{policy}"
"""
NEIGHBOUR_CONFIG = """[global.config]
  as = {asn}
  router-id = "{address}"
"""
NEIGHBOUR = """[[neighbors]]
  [neighbors.config]
    neighbor-address = "{address}"
    peer-as = {asn}
  [neighbors.transport.config]
    passive-mode = {passive}
"""
FAMILY = """  [[neighbors.afi-safis]]
    [neighbors.afi-safis.config]
      afi-safi-name = "{}"
"""


def neighbour(address, asn, families, passive=True):
    text = NEIGHBOUR.format(address=address, asn=asn, passive=str(passive).lower())
    return text + "".join(FAMILY.format(name) for name in families)


class Daemon:
    """gobgpd as the router that sends BMP, and its command line."""

    def __init__(self, lab, name, port, policy, neighbours=""):
        self.lab, self.name = lab, name
        config = CONFIG.format(asn=l.ROUTER_AS, address=l.ROUTER, port=port, policy=policy)
        path = lab.write(f"{name}.toml", config + neighbours)
        self.process = lab.start(lab.router, f"{name}-gobgpd", "gobgpd", "-f", path,
                                 "--api-hosts", "127.0.0.1:50051", "--pprof-disable")
        l.wait_for("Finished reading the config file", self.process, "gobgpd")

    def said(self, *words):
        done = self.lab.run(self.lab.router, "gobgp", *words)
        if done.returncode or done.stderr.strip():
            why = (done.stderr.strip() or done.stdout.strip()).splitlines() or ["no answer"]
            raise l.Failed(f"gobgp {' '.join(words)}: {why[0]}")
        return done.stdout

    def add(self, family, route):
        self.said("global", "rib", "add", "-a", family, *route.split())

    def remove(self, family, route):
        self.said("global", "rib", "del", "-a", family, *route.split())

    def table(self, family, *of):
        """(what it calls the route, the route) of each path, from its JSON."""
        said = self.said(*(of or ("global", "rib")), "-a", family, "-j")
        self.lab.write(f"{self.name}-{family}.gobgp.json", said)
        tables = json.loads(said)
        return [(key, path) for key, paths in tables.items() for path in paths]
