//! Extended communities (RFC 4360) as words without spaces, one or two for each.
//!
//! The words are the original's. Where it prints nothing, or an octet as it is, there are numbers
//! here; nobody takes the words apart.

use std::io::Write as _;
use std::net::IpAddr;

use super::values::mac;
use crate::output::format::text;

/// The bit of the type that says that a community stays within an AS.
const NON_TRANSITIVE: u8 = 0x40;

/// Appends one.
pub(super) fn write(out: &mut Vec<u8>, community: &[u8; 8]) {
    let [kind, sub_type, value @ ..] = community;
    let known = match kind & !NON_TRANSITIVE {
        0..=2 => specific(out, *kind & 3, *sub_type, value),
        0x03 => opaque(out, *sub_type, value),
        0x06 => evpn(out, *sub_type, value),
        0x80..=0x82 => flow(out, *kind & 3, *sub_type, value),
        _ => false,
    };
    if !known {
        numbers(out, *kind, *sub_type, value);
    }
}

/// Appends one that is specific to an IPv6 address (RFC 5701), in the words of the others: the
/// original knows none of them.
pub(super) fn write_ipv6(out: &mut Vec<u8>, community: &[u8; 20]) {
    let [kind, sub_type, address @ .., a, b] = community;
    let word: &[u8] = match (kind & !NON_TRANSITIVE, sub_type) {
        (0, 2) => b"rt=",
        (0, 3) => b"soo=",
        _ => return numbers(out, *kind, *sub_type, &community[2..]),
    };
    out.extend_from_slice(word);
    text::ip(out, IpAddr::from(*address));
    out.push(b':');
    text::number(out, u16::from_be_bytes([*a, *b]));
}

/// Appends `0xTYPE:0xSUBTYPE:VALUE`.
fn numbers(out: &mut Vec<u8>, kind: u8, sub_type: u8, value: &[u8]) {
    out.extend_from_slice(b"0x");
    text::hex(out, &[kind]);
    out.extend_from_slice(b":0x");
    text::hex(out, &[sub_type]);
    out.push(b':');
    text::hex(out, value);
}

/// Appends `word=administrator:number`, by the form of the administrator: 2-octet AS number, IPv4
/// address or 4-octet AS number.
fn pair(out: &mut Vec<u8>, word: &str, form: u8, value: &[u8; 6], hex: bool) -> bool {
    let &[a, b, c, d, e, f] = value;
    out.extend_from_slice(word.as_bytes());
    out.push(b'=');
    let number = match form {
        0 => {
            text::number(out, u16::from_be_bytes([a, b]));
            u32::from_be_bytes([c, d, e, f])
        }
        1 => {
            text::ipv4(out, [a, b, c, d]);
            u16::from_be_bytes([e, f]).into()
        }
        _ => {
            text::number(out, u32::from_be_bytes([a, b, c, d]));
            u16::from_be_bytes([e, f]).into()
        }
    };
    out.push(b':');
    match hex {
        true => formatted(out, format_args!("0x{number:x}")),
        false => text::number(out, number),
    }
    true
}

fn formatted(out: &mut Vec<u8>, text: std::fmt::Arguments<'_>) {
    // Writing to memory does not fail.
    let _ = out.write_fmt(text);
}

/// Those of an AS or an address.
fn specific(out: &mut Vec<u8>, form: u8, sub_type: u8, value: &[u8; 6]) -> bool {
    let (word, hex) = match sub_type {
        0x02 => ("rt", false),
        0x03 => ("soo", false),
        0x04 if form == 0 => return bandwidth(out, "link-bw", value),
        0x05 => ("ospf-did", false),
        0x07 => ("ospf-rid", false),
        0x08 => ("colc", false),
        0x09 => ("sas", false),
        0x0a => ("vpn-id", true),
        0x0b => ("import", false),
        0x10 => ("vpn-id", true),
        0x12 => ("p2mp-nh", false),
        _ => return false,
    };
    pair(out, word, form, value, hex)
}

/// `word=asn:octets per second`.
fn bandwidth(out: &mut Vec<u8>, word: &str, value: &[u8; 6]) -> bool {
    let &[a, b, c, d, e, f] = value;
    let (asn, rate) = (u16::from_be_bytes([a, b]), f32::from_be_bytes([c, d, e, f]));
    match rate.abs() {
        0.0 | 0.001..1e15 => formatted(out, format_args!("{word}={asn}:{rate}")),
        // Not with all of its zeros.
        _ => formatted(out, format_args!("{word}={asn}:{rate:e}")),
    }
    true
}

/// Opaque ones.
fn opaque(out: &mut Vec<u8>, sub_type: u8, value: &[u8; 6]) -> bool {
    let &[a, b, c, d, e, f] = value;
    let last = u32::from_be_bytes([c, d, e, f]);
    match sub_type {
        0x01 => {
            let point = match a {
                128 => "abs",
                129 => "igp",
                130 => "ext",
                131 => "bgp_id",
                _ => "unkn",
            };
            formatted(out, format_args!("cost={point}:{b}:{last}"));
        }
        0x06 => {
            let (area, kind) = (u32::from_be_bytes([a, b, c, d]), e);
            let kind = match kind {
                1 | 2 => "O",
                3 => "IA",
                5 => "E",
                7 => "N",
                _ => "unkn",
            };
            formatted(out, format_args!("ospf-rt=area-{area}:{kind}:{f}"));
        }
        0x0b => formatted(out, format_args!("color={last}")),
        0x0c => formatted(out, format_args!("encap={}", u16::from_be_bytes([e, f]))),
        0x0d => out.extend_from_slice(b"default-gw"),
        _ => return false,
    }
    true
}

