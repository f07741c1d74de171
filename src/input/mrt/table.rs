//! TABLE_DUMP and TABLE_DUMP_V2 (RFC 6396 §4.2 and §4.3, RFC 8050 §4): each route becomes an
//! UPDATE.

use std::net::{IpAddr, Ipv4Addr};

use super::{Outcome, Recording, address, asn};
use crate::bgp::attr::{AttributeCode, Attributes};
use crate::bgp::{encode as bgp, nlri};
use crate::input::router::{How, Who};
use crate::wire::{Family, Reader, Timestamp, WireError};

const PEER_INDEX_TABLE: u16 = 1;

/// The largest UPDATE besides its attributes and NLRI: header and two lengths.
const UPDATE_BYTES: usize = bgp::HEADER_LEN + 4;

/// The longest NLRI that fits into an attribute with everything that stands before it.
const NLRI_BYTES_MAX: usize = 65_000;

/// The peers of a TABLE_DUMP_V2 by index: their places in the router. None before there is a table.
#[derive(Debug, Default)]
pub(super) struct PeerTable(Option<Vec<usize>>);

impl Recording<'_> {
    /// A record of TABLE_DUMP: one route of one peer.
    pub(super) fn table_dump(
        &mut self,
        subtype: u16,
        mut r: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        // 3 and 4 are what some collectors wrote for 4-octet AS numbers.
        let (is_ipv6, as4) = match subtype {
            1 => (false, false),
            2 => (true, false),
            3 => (false, true),
            4 => (true, true),
            _ => return Ok(Outcome::Other),
        };
        r.u16("view number")?;
        r.u16("sequence number")?;
        let prefix = address(&mut r, is_ipv6)?;
        let nlri = nlri_of(prefix, r.u8("prefix length")?, &r)?;
        r.u8("status")?;
        r.u32("originated time")?;
        let peer = address(&mut r, is_ipv6)?;
        let who = Who::new(peer, asn(&mut r, as4)?);
        let len = r.u16("attribute length")?;
        let attributes = r.sub("path attributes", len.into())?;
        let slot = self.slot(&who, &r)?;
        let how = How { as4, add_path: false, is_out: false };
        self.route(slot, how, unicast(is_ipv6), &nlri, attributes, at)?;
        Ok(Outcome::Used)
    }

    /// The rest of a BGP4MP_ENTRY (before RFC 6396): one route of `who`.
    pub(super) fn entry(
        &mut self,
        who: &Who,
        mut r: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        r.u16("view number")?;
        r.u16("status")?;
        r.u32("time of the last change")?;
        let family = Family::new(r.u16("AFI")?, r.u8("SAFI")?);
        let len = r.u8("next hop length")?;
        let next_hop = r.take("next hop", len.into())?;
        let nlri = nlri_at_front(family, false, &mut r)?;
        let len = r.u16("attribute length")?;
        let attributes = r.sub("path attributes", len.into())?;
        let slot = self.slot(who, &r)?;
        let how = How { as4: false, add_path: false, is_out: false };
        // The next hop stands apart from the attributes.
        let mut all = Vec::new();
        if family != Family::IPV4_UNICAST {
            bgp::mp_reach(&mut all, family, next_hop, &[]);
        }
        all.extend_from_slice(attributes.peek());
        self.route(slot, how, family, nlri, Reader::at(&all, attributes.offset()), at)?;
        Ok(Outcome::Used)
    }

    pub(super) fn table_dump_v2(
        &mut self,
        subtype: u16,
        r: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        let (family, add_path) = match subtype {
            PEER_INDEX_TABLE => return self.peer_index_table(r, at),
            2 | 8 => (Family::new(1, 1), subtype == 8),
            3 | 9 => (Family::new(1, 2), subtype == 9),
            4 | 10 => (Family::new(2, 1), subtype == 10),
            5 | 11 => (Family::new(2, 2), subtype == 11),
            6 => return self.generic(r, false, false, at),
            12 => {
                // RFC 8050 §4.2 puts the path identifier into the NLRI; those who write this
                // record put one into each entry, as for other families.
                return self
                    .generic(r, true, false, at)
                    .or_else(|error| self.generic(r, false, true, at).map_err(|_| error));
            }
            _ => return Ok(Outcome::Other),
        };
        self.rib(family, r, add_path, at)
    }

    fn peer_index_table(&mut self, mut r: Reader<'_>, at: Timestamp) -> Result<Outcome, WireError> {
        self.router.end_dump(at);
        let collector = Ipv4Addr::from(r.array::<4>("collector BGP ID")?);
        let len = r.u16("view name length")?;
        let view = r.take("view name", len.into())?;
        match view {
            [] if collector.is_unspecified() => {}
            [] => self.router.rename(collector.to_string().as_bytes(), collector),
            name => self.router.rename(name, collector),
        }
        let count = r.u16("peer count")?;
        let peers = self.table.0.insert(Vec::new());
        for _ in 0..count {
            let kind = r.u8("peer type")?;
            let bgp_id = Ipv4Addr::from(r.array::<4>("peer BGP ID")?);
            let address = address(&mut r, kind & 1 != 0)?;
            let who = Who { bgp_id, ..Who::new(address, asn(&mut r, kind & 2 != 0)?) };
            let too_many = || WireError::invalid("peer beyond the 65536 kept", r.offset(), 0);
            peers.push(self.router.slot(&who).ok_or_else(too_many)?);
        }
        Ok(Outcome::Used)
    }

    /// RIB_IPV4_UNICAST and its like: sequence(4) · prefix · entries.
    fn rib(
        &mut self,
        family: Family,
        mut r: Reader<'_>,
        add_path: bool,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        r.u32("sequence number")?;
        let nlri = prefix_at_front(family.afi == 2, &mut r)?;
        self.entries(family, nlri, r, add_path, at)
    }

    /// RIB_GENERIC: sequence(4) · AFI(2) · SAFI(1) · one NLRI · entries.
    fn generic(
        &mut self,
        mut r: Reader<'_>,
        entry_ids: bool,
        nlri_id: bool,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        r.u32("sequence number")?;
        let family = Family::new(r.u16("AFI")?, r.u8("SAFI")?);
        let nlri = nlri_at_front(family, nlri_id, &mut r)?;
        check_entries(r, entry_ids)?;
        match nlri_id {
            false => self.entries(family, nlri, r, entry_ids, at),
            true => self.entries_of(family, nlri, r, at),
        }
    }

    /// Entry count(2) · entries, each with a path identifier or without.
    fn entries(
        &mut self,
        family: Family,
        nlri: &[u8],
        mut r: Reader<'_>,
        add_path: bool,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        let how = How { as4: true, add_path, is_out: false };
        let mut with_id = Vec::new();
        for _ in 0..r.u16("entry count")? {
            let entry = Entry::parse(&mut r, add_path)?;
            let slot = self.peer_of(&entry, &r)?;
            let nlri = match entry.path_id {
                None => nlri,
                Some(id) => {
                    with_id.clear();
                    with_id.extend_from_slice(&id.to_be_bytes());
                    with_id.extend_from_slice(nlri);
                    &with_id
                }
            };
            self.route(slot, how, family, nlri, entry.attributes, at)?;
        }
        Ok(Outcome::Used)
    }

    /// The same where the NLRI brings its path identifier along.
    fn entries_of(
        &mut self,
        family: Family,
        nlri: &[u8],
        mut r: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        let how = How { as4: true, add_path: true, is_out: false };
        for _ in 0..r.u16("entry count")? {
            let entry = Entry::parse(&mut r, false)?;
            let slot = self.peer_of(&entry, &r)?;
            self.route(slot, how, family, nlri, entry.attributes, at)?;
        }
        Ok(Outcome::Used)
    }

    fn peer_of(&self, entry: &Entry<'_>, r: &Reader<'_>) -> Result<usize, WireError> {
        let wrong = |what| WireError::invalid(what, r.offset(), entry.peer.into());
        let peers = self.table.0.as_ref();
        let peers =
            peers.ok_or_else(|| wrong("peer index without a PEER_INDEX_TABLE before it"))?;
        peers.get(usize::from(entry.peer)).copied().ok_or_else(|| wrong("peer index"))
    }

    /// One route of a peer.
    fn route(
        &mut self,
        slot: usize,
        how: How,
        family: Family,
        nlri: &[u8],
        attributes: Reader<'_>,
        at: Timestamp,
    ) -> Result<(), WireError> {
        self.scratch.clear();
        let is_classic = rebuild(&mut self.scratch, family, nlri, attributes)?;
        let classic = if is_classic { nlri } else { &[] };
        let len = UPDATE_BYTES + self.scratch.len() + classic.len();
        if len > usize::from(u16::MAX) {
            let at = attributes.offset();
            return Err(WireError::invalid("length of the route's UPDATE", at, len as u64));
        }
        self.router.route(slot, how, family, at, (&self.scratch, classic));
        self.router.flush_large(&mut self.out, at);
        Ok(())
    }
}

