//! One captured packet: from its link layer down to its TCP segment.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use crate::wire::{Reader, Timestamp, WireError};

/// A packet as the capture file holds it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Packet<'a> {
    /// The LINKTYPE_ value.
    pub(super) link: u32,
    /// What was captured.
    pub(super) data: &'a [u8],
    /// Octets that the packet had on the wire.
    pub(super) wire_len: usize,
    pub(super) at: Option<Timestamp>,
}

/// A TCP segment (RFC 9293 §3.1).
#[derive(Debug, Clone, Copy)]
pub(super) struct Segment<'a> {
    pub(super) from: SocketAddr,
    pub(super) to: SocketAddr,
    pub(super) seq: u32,
    pub(super) syn: bool,
    pub(super) fin: bool,
    pub(super) rst: bool,
    /// The octets that were captured.
    pub(super) payload: &'a [u8],
    /// Octets of payload on the wire: more than were captured when a snapshot length cut them.
    pub(super) wire_len: usize,
}

/// Why a packet gives no segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Skip {
    /// Another protocol.
    Other,
    /// A fragment of a TCP packet.
    Fragment,
    /// A header is cut short or contradicts itself.
    Malformed,
    /// The link type is not understood.
    Link,
}

impl From<WireError> for Skip {
    fn from(_: WireError) -> Self {
        Self::Malformed
    }
}

/// Whether packets of this link type can be dissected.
pub(super) fn is_link_supported(link: u32) -> bool {
    matches!(link, 0 | 1 | 12 | 14 | 101 | 108 | 113 | 228 | 229 | 276)
}

/// What is left of a packet: the captured octets and the number that there were on the wire.
struct Rest<'a> {
    reader: Reader<'a>,
    wire_len: usize,
}

impl<'a> Rest<'a> {
    fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], Skip> {
        let octets = self.reader.array::<N>(what)?;
        self.wire_len = self.wire_len.saturating_sub(N);
        Ok(octets)
    }

    fn skip(&mut self, what: &'static str, n: usize) -> Result<(), Skip> {
        self.reader.take(what, n)?;
        self.wire_len = self.wire_len.saturating_sub(n);
        Ok(())
    }

    fn u16(&mut self, what: &'static str) -> Result<u16, Skip> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Ends at what the IP header says: a link may pad short frames.
    fn limit(self, len: usize) -> Self {
        let captured = self.reader.peek();
        let kept = captured.get(..len).unwrap_or(captured);
        Self { reader: Reader::new(kept), wire_len: len }
    }
}

/// Finds the TCP segment in a packet. Checksums are not looked at: captures on the sending host
/// hold those that the network card was still to compute.
pub(super) fn segment<'a>(packet: &Packet<'a>) -> Result<Segment<'a>, Skip> {
    let wire_len = packet.wire_len.max(packet.data.len());
    let mut rest = Rest { reader: Reader::new(packet.data), wire_len };
    match packet.link {
        1 => {
            rest.skip("MAC addresses", 12)?;
            let ether_type = rest.u16("EtherType")?;
            ether(rest, ether_type)
        }
        113 => {
            rest.skip("cooked header", 14)?;
            let ether_type = rest.u16("cooked protocol")?;
            ether(rest, ether_type)
        }
        276 => {
            let ether_type = rest.u16("cooked protocol")?;
            rest.skip("cooked header", 18)?;
            ether(rest, ether_type)
        }
        // The address family before the packet has a number and a byte order of each system's own;
        // the version in the IP header says the same.
        0 | 108 => {
            rest.skip("address family", 4)?;
            ip(rest)
        }
        12 | 14 | 101 | 228 | 229 => ip(rest),
        _ => Err(Skip::Link),
    }
}

