//! Path attributes: the simple ones as they are described, the others put back into octets.

use std::net::Ipv4Addr;

use super::super::facts::{hex, in_code, in_part};
use super::super::json::{Json, Map, Read};
use super::{Walk, octets};

/// What the names of nearly all members begin with.
const PA: &str = "bgp.update.path_attribute.";

impl Walk {
    pub(super) fn attribute(&mut self, mut attribute: Map) -> Read<()> {
        let flags = attribute.number("bgp.update.path_attribute.flags")? as u8;
        attribute.take("bgp.update.path_attribute.flags_tree")?;
        let code = attribute.number("bgp.update.path_attribute.type_code")? as u8;
        let len = attribute.number("bgp.update.path_attribute.length")?;
        self.say("attribute", in_code(code, flags));
        let mut it = Map::default();
        for (key, value) in attribute.0 {
            it.0.push((key.strip_prefix(PA).unwrap_or(&key).to_owned(), value));
        }
        self.value(code, len, &mut it)?;
        self.warnings(&mut it)?;
        it.done().map_err(|e| format!("attribute {code}: {e}"))
    }

    fn value(&mut self, code: u8, len: u64, it: &mut Map) -> Read<()> {
        match code {
            1 => {
                let names = ["IGP", "EGP", "INCOMPLETE"];
                let origin = it.number("origin")?;
                self.say("origin", names.get(origin as usize).ok_or("origin")?);
            }
            2 | 17 => {
                let mut segments = Vec::new();
                while let Some(segment) = it.maybe("as_path_segment") {
                    segments.push(as_segment(segment)?);
                }
                let name = if code == 2 { "as_path" } else { "as4_path" };
                self.say(name, format!("[{}]", segments.join(", ")));
            }
            3 => self.say("next_hop", it.text("next_hop")?),
            4 => self.say("multi_exit_disc", it.number("multi_exit_disc")?),
            5 => self.say("local_pref", it.number("local_pref")?),
            6 => {
                self.say("atomic_aggregate", true);
                self.octets(6, Vec::new());
            }
            7 | 18 => {
                let (asn, origin) = (it.number("aggregator_as")?, it.text("aggregator_origin")?);
                let name = if code == 7 { "aggregator" } else { "as4_aggregator" };
                self.say(name, format!("{{asn={asn} address={origin}}}"));
                let width = (len as usize).saturating_sub(4).clamp(2, 4);
                let address: Ipv4Addr = origin.parse().map_err(|e| format!("{origin}: {e}"))?;
                let asn = asn.to_be_bytes();
                self.octets(code, [&asn[8 - width..], &address.octets()].concat());
            }
            8 => self.communities(it)?,
            9 => {
                self.say("originator_id", it.0.first().ok_or("no id")?.1.clone().text()?);
                let id = octets(std::mem::take(it), &|key| (key == "originator_id").then_some(4))?;
                self.octets(9, id);
            }
            10 => {
                let list = it.0.first().ok_or("no list")?.1.clone().map()?;
                let ids: Read<Vec<_>> = list.0.into_iter().map(|(_, id)| id.text()).collect();
                self.say("cluster_list", format!("[{}]", ids?.join(", ")));
                let ids = |key: &str| key.ends_with("cluster_id").then_some(4);
                self.octets(10, octets(std::mem::take(it), &ids)?);
            }
            14 => self.reach(it)?,
            15 => {
                let family =
                    (it.number("mp_unreach_nlri.afi")?, it.number("mp_unreach_nlri.safi")?);
                self.say("MP_UNREACH_NLRI", format!("{}/{}", family.0, family.1));
                self.nlri(false, family, it.take("mp_unreach_nlri")?)?;
            }
            16 => {
                for (_, community) in it.take("bgp.ext_communities")?.map()?.0 {
                    self.say("extended community", extended(community.map()?)?);
                }
            }
            26 => {
                let mut aigp = it.take("aigp")?.map()?;
                let metric = aigp.number("bgp.update.attribute.aigp.accu_igp_metric")?;
                self.say("aigp", format!("[{{metric={metric}}}]"));
            }
            32 => {
                let mut each = Vec::new();
                while let Some(of) = it.maybe("bgp.large_communities_tree") {
                    let mut of = of.map()?;
                    let mut part = |part: &str| of.number(&format!("bgp.large_communities.{part}"));
                    each.push(format!("{}:{}:{}", part("ga")?, part("ldp1")?, part("ldp2")?));
                    it.take("bgp.large_communities")?;
                }
                self.say("large_communities", format!("[{}]", each.join(", ")));
            }
            40 => self.octets(40, octets(std::mem::take(it), &sid_width)?),
            _ => drop(std::mem::take(it)), // nothing that says more than the octets
        }
        Ok(())
    }

