//! The sending half of BGP: functions that append to a `Vec<u8>` and keep no state.
//!
//! The load generator and the tests make their messages with these. Callers choose what goes in, so
//! nothing here refuses an odd value: fixtures need those too. Only a content that is longer than
//! its length field can say is a caller's mistake; debug builds assert it, others write the largest
//! length.

use std::net::{IpAddr, Ipv4Addr};

use super::capability::{AddPath, RestartFamily, SendReceive};
use super::open::OpenBuilder;
use crate::wire::{Family, Item, Prefix, RouteDistinguisher};

pub use super::HEADER_LEN;
pub use super::open::AS_TRANS;
pub use crate::wire::{counted8, counted16};

/// Attribute flag: optional (RFC 4271 §4.3).
pub const FLAG_OPTIONAL: u8 = 0x80;
/// Attribute flag: transitive.
pub const FLAG_TRANSITIVE: u8 = 0x40;
/// Attribute flag: partial.
pub const FLAG_PARTIAL: u8 = 0x20;
/// Attribute flag: the length has two octets. The functions here set it when it is needed.
pub const FLAG_EXTENDED: u8 = 0x10;

const WELL_KNOWN: u8 = FLAG_TRANSITIVE;
const OPTIONAL_TRANSITIVE: u8 = FLAG_OPTIONAL | FLAG_TRANSITIVE;

const UPDATE: u8 = 2;
const NOTIFICATION: u8 = 3;
const KEEPALIVE: u8 = 4;

// ---- length fields ---------------------------------------------------------------------------

fn patch16(out: &mut [u8], at: usize, len: usize) {
    debug_assert!(len <= usize::from(u16::MAX), "{len} octets in a 2-octet length");
    let len = u16::try_from(len).unwrap_or(u16::MAX);
    out[at..at + 2].copy_from_slice(&len.to_be_bytes());
}

fn put16(out: &mut Vec<u8>, value: u16) {
    out.extend_from_slice(&value.to_be_bytes());
}

fn put32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_be_bytes());
}

// ---- messages --------------------------------------------------------------------------------

/// A message of any type: the header (RFC 4271 §4.1) around what `body` appends.
pub fn message(out: &mut Vec<u8>, kind: u8, body: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[0xff; 16]);
    out.extend_from_slice(&[0, 0, kind]);
    body(out);
    let len = out.len() - at;
    patch16(out, at + 16, len);
}

/// A capability of an OPEN (RFC 5492).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Capability<'a> {
    /// Multiprotocol extensions for one family (code 1, RFC 4760 §8).
    Multiprotocol(Family),
    /// Route refresh (code 2, RFC 2918).
    RouteRefresh,
    /// Extended message (code 6, RFC 8654).
    ExtendedMessage,
    /// Graceful restart (code 64, RFC 4724 §3).
    GracefulRestart {
        /// The Restart State bit: the speaker has just restarted.
        restarting: bool,
        /// Restart time, seconds (12 bits).
        seconds: u16,
        /// Families, each with whether its forwarding state was kept.
        families: &'a [(Family, bool)],
    },
    /// 4-octet AS numbers (code 65, RFC 6793).
    FourOctetAs(u32),
    /// ADD-PATH (code 69, RFC 7911 §4): per family 1 receives, 2 sends, 3 does both.
    AddPath(&'a [(Family, u8)]),
    /// Any other.
    Raw {
        /// Capability code.
        code: u8,
        /// Capability value.
        value: &'a [u8],
    },
}

impl Capability<'_> {
    /// Appends the capability: code, length, value.
    pub fn encode(&self, out: &mut Vec<u8>) {
        let code = match *self {
            Capability::Multiprotocol(_) => 1,
            Capability::RouteRefresh => 2,
            Capability::ExtendedMessage => 6,
            Capability::GracefulRestart { .. } => 64,
            Capability::FourOctetAs(_) => 65,
            Capability::AddPath(_) => 69,
            Capability::Raw { code, .. } => code,
        };
        out.push(code);
        counted8(out, |out| self.encode_value(out));
    }

    fn encode_value(&self, out: &mut Vec<u8>) {
        match *self {
            Capability::Multiprotocol(family) => {
                put16(out, family.afi);
                out.extend_from_slice(&[0, family.safi]);
            }
            Capability::RouteRefresh | Capability::ExtendedMessage => {}
            Capability::GracefulRestart { restarting, seconds, families } => {
                put16(out, u16::from(restarting) << 15 | seconds & 0x0fff);
                for &(family, kept) in families {
                    RestartFamily { family, flags: u8::from(kept) << 7 }.encode(out);
                }
            }
            Capability::FourOctetAs(asn) => put32(out, asn),
            Capability::AddPath(families) => {
                for &(family, mode) in families {
                    AddPath { family, mode: SendReceive(mode) }.encode(out);
                }
            }
            Capability::Raw { value, .. } => out.extend_from_slice(value),
        }
    }
}

