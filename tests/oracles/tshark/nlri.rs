//! Routes that are more than a prefix: each field that tshark prints, under the name that it has
//! with us.

use ribcage::wire::RouteDistinguisher;

use super::super::facts::{Facts, igp_router_id, verb};
use super::super::json::{Json, Map, Read};
use super::super::names::{self, EVPN_ROUTE_TYPES, FRAGMENT_BITS, LS_NLRI_TYPES, LS_PROTOCOLS};
use super::super::names::{MVPN_ROUTE_TYPES, NUMERIC_OPERATORS, OSPF_ROUTE_TYPES, TCP_FLAG_BITS};
use super::Walk;

impl Walk {
    /// NLRI of the families that both sides decode. Of IPv6 VPN tshark 4.0 prints the format of a
    /// line instead of the line.
    pub(super) fn nlri(&mut self, announced: bool, family: (u64, u64), routes: Json) -> Read<()> {
        let Json::Map(mut list) = routes else { return Ok(()) };
        let name = verb(announced, format!("{}/{}", family.0, family.1));
        let mut to = Facts::default();
        match family {
            (1, 1 | 2 | 4 | 128) | (2, 1 | 2 | 4) => {
                return self.routes(announced, family, Json::Map(list));
            }
            (1 | 2, 5) => multicast_vpn(&mut list, &mut to)?,
            (1, 132) => route_targets(&mut list, &mut to)?,
            (1 | 2, 73) => sr_policies(&mut list, &mut to)?,
            (1 | 2, 133 | 134) => flow_specifications(&mut list, family.0, &mut to)?,
            (25, 65) => vpls(&mut list, &mut to)?,
            (25, 70) => {
                while let Some(route) = list.maybe("bgp.evpn.nlri") {
                    evpn(route.map()?, &mut to)?;
                }
                while let Some(id) = list.maybe("bgp.nlri_path_id") {
                    to.say("path_id", id.number()?);
                }
            }
            (16388, 71) => {
                while let Some(route) = list.maybe("bgp.ls.nlri") {
                    link_state(route.map()?, &mut to)?;
                }
                list.0.retain(|(key, _)| !key.starts_with("Unknown Link-State NLRI type"));
            }
            _ => return Ok(()),
        }
        for (part, value) in to.0 {
            self.say(format!("{name} {part}"), value);
        }
        self.warnings(&mut list)?;
        list.done()
    }
}

/// The members with this in front of their names, which is taken off.
fn without(prefix: &str, map: Map) -> impl Iterator<Item = (String, Json)> {
    let strip = move |key: String| key.strip_prefix(prefix).unwrap_or(&key).to_owned();
    map.0.into_iter().map(move |(key, value)| (strip(key), value))
}

fn distinguisher(octets: Json) -> Read<RouteDistinguisher> {
    let octets = octets.octets()?;
    Ok(RouteDistinguisher(octets.try_into().map_err(|octets| format!("{octets:?}"))?))
}

/// A distinguisher that is written without its type, with the type that such a one must have.
fn typed(text: &str) -> String {
    let (admin, _) = text.split_once(':').unwrap_or_default();
    let kind = match admin.parse::<u32>() {
        Ok(..=0xffff) => 0,
        Ok(_) => 2,
        Err(_) => 1,
    };
    format!("{kind}:{text}")
}

/// Octets as a number.
fn number(octets: Json) -> Read<u64> {
    Ok(octets.octets()?.iter().fold(0, |number, octet| number << 8 | u64::from(*octet)))
}