/// An entry of a RIB record: peer index(2) · originated time(4) · path identifier(4)? · attributes.
struct Entry<'a> {
    peer: u16,
    path_id: Option<u32>,
    attributes: Reader<'a>,
}

impl<'a> Entry<'a> {
    fn parse(r: &mut Reader<'a>, add_path: bool) -> Result<Self, WireError> {
        let peer = r.u16("peer index")?;
        r.u32("originated time")?;
        let path_id = if add_path { Some(r.u32("path identifier")?) } else { None };
        let len = r.u16("attribute length")?;
        let attributes = r.sub("path attributes", len.into())?;
        Ok(Self { peer, path_id, attributes })
    }
}

/// Whether the entries fill the record.
fn check_entries(mut r: Reader<'_>, add_path: bool) -> Result<(), WireError> {
    for _ in 0..r.u16("entry count")? {
        let entry = Entry::parse(&mut r, add_path)?;
        let mut attributes = Attributes::new(entry.attributes);
        attributes.try_for_each(|attribute| attribute.map(drop))?;
    }
    r.finish("RIB entries")
}

fn unicast(is_ipv6: bool) -> Family {
    if is_ipv6 { Family::IPV6_UNICAST } else { Family::IPV4_UNICAST }
}

/// The NLRI of a prefix whose address has all its octets.
fn nlri_of(address: IpAddr, bits: u8, r: &Reader<'_>) -> Result<Vec<u8>, WireError> {
    let (octets, bits_max) = match address {
        IpAddr::V4(address) => (address.octets().to_vec(), 32),
        IpAddr::V6(address) => (address.octets().to_vec(), 128),
    };
    if bits > bits_max {
        return Err(WireError::invalid("prefix length", r.offset(), bits.into()));
    }
    let mut nlri = vec![bits];
    nlri.extend_from_slice(&octets[..usize::from(bits).div_ceil(8)]);
    Ok(nlri)
}

