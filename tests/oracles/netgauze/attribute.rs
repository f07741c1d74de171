//! Path attributes: the simple ones as they are described, the others put back into octets.

use netgauze_bgp_pkt::path_attribute::{
    BgpLsAttribute, ExtendedCommunitiesIpv6, MpReach, MpUnreach,
};
use netgauze_parse_utils::{WritablePdu, WritablePduWithOneInput};
use ribcage::bgp::attr::extended_communities::ExtendedCommunity;
use ribcage::bgp::attr::prefix_sid::EndpointBehavior;
use ribcage::wire::{Item, Outline};

use super::super::facts::{hex, in_code, in_part};
use super::super::json::{Json, Map, Read};
use super::{Walk, address, distinguisher, family};

impl Walk {
    pub(super) fn attribute(&mut self, mut attribute: Map) -> Read<()> {
        let mut flags = 0;
        for (name, bit) in
            [("optional", 0x80), ("transitive", 0x40), ("partial", 0x20), ("extended_length", 0x10)]
        {
            flags |= if attribute.flag(name)? { bit } else { 0 };
        }
        let (name, value) = attribute.take("value")?.variant()?;
        attribute.done()?;
        let at = self.0.0.len();
        let code = self.value(&name, value)?;
        self.0.0.insert(at, ("attribute".into(), in_code(code, flags)));
        Ok(())
    }

    fn value(&mut self, name: &str, value: Json) -> Read<u8> {
        Ok(match name {
            "Origin" => {
                let origin = value.text()?;
                self.say("origin", origin.to_uppercase());
                1
            }
            "AsPath" => {
                let (_, segments) = value.variant()?;
                let each = segments.list()?.into_iter().map(segment).collect::<Read<Vec<_>>>()?;
                self.say("as_path", format!("[{}]", each.join(", ")));
                2
            }
            "NextHop" => self.one("next_hop", "next_hop", value, 3)?,
            "MultiExitDiscriminator" => self.one("multi_exit_disc", "metric", value, 4)?,
            "LocalPreference" => self.one("local_pref", "metric", value, 5)?,
            "Communities" => {
                let mut value = value.map()?;
                let each = value.list("communities")?.into_iter().map(community);
                self.say(
                    "communities",
                    format!("[{}]", each.collect::<Read<Vec<_>>>()?.join(", ")),
                );
                value.done()?;
                8
            }
            "As4Path" => {
                let mut path = value.map()?;
                let each = path.list("segments")?.into_iter().map(segment);
                self.say("as4_path", format!("[{}]", each.collect::<Read<Vec<_>>>()?.join(", ")));
                path.done()?;
                17
            }
            "AtomicAggregate" => {
                self.say("atomic_aggregate", true);
                self.octets(6, Vec::new())
            }
            "Aggregator" => self.aggregator(value)?,
            "LargeCommunities" => {
                let mut value = value.map()?;
                let each = value.list("communities")?.into_iter().map(large);
                let each = each.collect::<Read<Vec<_>>>()?;
                self.say("large_communities", format!("[{}]", each.join(", ")));
                value.done()?;
                32
            }
            "Originator" => {
                let id = value.text()?;
                self.say("originator_id", &id);
                self.octets(9, address(&id)?)
            }
            "ClusterList" => {
                let ids = value.list()?.into_iter().map(Json::text).collect::<Read<Vec<_>>>()?;
                self.say("cluster_list", format!("[{}]", ids.join(", ")));
                let octets = ids.iter().map(|id| address(id)).collect::<Read<Vec<_>>>()?;
                self.octets(10, octets.concat())
            }
            "MpReach" => self.reach(value)?,
            "MpUnreach" => {
                if let Ok(MpUnreach::Unknown { afi, safi, .. }) = value.typed() {
                    self.say("MP_UNREACH_NLRI", format!("{}/{}", afi as u16, safi as u8));
                    return Ok(15);
                }
                let (name, value) = value.variant()?;
                let (afi, safi) = family(&name)?;
                let mut value = value.map()?;
                self.say("MP_UNREACH_NLRI", format!("{afi}/{safi}"));
                self.nlri(false, (afi, safi), value.list("nlri")?)?;
                value.done()?;
                15
            }
            "ExtendedCommunities" => {
                let mut value = value.map()?;
                let each = value.list("communities")?.into_iter().map(extended);
                let (said, octets): (Vec<_>, Vec<_>) =
                    each.collect::<Read<Vec<_>>>()?.into_iter().unzip();
                self.say("extended_communities", format!("[{}]", said.join(", ")));
                octets.iter().for_each(|octets| self.say("extended community", in_part(*octets)));
                value.done()?;
                self.octets(16, octets.concat())
            }
            "Aigp" => {
                let (_, metric) = value.variant()?;
                self.say("aigp", format!("[{{metric={}}}]", metric.number()?));
                26
            }
            "PrefixSegmentIdentifier" => {
                let mut value = value.map()?;
                let tlvs = value.list("tlvs")?.into_iter().map(sid_tlv);
                let (said, octets): (Vec<_>, Vec<_>) =
                    tlvs.collect::<Read<Vec<_>>>()?.into_iter().unzip();
                self.say("prefix_sid", format!("[{}]", said.join(", ")));
                value.done()?;
                self.octets(40, octets.concat())
            }
            // Only its octets are compared: as it writes what it has read.
            "BgpLs" => {
                let read: BgpLsAttribute = value.typed()?;
                let mut octets = Vec::new();
                read.write(&mut octets, true).map_err(|e| format!("{e:?}"))?;
                self.octets(29, octets.split_off(2))
            }
            "ExtendedCommunitiesIpv6" => {
                let read: ExtendedCommunitiesIpv6 = value.typed()?;
                let mut octets = Vec::new();
                read.write(&mut octets, true).map_err(|e| format!("{e:?}"))?;
                self.octets(25, octets.split_off(2))
            }
            "UnknownAttribute" => {
                let mut value = value.map()?;
                let (code, octets) = (value.number("code")? as u8, value.take("value")?.octets()?);
                value.done()?;
                self.octets(code, octets)
            }
            _ => return Err(format!("attribute {name}: {value:?}")),
        })
    }