fn evpn(mut route: Map, to: &mut Facts) -> Read<()> {
    let kind = route.number("bgp.evpn.nlri.rt")?;
    to.say("route_type", names::of(EVPN_ROUTE_TYPES, kind));
    let mut bits = 0;
    for (key, value) in without("bgp.evpn.nlri.", route) {
        match key.as_str() {
            "len" | "iplen" | "maclen" | "IP Address: NOT INCLUDED" => {}
            "or_length"
            | "igmp_mc_flags"
            | "bgp.mcast_vpn_nlri_source_length"
            | "bgp.mcast_vpn_nlri_group_length" => {}
            "bgp.mcast_vpn_nlri_source_addr_ipv4" | "bgp.mcast_vpn_nlri_source_addr_ipv6" => {
                to.say("multicast_source_address", value.text()?);
            }
            "bgp.mcast_vpn_nlri_group_addr_ipv4" | "bgp.mcast_vpn_nlri_group_addr_ipv6" => {
                to.say("multicast_group_address", value.text()?);
            }
            "or_addr_ipv4" | "or_addr_ipv6" => {
                let part =
                    if kind < 9 { "originator_router_address" } else { "originators_address" };
                to.say(part, value.text()?);
            }
            "igmp_mc_flags_tree" => {
                for (key, bit) in without("bgp.evpn.nlri.igmp_mc_flags.", value.map()?) {
                    if key != "reserved" && bit.number()? == 1 {
                        to.say("flags", key.replace("ie", "IE"));
                    }
                }
            }
            "prefix_len" => bits = value.number()?,
            "rd" => to.say("rd", distinguisher(value)?),
            "esi" => to.say("ethernet_segment_identifier", value.text()?),
            "esi_tree" => segment_identifier(value.map()?, to)?,
            "etag" => to.say("ethernet_tag_id", value.number()?),
            "mac_addr" => to.say("mac_address", value.text()?),
            "ip.addr" | "ipv6.addr" => match kind {
                2 => to.say("ip_address", value.text()?),
                3 | 4 => to.say("originating_router_ip_address", value.text()?),
                5 => to.say("prefix", format!("{}/{bits}", value.text()?)),
                _ => return Err(format!("EVPN {kind}: {value:?}")),
            },
            "ipv4.gtw_addr" | "ipv6.gtw_addr" => to.say("gw_ip_address", value.text()?),
            "mpls_ls1" => to.say("mpls_label1", value.number()?),
            "mpls_ls2" => to.say("mpls_label2", value.number()?),
            // By the encapsulation, which it knows from the communities; the label is in it.
            "vni" => {
                let vni = value.number()?;
                to.say("vni1", vni);
                to.say("mpls_label1", vni >> 4);
            }
            "bgp.update.path_attribute.mpls_label" => {
                let label = value.map()?.number("bgp.update.path_attribute.mpls_label_value")?;
                // The field as 24 bits.
                to.say("mpls_label1", label >> 4);
            }
            "_ws.expert" => to.say("warning", value.map()?.text("_ws.expert.message")?),
            "_ws.malformed" => to.say("malformed", ""),
            _ => return Err(format!("EVPN {kind}, {key}: {value:?}")),
        }
    }
    Ok(())
}

/// An Ethernet Segment Identifier (RFC 7432 §5). Of type 3 tshark takes the last octet of the
/// discriminator for none of it.
fn segment_identifier(mut esi: Map, to: &mut Facts) -> Read<()> {
    let kind = esi.number("bgp.evpn.nlri.esi.type")?;
    if !(1..=5).contains(&kind) {
        return Ok(());
    }
    to.say("esi.type", kind);
    let rest = esi.maybe("bgp.evpn.nlri.esi.remaining").map_or(Ok(0), number)?;
    for (key, value) in without("bgp.evpn.nlri.esi.", esi) {
        match key.as_str() {
            "value" => {}
            "lacp_mac" => to.say("esi.ce_lacp_system_mac_address", value.text()?),
            "lacp_portkey" => to.say("esi.ce_lacp_port_key", value.number()?),
            "root_bridge" => to.say("esi.root_bridge_mac_address", value.text()?),
            "rb_prio" => to.say("esi.root_bridge_priority", value.number()?),
            "system_mac" => to.say("esi.system_mac_address", value.text()?),
            "system_mac_discr" => to.say("esi.local_discriminator", number(value)? << 8 | rest),
            "router_id" => to.say("esi.router_id", value.text()?),
            "asn" => to.say("esi.autonomous_system", value.number()?),
            "router_discr" | "asn_discr" => to.say("esi.local_discriminator", number(value)?),
            _ => return Err(format!("ESI {key}: {value:?}")),
        }
    }
    Ok(())
}

