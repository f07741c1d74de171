//! Numbers, addresses and JSON strings as text, appended without allocation.

use std::net::IpAddr;

use super::pen::{self, Pen, PrefixRoom, Room, SLACK};
use crate::wire::Prefix;

/// Appends a decimal number.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, n: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends an IPv4 address in dotted form.
pub(super) fn ipv4(out: &mut Vec<u8>, octets: [u8; 4]) {
    with_pen(out, |pen| pen.ipv4(octets));
}

/// Appends an address; IPv6 as `inet_ntop` writes it.
pub(super) fn ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(a) => ipv4(out, a.octets()),
        IpAddr::V6(a) => with_pen(out, |pen| pen.ipv6(a.octets())),
    }
}

/// Appends a prefix with its length, and `end`.
#[inline]
pub(super) fn prefix(out: &mut Vec<u8>, prefix: &Prefix, end: u8) {
    with_pen(out, |pen| pen.prefix(prefix, b'/', end));
}

/// Appends a prefix as three fields with tabulators between them: address, length, and whether it
/// is one of IPv4, `1` or `0`.
#[inline(always)]
pub(super) fn prefix_fields(out: &mut Vec<u8>, prefix: &Prefix) {
    match prefix {
        Prefix::V4(address, bits) => with_room::<{ 32 + SLACK }>(out, |pen| {
            pen.ipv4_prefix(*address, *bits, [b'\t', b'\t']);
            pen.octet(b'1');
        }),
        Prefix::V6(..) => ipv6_prefix_fields(out, prefix),
    }
}

#[inline(never)]
fn ipv6_prefix_fields(out: &mut Vec<u8>, prefix: &Prefix) {
    with_pen(out, |pen| {
        pen.prefix(prefix, b'\t', b'\t');
        pen.octet(b'0');
    });
}

/// Appends a number that counts something, and `end`.
#[inline(always)]
pub(super) fn count(out: &mut Vec<u8>, n: u64, end: u8) {
    if n >= 10_000_000 {
        number(out, n);
        return out.push(end);
    }
    let at = out.len();
    let (text, len) = pen::short_number_and(n as u32, end);
    out.extend_from_slice(&text);
    out.truncate(at + len);
}

/// Counts digits up in place; `false` when there are too few of them for the next number: then all
/// are 0.
#[inline]
pub(super) fn count_up(digits: &mut [u8]) -> bool {
    for digit in digits.iter_mut().rev() {
        if *digit != b'9' {
            *digit += 1;
            return true;
        }
        *digit = b'0';
    }
    false
}

