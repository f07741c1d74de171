//! Routes that are more than a prefix: EVPN, route target membership and BGP-LS.

use ribcage::bgp::attr::extended_communities::ExtendedCommunity;

use super::super::facts::{Facts, hex, igp_router_id, verb};
use super::super::json::{Json, Map, Read};
use super::super::names::{self, EVPN_ROUTE_TYPES, LS_NLRI_TYPES, LS_PROTOCOLS, OSPF_ROUTE_TYPES};
use super::{Walk, distinguisher, number};

impl Walk {
    pub(super) fn nlri(&mut self, announced: bool, family: (u16, u8), nlri: Vec<Json>) -> Read<()> {
        let name = format!("{}/{}", family.0, family.1);
        let one = match family {
            (25, 70) => evpn,
            (1, 132) => route_target,
            (16388, _) => link_state,
            _ => return self.routes(announced, &name, nlri),
        };
        for route in nlri {
            let (mut route, mut said) = (route.map()?, Facts::default());
            let id = route.take("path_id")?;
            if id != Json::Null {
                said.say("path_id", id.number()?);
            }
            one(route, &mut said)?;
            for (part, value) in said.0 {
                self.say(format!("{} {part}", verb(announced, &name)), value);
            }
        }
        Ok(())
    }
}

fn evpn(mut nlri: Map, to: &mut Facts) -> Read<()> {
    let (name, route) = nlri.take("route")?.variant()?;
    nlri.done()?;
    let (kind, mut route) = match name.as_str() {
        "EthernetAutoDiscovery" => (1, route.map()?),
        "MacIpAdvertisement" => (2, route.map()?),
        "InclusiveMulticastEthernetTagRoute" => (3, route.map()?),
        "EthernetSegmentRoute" => (4, route.map()?),
        "IpPrefixRoute" => (5, route.variant()?.1.map()?),
        "Unknown" => {
            let mut route = route.map()?;
            to.say("route_type", names::of(EVPN_ROUTE_TYPES, route.number("code")?));
            to.say("value", hex(&route.take("value")?.octets()?));
            return route.done();
        }
        _ => return Err(format!("EVPN {name}: {route:?}")),
    };
    to.say("route_type", names::of(EVPN_ROUTE_TYPES, kind));
    to.say("rd", distinguisher(route.take("rd")?)?.0);
    let address = if kind < 3 { "ip_address" } else { "originating_router_ip_address" };
    for (key, value) in route.0 {
        match (key.as_str(), value) {
            (_, Json::Null) => {}
            ("segment_id", esi) => to.say("ethernet_segment_identifier", colons(&esi.octets()?)),
            ("tag", tag) => to.say("ethernet_tag_id", tag.number()?),
            ("mac", mac) => to.say("mac_address", colons(&mac.octets()?)),
            ("ip", ip) => to.say(address, ip.text()?),
            ("prefix", prefix) => to.say("prefix", prefix.text()?),
            ("gateway", gateway) => to.say("gw_ip_address", gateway.text()?),
            ("mpls_label" | "mpls_label1" | "label", label) => {
                let field = number(&label.octets()?);
                to.say("mpls_label1", field >> 4);
                to.say("vni1", field);
            }
            ("mpls_label2", label) => {
                let field = number(&label.octets()?);
                to.say("mpls_label2", field >> 4);
                to.say("vni2", field);
            }
            (key, value) => return Err(format!("EVPN {key}: {value:?}")),
        }
    }
    Ok(())
}

/// Octets in hex digits, with colons between them.
fn colons(octets: &[u8]) -> String {
    let each: Vec<String> = octets.iter().map(|octet| format!("{octet:02x}")).collect();
    each.join(":")
}

/// A route target membership: an AS number and the octets of a route target, all eight of them.
fn route_target(mut nlri: Map, to: &mut Facts) -> Read<()> {
    let membership = nlri.take("membership")?;
    nlri.done()?;
    if membership == Json::Null {
        to.say("prefix_length", 0);
        return Ok(());
    }
    let mut membership = membership.map()?;
    to.say("origin_as", membership.number("origin_as")?);
    let octets = membership.take("route_target")?.octets()?;
    match <[u8; 8]>::try_from(octets.as_slice()) {
        Ok(whole) => to.say("route_target", ExtendedCommunity(whole)),
        Err(_) => {
            if !octets.is_empty() {
                to.say("route_target", hex(&octets));
            }
            to.say("prefix_length", 32 + 8 * octets.len());
        }
    }
    membership.done()
}