fn multicast_vpn(list: &mut Map, to: &mut Facts) -> Read<()> {
    while let Some(kind) = list.maybe("bgp.mcast_vpn_nlri_route_type") {
        to.say("route_type", names::of(MVPN_ROUTE_TYPES, kind.number()?));
        list.number("bgp.mcast_vpn_nlri_length")?;
        list.take("bgp.mcast_vpn_nlri")?;
        for (key, value) in
            without("bgp.mcast_vpn_nlri_", list.take("bgp.mcast_vpn_nlri_tree")?.map()?)
        {
            match key.as_str() {
                "rd" => to.say("rd", distinguisher(value)?),
                "origin_router_ipv4" | "origin_router_ipv6" => {
                    to.say("originating_router", value.text()?);
                }
                "source_as" => to.say("source_as", value.number()?),
                "source_length" if value.clone().number()? == 0 => to.say("multicast_source", "*"),
                "group_length" if value.clone().number()? == 0 => to.say("multicast_group", "*"),
                "source_length" | "group_length" | "route_key" => {}
                "source_addr_ipv4" | "source_addr_ipv6" => {
                    to.say("multicast_source", value.text()?)
                }
                "group_addr_ipv4" | "group_addr_ipv6" => to.say("multicast_group", value.text()?),
                "_ws.expert" => to.say("warning", value.map()?.text("_ws.expert.message")?),
                _ => return Err(format!("multicast VPN {key}: {value:?}")),
            }
        }
    }
    Ok(())
}

fn route_targets(list: &mut Map, to: &mut Facts) -> Read<()> {
    for (key, value) in std::mem::take(&mut list.0) {
        if key == "bgp.wildcard_route_target" {
            to.say("prefix_length", 0);
            continue;
        }
        let mut route = value.map()?;
        let bits = route.number("bgp.prefix_length")?;
        to.say("origin_as", route.number("bgp.originating_as")?);
        if bits == 96 {
            to.say("route_target", format!("rt:{}", route.text("bgp.community_prefix")?));
        } else {
            route.maybe("bgp.community_prefix");
            to.say("prefix_length", bits);
        }
        route.done()?;
    }
    Ok(())
}

fn sr_policies(list: &mut Map, to: &mut Facts) -> Read<()> {
    while let Some(len) = list.maybe("bgp.sr_policy_nlri_length") {
        to.say("distinguisher", number(list.take("bgp.sr_policy_nlri_distinguisher")?)?);
        to.say("color", number(list.take("bgp.sr_policy_nlri_policy_color")?)?);
        let kind = if len.number()? == 96 { "ipv4" } else { "ipv6" };
        // After a complaint there is none.
        if let Some(endpoint) = list.maybe(&format!("bgp.sr_policy_nlri_endpoint_{kind}")) {
            to.say("endpoint", endpoint.text()?);
        }
    }
    Ok(())
}

fn vpls(list: &mut Map, to: &mut Facts) -> Read<()> {
    while list.maybe("bgp.vplsad.length").is_some() {
        if let Some(rd) = list.maybe("bgp.vplsad.rd") {
            to.say("rd", typed(&rd.text()?));
        }
        if let Some(address) = list.maybe("bgp.ad.pe_addr") {
            to.say("pe_address", address.text()?);
        }
        let Some(id) = list.maybe("bgp.vplsbgp.ce_id") else { continue };
        to.say("ve_id", id.number()?);
        to.say("ve_block_offset", list.number("bgp.vplsbgp.labelblock.offset")?);
        to.say("ve_block_size", list.number("bgp.vplsbgp.labelblock.size")?);
        // Behind a route that it takes for another kind there may be none.
        if let Some(base) = list.maybe("bgp.vplsbgp.labelblock.base") {
            to.say("label_base", base.text()?.split([' ', ',']).next().unwrap_or_default());
        }
    }
    Ok(())
}