    /// An attribute of one member.
    fn one(&mut self, name: &str, key: &str, value: Json, code: u8) -> Read<u8> {
        let mut value = value.map()?;
        match value.take(key)? {
            Json::Number(number) => self.say(name, number),
            other => self.say(name, other.text()?),
        }
        value.done()?;
        Ok(code)
    }

    fn aggregator(&mut self, value: Json) -> Read<u8> {
        let (width, value) = value.variant()?;
        let width = if width == "As2Aggregator" { 2 } else { 4 };
        let mut value = value.map()?;
        let (asn, origin) = (value.number("asn")?, value.text("origin")?);
        value.done()?;
        self.say("aggregator", format!("{{asn={asn} address={origin}}}"));
        let asn = &asn.to_be_bytes()[8 - width..];
        Ok(self.octets(7, [asn, &address(&origin)?].concat()))
    }

    fn octets(&mut self, code: u8, octets: Vec<u8>) -> u8 {
        self.say(format!("octets of attribute {code}"), hex(&octets));
        code
    }

    fn reach(&mut self, value: Json) -> Read<u8> {
        // Of families that it does not know, the octets from the next hop on.
        if let Ok(MpReach::Unknown { afi, safi, .. }) = value.typed() {
            self.say("MP_REACH_NLRI", format!("{}/{}", afi as u16, safi as u8));
            return Ok(14);
        }
        let (name, value) = value.variant()?;
        let (afi, safi) = family(&name)?;
        let mut value = value.map()?;
        let (octets, global) = next_hop(&mut value)?;
        self.say("MP_REACH_NLRI", format!("{afi}/{safi}"));
        self.say("next hop", hex(&octets));
        self.say("next hop address", global);
        self.nlri(true, (afi, safi), value.list("nlri")?)?;
        value.done()?;
        Ok(14)
    }
}