/// Those of EVPN.
fn evpn(out: &mut Vec<u8>, sub_type: u8, value: &[u8; 6]) -> bool {
    let &[flags, _, c, d, e, f] = value;
    match sub_type {
        0x00 => {
            let number = u32::from_be_bytes([c, d, e, f]);
            formatted(out, format_args!("mac_mob_flags={flags} mac_mob_seq_num={number}"));
        }
        0x01 => {
            let label = u32::from_be_bytes([0, d, e, f]);
            formatted(out, format_args!("esi_label_flags={flags} esi_label={label}"));
        }
        0x02 => {
            out.extend_from_slice(b"es_import=");
            mac(out, value);
        }
        0x03 => {
            out.extend_from_slice(b"router_mac=");
            mac(out, value);
        }
        _ => return false,
    }
    true
}

/// What is done with the traffic of a flow specification, and layer 2 information.
fn flow(out: &mut Vec<u8>, form: u8, sub_type: u8, value: &[u8; 6]) -> bool {
    let &[a, b, c, d, _, f] = value;
    match (form, sub_type) {
        (0, 0x06) => return bandwidth(out, "flow-rate", value),
        (0, 0x07) => {
            out.extend_from_slice(b"flow-act=");
            for (bit, letter) in [(2, b'S'), (1, b'T')] {
                if f & bit != 0 {
                    out.push(letter);
                }
            }
        }
        (_, 0x08) => return pair(out, "flow-redir", form, value, false),
        (0, 0x09) => formatted(out, format_args!("flow-remark={f}")),
        (0, 0x0a) => {
            let mtu = u16::from_be_bytes([c, d]);
            match a {
                19 => formatted(out, format_args!("l2info=vpls:{b}:{mtu}")),
                _ => formatted(out, format_args!("l2info={a}:{b}:{mtu}")),
            }
        }
        _ => return false,
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_of_ipv6_addresses_have_words_that_fit_their_column() {
        for (kind, sub_type, wanted) in [
            (0, 2, "rt=2001:db8:ffff:ffff:ffff:ffff:ffff:ffff:65535"),
            (0x40, 3, "soo=2001:db8:ffff:ffff:ffff:ffff:ffff:ffff:65535"),
            (0, 0x0b, "0x00:0x0b:20010db8ffffffffffffffffffffffffffff"),
        ] {
            let mut community = [0xff; 20];
            community[..6].copy_from_slice(&[kind, sub_type, 0x20, 1, 0x0d, 0xb8]);
            let mut out = Vec::new();
            write_ipv6(&mut out, &community);
            assert_eq!(String::from_utf8_lossy(&out), wanted);
            assert!(out.len() <= 50 && !out.contains(&b' '));
        }
    }

    #[test]
    fn every_form_has_its_words() {
        for (octets, words) in [
            (0x0002_fde8_0000_0064, "rt=65000:100"),
            (0x0102_c000_0201_000a, "rt=192.0.2.1:10"),
            (0x0202_0001_0000_000b, "rt=65536:11"),
            (0x4004_fde8_4974_2400, "link-bw=65000:1000000"),
            (0x000a_0001_0000_0010, "vpn-id=1:0x10"),
            (0x0107_c000_0201_0000, "ospf-rid=192.0.2.1:0"),
            (0x4301_8180_0000_0064, "cost=igp:128:100"),
            (0x0306_0000_0000_0501, "ospf-rt=area-0:E:1"),
            (0x030d_0000_0000_0000, "default-gw"),
            (0x0600_0100_0000_0005, "mac_mob_flags=1 mac_mob_seq_num=5"),
            (0x0601_0000_0001_2345, "esi_label_flags=0 esi_label=74565"),
            (0x8006_fde8_447a_0000, "flow-rate=65000:1000"),
            (0x8006_fde8_0000_0000, "flow-rate=65000:0"),
            (0x8006_0001_7149_f2ca, "flow-rate=1:1e30"),
            (0x8007_0000_0000_0003, "flow-act=ST"),
            (0x8208_0001_0000_0064, "flow-redir=65536:100"),
            (0x800a_1300_ffdc_0000, "l2info=vpls:0:65500"),
            (0x0a00_0000_0000_0001, "0x0a:0x00:000000000001"),
            (0x4000_aabb_ccdd_eeff, "0x40:0x00:aabbccddeeff"),
            (0x8106_aabb_ccdd_eeff, "0x81:0x06:aabbccddeeff"),
        ] {
            let mut out = Vec::new();
            write(&mut out, &u64::to_be_bytes(octets));
            assert_eq!(String::from_utf8_lossy(&out), words);
        }
    }

    #[test]
    fn whatever_comes_is_words_that_fit_their_column() {
        for kind in 0..=u16::MAX {
            for octet in [0, 9, 10, 0x7f, 0xff] {
                let [a, b] = kind.to_be_bytes();
                let mut out = Vec::new();
                write(&mut out, &[a, b, octet, octet, octet, octet, octet, octet]);
                assert!(out.iter().all(|c| (b' '..=b'~').contains(c)), "{out:?}");
                let words = out.split(|c| *c == b' ');
                words.for_each(|word| assert!((1..=50).contains(&word.len()), "{out:?}"));
            }
        }
    }
}