/// Appends what `write` writes: no more than a prefix.
#[inline]
fn with_pen(out: &mut Vec<u8>, write: impl FnOnce(&mut Pen<'_, PrefixRoom>)) {
    with_room(out, write);
}

/// Appends what `write` writes: no more than there is room for.
#[inline(always)]
fn with_room<const N: usize>(out: &mut Vec<u8>, write: impl FnOnce(&mut Pen<'_, [u8; N]>))
where
    [u8; N]: Room,
{
    let begin = out.len();
    out.extend_from_slice(&[0; N]);
    let mut len = 0;
    if let Some(room) = out.last_chunk_mut() {
        let mut pen = Pen::new(room);
        write(&mut pen);
        len = pen.len();
    }
    out.truncate(begin + len);
}

const LOWER: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8; 16] = b"0123456789ABCDEF";

/// Appends octets as lower-case hex.
pub(super) fn hex(out: &mut Vec<u8>, octets: &[u8]) {
    out.reserve(2 * octets.len());
    for &o in octets {
        out.extend_from_slice(&[LOWER[usize::from(o >> 4)], LOWER[usize::from(o & 15)]]);
    }
}

/// Appends octets as upper-case hex joined by `-`.
pub(super) fn hex_dashed(out: &mut Vec<u8>, octets: &[u8]) {
    out.reserve(3 * octets.len());
    for (i, &o) in octets.iter().enumerate() {
        if i > 0 {
            out.push(b'-');
        }
        out.extend_from_slice(&[UPPER[usize::from(o >> 4)], UPPER[usize::from(o & 15)]]);
    }
}

/// Appends the inside of a JSON string as jansson writes it: the short escapes, `\u00XX` with
/// upper-case hex for other control characters, everything else as it is.
pub(super) fn json_escaped(out: &mut Vec<u8>, text: &str) {
    for &b in text.as_bytes() {
        match b {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0..0x20 => {
                let (high, low) = (UPPER[usize::from(b >> 4)], UPPER[usize::from(b & 15)]);
                out.extend_from_slice(&[b'\\', b'u', b'0', b'0', high, low]);
            }
            _ => out.push(b),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn v6(text: &str) -> String {
        let mut out = vec![];
        ip(&mut out, text.parse().unwrap());
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn digits_count_up_as_the_number_does() {
        let mut digits = b"098".to_vec();
        for n in 99..1000 {
            assert!(count_up(&mut digits));
            assert_eq!(digits, format!("{n:03}").as_bytes());
        }
        assert!(!count_up(&mut digits));
    }

    #[test]
    fn ipv6_is_written_as_inet_ntop_does() {
        for same in [
            "::",
            "::1",
            "2001:db8::",
            "2001:db8::1",
            "fe80::1:0:0:1",
            "1:2:3:4:5:6:7:8",
            "1::8",
            "0:1::1",
            "2001:0:0:1::1",
            "::ffff:192.0.2.1",
            "1:0:3:4:5:6:7:8",
            "2001:db8:0:1:1:1:1:1",
            "::1:0:0",
            "1:2:3:4:5:6:7:0",
            "0:2:3:4:5:6:7:8",
            "::2:3:4:5:6:7:8",
        ] {
            let want = if same.starts_with("::2:3") { "0:2:3:4:5:6:7:8" } else { same };
            assert_eq!(v6(same), want);
        }
        assert_eq!(v6("::c000:200"), "::192.0.2.0");
        assert_eq!(v6("::ffff:0:1"), "::ffff:0.0.0.1");
    }

    #[test]
    fn random_addresses_agree_with_the_standard_library() {
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        let mut next = || {
            x ^= x << 13;
            x ^= x >> 7;
            x ^= x << 17;
            x
        };
        for _ in 0..20_000 {
            let mask = next();
            let mut o = [0u8; 16];
            for (i, b) in o.iter_mut().enumerate() {
                *b = if mask >> (i / 2) & 1 == 1 { next() as u8 } else { 0 };
            }
            let address = Ipv6Addr::from(o);
            if address.to_ipv4().is_none() {
                assert_eq!(v6(&address.to_string()), address.to_string());
            }
            let a = Ipv4Addr::from(next() as u32);
            let mut out = vec![];
            ipv4(&mut out, a.octets());
            assert_eq!(String::from_utf8(out).unwrap(), a.to_string());
        }
    }

    #[test]
    fn octets_are_written_as_they_display() {
        for n in 0..=255u8 {
            let mut out = vec![];
            prefix(&mut out, &Prefix::V4([n, 255 - n, 7, n], n), b'!');
            assert_eq!(String::from_utf8(out).unwrap(), format!("{n}.{}.7.{n}/{n}!", 255 - n));
            let mut out = vec![];
            prefix(&mut out, &Prefix::V6([0xff; 16], n), b'!');
            let want = format!("{}/{n}!", Ipv6Addr::from([0xff; 16]));
            assert_eq!(String::from_utf8(out).unwrap(), want);
        }
    }

    #[test]
    fn escapes_are_janssons() {
        let mut out = vec![];
        json_escaped(&mut out, "q\" b\\ s/ n\n r\r t\t b\u{8} f\u{c} x\u{1}\u{1f} d\u{7f}é");
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "q\\\" b\\\\ s/ n\\n r\\r t\\t b\\b f\\f x\\u0001\\u001F d\u{7f}é"
        );
    }

    #[test]
    fn hex_comes_in_two_shapes() {
        let (mut a, mut b) = (vec![], vec![]);
        hex(&mut a, &[0xde, 0x0f]);
        hex_dashed(&mut b, &[0xde, 0x0f]);
        assert_eq!((&a[..], &b[..]), (&b"de0f"[..], &b"DE-0F"[..]));
    }
}