    fn octets(&mut self, code: u8, octets: Vec<u8>) {
        self.say(format!("octets of attribute {code}"), hex(&octets));
    }

    fn communities(&mut self, it: &mut Map) -> Read<()> {
        let mut each = Vec::new();
        for (key, value) in it.take("communities")?.map()?.0 {
            if key.ends_with("community_wellknown") {
                let number = value.number()?;
                each.push(format!("{}:{}", number >> 16, number & 0xffff));
            } else {
                let mut of = value.map()?;
                let mut part = |part: &str| of.number(&format!("{PA}community_{part}"));
                each.push(format!("{}:{}", part("as")?, part("value")?));
                of.done()?;
            }
        }
        self.say("communities", format!("[{}]", each.join(", ")));
        Ok(())
    }

    fn reach(&mut self, it: &mut Map) -> Read<()> {
        let family = (it.number("mp_reach_nlri.afi")?, it.number("mp_reach_nlri.safi")?);
        self.say("MP_REACH_NLRI", format!("{}/{}", family.0, family.1));
        let next_hop = it.take("mp_reach_nlri.next_hop")?.octets()?;
        self.say("next hop", hex(next_hop.get(1..).ok_or("no next hop")?));
        if let Some(tree) = it.maybe("mp_reach_nlri.next_hop_tree") {
            let mut tree = tree.map()?;
            let [v4, v6] = ["ipv4", "ipv6"].map(|v| format!("{PA}mp_reach_nlri.next_hop.{v}"));
            // Of a family that it does not know there is a warning instead.
            if let Ok(address) = super::either(&mut tree, &v6, &v4) {
                self.say("next hop address", address);
            }
        }
        it.take("mp_reach_nlri.nbr_snpa")?;
        match it.maybe("mp_reach_nlri") {
            Some(routes) => self.nlri(true, family, routes),
            None => Ok(()),
        }
    }
}

fn as_segment(segment: Json) -> Read<String> {
    let mut segment = segment.map()?;
    let mut part = |part: &str| segment.number(&format!("{PA}as_path_segment.{part}"));
    let names = ["AS_SET", "AS_SEQUENCE", "AS_CONFED_SEQUENCE", "AS_CONFED_SET"];
    let kind = part("type")?.checked_sub(1).and_then(|kind| names.get(kind as usize));
    let kind = kind.ok_or("segment type")?;
    part("length")?;
    let asns = segment.0.into_iter().map(|(_, asn)| Ok(asn.number()?.to_string()));
    Ok(format!("{{type={kind} asns=[{}]}}", asns.collect::<Read<Vec<_>>>()?.join(", ")))
}

fn extended(mut community: Map) -> Read<String> {
    let kind = community.number("bgp.ext_com.type")? as u8;
    community.take("bgp.ext_com.type_tree")?;
    let sub = |(key, _): &(String, Json)| key.starts_with("bgp.ext_com.stype");
    let at = community.0.iter().position(sub).ok_or_else(|| format!("{community:?}"))?;
    let subtype = community.0.remove(at).1.number()? as u8;
    let kinds = [kind, subtype];
    let mut whole = [kind, subtype, 0, 0, 0, 0, 0, 0];
    if in_part(whole).len() == 4 {
        return Ok(hex(&kinds));
    }
    let value = octets(community, &|key| {
        Some(match key.strip_prefix("bgp.ext_com.value_")? {
            "as2" | "an2" => 2,
            "as4" | "an4" | "IP4" => 4,
            _ => return None,
        })
    })?;
    let room = whole.get_mut(2..).filter(|room| room.len() == value.len());
    room.ok_or_else(|| format!("{value:?}"))?.copy_from_slice(&value);
    Ok(hex(&whole))
}

/// The widths of what is in a Prefix-SID, by the ends of the names.
fn sid_width(key: &str) -> Option<usize> {
    let key = key.strip_prefix("bgp.prefix_sid.").unwrap_or(key);
    let ends = |ends: &[&str]| ends.iter().any(|end| key.ends_with(end));
    match key {
        _ if ends(&[".sid_value"]) => Some(16),
        "label_index.value" => Some(4),
        "length" | "label_index.flags" | "originator_srgb.flags" => Some(2),
        "originator_srgb_base" | "originator_srgb_range" => Some(3),
        _ if ends(&["sub_tlv.length", ".srv6_endpoint_behavior"]) => Some(2),
        "type" | "reserved" => Some(1),
        _ if ends(&["tlv.type", ".reserved", ".sid_flags", "_len", ".trans_offset"]) => Some(1),
        _ => None,
    }
}
