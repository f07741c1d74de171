"""What os-ken says of BMP messages, and messages that it makes, as lines of JSON.

`read`: each line of standard input is a message in hex digits; each line of output has its
`facts`, or why it was `refused`. `write`: each line of output is a message that os-ken made, in
`hex`, and its `facts`. The names of facts are those of facts.rs.
"""

import ipaddress
import json
import sys

from os_ken.lib.packet import bgp, bmp

KINDS = {bgp.BGPPathAttributeAsPath: "as_path", bgp.BGPPathAttributeAs4Path: "as4_path"}
NUMBERS = {bgp.BGPPathAttributeMultiExitDisc: "multi_exit_disc", bgp.BGPPathAttributeLocalPref: "local_pref"}
PREFIXES = {(1, 1), (2, 1), (1, 4), (2, 4), (1, 128), (2, 128)}

EVPN_ROUTE_TYPES = {
    1: "Ethernet Auto-Discovery", 2: "MAC/IP Advertisement", 3: "Inclusive Multicast Ethernet Tag",
    4: "Ethernet Segment", 5: "IP Prefix"}
COMPONENTS = [
    "Destination Prefix", "Source Prefix", "IP Protocol", "Port", "Destination Port", "Source Port",
    "ICMP Type", "ICMP Code", "TCP Flags", "Packet Length", "DSCP", "Fragment", "Flow Label",
    "Ethernet Type", "Source MAC", "Destination MAC", "DSAP in LLC", "SSAP in LLC",
    "Control Field in LLC", "SNAP", "VLAN ID", "VLAN CoS", "Inner VLAN ID", "Inner VLAN CoS"]
IPV6_COMPONENTS = {
    1: "Destination IPv6 Prefix", 2: "Source IPv6 Prefix", 3: "Upper-Layer Protocol", 7: "ICMPv6 Type",
    8: "ICMPv6 Code"}
NUMERIC = ["false", "=", ">", ">=", "<", "<=", "!=", "true"]
TCP_FLAGS = ["fin", "syn", "rst", "psh", "ack", "urg", "ece", "cwr"]
FRAGMENT = ["dont-fragment", "is-fragment", "first-fragment", "last-fragment"]


def text(value):
    """Octets or text as hex digits."""
    return (value.encode() if isinstance(value, str) else bytes(value)).hex()


def address(text_):
    """An address as it is usually written, also an IPv4 one in IPv6."""
    ip = ipaddress.ip_address(text_)
    mapped = ip.version == 6 and ip.ipv4_mapped
    return f"::ffff:{mapped}" if mapped else str(ip)


def distinguisher(octets):
    kind = int.from_bytes(octets[:2], "big")
    if kind == 0:
        return f"0:{int.from_bytes(octets[2:4], 'big')}:{int.from_bytes(octets[4:], 'big')}"
    if kind == 1:
        return f"1:{ipaddress.ip_address(octets[2:6])}:{int.from_bytes(octets[6:], 'big')}"
    if kind == 2:
        return f"2:{int.from_bytes(octets[2:6], 'big')}:{int.from_bytes(octets[6:], 'big')}"
    return "unknown"


def route(nlri):
    """A route in the words of facts.rs."""
    addr, bits, said = nlri.addr, nlri.length, ""
    if isinstance(addr, tuple):
        labels, *rd, addr = addr
        bits -= 24 * len(labels) + 64 * len(rd)
        said = f"label {labels[-1]} " if labels else ""
        said += f"rd {distinguisher(rd[0].serialize())} " if rd else ""
    return f"{said}{address(addr)}/{bits}"