fn flow_specifications(list: &mut Map, afi: u64, to: &mut Facts) -> Read<()> {
    while list.maybe("bgp.flowspec_nlri").is_some() {
        let mut route = list.take("bgp.flowspec_nlri_tree")?.map()?;
        route.number("bgp.flowspec_nlri.length")?;
        if let Some(rd) = route.maybe("bgp.flowspec_route_distinguisher") {
            let parts = rd.map()?.0.into_iter().map(|(_, part)| plain(part));
            to.say("rd", parts.collect::<Read<Vec<_>>>()?.join(":"));
        }
        while let Some(filter) = route.maybe("bgp.flowspec_nlri.filter") {
            component(filter.map()?, afi, to)?;
        }
        let mut warnings = Map(std::mem::take(&mut route.0));
        while let Some(warning) = warnings.maybe("_ws.expert") {
            to.say("warning", warning.map()?.text("_ws.expert.message")?);
        }
        warnings.done()?;
    }
    Ok(())
}

/// A component of a flow specification: a prefix, or operators each before its operand.
fn component(mut filter: Map, afi: u64, to: &mut Facts) -> Read<()> {
    let kind = filter.number("bgp.flowspec_nlri.filter_type")?;
    to.say("components.type", names::flow_component(afi, kind));
    let is_bits = matches!(kind, 9 | 12);
    for (key, value) in without("bgp.flowspec_nlri.", filter) {
        match (key.as_str(), value) {
            ("opflags" | "val_tcp.flags_tree" | "val_frag_tree", _) => {}
            ("opflags_tree", operator) => {
                let mut operator = operator.map()?;
                let mut bit = |number: &str, mask: &str| {
                    let name = |name| format!("bgp.flowspec_nlri.op.{name}");
                    let bit = operator.maybe(&name(number)).or_else(|| operator.maybe(&name(mask)));
                    bit.ok_or_else(|| number.to_owned())?.number()
                };
                let mut reserved = bit("un_bit4", "")? << 3;
                to.say("components.operators.and", bit("and", "")? == 1);
                to.say("components.operators.octets", 1 << bit("val_len", "")?);
                // Of DSCP tshark has the bits of a mask, which are the same ones.
                let bits =
                    [bit("lt", "un_bit5")?, bit("gt", "flg_not")?, bit("equal", "flg_match")?];
                if is_bits {
                    to.say("components.operators.not", bits[1] == 1);
                    to.say("components.operators.match", bits[2] == 1);
                    reserved |= bits[0] << 2;
                } else {
                    let signs = bits[0] << 2 | bits[1] << 1 | bits[2];
                    to.say("components.operators.operator", names::of(NUMERIC_OPERATORS, signs));
                }
                if reserved != 0 {
                    to.say("components.operators.reserved", reserved);
                }
            }
            ("val_tcp.flags", bits) => bits_of(TCP_FLAG_BITS, bits.number()?, to),
            ("val_frag", bits) if afi == 2 => bits_of(&FRAGMENT_BITS[1..], bits.number()?, to),
            ("val_frag", bits) => bits_of(FRAGMENT_BITS, bits.number()?, to),
            (key, operand @ Json::Text(_))
                if key.starts_with("dec_val_") || key == "val_dsfield" =>
            {
                let operand = operand.number()?;
                match kind {
                    9 => bits_of(TCP_FLAG_BITS, operand, to),
                    12 => bits_of(FRAGMENT_BITS, operand, to),
                    _ => to.say("components.operators.number", operand),
                }
            }
            (_, Json::Map(mut prefix)) => {
                let mut address = None;
                let bits = prefix.maybe("bgp.prefix_length");
                let bits = bits.or_else(|| prefix.maybe("bgp.flowspec_nlri.ipv6_pref_length"));
                let offset = prefix.maybe("bgp.flowspec_nlri.ipv6_pref_offset");
                for (key, value) in prefix.0 {
                    if key.contains("_pref") && address.replace(value.text()?).is_none() {
                        continue;
                    }
                    return Err(format!("flow specification: {key}"));
                }
                let bits = bits.ok_or("no prefix length")?.number()?;
                let address = address.ok_or("no prefix")?;
                to.say("components.prefix", format!("{address}/{bits}"));
                match offset.map(Json::number).transpose()? {
                    None | Some(0) => {}
                    Some(offset) => to.say("components.offset", offset),
                }
            }
            (key, value) => return Err(format!("flow specification {key}: {value:?}")),
        }
    }
    Ok(())
}

