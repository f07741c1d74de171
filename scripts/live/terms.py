"""What routers say of their routes, in the terms in which Ribcage's records say it.

Each function gives a dictionary of the fields that a record of that route is to have: no fewer, no
more.
"""

import ipaddress
import re

# Keys that are not of the route itself: BMP's, the peer's, the path attributes'.
COMMON = {"seq", "log_type", "timestamp", "bmp_rib_type", "is_filtered", "is_post", "is_in",
          "is_loc", "is_out", "bgp_id", "event_type", "afi", "safi", "as_path", "comms", "ecomms",
          "lcomms", "origin", "local_pref", "med", "aigp", "psid_li", "otc", "roa", "rd_origin",
          "timestamp_arrival", "bmp_router", "bmp_router_port", "peer_ip", "peer_asn",
          "peer_tcp_port", "bmp_msg_type", "writer_id", "as_path_id"}


def record(got, without=()):
    """The fields of the route in a record; what pmacct has names for under the others' names."""
    names = {"ip_prefix": "prefix", "mpls_label": "label"}
    fields = {names.get(k, k): v for k, v in got.items() if k not in COMMON and k not in without}
    if "label" in fields:
        fields["label"] = int(fields["label"])
    if fields.get("rule"):  # says the components once more, for people
        del fields["rule"]
    return fields


def frozen(value):
    """The same as something that can be counted."""
    if isinstance(value, dict):
        return frozenset((k, frozen(v)) for k, v in value.items())
    return tuple(map(frozen, value)) if isinstance(value, list) else value


def distinguisher(rd):
    return f"{rd['type']}:{rd['admin']}:{rd['assigned']}"


# ---- GoBGP

def gobgp(family, path):
    """Of a path in GoBGP's JSON; None where it says nothing but the route's name."""
    afi, safi = family
    nlri = path["nlri"]
    if safi in (1, 2, 4, 128, 129):
        fields = {"prefix": nlri["prefix"]}
        if "labels" in nlri:
            fields["label"] = nlri["labels"][-1]  # pmacct has one label: the bottom one
    elif nlri is None:
        return None
    else:
        fields = BY_SAFI[safi](nlri, afi)
    if nlri and "rd" in nlri:
        fields["rd"] = distinguisher(nlri["rd"])
    if safi not in (133, 134):
        fields["bgp_nexthop"] = next_hop(path)
    return fields


def next_hop(path):
    for attribute in path["attrs"] or ():
        if attribute["type"] in (3, 14):
            return attribute["nexthop"]
    return None


ESI = [  # how GoBGP says them, what octets those are, and what else Ribcage says of them
    (r"ESI_ARBITRARY \| (\S+)", lambda m: bytes.fromhex("00" + m[1].replace(":", "")), None),
    (r"ESI_LACP \| system mac (\S+), port key (\d+)",
     lambda m: b"\1" + mac(m[1]) + number(m[2], 2) + b"\0",
     lambda m: {"ce_lacp_system_mac_address": m[1], "ce_lacp_port_key": int(m[2])}),
    (r"ESI_MSTP \| bridge mac (\S+), priority (\d+)",
     lambda m: b"\2" + mac(m[1]) + number(m[2], 2) + b"\0",
     lambda m: {"root_bridge_mac_address": m[1], "root_bridge_priority": int(m[2])}),
    (r"ESI_MAC \| system mac (\S+), local discriminator (\d+)",
     lambda m: b"\3" + mac(m[1]) + number(m[2], 3),
     lambda m: {"system_mac_address": m[1], "local_discriminator": int(m[2])}),
    (r"ESI_ROUTERID \| router id (\S+), local discriminator (\d+)",
     lambda m: b"\4" + ipaddress.ip_address(m[1]).packed + number(m[2], 4) + b"\0",
     lambda m: {"router_id": m[1], "local_discriminator": int(m[2])}),
    (r"ESI_AS \| as (\d+), local discriminator (\d+)",
     lambda m: b"\5" + number(m[1], 4) + number(m[2], 4) + b"\0",
     lambda m: {"autonomous_system": int(m[1]), "local_discriminator": int(m[2])}),
]


