//! UPDATEs of what a line says in words, where it does not give the message itself.

use std::collections::HashSet;
use std::net::{IpAddr, Ipv4Addr};

use super::json::{Announcement, Hop, Message};
use super::{Odd, odd};
use crate::bgp::encode::{self as bgp, Segment};
use crate::wire::{Family, Prefix};

/// Octets of NLRI in one UPDATE: with usual attributes it fits into 4096 octets (RFC 4271 §4.1).
const NLRI_BYTES: usize = 2048;

/// Octets of attributes, besides next hop and NLRI, that leave room for those in any UPDATE.
const ATTRIBUTE_BYTES_MAX: usize = 60_000;

/// The UPDATEs that say what the line does: withdrawals first, then each announcement.
pub(super) fn made(message: &Message<'_>) -> Result<Vec<Vec<u8>>, Odd> {
    let mut made = Vec::new();
    let withdrawals = message.withdrawals.as_deref().unwrap_or_default();
    for family in [Family::IPV4_UNICAST, Family::IPV6_UNICAST] {
        for nlri in lists("withdrawals", withdrawals, family)? {
            let mut update = Vec::new();
            match family {
                Family::IPV4_UNICAST => bgp::update(&mut update, &nlri, &[], &[]),
                _ => bgp::update_with(
                    &mut update,
                    |_| (),
                    |out| bgp::mp_unreach(out, family, &nlri),
                    |_| (),
                ),
            }
            made.push(update);
        }
    }
    let announcements = message.announcements.as_deref().unwrap_or_default();
    if announcements.is_empty() {
        return Ok(made);
    }
    let common = attributes(message)?;
    let global: HashSet<&str> = announcements
        .iter()
        .filter(|a| !is_link_local(a))
        .flat_map(|a| a.prefixes.iter().copied())
        .collect();
    for announcement in announcements {
        // A link-local address beside a global one is the same next hop, said again.
        if !(is_link_local(announcement)
            && announcement.prefixes.iter().all(|prefix| global.contains(prefix)))
        {
            announce(&mut made, announcement, &common)?;
        }
    }
    Ok(made)
}

fn is_link_local(announcement: &Announcement<'_>) -> bool {
    match announcement.next_hop.parse() {
        Ok(IpAddr::V6(address)) => address.is_unicast_link_local(),
        _ => false,
    }
}

fn announce(
    made: &mut Vec<Vec<u8>>,
    announcement: &Announcement<'_>,
    common: &[u8],
) -> Result<(), Odd> {
    let mut next_hop = Vec::new();
    // A global and a link-local address may stand together (RFC 2545 §3).
    for address in announcement.next_hop.split(',').take(2) {
        let address = address.trim().parse();
        let address: IpAddr = address.map_err(|_| odd("next_hop", announcement.next_hop))?;
        bgp::address(&mut next_hop, address);
    }
    for family in [Family::IPV4_UNICAST, Family::IPV6_UNICAST] {
        for nlri in lists("prefixes", &announcement.prefixes, family)? {
            let mut update = Vec::new();
            match (family, next_hop.as_slice()) {
                (Family::IPV4_UNICAST, &[a, b, c, d]) => {
                    let attributes = |out: &mut Vec<u8>| {
                        out.extend_from_slice(common);
                        bgp::next_hop(out, Ipv4Addr::new(a, b, c, d));
                    };
                    let routes = |out: &mut Vec<u8>| out.extend_from_slice(&nlri);
                    bgp::update_with(&mut update, |_| (), attributes, routes);
                }
                _ => {
                    let attributes = |out: &mut Vec<u8>| {
                        out.extend_from_slice(common);
                        bgp::mp_reach(out, family, &next_hop, &nlri);
                    };
                    bgp::update_with(&mut update, |_| (), attributes, |_| ());
                }
            }
            made.push(update);
        }
    }
    Ok(())
}

/// The attributes but for next hop and NLRI.
fn attributes(message: &Message<'_>) -> Result<Vec<u8>, Odd> {
    let mut out = Vec::new();
    let path = message.path.as_deref().unwrap_or_default();
    let communities = message.community.as_deref().unwrap_or_default();
    let asns: usize =
        path.iter().map(|hop| if let Hop::Set(set) = hop { set.len() } else { 1 }).sum();
    if 6 * (asns + path.len()) + 4 * communities.len() > ATTRIBUTE_BYTES_MAX {
        return Err(Odd::TooMany("octets of path attributes", ATTRIBUTE_BYTES_MAX));
    }
    let origin = message.origin.unwrap_or("incomplete");
    match origin.to_ascii_lowercase().as_str() {
        "igp" => bgp::origin(&mut out, 0),
        "egp" => bgp::origin(&mut out, 1),
        "incomplete" => bgp::origin(&mut out, 2),
        _ => return Err(odd("origin", origin)),
    }
    let asns: Vec<u32> = path.iter().map(|hop| if let Hop::As(n) = hop { *n } else { 0 }).collect();
    let mut segments = Vec::new();
    let mut sequence_from = 0;
    for (at, hop) in path.iter().enumerate() {
        if let Hop::Set(set) = hop {
            segments.push(Segment::Sequence(&asns[sequence_from..at]));
            segments.push(Segment::Set(set));
            sequence_from = at + 1;
        }
    }
    segments.push(Segment::Sequence(&asns[sequence_from..]));
    bgp::as_path(&mut out, &segments);
    if let Some(med) = message.med {
        bgp::med(&mut out, med.0);
    }
    if let Some(text) = message.aggregator {
        let (asn, speaker) = text.split_once(':').ok_or_else(|| odd("aggregator", text))?;
        let wrong = |_| odd("aggregator", text);
        let speaker = speaker.parse().map_err(|_| odd("aggregator", text))?;
        bgp::aggregator(&mut out, asn.parse().map_err(wrong)?, speaker);
    }
    if !communities.is_empty() {
        let values: Vec<u32> =
            communities.iter().map(|&(a, b)| u32::from(a) << 16 | u32::from(b)).collect();
        bgp::communities(&mut out, &values);
    }
    Ok(out)
}

/// The prefixes of one family as NLRI, in lists that fit into an UPDATE each.
fn lists(field: &'static str, prefixes: &[&str], family: Family) -> Result<Vec<Vec<u8>>, Odd> {
    let mut lists: Vec<Vec<u8>> = Vec::new();
    for text in prefixes {
        let prefix = prefix(text).ok_or_else(|| odd(field, text))?;
        if matches!(prefix, Prefix::V6(..)) != (family.afi == 2) {
            continue;
        }
        match lists.last_mut().filter(|list| list.len() < NLRI_BYTES) {
            Some(list) => bgp::prefix(list, None, &prefix),
            None => {
                let mut list = Vec::new();
                bgp::prefix(&mut list, None, &prefix);
                lists.push(list);
            }
        }
    }
    Ok(lists)
}

fn prefix(text: &str) -> Option<Prefix> {
    let (address, bits) = text.split_once('/')?;
    let bits: u8 = bits.parse().ok()?;
    match address.parse().ok()? {
        IpAddr::V4(address) if bits <= 32 => Some(Prefix::V4(address.octets(), bits)),
        IpAddr::V6(address) if bits <= 128 => Some(Prefix::V6(address.octets(), bits)),
        _ => None,
    }
}