/// What an OPEN says (RFC 4271 §4.2).
#[derive(Debug, Clone, Copy)]
pub struct Open<'a> {
    /// AS number; above 65 535 the 2-octet field carries [`AS_TRANS`]. It is *not* put into a
    /// capability: name [`Capability::FourOctetAs`] for that.
    pub asn: u32,
    /// Hold time, seconds.
    pub hold_time: u16,
    /// BGP Identifier.
    pub bgp_id: Ipv4Addr,
    /// Capabilities, all put into one optional parameter; none gives no parameter.
    pub capabilities: &'a [Capability<'a>],
}

/// An OPEN message. Parameters of more than 255 octets take the form of RFC 9072.
pub fn open(out: &mut Vec<u8>, open: &Open<'_>) {
    let mut builder = OpenBuilder::new(open.asn, open.hold_time, open.bgp_id);
    open.capabilities.iter().for_each(|c| c.encode(&mut builder.capabilities));
    builder.encode(out);
}

/// An UPDATE message (RFC 4271 §4.3) from its three parts as octets.
pub fn update(out: &mut Vec<u8>, withdrawn: &[u8], attributes: &[u8], nlri: &[u8]) {
    update_with(
        out,
        |out| out.extend_from_slice(withdrawn),
        |out| out.extend_from_slice(attributes),
        |out| out.extend_from_slice(nlri),
    );
}

/// An UPDATE message whose three parts are written in place.
pub fn update_with(
    out: &mut Vec<u8>,
    withdrawn: impl FnOnce(&mut Vec<u8>),
    attributes: impl FnOnce(&mut Vec<u8>),
    nlri: impl FnOnce(&mut Vec<u8>),
) {
    message(out, UPDATE, |out| {
        counted16(out, withdrawn);
        counted16(out, attributes);
        nlri(out);
    });
}

/// The End-of-RIB marker of a family (RFC 4724 §2).
pub fn end_of_rib(out: &mut Vec<u8>, family: Family) {
    let attributes = |out: &mut Vec<u8>| {
        if family != Family::IPV4_UNICAST {
            mp_unreach(out, family, &[]);
        }
    };
    update_with(out, |_| (), attributes, |_| ());
}

/// A NOTIFICATION message (RFC 4271 §4.5).
pub fn notification(out: &mut Vec<u8>, code: u8, subcode: u8, data: &[u8]) {
    message(out, NOTIFICATION, |out| {
        out.extend_from_slice(&[code, subcode]);
        out.extend_from_slice(data);
    });
}

/// A KEEPALIVE message (RFC 4271 §4.4).
pub fn keepalive(out: &mut Vec<u8>) {
    message(out, KEEPALIVE, |_| ());
}

// ---- path attributes -------------------------------------------------------------------------

/// A path attribute of any code from its value.
pub fn attribute(out: &mut Vec<u8>, flags: u8, code: u8, value: &[u8]) {
    attribute_with(out, flags, code, |out| out.extend_from_slice(value));
}

/// A path attribute whose value is written in place. The extended length is used when the value has
/// more than 255 octets, or when `flags` ask for it.
pub fn attribute_with(out: &mut Vec<u8>, flags: u8, code: u8, value: impl FnOnce(&mut Vec<u8>)) {
    let at = out.len();
    out.extend_from_slice(&[flags, code, 0]);
    if flags & FLAG_EXTENDED != 0 {
        out.push(0);
        value(out);
        let len = out.len() - at - 4;
        return patch16(out, at + 2, len);
    }
    value(out);
    let len = out.len() - at - 3;
    match u8::try_from(len) {
        Ok(len) => out[at + 2] = len,
        Err(_) => {
            out[at] |= FLAG_EXTENDED;
            out.insert(at + 3, 0);
            patch16(out, at + 2, len);
        }
    }
}

