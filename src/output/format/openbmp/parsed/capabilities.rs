//! The capabilities of an OPEN as one text, in the words of the original.

use super::values::Cleaner;
use crate::bgp::Open;
use crate::bgp::capability::{Capability, RawCapability};
use crate::output::format::text;
use crate::wire::Family;

/// The width of the column.
const WIDTH: usize = 4096;

/// Appends the capabilities, joined with a comma and a space.
pub(super) fn write(out: &mut Vec<u8>, open: &Open<'_>, cleaner: Cleaner) {
    let begin = out.len();
    for capability in open.raw_capabilities() {
        if cleaner.is_full(out, begin, WIDTH) {
            break;
        }
        write_one(out, begin, capability);
    }
    cleaner.cut(out, begin, WIDTH, b", ");
}

fn separate(out: &mut Vec<u8>, begin: usize) {
    if out.len() > begin {
        out.extend_from_slice(b", ");
    }
}

fn write_one(out: &mut Vec<u8>, begin: usize, raw: RawCapability<'_>) {
    if let Capability::AddPath(entries) = Capability::from(raw) {
        for entry in entries.iter() {
            separate(out, begin);
            out.extend_from_slice(b"ADD Path (69) : ");
            codes(out, entry.family);
            out.extend_from_slice(b" send/receive=");
            text::number(out, entry.mode.0);
            out.extend_from_slice(b" : ");
            names(out, entry.family);
            out.extend_from_slice(match entry.mode.0 {
                1 => b" Receive",
                2 => b" Send",
                3 => b" Send/Receive",
                _ => b" unknown",
            });
        }
        return;
    }
    separate(out, begin);
    if let Capability::Multiprotocol(value) = Capability::from(raw) {
        out.extend_from_slice(b"MPBGP (1) : ");
        codes(out, value.family);
        out.extend_from_slice(b" : ");
        return names(out, value.family);
    }
    let name = match raw.code.0 {
        2 => "Route Refresh",
        3 => "Outbound Filter",
        64 => "Graceful Restart",
        65 => "4 Octet ASN",
        68 => "Multi-session",
        70 => "Route Refresh Enhanced",
        128 => "Route Refresh Old",
        code => return text::number(out, code),
    };
    out.extend_from_slice(name.as_bytes());
    out.extend_from_slice(b" (");
    text::number(out, raw.code.0);
    out.push(b')');
}

fn codes(out: &mut Vec<u8>, family: Family) {
    out.extend_from_slice(b"afi=");
    text::number(out, family.afi);
    out.extend_from_slice(b" safi=");
    text::number(out, family.safi);
}

/// `Unicast IPv4`
fn names(out: &mut Vec<u8>, family: Family) {
    out.extend_from_slice(match family.safi {
        1 => b"Unicast",
        2 => b"Multicast",
        4 => b"Labeled Unicast",
        5 => b"MCAST VPN",
        65 => b"VPLS",
        66 => b"BGP MDT",
        67 => b"BGP 4over6",
        68 => b"BGP 6over4",
        70 => b"BGP EVPNs",
        71 => b"BGP-LS",
        128 => b"MPLS-Labeled VPN",
        129 => b"Multicast BGP/MPLS VPN",
        132 => b"RT constrains",
        _ => b"",
    });
    out.push(b' ');
    out.extend_from_slice(match family.afi {
        1 => b"IPv4",
        2 => b"IPv6",
        16_388 => b"BGP-LS",
        _ => b"unknown",
    });
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::wire::Reader;

    #[test]
    fn a_long_list_is_cut_between_capabilities() {
        let mut open = Open::builder(65001, 90, Ipv4Addr::LOCALHOST);
        for afi in 0..250 {
            let family = Family::new(afi, 1);
            open = open.capability(&Capability::Multiprotocol(family.into()));
        }
        let mut octets = Vec::new();
        open.encode(&mut octets);
        let open = Open::parse(&mut Reader::new(&octets)).unwrap();
        let written = |sql_safe| {
            let mut out = b"before".to_vec();
            write(&mut out, &open, Cleaner { sql_safe });
            String::from_utf8(out).unwrap()
        };
        assert_eq!(written(false).matches("MPBGP").count(), 250);
        let cut = written(true);
        assert!(written(false).starts_with(&cut) && (4000..=4102).contains(&cut.len()));
        assert!(cut.ends_with("unknown"), "{cut}");
    }
}