fn ether(mut rest: Rest<'_>, mut ether_type: u16) -> Result<Segment<'_>, Skip> {
    // 802.1Q, 802.1ad and their forerunners, in any number.
    while matches!(ether_type, 0x8100 | 0x88a8 | 0x9100 | 0x9200) {
        rest.skip("VLAN tag", 2)?;
        ether_type = rest.u16("EtherType")?;
    }
    match ether_type {
        0x0800 | 0x86dd => ip(rest),
        _ => Err(Skip::Other),
    }
}

fn ip(rest: Rest<'_>) -> Result<Segment<'_>, Skip> {
    match rest.reader.peek().first().map(|octet| octet >> 4) {
        Some(4) => ipv4(rest),
        Some(6) => ipv6(rest),
        Some(_) => Err(Skip::Other),
        None => Err(Skip::Malformed),
    }
}

fn ipv4(mut rest: Rest<'_>) -> Result<Segment<'_>, Skip> {
    let whole = rest.wire_len;
    let [version_ihl, _tos] = rest.array("version and header length")?;
    let total = usize::from(rest.u16("total length")?);
    let _id = rest.u16("identification")?;
    let fragment = rest.u16("fragment offset")?;
    let [_ttl, protocol] = rest.array("protocol")?;
    let _checksum = rest.u16("checksum")?;
    let from = Ipv4Addr::from(rest.array::<4>("source address")?);
    let to = Ipv4Addr::from(rest.array::<4>("destination address")?);
    let options = (usize::from(version_ihl & 15) * 4).checked_sub(20).ok_or(Skip::Malformed)?;
    if protocol != 6 {
        return Err(Skip::Other);
    }
    if fragment & 0x3fff != 0 {
        return Err(Skip::Fragment);
    }
    rest.skip("options", options)?;
    // A host that lets its network card cut large packets captures them with a length of 0.
    let total = if total == 0 { whole } else { total };
    let payload = total.checked_sub(20 + options).ok_or(Skip::Malformed)?;
    tcp(rest.limit(payload), from.into(), to.into())
}

fn ipv6(mut rest: Rest<'_>) -> Result<Segment<'_>, Skip> {
    rest.skip("version, class and flow label", 4)?;
    let payload = usize::from(rest.u16("payload length")?);
    let [mut next, _hops] = rest.array("next header")?;
    let from = Ipv6Addr::from(rest.array::<16>("source address")?);
    let to = Ipv6Addr::from(rest.array::<16>("destination address")?);
    // 0 as in IPv4, or a jumbogram.
    let payload = if payload == 0 { rest.wire_len } else { payload };
    let mut rest = rest.limit(payload);
    let mut is_fragment = false;
    loop {
        match next {
            6 if is_fragment => return Err(Skip::Fragment),
            6 => break,
            // Hop-by-hop options, routing, destination options (RFC 8200 §4).
            0 | 43 | 60 if !is_fragment => {
                let [after, units] = rest.array("extension header")?;
                rest.skip("extension header", usize::from(units) * 8 + 6)?;
                next = after;
            }
            44 => {
                let [after, _reserved] = rest.array("fragment header")?;
                // Offset 0 without "more fragments" is a whole packet (RFC 6946).
                is_fragment |= rest.u16("fragment offset")? & 0xfff9 != 0;
                rest.skip("identification", 4)?;
                next = after;
            }
            _ => return Err(Skip::Other),
        }
    }
    tcp(rest, from.to_canonical(), to.to_canonical())
}

fn tcp(mut rest: Rest<'_>, from: IpAddr, to: IpAddr) -> Result<Segment<'_>, Skip> {
    let wire_len = rest.wire_len;
    let from = SocketAddr::new(from, rest.u16("source port")?);
    let to = SocketAddr::new(to, rest.u16("destination port")?);
    let seq = u32::from_be_bytes(rest.array("sequence number")?);
    rest.skip("acknowledgment number", 4)?;
    let [data_offset, flags] = rest.array("data offset and flags")?;
    rest.skip("window, checksum and urgent pointer", 6)?;
    let header = usize::from(data_offset >> 4) * 4;
    rest.skip("options", header.checked_sub(20).ok_or(Skip::Malformed)?)?;
    Ok(Segment {
        from,
        to,
        seq,
        syn: flags & 0x02 != 0,
        fin: flags & 0x01 != 0,
        rst: flags & 0x04 != 0,
        payload: rest.reader.rest(),
        wire_len: wire_len.checked_sub(header).ok_or(Skip::Malformed)?,
    })
}
