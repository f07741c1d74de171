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
    let mut text = [0u8; 16];
    let len = n.checked_ilog10().unwrap_or(0) as usize + 1;
    let mut left = n;
    for digit in text[..len & 15].iter_mut().rev() {
        *digit = b'0' + (left % 10) as u8;
        left /= 10;
    }
    // A copy of fixed size is a move; what it took too much is cut off.
    let begin = out.len();
    out.extend_from_slice(&text);
    out.truncate(begin + len);
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

/// Text that is short enough to be put together on the stack: pieces of fixed size, each of which
/// may overwrite what the one before it left behind its end.
struct Short {
    text: [u8; SHORT_MAX],
    len: usize,
}

/// The longest text of [`Short`], and room for the piece that ends it: an IPv6 prefix has 43
/// octets.
const SHORT_MAX: usize = 64;

impl Short {
    #[inline]
    fn new() -> Self {
        Self { text: [0; SHORT_MAX], len: 0 }
    }

    /// Appends the first `len` octets of `piece`.
    #[inline]
    fn piece(&mut self, piece: [u8; 4], len: usize) {
        if let Some(place) = self.text.get_mut(self.len..self.len + 4) {
            place.copy_from_slice(&piece);
            self.len += len;
        }
    }

    /// Appends an octet in decimal and `end`.
    #[inline]
    fn octet(&mut self, octet: u8, end: u8) {
        let i = usize::from(octet);
        self.piece(OCTETS[i], usize::from(OCTET_LEN[i]));
        self.text[(self.len - 1) % SHORT_MAX] = end;
    }

    /// Appends a dotted IPv4 address and `end`.
    #[inline]
    fn ipv4(&mut self, [a, b, c, d]: [u8; 4], end: u8) {
        self.octet(a, b'.');
        self.octet(b, b'.');
        self.octet(c, b'.');
        self.octet(d, end);
    }

    /// Appends a word in hex without leading zeros.
    #[inline]
    fn hex_word(&mut self, word: u16) {
        let digit = |shift: u32| LOWER[usize::from(word >> shift & 0xf)];
        let digits = u32::from_be_bytes([digit(12), digit(8), digit(4), digit(0)]);
        let skip = (word | 1).leading_zeros() / 4;
        self.piece((digits << (8 * skip)).to_be_bytes(), 4 - skip as usize);
    }

    fn ipv6(&mut self, octets: [u8; 16]) {
        let mut words = [0u16; 8];
        for (word, pair) in words.iter_mut().zip(octets.as_chunks::<2>().0) {
            *word = u16::from_be_bytes(*pair);
        }
        let (zeros_at, zeros) = longest_zero_run(&words);
        let mapped = zeros == 5 && words[5] == 0xffff;
        let mut i = 0;
        while i < 8 {
            if zeros > 1 && i == zeros_at {
                self.piece(*b"::  ", if i == 0 { 2 } else { 1 });
                i += zeros;
                continue;
            }
            if zeros_at == 0 && i == 6 && (zeros == 6 || mapped) {
                let [.., a, b, c, d] = octets;
                self.ipv4([a, b, c, d], b' ');
                self.len -= 1;
                return;
            }
            self.hex_word(words[i]);
            i += 1;
            if i < 8 {
                self.piece(*b":   ", 1);
            }
        }
    }

    fn octets(&self) -> &[u8] {
        self.text.get(..self.len).unwrap_or_default()
    }
}

/// Appends an IPv4 address in dotted form.
#[inline]
pub(super) fn ipv4(out: &mut Vec<u8>, octets: [u8; 4]) {
    let mut text = Short::new();
    text.ipv4(octets, b' ');
    out.extend_from_slice(&text.octets()[..text.len - 1]);
}

/// Appends an IPv6 address as `inet_ntop` writes it: RFC 5952, with a dotted IPv4 part behind `::`
/// and `::ffff:`.
pub(super) fn ipv6(out: &mut Vec<u8>, octets: [u8; 16]) {
    let mut text = Short::new();
    text.ipv6(octets);
    out.extend_from_slice(text.octets());
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
    let mut text = Short::new();
    match *prefix {
        Prefix::V4(address, bits) => {
            text.ipv4(address, b'/');
            text.octet(bits, end);
            // A copy of fixed size is a few moves; what it took too much is cut off.
            let begin = out.len();
            out.extend_from_slice(text.text.first_chunk::<24>().unwrap_or(&[0; 24]));
            out.truncate(begin + text.len);
        }
        Prefix::V6(address, bits) => {
            text.ipv6(address);
            text.piece(*b"/   ", 1);
            text.octet(bits, end);
            out.extend_from_slice(text.octets());
        }
    }
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