def mac(text):
    return bytes.fromhex(text.replace(":", ""))


def number(text, octets):
    return int(text).to_bytes(octets, "big")


def segment(text):
    if text == "single-homed":
        return {"ethernet_segment_identifier": ":".join(["00"] * 10)}
    for pattern, octets, parts in ESI:
        if match := re.fullmatch(pattern, text):
            esi = octets(match)
            fields = {"ethernet_segment_identifier": esi.hex(":")}
            if parts:
                fields["esi"] = {"type": esi[0], **parts(match)}
            return fields
    return {"ethernet_segment_identifier": text}


def evpn_labels(*labels):
    """GoBGP says all 24 bits; Ribcage does as VNI, and their upper 20 as MPLS label."""
    fields = {}
    for at, label in enumerate(labels, 1):
        fields.update({f"mpls_label{at}": label >> 4, f"vni{at}": label})
    return fields


def evpn(nlri, _afi):
    kind, said = nlri["type"], nlri["value"]
    fields = {"rd": distinguisher(said["rd"])}
    if "esi" in said:
        fields.update(segment(said["esi"]))
    if "etag" in said:
        fields["ethernet_tag_id"] = said["etag"]
    labels = said.get("labels", [said["label"]] if "label" in said else [])
    fields.update(evpn_labels(*labels))
    if kind == 1:
        fields["route_type"] = "Ethernet Auto-Discovery"
    elif kind == 2:
        fields.update(route_type="MAC/IP Advertisement", mac_address=said["mac"])
        if said["ip"] != "<nil>":
            fields["ip_address"] = said["ip"]
    elif kind in (3, 4):
        names = {3: "Inclusive Multicast Ethernet Tag", 4: "Ethernet Segment"}
        fields.update(route_type=names[kind], originating_router_ip_address=said["ip"])
    elif kind == 5:
        fields.update(route_type="IP Prefix", prefix=said["prefix"], gw_ip_address=said["gateway"])
    else:
        fields.update(route_type=kind)
    return fields


def mup(nlri, afi):
    kind, said = nlri["route_type"], nlri["value"]
    names = {1: "Interwork Segment Discovery", 2: "Direct Segment Discovery",
             3: "Type 1 Session Transformed", 4: "Type 2 Session Transformed"}
    fields = {k: v for k, v in said.items() if k != "rd"}
    fields.update(rd=distinguisher(said["rd"]), architecture_type="3gpp-5g",
                  route_type=names[kind])
    if kind == 4:  # GoBGP says the whole TEID, not how much of it came
        fields["endpoint_address_length"] = 64 if afi == 1 else 160
    return fields


def route_target(nlri, _afi):
    asn, admin, assigned = nlri["prefix"].split(":")
    if re.fullmatch(r"\d+\.\d+", admin):  # asdot (RFC 5396 §2); we write asplain
        high, low = map(int, admin.split("."))
        admin = high << 16 | low
    return {"origin_as": int(asn), "route_target": f"rt:{admin}:{assigned}"}


def encapsulation(nlri, _afi):
    return {"endpoint": nlri["prefix"].split("/")[0]}


COMPONENTS = ("Destination Prefix", "Source Prefix", "IP Protocol", "Port", "Destination Port",
              "Source Port", "ICMP Type", "ICMP Code", "TCP Flags", "Packet Length", "DSCP",
              "Fragment", "Flow Label", "Ethernet Type", "Source MAC", "Destination MAC",
              "DSAP in LLC", "SSAP in LLC", "Control Field in LLC", "SNAP", "VLAN ID", "VLAN CoS",
              "Inner VLAN ID", "Inner VLAN CoS")
