//! Numbers, addresses and JSON strings as text, appended without allocation.

use std::net::IpAddr;

use crate::wire::Prefix;

/// Appends a decimal number.
#[inline]
pub(super) fn number(out: &mut Vec<u8>, n: impl itoa::Integer) {
    out.extend_from_slice(itoa::Buffer::new().format(n).as_bytes());
}

/// Appends a decimal number of up to 32 bits: the short way of [`number`].
#[inline]
pub(super) fn number32(out: &mut Vec<u8>, n: u32) {
    let mut low = n;
    let mut skip_max = 7;
    if n >= 100_000_000 {
        number(out, n / 100_000_000);
        low = n % 100_000_000;
        skip_max = 0;
    }
    let digits = eight_digits(low);
    let skip = (digits.trailing_zeros() / 8).min(skip_max);
    let text = (digits + 0x3030_3030_3030_3030) >> (8 * skip);
    // A copy of fixed size is a move; what it took too much is cut off.
    let begin = out.len();
    out.extend_from_slice(&text.to_le_bytes());
    out.truncate(begin + 8 - skip as usize);
}

/// The eight digits of a number below 10^8, the first in the lowest octet: all are found side by
/// side, by multiplying with 1/100 and 1/10 in fixed point.
#[inline]
fn eight_digits(n: u32) -> u64 {
    let fours = u64::from(n / 10_000) | u64::from(n % 10_000) << 32;
    let hundreds = (fours * 10_486) >> 20 & 0x0000_007f_0000_007f;
    let pairs = hundreds | (fours - 100 * hundreds) << 16;
    let tens = (pairs * 103) >> 10 & 0x000f_000f_000f_000f;
    tens | (pairs - 10 * tens) << 8
}

/// The decimal digits of an octet and a dot behind them; the length of both is in [`OCTET_LEN`].
static OCTETS: [[u8; 4]; 256] = octets();
static OCTET_LEN: [u8; 256] = octet_lengths();

const fn octets() -> [[u8; 4]; 256] {
    let mut table = [[b'.'; 4]; 256];
    let mut n = 0;
    while n < 256 {
        let digits = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        let len = digits_of(n);
        let mut i = 0;
        while i < len {
            table[n][i] = digits[3 - len + i];
            i += 1;
        }
        n += 1;
    }
    table
}

const fn octet_lengths() -> [u8; 256] {
    let mut table = [0; 256];
    let mut n = 0;
    while n < 256 {
        table[n] = digits_of(n) as u8 + 1;
        n += 1;
    }
    table
}

const fn digits_of(n: usize) -> usize {
    match n {
        0..10 => 1,
        10..100 => 2,
        _ => 3,
    }
}

/// Appends the first `len` octets of `piece`. A store of fixed size costs less than a copy of `len`
/// octets, and text put together elsewhere would have to be read back before its stores are done.
#[inline]
fn piece(out: &mut Vec<u8>, piece: [u8; 4], len: usize) {
    let begin = out.len();
    out.extend_from_slice(&piece);
    out.truncate(begin + len);
}

/// Appends an octet in decimal and a dot.
#[inline]
fn octet(out: &mut Vec<u8>, octet: u8) {
    let i = usize::from(octet);
    piece(out, OCTETS[i], usize::from(OCTET_LEN[i]));
}

/// Writes `end` over the last octet of `out`.
#[inline]
fn end_with(out: &mut [u8], end: u8) {
    if let Some(last) = out.last_mut() {
        *last = end;
    }
}

/// Appends a dotted IPv4 address and another dot.
#[inline]
fn dotted(out: &mut Vec<u8>, octets: [u8; 4]) {
    octets.iter().for_each(|&o| octet(out, o));
}

/// Appends an IPv4 address in dotted form.
#[inline]
pub(super) fn ipv4(out: &mut Vec<u8>, octets: [u8; 4]) {
    dotted(out, octets);
    out.pop();
}

/// Appends a word in hex without leading zeros.
#[inline]
fn hex_word(out: &mut Vec<u8>, word: u16) {
    let digit = |shift: u32| LOWER[usize::from(word >> shift & 0xf)];
    let digits = u32::from_be_bytes([digit(12), digit(8), digit(4), digit(0)]);
    let skip = (word | 1).leading_zeros() / 4;
    piece(out, (digits << (8 * skip)).to_be_bytes(), 4 - skip as usize);
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
            return ipv4(out, [a, b, c, d]);
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

/// Appends an address.
pub(super) fn ip(out: &mut Vec<u8>, address: IpAddr) {
    match address {
        IpAddr::V4(a) => ipv4(out, a.octets()),
        IpAddr::V6(a) => ipv6(out, a.octets()),
    }
}

/// Appends a prefix with its length, and `end`.
#[inline]
pub(super) fn prefix(out: &mut Vec<u8>, prefix: &Prefix, end: u8) {
    match *prefix {
        Prefix::V4(address, _) => {
            dotted(out, address);
            end_with(out, b'/');
        }
        Prefix::V6(address, _) => {
            ipv6(out, address);
            out.push(b'/');
        }
    }
    octet(out, prefix.bits());
    end_with(out, end);
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
    fn numbers_are_written_as_they_display() {
        let edges = (0..=9).flat_map(|e| {
            let power = 10u32.pow(e);
            [power - 1, power, power + 1, power.wrapping_mul(4), power.wrapping_mul(7) / 3]
        });
        let spread = (0..200_000u32).map(|i| i.wrapping_mul(2_654_435_761) >> (i % 32));
        for n in edges.chain(spread).chain(0..70_000).chain([u32::MAX, 99_999_999]) {
            let mut out = b"x".to_vec();
            number32(&mut out, n);
            assert_eq!(String::from_utf8(out).unwrap(), format!("x{n}"));
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