fn link_state(mut nlri: Map, to: &mut Facts) -> Read<()> {
    if let Some(rd) = nlri.maybe("rd") {
        to.say("rd", distinguisher(rd)?.0);
    }
    let (name, value) = nlri.take("value")?.variant()?;
    nlri.done()?;
    let kinds = ["", "Node", "Link", "Ipv4Prefix", "Ipv6Prefix"];
    let Some(kind) = kinds.iter().position(|kind| *kind == name) else {
        let mut value = value.map()?;
        to.say("nlri_type", names::of(LS_NLRI_TYPES, value.number("code")?));
        to.say("value", hex(&value.take("value")?.octets()?));
        return value.done();
    };
    let mut value = value.map()?;
    to.say("nlri_type", names::of(LS_NLRI_TYPES, kind as u64));
    let protocol = match value.text("protocol_id")?.as_str() {
        "IsIsLevel1" => 1,
        "IsIsLevel2" => 2,
        "OspfV2" => 3,
        "Direct" => 4,
        "StaticConfiguration" => 5,
        "OspfV3" => 6,
        "Bgp" => 7,
        "RsvpTe" => 8,
        "SegmentRouting" => 9,
        other => return Err(format!("protocol {other}")),
    };
    to.say("protocol_id", names::of(LS_PROTOCOLS, protocol));
    to.say("identifier", value.number("identifier")?);
    for (key, value) in value.0 {
        let of = match key.as_str() {
            "local_node_descriptors" => "local_node.",
            "remote_node_descriptors" => "remote_node.",
            "link_descriptors" | "prefix_descriptors" => "",
            _ => return Err(format!("BGP-LS {key}: {value:?}")),
        };
        for tlv in value.list()? {
            descriptor(tlv, of, protocol, to)?;
        }
    }
    Ok(())
}

/// A descriptor of a node, a link or a prefix, under a name that begins with `of`.
fn descriptor(tlv: Json, of: &str, protocol: u64, to: &mut Facts) -> Read<()> {
    let (name, value) = tlv.variant()?;
    let dotted = |number: u64| std::net::Ipv4Addr::from_bits(number as u32).to_string();
    let (part, said) = match name.as_str() {
        "AutonomousSystem" => ("autonomous_system", value.number()?.to_string()),
        "BgpLsIdentifier" => ("bgp_ls_identifier", value.number()?.to_string()),
        "OspfAreaId" => ("ospf_area_id", dotted(value.number()?)),
        "IgpRouterId" => ("igp_router_id", igp_router_id(&value.octets()?, protocol)),
        "BgpRouterIdentifier" => ("bgp_router_id", dotted(value.number()?)),
        "MemberAsNumber" => ("confederation_member", value.number()?.to_string()),
        "IPv4InterfaceAddress" => ("ipv4_interface_address", value.text()?),
        "IPv4NeighborAddress" => ("ipv4_neighbor_address", value.text()?),
        "IPv6InterfaceAddress" => ("ipv6_interface_address", value.text()?),
        "IPv6NeighborAddress" => ("ipv6_neighbor_address", value.text()?),
        "IpReachabilityInformation" => ("prefix", value.text()?),
        "OspfRouteType" => {
            let names = ["", "IntraArea", "InterArea", "External1", "External2", "Nssa1", "Nssa2"];
            let name = value.text()?;
            let code = names.iter().position(|known| *known == name).ok_or(name)?;
            ("ospf_route_type", names::of(OSPF_ROUTE_TYPES, code as u64))
        }
        "LinkLocalRemoteIdentifiers" => {
            let mut value = value.map()?;
            to.say("link_identifiers.local", value.number("link_local_identifier")?);
            to.say("link_identifiers.remote", value.number("link_remote_identifier")?);
            return value.done();
        }
        "MultiTopologyIdentifier" => {
            for id in value.list()? {
                to.say("mt_ids", id.number()?);
            }
            return Ok(());
        }
        "Unknown" => {
            let mut value = value.map()?;
            to.say(format!("{of}other_descriptors.type"), value.number("code")?);
            to.say(format!("{of}other_descriptors.value"), hex(&value.take("value")?.octets()?));
            return value.done();
        }
        _ => return Err(format!("descriptor {name}: {value:?}")),
    };
    to.say(format!("{of}{part}"), said);
    Ok(())
}