/// The next hop as octets, and its global address.
fn next_hop(value: &mut Map) -> Read<(Vec<u8>, String)> {
    let global = value.maybe("next_hop").or_else(|| value.maybe("next_hop_global"));
    let (mut octets, mut member) = (Vec::new(), Map::default());
    let global = match global.ok_or("no next hop")? {
        Json::Text(address) => address,
        labeled => {
            let (_, inner) = labeled.variant()?;
            member = inner.map()?;
            octets = distinguisher(member.take("rd")?)?.1;
            member.text("next_hop")?
        }
    };
    octets.extend(address(&global)?);
    for local in [value.maybe("next_hop_local"), member.maybe("next_hop_local")] {
        if let Some(Json::Text(local)) = local {
            octets.extend(address(&local)?);
        }
    }
    member.done()?;
    Ok((octets, global))
}

fn segment(segment: Json) -> Read<String> {
    let mut segment = segment.map()?;
    let kind = match segment.text("segment_type")?.as_str() {
        "AsSet" => "AS_SET",
        "AsSequence" => "AS_SEQUENCE",
        "AsConfedSequence" => "AS_CONFED_SEQUENCE",
        "AsConfedSet" => "AS_CONFED_SET",
        other => return Err(format!("segment type {other}")),
    };
    let asns = segment.list("as_numbers")?.into_iter().map(|n| Ok(n.number()?.to_string()));
    let asns = asns.collect::<Read<Vec<_>>>()?.join(", ");
    segment.done()?;
    Ok(format!("{{type={kind} asns=[{asns}]}}"))
}

fn community(community: Json) -> Read<String> {
    let number = community.number()?;
    Ok(format!("{}:{}", number >> 16, number & 0xffff))
}

fn large(community: Json) -> Read<String> {
    let mut community = community.map()?;
    let mut part = |part: &str| community.number(part);
    let said = [part("global_admin")?, part("local_data1")?, part("local_data2")?];
    community.done()?;
    Ok(said.map(|part| part.to_string()).join(":"))
}

/// An extended community as it is described, and its octets.
fn extended(community: Json) -> Read<(String, [u8; 8])> {
    let read: netgauze_bgp_pkt::community::ExtendedCommunity = community.typed()?;
    let (class, of) = community.variant()?;
    let (name, of) = match class.as_str() {
        "Unknown" => (String::new(), of),
        _ => of.variant()?,
    };
    let mut of = of.or(Json::Map(Map::default())).map()?;
    let (said, octets) = match (class.as_str(), name.as_str()) {
        ("TransitiveTwoOctet", "RouteTarget" | "RouteOrigin") => {
            let (kind, called) =
                if name == "RouteTarget" { (2, "Route Target") } else { (3, "Route Origin") };
            let (admin, number) = (of.number("global_admin")?, of.number("local_admin")?);
            let octets = [&(admin as u16).to_be_bytes()[..], &(number as u32).to_be_bytes()];
            let said = format!("global_administrator={admin} local_administrator={number}");
            (format!("type={called} {said}"), [&[0, kind], &octets.concat()[..]].concat())
        }
        ("Evpn", "EvpnL2Attribute") => {
            let (flags, mtu) = (of.number("control_flags")? as u16, of.number("l2_mtu")? as u16);
            let [b, p, c, f, ci] = [1, 2, 4, 8, 16].map(|bit| flags & bit != 0);
            let bits = format!("B={b} P={p} C={c} F={f} CI={ci}");
            let said = format!("control_flags={flags} {bits} l2_mtu={mtu}");
            let octets = [&[6, 4], &flags.to_be_bytes()[..], &mtu.to_be_bytes(), &[0, 0]];
            (format!("type=EVPN Layer 2 Attributes {said}"), octets.concat())
        }
        ("TransitiveFourOctet", "RouteTarget") => {
            let (admin, number) = (of.number("global_admin")?, of.number("local_admin")?);
            let octets = [&(admin as u32).to_be_bytes()[..], &(number as u16).to_be_bytes()];
            let said = format!("global_administrator={admin} local_administrator={number}");
            (format!("type=Route Target {said}"), [&[2, 2], &octets.concat()[..]].concat())
        }
        ("Evpn", "EvpnRoutersMac") => {
            let mac = of.take("mac")?.octets()?;
            let said: Vec<String> = mac.iter().map(|octet| format!("{octet:02x}")).collect();
            let octets = [&[6, 3], &mac[..]].concat();
            (format!("type=EVPN Router's MAC mac={}", said.join(":")), octets)
        }
        // Of others only the octets are compared: as it writes what it has read.
        _ => {
            let mut octets = Vec::new();
            read.write(&mut octets).map_err(|e| format!("{e:?}"))?;
            let whole = <[u8; 8]>::try_from(octets.as_slice()).map_err(|e| e.to_string())?;
            let said = Outline::of(|fields| ExtendedCommunity(whole).describe(fields));
            of = Map::default();
            (said.trim_matches(['=', '{', '}']).to_owned(), octets)
        }
    };
    of.done()?;
    let octets = octets.try_into().map_err(|octets: Vec<u8>| format!("{octets:?}"))?;
    Ok((format!("{{{said}}}"), octets))
}