/// ORIGIN: 0 IGP, 1 EGP, 2 INCOMPLETE (RFC 4271 §5.1.1).
pub fn origin(out: &mut Vec<u8>, value: u8) {
    attribute(out, WELL_KNOWN, 1, &[value]);
}

/// A segment of an AS_PATH.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Segment<'a> {
    /// AS_SET (1).
    Set(&'a [u32]),
    /// AS_SEQUENCE (2).
    Sequence(&'a [u32]),
    /// AS_CONFED_SEQUENCE (3, RFC 5065).
    ConfedSequence(&'a [u32]),
    /// AS_CONFED_SET (4, RFC 5065).
    ConfedSet(&'a [u32]),
}

/// AS_PATH with 4-octet AS numbers (RFC 6793), as sent to a peer that announced that capability.
/// More than 255 AS numbers are spread over several segments.
pub fn as_path(out: &mut Vec<u8>, segments: &[Segment<'_>]) {
    attribute_with(out, WELL_KNOWN, 2, |out| path_segments(out, segments, put32));
}

/// AS_PATH with 2-octet AS numbers (RFC 4271 §4.3); larger ones become [`AS_TRANS`].
pub fn as_path_two_octets(out: &mut Vec<u8>, segments: &[Segment<'_>]) {
    attribute_with(out, WELL_KNOWN, 2, |out| {
        path_segments(out, segments, |out, asn| put16(out, two_octets(asn)));
    });
}

/// AS4_PATH (RFC 6793 §3), which accompanies a 2-octet AS_PATH.
pub fn as4_path(out: &mut Vec<u8>, segments: &[Segment<'_>]) {
    attribute_with(out, OPTIONAL_TRANSITIVE, 17, |out| path_segments(out, segments, put32));
}

fn path_segments(out: &mut Vec<u8>, segments: &[Segment<'_>], put: impl Fn(&mut Vec<u8>, u32)) {
    for segment in segments {
        let (kind, asns) = match *segment {
            Segment::Set(asns) => (1, asns),
            Segment::Sequence(asns) => (2, asns),
            Segment::ConfedSequence(asns) => (3, asns),
            Segment::ConfedSet(asns) => (4, asns),
        };
        for part in asns.chunks(usize::from(u8::MAX)) {
            out.extend_from_slice(&[kind, part.len() as u8]);
            part.iter().for_each(|&asn| put(out, asn));
        }
    }
}

pub(super) fn two_octets(asn: u32) -> u16 {
    u16::try_from(asn).unwrap_or(AS_TRANS)
}

/// NEXT_HOP (RFC 4271 §5.1.3).
pub fn next_hop(out: &mut Vec<u8>, address: Ipv4Addr) {
    attribute(out, WELL_KNOWN, 3, &address.octets());
}

/// MULTI_EXIT_DISC (RFC 4271 §5.1.4).
pub fn med(out: &mut Vec<u8>, value: u32) {
    attribute(out, FLAG_OPTIONAL, 4, &value.to_be_bytes());
}

/// LOCAL_PREF (RFC 4271 §5.1.5).
pub fn local_pref(out: &mut Vec<u8>, value: u32) {
    attribute(out, WELL_KNOWN, 5, &value.to_be_bytes());
}

/// ATOMIC_AGGREGATE (RFC 4271 §5.1.6).
pub fn atomic_aggregate(out: &mut Vec<u8>) {
    attribute(out, WELL_KNOWN, 6, &[]);
}

/// AGGREGATOR with a 4-octet AS number (RFC 4271 §5.1.7, RFC 6793).
pub fn aggregator(out: &mut Vec<u8>, asn: u32, speaker: Ipv4Addr) {
    attribute_with(out, OPTIONAL_TRANSITIVE, 7, |out| {
        put32(out, asn);
        out.extend_from_slice(&speaker.octets());
    });
}

/// COMMUNITIES (RFC 1997).
pub fn communities(out: &mut Vec<u8>, values: &[u32]) {
    attribute_with(out, OPTIONAL_TRANSITIVE, 8, |out| values.iter().for_each(|&v| put32(out, v)));
}

/// EXTENDED COMMUNITIES (RFC 4360), 8 octets each.
pub fn extended_communities(out: &mut Vec<u8>, values: &[[u8; 8]]) {
    attribute(out, OPTIONAL_TRANSITIVE, 16, values.as_flattened());
}

/// LARGE_COMMUNITY (RFC 8092): global administrator and two local parts.
pub fn large_communities(out: &mut Vec<u8>, values: &[[u32; 3]]) {
    attribute_with(out, OPTIONAL_TRANSITIVE, 32, |out| {
        values.as_flattened().iter().for_each(|&v| put32(out, v));
    });
}

/// AIGP with one TLV, the accumulated metric (RFC 7311 §3).
pub fn aigp(out: &mut Vec<u8>, metric: u64) {
    attribute_with(out, FLAG_OPTIONAL, 26, |out| {
        out.extend_from_slice(&[1, 0, 11]);
        out.extend_from_slice(&metric.to_be_bytes());
    });
}

/// ONLY_TO_CUSTOMER (RFC 9234 §5).
pub fn only_to_customer(out: &mut Vec<u8>, asn: u32) {
    attribute(out, OPTIONAL_TRANSITIVE, 35, &asn.to_be_bytes());
}

/// MP_REACH_NLRI (RFC 4760 §3). `next_hop` are its octets: 4, 16, 32 with a link-local address, or
/// with a zero RD before each address for VPN families (RFC 4659 §3.2.1).
pub fn mp_reach(out: &mut Vec<u8>, family: Family, next_hop: &[u8], nlri: &[u8]) {
    attribute_with(out, FLAG_OPTIONAL, 14, |out| {
        family.encode(out);
        counted8(out, |out| out.extend_from_slice(next_hop));
        out.push(0);
        out.extend_from_slice(nlri);
    });
}

/// MP_UNREACH_NLRI (RFC 4760 §4).
pub fn mp_unreach(out: &mut Vec<u8>, family: Family, nlri: &[u8]) {
    attribute_with(out, FLAG_OPTIONAL, 15, |out| {
        family.encode(out);
        out.extend_from_slice(nlri);
    });
}

// ---- NLRI ------------------------------------------------------------------------------------

/// A unicast or multicast NLRI (RFC 4271 §4.3), after its path identifier where one is given
/// (RFC 7911 §3).
pub fn prefix(out: &mut Vec<u8>, path_id: Option<u32>, prefix: &Prefix) {
    put_path_id(out, path_id);
    out.push(prefix.bits());
    out.extend_from_slice(prefix_octets(prefix));
}

/// A labeled NLRI (RFC 8277 §2). No labels means a withdrawal: the field is then 0x800000 (§2.4).
pub fn labeled(out: &mut Vec<u8>, path_id: Option<u32>, labels: &[u32], prefix: &Prefix) {
    put_path_id(out, path_id);
    put_nlri_len(out, labels, 0, prefix);
    label_stack(out, labels);
    out.extend_from_slice(prefix_octets(prefix));
}

/// A VPN NLRI: label stack, RD, prefix (RFC 4364 §4.3.4, RFC 8277). No labels as for [`labeled`].
pub fn vpn(
    out: &mut Vec<u8>,
    path_id: Option<u32>,
    labels: &[u32],
    rd: RouteDistinguisher,
    prefix: &Prefix,
) {
    put_path_id(out, path_id);
    put_nlri_len(out, labels, 64, prefix);
    label_stack(out, labels);
    out.extend_from_slice(&rd.0);
    out.extend_from_slice(prefix_octets(prefix));
}

/// Octets of an address as next hops and peers carry them: 4 or 16.
pub fn address(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(a) => out.extend_from_slice(&a.octets()),
        IpAddr::V6(a) => out.extend_from_slice(&a.octets()),
    }
}

fn put_path_id(out: &mut Vec<u8>, path_id: Option<u32>) {
    if let Some(id) = path_id {
        put32(out, id);
    }
}

fn put_nlri_len(out: &mut Vec<u8>, labels: &[u32], rd_bits: usize, prefix: &Prefix) {
    let bits = labels.len().max(1) * 24 + rd_bits + usize::from(prefix.bits());
    debug_assert!(bits <= usize::from(u8::MAX), "{bits} bits in an NLRI");
    out.push(u8::try_from(bits).unwrap_or(u8::MAX));
}

/// Label (20 bits), traffic class 0, bottom of stack on the last one.
fn label_stack(out: &mut Vec<u8>, labels: &[u32]) {
    let Some(last) = labels.len().checked_sub(1) else {
        return out.extend_from_slice(&[0x80, 0, 0]);
    };
    for (i, label) in labels.iter().enumerate() {
        let field = (label & 0x000f_ffff) << 4 | u32::from(i == last);
        out.extend_from_slice(&field.to_be_bytes()[1..]);
    }
}

/// The octets of a prefix that go on the wire: as many as its length needs.
fn prefix_octets(prefix: &Prefix) -> &[u8] {
    let (octets, bits): (&[u8], u8) = match prefix {
        Prefix::V4(octets, bits) => (octets, *bits),
        Prefix::V6(octets, bits) => (octets, *bits),
    };
    octets.get(..usize::from(bits).div_ceil(8)).unwrap_or(octets)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]
mod tests {
    use super::*;

    fn made(write: impl FnOnce(&mut Vec<u8>)) -> Vec<u8> {
        let mut out = Vec::new();
        write(&mut out);
        out
    }

    #[test]
    fn an_open_carries_its_capabilities_in_one_parameter() {
        let capabilities = [
            Capability::Multiprotocol(Family::IPV6_UNICAST),
            Capability::RouteRefresh,
            Capability::FourOctetAs(4_200_000_000),
            Capability::AddPath(&[(Family::IPV4_UNICAST, 3)]),
            Capability::GracefulRestart {
                restarting: true,
                seconds: 120,
                families: &[(Family::IPV4_UNICAST, true)],
            },
        ];
        let bgp_id = Ipv4Addr::new(192, 0, 2, 1);
        let pdu = made(|o| {
            let asn = 4_200_000_000;
            open(o, &Open { asn, hold_time: 180, bgp_id, capabilities: &capabilities });
        });
        let mut expected = vec![0xff; 16];
        expected.extend_from_slice(&[0, 59, 1, 4, 0x5b, 0xa0, 0, 180, 192, 0, 2, 1, 30, 2, 28]);
        expected.extend_from_slice(&[1, 4, 0, 2, 0, 1, 2, 0, 65, 4, 0xfa, 0x56, 0xea, 0]);
        expected.extend_from_slice(&[69, 4, 0, 1, 1, 3, 64, 6, 0x80, 120, 0, 1, 1, 0x80]);
        assert_eq!(pdu, expected);
    }

    #[test]
    fn an_open_with_too_many_capabilities_takes_the_extended_form() {
        let value = [7; 200];
        let capabilities = [Capability::Raw { code: 200, value: &value }; 2];
        let bgp_id = Ipv4Addr::new(1, 1, 1, 1);
        let pdu =
            made(|o| open(o, &Open { asn: 1, hold_time: 90, bgp_id, capabilities: &capabilities }));
        assert_eq!(pdu[28..35], [255, 255, 1, 151, 2, 1, 148]);
        assert_eq!(pdu.len(), 35 + 404);
        assert_eq!(u16::from_be_bytes([pdu[16], pdu[17]]), 439);
    }

    #[test]
    fn an_update_counts_each_of_its_parts() {
        let pdu = made(|o| update(o, &[8, 10], &[0x40, 1, 1, 0], &[16, 192, 0]));
        assert_eq!(pdu[16..19], [0, 32, 2]);
        assert_eq!(pdu[19..], [0, 2, 8, 10, 0, 4, 0x40, 1, 1, 0, 16, 192, 0]);
    }

    #[test]
    fn long_attributes_get_the_extended_length_and_short_ones_do_not() {
        let short = made(|o| attribute(o, FLAG_OPTIONAL, 99, &[5; 255]));
        assert_eq!((short[..3].to_vec(), short.len()), (vec![0x80, 99, 255], 258));
        let long = made(|o| attribute(o, FLAG_OPTIONAL, 99, &[5; 256]));
        assert_eq!((long[..4].to_vec(), long.len()), (vec![0x90, 99, 1, 0], 260));
        assert!(long[4..].iter().all(|&b| b == 5));
        let asked = made(|o| attribute(o, FLAG_OPTIONAL | FLAG_EXTENDED, 99, &[5; 3]));
        assert_eq!(asked, [0x90, 99, 0, 3, 5, 5, 5]);
    }

    #[test]
    fn as_paths_have_the_width_that_is_asked_for() {
        let path = [Segment::Sequence(&[64512, 70000]), Segment::Set(&[5])];
        let four = made(|o| as_path(o, &path));
        assert_eq!(four, [0x40, 2, 16, 2, 2, 0, 0, 0xfc, 0, 0, 1, 0x11, 0x70, 1, 1, 0, 0, 0, 5]);
        let two = made(|o| as_path_two_octets(o, &path));
        assert_eq!(two, [0x40, 2, 10, 2, 2, 0xfc, 0, 0x5b, 0xa0, 1, 1, 0, 5]);
        let as4 = made(|o| as4_path(o, &path));
        assert_eq!((as4[..3].to_vec(), &as4[3..]), (vec![0xc0, 17, 16], &four[3..]));
        let long = vec![9; 300];
        let split = made(|o| as_path(o, &[Segment::Sequence(&long)]));
        assert_eq!(split[2..6], [0x04, 0xb4, 2, 255]);
        assert_eq!(split[6 + 255 * 4..][..2], [2, 45]);
    }

    #[test]
    fn simple_attributes_have_their_codes_and_flags() {
        let all = made(|o| {
            origin(o, 2);
            next_hop(o, Ipv4Addr::new(192, 0, 2, 9));
            med(o, 7);
            local_pref(o, 100);
            atomic_aggregate(o);
            aggregator(o, 65000, Ipv4Addr::new(1, 2, 3, 4));
            communities(o, &[0xffff_ff01]);
            extended_communities(o, &[[0, 2, 0, 1, 0, 0, 0, 3]]);
            large_communities(o, &[[1, 2, 3]]);
            aigp(o, 5);
            only_to_customer(o, 65001);
        });
        let mut heads = Vec::new();
        let mut left = all.as_slice();
        while let [flags, code, len, rest @ ..] = left {
            heads.push((*flags, *code, *len));
            left = &rest[usize::from(*len)..];
        }
        assert!(left.is_empty());
        #[rustfmt::skip]
        assert_eq!(heads, [
            (0x40, 1, 1), (0x40, 3, 4), (0x80, 4, 4), (0x40, 5, 4), (0x40, 6, 0), (0xc0, 7, 8),
            (0xc0, 8, 4), (0xc0, 16, 8), (0xc0, 32, 12), (0x80, 26, 11), (0xc0, 35, 4),
        ]);
    }

    #[test]
    fn nlri_carry_path_ids_labels_and_distinguishers() {
        let net = Prefix::V4([10, 1, 2, 0], 23);
        assert_eq!(made(|o| prefix(o, None, &net)), [23, 10, 1, 2]);
        assert_eq!(made(|o| prefix(o, Some(7), &net)), [0, 0, 0, 7, 23, 10, 1, 2]);
        assert_eq!(made(|o| prefix(o, None, &Prefix::V6([0; 16], 0))), [0]);
        let stack = made(|o| labeled(o, None, &[16, 0xf_ffff], &net));
        assert_eq!(stack, [71, 0, 1, 0, 0xff, 0xff, 0xf1, 10, 1, 2]);
        let rd = RouteDistinguisher([0, 0, 0xfd, 0xe8, 0, 0, 0, 1]);
        let route = made(|o| vpn(o, None, &[3], rd, &net));
        assert_eq!(route, [111, 0, 0, 0x31, 0, 0, 0xfd, 0xe8, 0, 0, 0, 1, 10, 1, 2]);
        assert_eq!(made(|o| labeled(o, None, &[], &net))[..4], [47, 0x80, 0, 0]);
    }

    #[test]
    fn markers_and_multiprotocol_attributes_have_the_forms_of_their_standards() {
        assert_eq!(made(|o| end_of_rib(o, Family::IPV4_UNICAST)).len(), 23);
        let eor = made(|o| end_of_rib(o, Family::IPV6_UNICAST));
        assert_eq!(eor[19..], [0, 0, 0, 6, 0x80, 15, 3, 0, 2, 1]);
        let reach = made(|o| mp_reach(o, Family::IPV6_UNICAST, &[1; 16], &[0]));
        assert_eq!(reach[..7], [0x80, 14, 22, 0, 2, 1, 16]);
        assert_eq!(reach[23..], [0, 0]);
        let cease = made(|o| notification(o, 6, 4, b"x"));
        assert_eq!(cease[16..], [0, 22, 3, 6, 4, b'x']);
        assert_eq!(made(keepalive)[16..], [0, 19, 4]);
    }
}
