//! Path attributes: the simple ones as they are described, the others put back into octets.

use super::super::facts::{hex, in_code, in_part, verb};
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
            "Originator" => self.octets(9, address(&value.text()?)?),
            "ClusterList" => {
                let ids = value.list()?.into_iter().map(|id| address(&id.text()?));
                self.octets(10, ids.collect::<Read<Vec<_>>>()?.concat())
            }
            "MpReach" => self.reach(value)?,
            "MpUnreach" => {
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
                let octets = each.collect::<Read<Vec<_>>>()?;
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
                let octets = tlvs.collect::<Read<Vec<_>>>()?.concat();
                value.done()?;
                self.octets(40, octets)
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

    fn octets(&mut self, code: u8, octets: Vec<u8>) -> u8 {
        self.say(format!("octets of attribute {code}"), hex(&octets));
        code
    }

    fn reach(&mut self, value: Json) -> Read<u8> {
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

    fn nlri(&mut self, announced: bool, family: (u16, u8), nlri: Vec<Json>) -> Read<()> {
        let name = format!("{}/{}", family.0, family.1);
        if family != (25, 70) {
            return self.routes(announced, &name, nlri);
        }
        let octets = nlri.into_iter().map(evpn).collect::<Read<Vec<_>>>()?.concat();
        self.say(verb(announced, name), hex(&octets));
        Ok(())
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

fn extended(community: Json) -> Read<[u8; 8]> {
    let (class, of) = community.variant()?;
    let (name, of) = of.variant()?;
    let mut of = of.map()?;
    let octets = match (class.as_str(), name.as_str()) {
        ("TransitiveTwoOctet", "RouteTarget" | "RouteOrigin") => {
            let kind = if name == "RouteTarget" { 2 } else { 3 };
            let (admin, number) = (of.number("global_admin")? as u16, of.number("local_admin")?);
            [&[0, kind], &admin.to_be_bytes()[..], &(number as u32).to_be_bytes()].concat()
        }
        ("Evpn", "EvpnL2Attribute") => {
            let (flags, mtu) = (of.number("control_flags")? as u16, of.number("l2_mtu")? as u16);
            [&[6, 4], &flags.to_be_bytes()[..], &mtu.to_be_bytes(), &[0, 0]].concat()
        }
        _ => return Err(format!("extended community {class} {name}: {of:?}")),
    };
    of.done()?;
    <[u8; 8]>::try_from(octets).map_err(|octets| format!("{} octets", octets.len()))
}

/// A TLV with a type of one octet and a length of two.
fn tlv(kind: u8, value: &[u8]) -> Vec<u8> {
    [&[kind], &(value.len() as u16).to_be_bytes()[..], value].concat()
}

fn sid_tlv(json: Json) -> Read<Vec<u8>> {
    let (name, value) = json.variant()?;
    let mut value = value.map()?;
    let octets = match name.as_str() {
        "LabelIndex" => {
            let (flags, index) =
                (value.number("flags")? as u16, value.number("label_index")? as u32);
            tlv(1, &[&[0], &flags.to_be_bytes()[..], &index.to_be_bytes()].concat())
        }
        "SRv6ServiceL3" | "SRv6ServiceL2" => {
            let kind = if name == "SRv6ServiceL3" { 5 } else { 6 };
            let mut octets = vec![value.number("reserved")? as u8];
            for information in value.list("subtlvs")? {
                octets.extend(sid_information(information)?);
            }
            tlv(kind, &octets)
        }
        _ => return Err(format!("Prefix-SID TLV {name}")),
    };
    value.done()?;
    Ok(octets)
}

fn sid_information(json: Json) -> Read<Vec<u8>> {
    let (name, value) = json.variant()?;
    if name != "SRv6SIDInformation" {
        return Err(format!("sub-TLV {name}"));
    }
    let mut value = value.map()?;
    let mut octets = vec![value.number("reserved1")? as u8];
    octets.extend(address(&value.text("sid")?)?);
    octets.push(value.number("service_sid_flags")? as u8);
    octets.extend((value.number("endpoint_behaviour")? as u16).to_be_bytes());
    octets.push(value.number("reserved2")? as u8);
    for structure in value.list("subsubtlvs")? {
        let (name, structure) = structure.variant()?;
        if name != "SRv6SIDStructure" {
            return Err(format!("sub-sub-TLV {name}"));
        }
        let mut structure = structure.map()?;
        let parts = ["locator_block_len", "locator_node_len", "function_len", "arg_len"];
        let parts = parts.iter().chain(&["transposition_len", "transposition_offset"]);
        let parts =
            parts.map(|part| Ok(structure.number(part)? as u8)).collect::<Read<Vec<_>>>()?;
        octets.extend(tlv(1, &parts));
        structure.done()?;
    }
    value.done()?;
    Ok(tlv(1, &octets))
}

fn evpn(json: Json) -> Read<Vec<u8>> {
    let mut json = json.map()?;
    if json.take("path_id")? != Json::Null {
        return Err("path identifier".into());
    }
    let (name, route) = json.take("route")?.variant()?;
    json.done()?;
    if name != "EthernetAutoDiscovery" {
        return Err(format!("EVPN {name}"));
    }
    let mut route = route.map()?;
    let mut octets = distinguisher(route.take("rd")?)?.1;
    octets.extend(route.take("segment_id")?.octets()?);
    octets.extend((route.number("tag")? as u32).to_be_bytes());
    octets.extend(route.take("mpls_label")?.octets()?);
    route.done()?;
    Ok([&[1, octets.len() as u8], &octets[..]].concat())
}
