//! Numbers, addresses and JSON strings as text, appended without allocation.

use std::net::IpAddr;

use crate::wire::Prefix;

/// Appends a decimal number.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, n: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends an IPv4 address in dotted form.
#[inline]
pub(super) fn ipv4(out: &mut Vec<u8>, octets: [u8; 4]) {
    let mut text = [0u8; 16];
    let mut at = 0;
    for (i, &o) in octets.iter().enumerate() {
        if i > 0 {
            text[at] = b'.';
            at += 1;
        }
        if o >= 100 {
            text[at] = b'0' + o / 100;
            at += 1;
        }
        if o >= 10 {
            text[at] = b'0' + o / 10 % 10;
            at += 1;
        }
        text[at] = b'0' + o % 10;
        at += 1;
    }
    out.extend_from_slice(&text[..at]);
}

/// Appends an IPv6 address as `inet_ntop` writes it: RFC 5952, with a dotted IPv4 part behind `::`
/// and `::ffff:`.
pub(super) fn ipv6(out: &mut Vec<u8>, octets: [u8; 16]) {
    let mut words = [0u16; 8];
    for (word, pair) in words.iter_mut().zip(octets.as_chunks::<2>().0) {
        *word = u16::from_be_bytes(*pair);
    }
    let (zeros_at, zeros) = longest_zero_run(&words);
    let mapped = zeros == 5 && words[5] == 0xffff;
    let mut i = 0;
    while i < 8 {
        if zeros > 1 && i == zeros_at {
            out.extend_from_slice(if i == 0 { b"::" } else { b":" });
            i += zeros;
            continue;
        }
        if zeros_at == 0 && i == 6 && (zeros == 6 || mapped) {
            let [.., a, b, c, d] = octets;
            ipv4(out, [a, b, c, d]);
            return;
        }
        hex_word(out, words[i]);
        i += 1;
        if i < 8 {
            out.push(b':');
        }
    }
}

/// Start and length of the first longest run of zero words; length 0 without any.
fn longest_zero_run(words: &[u16; 8]) -> (usize, usize) {
    let (mut best_at, mut best, mut run) = (0, 0, 0);
    for (i, &word) in words.iter().enumerate() {
        run = if word == 0 { run + 1 } else { 0 };
        if run > best {
            best = run;
            best_at = i + 1 - run;
        }
    }
    (best_at, best)
}

fn hex_word(out: &mut Vec<u8>, word: u16) {
    let mut started = false;
    for shift in [12, 8, 4, 0] {
        let nibble = word >> shift & 0xf;
        started |= nibble != 0 || shift == 0;
        if started {
            out.push(LOWER[usize::from(nibble)]);
        }
    }
}

/// Appends an address.
pub(super) fn ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(a) => ipv4(out, a.octets()),
        IpAddr::V6(a) => ipv6(out, a.octets()),
    }
}

/// Appends a prefix with its length.
#[inline]
pub(super) fn prefix(out: &mut Vec<u8>, prefix: &Prefix) {
    match *prefix {
        Prefix::V4(a, _) => ipv4(out, a),
        Prefix::V6(a, _) => ipv6(out, a),
    }
    out.push(b'/');
    number(out, prefix.bits());
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
        ipv6(&mut out, text.parse::<Ipv6Addr>().unwrap().octets());
        String::from_utf8(out).unwrap()
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