OF_IPV6 = {1: "Destination IPv6 Prefix", 2: "Source IPv6 Prefix", 3: "Upper-Layer Protocol",
           7: "ICMPv6 Type", 8: "ICMPv6 Code"}
SIGNS = ("true", "=", ">", ">=", "<", "<=", "!=", "false")
BITS = {9: ("fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"),
        12: ("dont-fragment", "is-fragment", "first-fragment", "last-fragment")}


def component(said, afi):
    kind, value = said["type"], said["value"]
    name = COMPONENTS[kind - 1]
    fields = {"type": OF_IPV6.get(kind, name) if afi == 2 else name}
    if kind in (1, 2):
        fields["prefix"] = value["prefix"]
        if said.get("offset"):
            net = ipaddress.ip_network(value["prefix"], strict=False)
            fields["offset"] = said["offset"]  # the pattern: GoBGP sends whole addresses
            fields["pattern"] = net.network_address.packed[:(net.prefixlen + 7) // 8].hex()
    elif kind in (15, 16):
        fields["mac"] = value
    else:
        fields["operators"] = [operator(item, BITS.get(kind), afi) for item in value]
    return fields


def operator(said, bits, afi):
    op, value = said["op"], said["value"]
    fields = {"and": bool(op & 0x40), "octets": 1 << (op >> 4 & 3)}
    if bits is None:
        return {**fields, "operator": SIGNS[op & 7], "number": value}
    names = list(bits)
    if afi == 2 and len(bits) == 4:
        names[0] = None  # IPv6 has no such bit
    named = [name for at, name in enumerate(names) if name and value >> at & 1]
    rest = value & ~sum(1 << at for at, name in enumerate(names) if name)
    return {**fields, "not": bool(op & 2), "match": bool(op & 1),
            "bits": named + ([hex(rest)] if rest else [])}


def flow_specification(nlri, afi):
    return {"components": [component(said, afi) for said in nlri["value"]]}


BY_SAFI = {7: encapsulation, 70: evpn, 85: mup, 132: route_target, 133: flow_specification,
           134: flow_specification}


# ---- Routes of which GoBGP says nothing but a name: that name, out of a record's fields

def link_state_name(fields):
    kind = fields["nlri_type"]
    local, remote = (fields.get(end, {}) for end in ("local_node", "remote_node"))
    if kind == "Node NLRI":
        protocol = fields["protocol_id"].replace("IS-IS Level ", "ISIS-L")
        inside = (f"NODE {{ AS:{local['autonomous_system']} BGP-LS ID:{local['bgp_ls_identifier']}"
                  f" {router(local)} {protocol}:{fields['identifier']} }}")
    elif kind == "Link NLRI":
        ends = fields.get("link_identifiers", {})
        for version in ("ipv4", "ipv6"):
            if f"{version}_interface_address" in fields:
                ends = {"local": fields[f"{version}_interface_address"],
                        "remote": fields[f"{version}_neighbor_address"]}
        inside = (f"LINK {{ LOCAL_NODE: {router(local)} REMOTE_NODE: {router(remote)}"
                  f" LINK: {ends['local']}->{ends['remote']}}}")
    else:
        ospf = fields.get("ospf_route_type", "")
        ospf = f"OSPF_ROUTE_TYPE:{ospf.upper()} " if ospf else ""
        inside = (f"PREFIX{'v4' if 'IPv4' in kind else 'v6'} {{ LOCAL_NODE: {router(local)}"
                  f" PREFIX: [{fields['prefix']}] {ospf}}}")
    return f"NLRI {{ {inside} }}"


def router(node):
    """GoBGP writes the number of a pseudonode behind a dash, and no BGP router ID."""
    name = node.get("igp_router_id", "")
    return re.sub(r"^(\w{4}\.\w{4}\.\w{4})\.(\w\w)$", r"\1-\2", name)


NAMES = {71: link_state_name, 241: lambda fields: fields["key"]}