def fields_of_evpn(one, say):
    kind = one.type
    say("route_type", EVPN_ROUTE_TYPES.get(kind, kind))
    if isinstance(one, bgp.EvpnUnknownNLRI):
        return say("value", text(one.value))
    say("rd", distinguisher(bgp._RouteDistinguisher.from_str(one.route_dist).serialize()))
    if kind != 3:
        say("ethernet_segment_identifier", one.esi.serialize().hex(":"))
        fields_of_segment(one.esi, say)
    if kind != 4:
        say("ethernet_tag_id", one.ethernet_tag_id)
    if kind == 2:
        say("mac_address", one.mac_addr)
        if one.ip_addr_len:
            say("ip_address", address(one.ip_addr))
    elif kind in (3, 4):
        say("originating_router_ip_address", address(one.ip_addr))
    elif kind == 5:
        say("prefix", one.ip_prefix)
        say("gw_ip_address", address(one.gw_ip_addr))
    labels = one._labels if kind == 2 else one._label if kind in (1, 5) else b""
    for at in range(len(labels) // 3):
        field = int.from_bytes(labels[3 * at:3 * at + 3], "big")
        say(f"mpls_label{at + 1}", field >> 4)
        say(f"vni{at + 1}", field)


def fields_of_segment(esi, say):
    for name, attribute in (
            ("ce_lacp_system_mac_address", "mac_addr"), ("ce_lacp_port_key", "port_key"),
            ("root_bridge_mac_address", "mac_addr"), ("root_bridge_priority", "priority"),
            ("system_mac_address", "mac_addr"), ("router_id", "router_id"),
            ("autonomous_system", "as_number"), ("local_discriminator", "local_disc")):
        of = {"ce": 1, "ro": 2 if "root" in name else 4, "sy": 3, "au": 5}.get(name[:2], esi.type)
        if of == esi.type and esi.type in range(1, 6) and hasattr(esi, attribute):
            say(f"esi.{name}", getattr(esi, attribute))
    if esi.type in range(1, 6):
        say("esi.type", esi.type)


def fields_of_flow(afi, one, say):
    if hasattr(one, "route_dist"):
        say("rd", distinguisher(bgp._RouteDistinguisher.from_str(one.route_dist).serialize()))
    goes_on = False
    for rule in one.rules:
        name = COMPONENTS[rule.type - 1] if 0 < rule.type <= len(COMPONENTS) else rule.type
        if not goes_on:
            say("components.type", IPV6_COMPONENTS.get(rule.type, name) if afi == 2 else name)
        goes_on = False
        if isinstance(rule, bgp.FlowSpecComponentUnknown):
            say("components.value", text(rule.buf))
        elif isinstance(rule, bgp._FlowSpecOperatorBase):
            operator, value = rule.operator, rule.value
            goes_on = not operator & 0x80
            say("components.operators.and", str(bool(operator & 0x40)).lower())
            say("components.operators.octets", 1 << (operator >> 4 & 3))
            if isinstance(rule, bgp._FlowSpecBitmask):
                say("components.operators.not", str(bool(operator & 2)).lower())
                say("components.operators.match", str(bool(operator & 1)).lower())
                names = TCP_FLAGS if rule.type == 9 else FRAGMENT
                for at, bit in enumerate(names):
                    if value >> at & 1 and (at or afi != 2 or rule.type != 12):
                        say("components.operators.bits", bit)
                left = value >> len(names) << len(names) | (value & 1 if afi == 2 and rule.type == 12 else 0)
                if left:
                    say("components.operators.bits", f"{left:#x}")
            else:
                say("components.operators.operator", NUMERIC[operator & 7])
                say("components.operators.number", value)
        elif afi == 25:
            say("components.mac", rule.addr)
        else:
            say("components.prefix", f"{address(rule.addr)}/{rule.length}")
            if getattr(rule, "offset", 0):
                say("components.offset", rule.offset)


def facts_of_attribute(it, say):
    say("attribute", f"{it.type} {it.flags & 0xf0:02x}")
    if isinstance(it, bgp.BGPPathAttributeOrigin):
        say("origin", {0: "IGP", 1: "EGP", 2: "INCOMPLETE"}[it.value])
    elif type(it) in KINDS:
        segments = []
        for segment in it.value:
            kind = "AS_SET" if isinstance(segment, set) else "AS_SEQUENCE"
            segments.append(f"{{type={kind} asns=[{', '.join(map(str, segment))}]}}")
        say(KINDS[type(it)], f"[{', '.join(segments)}]")
    elif isinstance(it, bgp.BGPPathAttributeNextHop):
        say("next_hop", it.value)
    elif type(it) in NUMBERS:
        say(NUMBERS[type(it)], it.value)
    elif isinstance(it, bgp.BGPPathAttributeCommunities):
        say("communities", f"[{', '.join(f'{c >> 16}:{c & 0xffff}' for c in it.communities)}]")
    elif isinstance(it, bgp.BGPPathAttributeMpReachNLRI):
        say("MP_REACH_NLRI", f"{it.afi}/{it.safi}")
        say("next hop", text(it.serialize_next_hop()))
        say("next hop address", address(it.next_hop) if it.next_hop else "unknown")
        routes(True, it, it.nlri, say)
    elif isinstance(it, bgp.BGPPathAttributeMpUnreachNLRI):
        say("MP_UNREACH_NLRI", f"{it.afi}/{it.safi}")
        routes(False, it, it.withdrawn_routes, say)
    elif not (isinstance(it, bgp.BGPPathAttributeUnknown) and it.type in (26, 32, 35)):
        if isinstance(it, bgp.BGPPathAttributeAtomicAggregate):
            say("atomic_aggregate", "true")
        elif isinstance(it, (bgp.BGPPathAttributeAggregator, bgp.BGPPathAttributeAs4Aggregator)):
            name = "aggregator" if it.type == 7 else "as4_aggregator"
            say(name, f"{{asn={it.as_number} address={it.addr}}}")
        elif isinstance(it, bgp.BGPPathAttributeOriginatorId):
            say("originator_id", it.value)
        elif isinstance(it, bgp.BGPPathAttributeClusterList):
            say("cluster_list", f"[{', '.join(it.value)}]")
        say(f"octets of attribute {it.type}", text(it.serialize_value()))


def routes(announced, it, nlri, say):
    name = f"{'announced' if announced else 'withdrawn'} {it.afi}/{it.safi}"
    for one in nlri:
        if (it.afi, it.safi) in PREFIXES:
            say(name, route(one))
        elif (it.afi, it.safi) == (25, 70):
            fields_of_evpn(one, lambda part, value: say(f"{name} {part}", value))
        elif it.safi in (133, 134):
            fields_of_flow(it.afi, one, lambda part, value: say(f"{name} {part}", value))


def facts_of_open(side, message, say):
    say(f"{side} version", message.version)
    say(f"{side} AS", message.my_as)
    say(f"{side} hold time", message.hold_time)
    say(f"{side} BGP ID", message.bgp_identifier)
    for capability in message.opt_param:
        # Of some os-ken keeps octets beyond their length: those of the next ones.
        value = capability.serialize_cap_value()[:capability.cap_length]
        say(f"{side} capability", f"{capability.cap_code} {text(value)}")


def facts_of_peer(it, say):
    v6 = ":" in it.peer_address
    flags = v6 << 7 | bool(it.is_post_policy) << 6 | bool(it.is_adj_rib_out) << 4
    say("peer type", it.peer_type)
    say("peer flags", f"{flags:02x}")
    say("peer distinguisher", distinguisher(it.peer_distinguisher.to_bytes(8, "big")))
    say("peer address", address(it.peer_address))
    say("peer AS", it.peer_as)
    say("peer BGP ID", it.peer_bgp_id)
    say("peer timestamp", f"{it.timestamp:.6f}")


def facts_of(it):
    facts = []

    def say(name, value):
        facts.append([name, str(value)])

    say("version", it.version)
    say("type", it.type)
    if isinstance(it, bmp.BMPPeerMessage):
        facts_of_peer(it, say)
    if isinstance(it, (bmp.BMPInitiation, bmp.BMPTermination)):
        for tlv in it.info:
            value = tlv["value"]
            say("TLV", f"{tlv['type']} {f'{value:04x}' if isinstance(value, int) else text(value)}")
    elif isinstance(it, bmp.BMPPeerUpNotification):
        say("local address", address(it.local_address))
        say("local port", it.local_port)
        say("remote port", it.remote_port)
        facts_of_open("sent", it.sent_open_message, say)
        facts_of_open("received", it.received_open_message, say)
    elif isinstance(it, bmp.BMPPeerDownNotification):
        say("reason", it.reason)
        if isinstance(it.data, bgp.BGPNotification):
            say("NOTIFICATION", f"{it.data.error_code}/{it.data.error_subcode} {text(it.data.data)}")
        elif it.reason == 2:
            say("FSM event", it.data[0] if isinstance(it.data, tuple) else it.data)
    elif isinstance(it, bmp.BMPStatisticsReport):
        say("count", len(it.stats))
        for one in it.stats:
            value = one["value"]
            number = isinstance(value, int)
            say("statistic", f"{one['type']} = {value}" if number else f"{one['type']}: {text(value)}")
    elif isinstance(it, bmp.BMPRouteMonitoring):
        update = it.bgp_update
        for attribute in update.path_attributes:
            facts_of_attribute(attribute, say)
        for name, all_routes in (("withdrawn", update.withdrawn_routes), ("announced", update.nlri)):
            for one in all_routes:
                say(f"{name} 1/1", route(one))
    return facts


def read():
    for line in sys.stdin:
        try:
            message, rest = bmp.BMPMessage.parser(bytes.fromhex(line))
            assert not rest
            said = {"facts": facts_of(message)}
        except Exception as error:  # whatever it raises of odd input
            said = {"refused": f"{type(error).__name__}: {error}"}
        print(json.dumps(said))


def opens():
    """OPENs with every capability that os-ken has a class for."""
    capabilities = [
        bgp.BGPOptParamCapabilityMultiprotocol(afi=1, safi=1),
        bgp.BGPOptParamCapabilityMultiprotocol(afi=2, safi=128),
        bgp.BGPOptParamCapabilityRouteRefresh(),
        bgp.BGPOptParamCapabilityCiscoRouteRefresh(),
        bgp.BGPOptParamCapabilityEnhancedRouteRefresh(),
        bgp.BGPOptParamCapabilityCarryingLabelInfo(),
        bgp.BGPOptParamCapabilityGracefulRestart(flags=0x8, time=120, tuples=[(1, 1, 0x80), (2, 1, 0)]),
        bgp.BGPOptParamCapabilityFourOctetAsNumber(as_number=4200000000),
        bgp.BGPOptParamCapabilityUnknown(cap_code=73, cap_value=b"\x01a\x00"),
    ]
    yield bgp.BGPOpen(my_as=23456, bgp_identifier="192.0.2.1", hold_time=180, opt_param=capabilities)
    yield bgp.BGPOpen(my_as=65001, bgp_identifier="192.0.2.2", hold_time=0)


def updates():
    """UPDATEs with every attribute and family that os-ken and Ribcage have in common."""
    rd = "65000:100"
    base = [
        bgp.BGPPathAttributeOrigin(value=bgp.BGP_ATTR_ORIGIN_IGP),
        bgp.BGPPathAttributeAsPath(value=[[70000, 65001], {65010, 70001}], as_pack_str="!I"),
        bgp.BGPPathAttributeNextHop(value="192.0.2.9"),
    ]
    more = [
        bgp.BGPPathAttributeMultiExitDisc(value=2**32 - 1),
        bgp.BGPPathAttributeLocalPref(value=100),
        bgp.BGPPathAttributeAtomicAggregate(),
        bgp.BGPPathAttributeAggregator(as_number=70000, addr="192.0.2.10"),
        bgp.BGPPathAttributeCommunities(communities=[0xFFFFFF01, 65000 << 16 | 7]),
        bgp.BGPPathAttributeOriginatorId(value="192.0.2.11"),
        bgp.BGPPathAttributeClusterList(value=["192.0.2.12", "192.0.2.13"]),
        bgp.BGPPathAttributeExtendedCommunities(communities=[
            bgp.BGPTwoOctetAsSpecificExtendedCommunity(subtype=2, as_number=65000, local_administrator=70000),
            bgp.BGPIPv4AddressSpecificExtendedCommunity(
                subtype=3, ipv4_address="192.0.2.14", local_administrator=9),
            bgp.BGPFourOctetAsSpecificExtendedCommunity(subtype=2, as_number=70000, local_administrator=1),
            bgp.BGPOpaqueExtendedCommunity(subtype=12, opaque=b"\x00\x00\x00\x00\x00\x08"),
            bgp.BGPFlowSpecTrafficRateCommunity(as_number=0, rate_info=1000.0),
        ]),
        bgp.BGPPathAttributeAs4Path(value=[[70000]]),
        bgp.BGPPathAttributeAs4Aggregator(as_number=70000, addr="192.0.2.10"),
        bgp.BGPPathAttributePmsiTunnel(
            pmsi_flags=0, tunnel_type=6, mpls_label=100,
            tunnel_id=bgp.PmsiTunnelIdIngressReplication("192.0.2.15")),
        bgp.BGPPathAttributeUnknown(flags=0xC0, type_=200, value=b"odd"),
    ]
    nlri = [bgp.BGPNLRI(addr="198.51.100.0", length=24), bgp.BGPNLRI(addr="0.0.0.0", length=0)]
    gone = [bgp.BGPWithdrawnRoute(addr="203.0.113.128", length=25)]
    yield bgp.BGPUpdate()
    yield bgp.BGPUpdate(withdrawn_routes=gone)
    yield bgp.BGPUpdate(path_attributes=base, nlri=nlri)
    for one in more:
        yield bgp.BGPUpdate(withdrawn_routes=gone, path_attributes=base + [one], nlri=nlri)
    yield bgp.BGPUpdate(path_attributes=base + more, nlri=nlri)
    families = [
        (1, 1, "192.0.2.9", bgp.IPAddrPrefix(24, "198.51.100.0")),
        (2, 1, "2001:db8::9", bgp.IP6AddrPrefix(48, "2001:db8:1::")),
        (2, 1, ["2001:db8::9", "fe80::9"], bgp.IP6AddrPrefix(128, "2001:db8::7")),
        (1, 4, "192.0.2.9", bgp.LabelledIPAddrPrefix(24, "198.51.100.0", labels=[100])),
        (2, 4, "2001:db8::9", bgp.LabelledIP6AddrPrefix(48, "2001:db8:1::", labels=[16])),
        (1, 128, "192.0.2.9", bgp.LabelledVPNIPAddrPrefix(24, "198.51.100.0", labels=[99], route_dist=rd)),
        (2, 128, "2001:db8::9",
         bgp.LabelledVPNIP6AddrPrefix(48, "2001:db8:1::", labels=[99], route_dist="192.0.2.1:7")),
        (1, 128, "192.0.2.9",
         bgp.LabelledVPNIPAddrPrefix(32, "198.51.100.1", labels=[99], route_dist="70000:7")),
    ]
    for afi, safi, next_hop, route_ in families:
        reach = bgp.BGPPathAttributeMpReachNLRI(afi=afi, safi=safi, next_hop=next_hop, nlri=[route_])
        unreach = bgp.BGPPathAttributeMpUnreachNLRI(afi=afi, safi=safi, withdrawn_routes=[route_])
        yield bgp.BGPUpdate(path_attributes=[reach] + base[:2])
        yield bgp.BGPUpdate(path_attributes=[unreach])
        yield bgp.BGPUpdate(
            path_attributes=[bgp.BGPPathAttributeMpUnreachNLRI(afi=afi, safi=safi, withdrawn_routes=[])])


def more_updates():
    """UPDATEs of families whose routes are more than a prefix: each by itself, and all together."""
    rd = "65000:100"
    path = [bgp.BGPPathAttributeOrigin(value=0), bgp.BGPPathAttributeAsPath(value=[[65001]], as_pack_str="!I")]
    families = {}
    for route_ in evpn_routes(rd):
        families.setdefault((25, 70), []).append(route_)
    for afi, safi, route_ in flow_specifications(rd):
        families.setdefault((afi, safi), []).append(route_)
    for (afi, safi), nlri in families.items():
        next_hop = "192.0.2.9" if safi == 70 else []
        for some in [[one] for one in nlri] + [nlri]:
            reach = bgp.BGPPathAttributeMpReachNLRI(afi=afi, safi=safi, next_hop=next_hop, nlri=some)
            unreach = bgp.BGPPathAttributeMpUnreachNLRI(afi=afi, safi=safi, withdrawn_routes=some)
            yield bgp.BGPUpdate(path_attributes=[reach] + path)
            yield bgp.BGPUpdate(path_attributes=[unreach])


def evpn_routes(rd):
    """EVPN routes of each type, with Ethernet Segment Identifiers of each type."""
    segments = [
        bgp.EvpnArbitraryEsi(b"\x01\x02\x03\x04\x05\x06\x07\x08\x09"),
        bgp.EvpnLACPEsi(mac_addr="02:00:5e:00:53:01", port_key=200),
        bgp.EvpnL2BridgeEsi(mac_addr="02:00:5e:00:53:02", priority=4096),
        bgp.EvpnMacBasedEsi(mac_addr="02:00:5e:00:53:03", local_disc=70000),
        bgp.EvpnRouterIDEsi(router_id="192.0.2.20", local_disc=2**32 - 1),
        bgp.EvpnASBasedEsi(as_number=70000, local_disc=7),
    ]
    for esi in segments:
        yield bgp.EvpnEthernetAutoDiscoveryNLRI(rd, esi, 2**32 - 1, mpls_label=100)
        yield bgp.EvpnEthernetSegmentNLRI("192.0.2.1:7", esi, "192.0.2.21")
        for ip in (None, "192.0.2.22", "2001:db8::22"):
            yield bgp.EvpnMacIPAdvertisementNLRI(rd, 7, "02:00:5e:00:53:04", ip, esi=esi, mpls_labels=[100, 200])
            yield bgp.EvpnMacIPAdvertisementNLRI(rd, 7, "02:00:5e:00:53:04", ip, esi=esi, vni=2**24 - 1)
        yield bgp.EvpnIpPrefixNLRI(rd, 0, "198.51.100.0/24", esi=esi, mpls_label=100)
        yield bgp.EvpnIpPrefixNLRI(
                rd, 0, "2001:db8:1::/48", gw_ip_addr="2001:db8::23", esi=esi, vni=5000)
    for ip in ("192.0.2.24", "2001:db8::24"):
        yield bgp.EvpnInclusiveMulticastEthernetTagNLRI(rd, 100, ip)
        yield bgp.EvpnEthernetSegmentNLRI("70000:7", segments[0], ip)


def flow_specifications(rd):
    """Flow specifications of each family, with each component by itself and all together."""
    ports = {"port": "80 | >=8000&<=9000", "dst_port": ">1023", "src_port": "53", "icmp_type": "0 | 8",
             "icmp_code": "<3", "packet_len": "1000 & <2000", "dscp": "22 | 24"}
    v4 = {"dst_prefix": "198.51.100.0/24", "src_prefix": "192.0.2.128/25", "ip_proto": "6 | 17",
          "tcp_flags": "SYN+ACK & !=URGENT", "fragment": "LF | ==FF"} | ports
    v6 = {"dst_prefix": "2001:db8:1::/48/0", "src_prefix": "2001:db8::1/128/0", "next_header": "6 | 17",
          "tcp_flags": "SYN", "fragment": "LF | ==FF", "flow_label": "1048575"} | ports
    l2 = {"ether_type": "2048", "src_mac": "02:00:5e:00:53:05", "dst_mac": "02:00:5e:00:53:06",
          "llc_dsap": "66", "llc_ssap": "66", "llc_control": "100", "snap": "74565",
          "vlan_id": ">100&<200", "vlan_cos": "7", "inner_vlan_id": "300", "inner_vlan_cos": "<3"}
    for afi, plain, vpn, rules in (
            (1, bgp.FlowSpecIPv4NLRI, bgp.FlowSpecVPNv4NLRI, v4),
            (2, bgp.FlowSpecIPv6NLRI, bgp.FlowSpecVPNv6NLRI, v6), (25, None, bgp.FlowSpecL2VPNNLRI, l2)):
        for some in [{name: rule} for name, rule in rules.items()] + [rules]:
            if plain:
                yield afi, 133, plain.from_user(**some)
            yield afi, 134, vpn.from_user(rd, **some)


def peers():
    """Per-peer headers of every kind that os-ken can say."""
    for peer_type, rd in ((0, 0), (1, 65000 << 32 | 100), (1, 2 << 48 | 70000 << 16 | 7)):
        for addr, bgp_id in (("192.0.2.33", "192.0.2.34"), ("2001:db8::33", "0.0.0.0")):
            for post in (False, True):
                for out in (False, True):
                    yield {"peer_type": peer_type, "peer_distinguisher": rd, "peer_address": addr,
                           "peer_as": 4200000001 if out else 65001, "peer_bgp_id": bgp_id,
                           "is_post_policy": post, "is_adj_rib_out": out,
                           "timestamp": 1700000000.125 if post else 0.0}


def messages():
    """Messages of every class, with many parameters."""
    info = [{"type": 1, "value": b"descr"}, {"type": 2, "value": b"name"}, {"type": 0, "value": "ü\U0001f600"}]
    for some in ([], info[:1], info, [{"type": 0, "value": ""}], [{"type": 77, "value": b"\x00\xff"}]):
        yield bmp.BMPInitiation(info=[dict(tlv) for tlv in some])
    for reason in range(4):
        yield bmp.BMPTermination(info=[{"type": 1, "value": reason}, {"type": 0, "value": "bye"}])
    kinds = list(range(9)) + [14, 15]
    stats = [{"type": kind, "value": (2**64 - 1 if kind > 6 else 2**32 - 1) - kind} for kind in kinds]
    for peer in peers():
        yield bmp.BMPStatisticsReport(stats=[dict(one) for one in stats], **peer)
        yield bmp.BMPStatisticsReport(stats=[], **peer)
        for reason in (1, 3):
            for data in (b"", b"\x03bye"):
                told = bgp.BGPNotification(error_code=6, error_subcode=2, data=data)
                yield bmp.BMPPeerDownNotification(reason=reason, data=told, **peer)
        yield bmp.BMPPeerDownNotification(reason=2, data=24, **peer)
        yield bmp.BMPPeerDownNotification(reason=4, data=None, **peer)
        local = "2001:db8::1" if ":" in peer["peer_address"] else "192.0.2.1"
        for sent in opens():
            for received in opens():
                yield bmp.BMPPeerUpNotification(
                    local_address=local, local_port=179, remote_port=65535, sent_open_message=sent,
                    received_open_message=received, **peer)
        for update in updates():
            yield bmp.BMPRouteMonitoring(bgp_update=update, **peer)
    for update in more_updates():
        yield bmp.BMPRouteMonitoring(bgp_update=update, **next(peers()))


def write():
    for message in messages():
        octets = message.serialize()
        print(json.dumps({"hex": octets.hex(), "facts": facts_of(message)}))


if __name__ == "__main__":
    {"read": read, "write": write}[sys.argv[1]]()