/// A TLV with a type of one octet and a length of two.
fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind], &(value.len() as u16).to_be_bytes()[..], value].concat()
}

/// A TLV of a Prefix-SID as it is described, and its octets.
fn sid_tlv(json: Json) -> Read<(String, Vec<u8>)> {
    let (name, value) = json.variant()?;
    let mut value = value.map()?;
    let both = match name.as_str() {
        "LabelIndex" => {
            let (flags, index) =
                (value.number("flags")? as u16, value.number("label_index")? as u32);
            let octets = [&[0], &flags.to_be_bytes()[..], &index.to_be_bytes()].concat();
            (format!("{{type=Label-Index flags={flags} label_index={index}}}"), tlv(1, &octets))
        }
        "SRv6ServiceL3" | "SRv6ServiceL2" => {
            let layer = if name == "SRv6ServiceL3" { 3 } else { 2 };
            let mut octets = vec![value.number("reserved")? as u8];
            let mut each = Vec::new();
            for information in value.list("subtlvs")? {
                let (said, information) = sid_information(information)?;
                octets.extend(information);
                each.push(said);
            }
            let said = format!("{{type=SRv6 L{layer} Service sub_tlvs=[{}]}}", each.join(", "));
            (said, tlv(if layer == 3 { 5 } else { 6 }, &octets))
        }
        _ => return Err(format!("Prefix-SID TLV {name}")),
    };
    value.done()?;
    Ok(both)
}

fn sid_information(json: Json) -> Read<(String, Vec<u8>)> {
    let (name, value) = json.variant()?;
    if name != "SRv6SIDInformation" {
        return Err(format!("sub-TLV {name}"));
    }
    let mut value = value.map()?;
    let (sid, flags) = (value.text("sid")?, value.number("service_sid_flags")? as u8);
    let behavior = value.number("endpoint_behaviour")? as u16;
    let mut octets = vec![value.number("reserved1")? as u8];
    octets.extend(address(&sid)?);
    octets.push(flags);
    octets.extend(behavior.to_be_bytes());
    octets.push(value.number("reserved2")? as u8);
    let mut each = Vec::new();
    for structure in value.list("subsubtlvs")? {
        let (said, structure) = sid_structure(structure)?;
        octets.extend(structure);
        each.push(said);
    }
    value.done()?;
    let (behavior, each) = (EndpointBehavior(behavior), each.join(", "));
    let said = format!("type=SRv6 SID Information sid={sid} flags={flags}");
    let said = format!("{{{said} endpoint_behavior={behavior} sub_sub_tlvs=[{each}]}}");
    Ok((said, tlv(1, &octets)))
}

fn sid_structure(json: Json) -> Read<(String, Vec<u8>)> {
    let (name, value) = json.variant()?;
    if name != "SRv6SIDStructure" {
        return Err(format!("sub-sub-TLV {name}"));
    }
    let mut value = value.map()?;
    let (mut said, mut octets) = ("{type=SRv6 SID Structure".to_owned(), Vec::new());
    for (theirs, ours) in [
        ("locator_block_len", "locator_block_length"),
        ("locator_node_len", "locator_node_length"),
        ("function_len", "function_length"),
        ("arg_len", "argument_length"),
        ("transposition_len", "transposition_length"),
        ("transposition_offset", "transposition_offset"),
    ] {
        let part = value.number(theirs)? as u8;
        said += &format!(" {ours}={part}");
        octets.push(part);
    }
    value.done()?;
    Ok((said + "}", tlv(1, &octets)))
}