/// Takes the octets of a prefix in NLRI form.
fn prefix_at_front<'a>(is_ipv6: bool, r: &mut Reader<'a>) -> Result<&'a [u8], WireError> {
    let at = r.offset();
    let all = r.peek();
    let bits = r.u8("prefix length")?;
    if bits > if is_ipv6 { 128 } else { 32 } {
        return Err(WireError::invalid("prefix length", at, bits.into()));
    }
    let octets = r.take("prefix", usize::from(bits).div_ceil(8))?;
    Ok(&all[..1 + octets.len()])
}

/// Takes the octets of one NLRI of any family that is decoded.
fn nlri_at_front<'a>(
    family: Family,
    path_id: bool,
    r: &mut Reader<'a>,
) -> Result<&'a [u8], WireError> {
    let (all, begin) = (r.peek(), r.offset());
    if path_id {
        r.u32("path identifier")?;
    }
    nlri::read_one(family, false, true, r, &mut ())?;
    Ok(&all[..r.offset() - begin])
}

/// Writes the attributes of a route's UPDATE: those of the dump, with MP_REACH_NLRI in full. Tells
/// whether the route goes into the UPDATE's own NLRI field, as IPv4 unicast does.
fn rebuild(
    out: &mut Vec<u8>,
    family: Family,
    nlri: &[u8],
    attributes: Reader<'_>,
) -> Result<bool, WireError> {
    let mut begin = attributes.peek();
    let mut has_reach = false;
    for attribute in Attributes::new(attributes) {
        let attribute = attribute?;
        let len = attribute.reader().offset() - attributes.offset() + attribute.value().len();
        let end = attributes.peek().get(len..).unwrap_or_default();
        let (octets, _) = begin.split_at(begin.len() - end.len());
        begin = end;
        match attribute.code {
            AttributeCode::MpReachNlri if !has_reach => {
                let next_hop = next_hop_of(attribute.reader())?;
                if nlri.len() > NLRI_BYTES_MAX {
                    let at = attribute.reader().offset();
                    return Err(WireError::invalid("length of the NLRI", at, nlri.len() as u64));
                }
                bgp::mp_reach(out, family, next_hop, nlri);
                has_reach = true;
            }
            // A table holds routes: what it has besides would make others of them.
            AttributeCode::MpReachNlri | AttributeCode::MpUnreachNlri => {}
            _ => out.extend_from_slice(octets),
        }
    }
    let is_classic = !has_reach && family == Family::IPV4_UNICAST;
    if !has_reach && !is_classic {
        // Nobody wrote a next hop.
        let unknown: &[u8] = if family.afi == 2 { &[0; 16] } else { &[0; 4] };
        bgp::mp_reach(out, family, unknown, nlri);
    }
    Ok(is_classic)
}

/// The next hop of an MP_REACH_NLRI: alone with its length (RFC 6396 §4.3.4), or, as some write it,
/// in the attribute's full form. There the first octet is that of the AFI.
fn next_hop_of(value: Reader<'_>) -> Result<&[u8], WireError> {
    let mut r = value;
    let len = r.u8("next hop length")?;
    if usize::from(len) == r.len() {
        return Ok(r.rest());
    }
    let mut r = value;
    r.u16("AFI")?;
    r.u8("SAFI")?;
    let len = r.u8("next hop length")?;
    r.take("next hop", len.into())
}