/// Each of the bits that are set, by its name.
fn bits_of(names: &[(u64, &str)], bits: u64, to: &mut Facts) {
    let mut left = bits;
    for (bit, name) in names.iter().filter(|(bit, _)| bits & bit != 0) {
        to.say("components.operators.bits", name);
        left &= !bit;
    }
    if left != 0 {
        to.say("components.operators.bits", format!("{left:#x}"));
    }
}

fn link_state(mut route: Map, to: &mut Facts) -> Read<()> {
    to.say("nlri_type", names::of(LS_NLRI_TYPES, route.number("bgp.ls.nlri_type")?));
    descriptors(route, "", &mut 0, to)
}

/// What is in a route or its descriptors, under names that begin with `of`.
fn descriptors(map: Map, of: &str, protocol: &mut u64, to: &mut Facts) -> Read<()> {
    let mut bits = 0;
    for (key, value) in without("bgp.ls.", map) {
        let name = match (key.as_str(), value) {
            ("tlv.local_node_descriptors", Json::Map(of)) => {
                descriptors(of, "local_node.", protocol, to)?;
                continue;
            }
            ("tlv.remote_node_descriptors", Json::Map(of)) => {
                descriptors(of, "remote_node.", protocol, to)?;
                continue;
            }
            ("_ws.expert", warning) => {
                to.say("warning", warning.map()?.text("_ws.expert.message")?);
                continue;
            }
            (_, Json::Map(inside)) => {
                descriptors(inside, of, protocol, to)?;
                continue;
            }
            ("type" | "length" | "nlri_length", _) => continue,
            ("bgp.prefix_length", value) => {
                bits = value.number()?;
                continue;
            }
            ("nlri_node.protocol_id", value) => {
                *protocol = value.number()?;
                to.say("protocol_id", names::of(LS_PROTOCOLS, *protocol));
                continue;
            }
            ("nlri_ip_reachability_prefix_ip" | "nlri_ip_reachability_prefix_ip6", value) => {
                to.say("prefix", format!("{}/{bits}", value.text()?));
                continue;
            }
            ("tlv.igp_router_id", value) => {
                let id = igp_router_id(&value.octets()?, *protocol);
                to.say(format!("{of}igp_router_id"), id);
                continue;
            }
            ("nlri_ospf_route_type", value) => {
                to.say("ospf_route_type", names::of(OSPF_ROUTE_TYPES, value.number()?));
                continue;
            }
            ("nlri_node.identifier", value) => ("identifier", value),
            ("tlv.autonomous_system.id", value) => ("autonomous_system", value),
            ("tlv.bgp_ls_identifier_id", value) => ("bgp_ls_identifier", value),
            ("tlv.area_id.id", value) => {
                let area = std::net::Ipv4Addr::from_bits(value.number()? as u32);
                to.say(format!("{of}ospf_area_id"), area);
                continue;
            }
            ("tlv.bgp_router_id.id", value) => ("bgp_router_id", value),
            ("nlri_link_local_identifier", value) => ("link_identifiers.local", value),
            ("nlri_link_remote_identifier", value) => ("link_identifiers.remote", value),
            ("nlri_ipv4_interface_address", value) => ("ipv4_interface_address", value),
            ("nlri_ipv4_neighbor_address", value) => ("ipv4_neighbor_address", value),
            ("nlri_ipv6_interface_address", value) => ("ipv6_interface_address", value),
            ("nlri_ipv6_neighbor_address", value) => ("ipv6_neighbor_address", value),
            ("nlri_multi_topology_id", value) => ("mt_ids", value),
            (key, value) => return Err(format!("BGP-LS {key}: {value:?}")),
        };
        to.say(format!("{of}{}", name.0), plain(name.1)?);
    }
    Ok(())
}

/// A number in decimal, or a text.
fn plain(value: Json) -> Read<String> {
    value.clone().number().map(|number| number.to_string()).or_else(|_| value.text())
}
