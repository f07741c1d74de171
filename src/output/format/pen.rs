//! Text that is put together in room made beforehand.
//!
//! A vector writes its length back after every piece, and the next piece waits for that; a pen's
//! place stays in a register. Pieces of a fixed size are single stores: what they write too much is
//! written over by the next one.

use crate::wire::Prefix;

/// Memory that a pen writes into.
pub(super) trait Room {
    /// Stores a piece of at most [`SLACK`] octets.
    fn store<const N: usize>(&mut self, at: usize, piece: [u8; N]);

    /// A piece that was stored, and what lies behind it.
    fn load<const N: usize>(&self, at: usize) -> [u8; N];
}

/// The largest piece. An array gives room for this much less than its size.
pub(super) const SLACK: usize = 32;

/// An array begins again at its start where it ends, which costs no comparison: a text for which
/// [`Pen::len`] is then more than the room was not written.
impl<const SIZE: usize> Room for [u8; SIZE] {
    #[inline(always)]
    fn store<const N: usize>(&mut self, at: usize, piece: [u8; N]) {
        const { assert!(N <= SLACK && (SIZE - SLACK).is_power_of_two()) };
        let at = at & (SIZE - SLACK - 1);
        self[at..at + N].copy_from_slice(&piece);
    }

    #[inline(always)]
    fn load<const N: usize>(&self, at: usize) -> [u8; N] {
        const { assert!(N <= SLACK && (SIZE - SLACK).is_power_of_two()) };
        let at = at & (SIZE - SLACK - 1);
        std::array::from_fn(|i| self[at + i])
    }
}

/// A vector grows.
impl Room for Vec<u8> {
    fn store<const N: usize>(&mut self, at: usize, piece: [u8; N]) {
        if self.len() < at + N {
            self.resize(2 * (at + N), 0);
        }
        self[at..at + N].copy_from_slice(&piece);
    }

    fn load<const N: usize>(&self, at: usize) -> [u8; N] {
        std::array::from_fn(|i| self.get(at + i).copied().unwrap_or_default())
    }
}

/// Room for any prefix.
pub(super) type PrefixRoom = [u8; 64 + SLACK];
/// Room for what is rendered once for many lines.
pub(super) type Sheet = [u8; 4096 + SLACK];

/// A text that can be written into any room.
pub(super) trait Text {
    /// Writes it; may be called twice.
    fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>);
}

/// Appends `text` to `out` by way of `sheet`.
pub(super) fn append(out: &mut Vec<u8>, sheet: &mut Sheet, text: &mut impl Text) {
    let mut pen = Pen::new(sheet);
    text.write(&mut pen);
    let len = pen.at;
    if let (Some(written), true) = (sheet.get(..len), len <= sheet.len() - SLACK) {
        return out.extend_from_slice(written);
    }
    let at = out.len();
    let mut pen = Pen { room: out, at };
    text.write(&mut pen);
    let len = pen.at;
    out.truncate(len);
}

/// A text that is kept where it was written, however long it is.
#[derive(Debug)]
pub(super) struct Page {
    sheet: Box<Sheet>,
    /// Where a text is for which the sheet is too short.
    long: Vec<u8>,
    is_long: bool,
    len: usize,
}

impl Default for Page {
    fn default() -> Self {
        let sheet = Box::new([0; size_of::<Sheet>()]);
        Self { sheet, long: Vec::new(), is_long: false, len: 0 }
    }
}

impl Page {
    /// Writes another text.
    #[inline(always)]
    pub(super) fn write(&mut self, text: &mut impl Text) {
        let mut pen = Pen::new(&mut *self.sheet);
        text.write(&mut pen);
        self.len = pen.at;
        self.is_long = self.len > size_of::<Sheet>() - SLACK;
        if self.is_long {
            self.write_long(text);
        }
    }

    #[inline(never)]
    fn write_long(&mut self, text: &mut impl Text) {
        self.long.clear();
        let mut pen = Pen::new(&mut self.long);
        text.write(&mut pen);
        self.len = pen.at;
        self.long.truncate(self.len);
    }

    /// The text.
    #[inline]
    pub(super) fn text(&self) -> &[u8] {
        let all = if self.is_long { &self.long } else { self.sheet.as_slice() };
        all.get(..self.len).unwrap_or_default()
    }

    /// A part of the text.
    #[inline]
    pub(super) fn part(&self, part: std::ops::Range<usize>) -> &[u8] {
        let all = if self.is_long { &self.long } else { self.sheet.as_slice() };
        all.get(part).unwrap_or_default()
    }

    /// The same, to be written over.
    #[inline]
    pub(super) fn text_mut(&mut self) -> &mut [u8] {
        let all = if self.is_long { &mut self.long } else { self.sheet.as_mut_slice() };
        all.get_mut(..self.len).unwrap_or_default()
    }

    /// The text with some octets behind it, which are not kept.
    #[inline]
    pub(super) fn text_and(&mut self, more: [u8; 16]) -> &[u8] {
        let end = self.len + more.len();
        if self.is_long {
            self.long.truncate(self.len);
            self.long.extend_from_slice(&more);
            return &self.long;
        }
        if let Some(place) = self.sheet.get_mut(self.len..end) {
            place.copy_from_slice(&more);
        }
        self.sheet.get(..end).unwrap_or_default()
    }

    /// Writes over a part of the text what may be longer or shorter.
    pub(super) fn replace(&mut self, place: std::ops::Range<usize>, with: &[u8]) {
        if !self.is_long {
            self.long.clear();
            self.long.extend_from_slice(&self.sheet[..self.len]);
            self.is_long = true;
        }
        self.long.truncate(self.len);
        self.long.splice(place, with.iter().copied());
        self.len = self.long.len();
    }
}

/// A text that is copied in pieces of constant size.
#[derive(Debug, Default)]
pub(super) struct Pieces {
    pieces: Vec<[u8; SLACK]>,
    len: usize,
}

impl Pieces {
    /// Takes another text, of parts.
    pub(super) fn set(&mut self, parts: &[&[u8]]) {
        self.len = parts.iter().map(|part| part.len()).sum();
        self.pieces.clear();
        self.pieces.resize(self.len.div_ceil(SLACK), [0; SLACK]);
        let octets = self.pieces.as_flattened_mut().iter_mut();
        octets.zip(parts.iter().copied().flatten()).for_each(|(place, octet)| *place = *octet);
    }

    /// The octets, with some behind the last one that mean nothing.
    #[inline]
    pub(super) fn octets_mut(&mut self) -> &mut [u8] {
        self.pieces.as_flattened_mut()
    }
}

/// A number and the octet behind it as text, kept for the next time that it comes.
#[derive(Debug, Default)]
pub(super) struct Kept {
    number: Option<u16>,
    text: [u8; 8],
    len: usize,
}

/// Writes one piece after the other.
pub(super) struct Pen<'b, R> {
    room: &'b mut R,
    at: usize,
}

impl<'b, R: Room> Pen<'b, R> {
    /// A pen at the start of `room`.
    #[inline]
    pub(super) fn new(room: &'b mut R) -> Self {
        Self { room, at: 0 }
    }

    /// Octets written.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.at
    }

    /// Stores `piece` and keeps the first `len` octets of it.
    #[inline(always)]
    fn put<const N: usize>(&mut self, piece: [u8; N], len: usize) {
        self.room.store(self.at, piece);
        self.at += len;
    }

    /// A text of fixed size.
    #[inline(always)]
    pub(super) fn text<const N: usize>(&mut self, text: &[u8; N]) {
        self.put(*text, N);
    }

    /// One octet.
    #[inline(always)]
    pub(super) fn octet(&mut self, octet: u8) {
        self.put([octet], 1);
    }

    /// A text of any size.
    pub(super) fn copy(&mut self, text: &[u8]) {
        let (pieces, rest) = text.as_chunks::<SLACK>();
        pieces.iter().for_each(|piece| self.text(piece));
        rest.iter().for_each(|&o| self.octet(o));
    }

    /// A text in pieces.
    #[inline(always)]
    pub(super) fn pieces(&mut self, text: &Pieces) {
        let end = self.at + text.len;
        text.pieces.iter().for_each(|piece| self.text(piece));
        self.at = end;
    }

    /// At most 16 octets that were written before, once more.
    #[inline(always)]
    pub(super) fn again(&mut self, from: usize, len: usize) {
        let piece = self.room.load::<16>(from);
        self.put(piece, len);
    }

    /// A number in decimal that mostly has one digit.
    #[inline(always)]
    pub(super) fn small_number(&mut self, n: u32) {
        match n {
            0..10 => self.octet(b'0' + n as u8),
            _ => self.number(n),
        }
    }

    /// A number in decimal.
    #[inline(always)]
    pub(super) fn number(&mut self, n: u32) {
        let mut low = n;
        let mut least = 1 << 56; // the last digit is written even if it is 0
        if n >= 100_000_000 {
            // Private 4-octet AS numbers are such.
            self.decimal_dot((n / 100_000_000) as u8);
            self.at -= 1;
            low = n % 100_000_000;
            least = 1;
        }
        let digits = eight_digits(low);
        let skip = (digits | least).trailing_zeros() & !7;
        let text = (digits | 0x3030_3030_3030_3030) >> skip;
        self.put(text.to_le_bytes(), 8 - (skip / 8) as usize);
    }

    /// A number in decimal and an octet behind it.
    #[inline(always)]
    pub(super) fn number_and(&mut self, n: u32, end: u8) {
        if n >= 10_000_000 {
            self.number(n);
            return self.octet(end);
        }
        let (text, len) = short_number_and(n, end);
        self.put(text, len);
    }

    /// Two numbers in decimal, each with an octet behind it: their digits are found side by side.
    #[inline(always)]
    pub(super) fn two_numbers_and(&mut self, numbers: [u16; 2], ends: [u8; 2]) {
        let [a, b] = numbers.map(u64::from);
        let both = b << 32 | a;
        // n / 10^4 is (n / 16) / 625; 839 / 2^19 is a little more than 1 / 625.
        let firsts = ((both >> 4 & 0x0000_0fff_0000_0fff) * 839) >> 19 & 0x0000_0007_0000_0007;
        let digits = digits_of_fours(both - firsts * 10_000);
        let halves = [(firsts, digits), (firsts >> 32, digits >> 32)];
        for ((first, digits), end) in halves.into_iter().zip(ends) {
            let digits = first & 7 | (digits & 0xffff_ffff) << 8 | u64::from(end) << 40;
            let skip = (digits | 1 << 32).trailing_zeros() & !7;
            let text = (digits | 0x30_3030_3030) >> skip;
            self.put(text.to_le_bytes(), 6 - (skip / 8) as usize);
        }
    }

    /// A number in decimal and an octet behind it; mostly it is the one that was `kept`.
    #[inline(always)]
    pub(super) fn kept_number_and(&mut self, n: u16, end: u8, kept: &mut Kept) {
        if kept.number != Some(n) {
            let (text, len) = word_and(n, end);
            *kept = Kept { number: Some(n), text, len };
        }
        self.put(kept.text, kept.len);
    }

    /// A number in decimal and an octet behind it.
    #[inline(always)]
    pub(super) fn word_and(&mut self, n: u16, end: u8) {
        let (text, len) = word_and(n, end);
        self.put(text, len);
    }

    /// A number in decimal and a dot.
    #[inline(always)]
    fn decimal_dot(&mut self, octet: u8) {
        let i = usize::from(octet);
        self.put(OCTETS[i], usize::from(OCTET_LEN[i]));
    }

    /// Two numbers in decimal with a dot behind each.
    #[inline(always)]
    fn two_dots(&mut self, a: u8, b: u8) {
        let [i, j] = [a, b].map(usize::from);
        let len = OCTET_LEN[i];
        // What lies behind the dot of the first is zero.
        let [first, second] = [i, j].map(|i| u64::from(u32::from_le_bytes(OCTETS[i])));
        let both = first | second << (8 * len);
        self.put(both.to_le_bytes(), usize::from(len + OCTET_LEN[j]));
    }

    /// A dotted IPv4 address and another dot.
    #[inline(always)]
    fn dotted(&mut self, [a, b, c, d]: [u8; 4]) {
        self.two_dots(a, b);
        self.two_dots(c, d);
    }

    /// Takes the last octet back.
    #[inline(always)]
    pub(super) fn back(&mut self) {
        self.at -= 1;
    }

    /// Writes `end` over the last octet.
    #[inline(always)]
    pub(super) fn end_with(&mut self, end: u8) {
        self.back();
        self.octet(end);
    }

    /// A dotted IPv4 address.
    #[inline]
    pub(super) fn ipv4(&mut self, octets: [u8; 4]) {
        self.dotted(octets);
        self.at -= 1;
    }

    /// An IPv6 address as `inet_ntop` writes it: RFC 5952, with a dotted IPv4 part behind `::` and
    /// `::ffff:`.
    pub(super) fn ipv6(&mut self, octets: [u8; 16]) {
        let mut words = [0_u16; 8];
        let mut zero_words = 0;
        for (i, (word, pair)) in words.iter_mut().zip(octets.as_chunks::<2>().0).enumerate() {
            *word = u16::from_be_bytes(*pair);
            zero_words |= usize::from(*word == 0) << i;
        }
        let [zeros_at, zeros] = ZERO_RUNS[zero_words].map(usize::from);
        if zeros < 2 {
            words.iter().for_each(|&word| self.hex_colon(word));
            self.at -= 1;
            return;
        }
        words[..zeros_at].iter().for_each(|&word| self.hex_colon(word));
        self.put(*b"::", 2 - usize::from(zeros_at > 0));
        let [.., a, b, c, d] = octets;
        match (zeros_at, zeros) {
            (0, 6) => return self.ipv4([a, b, c, d]),
            (0, 5) if words[5] == 0xffff => {
                self.hex_colon(words[5]);
                return self.ipv4([a, b, c, d]);
            }
            _ => {}
        }
        words[zeros_at + zeros..].iter().for_each(|&word| self.hex_colon(word));
        self.at -= usize::from(zeros_at + zeros < 8);
    }

    /// A word in hex without leading zeros, and a colon.
    #[inline(always)]
    fn hex_colon(&mut self, word: u16) {
        let pairs = (u32::from(word) | u32::from(word) << 8) & 0x00ff_00ff;
        let nibbles = (pairs | pairs << 4) & 0x0f0f_0f0f;
        // Ten and more are letters: 39 places after where a digit would be.
        let letters = (nibbles + 0x0606_0606) >> 4 & 0x0101_0101;
        let digits = nibbles + 0x3030_3030 + letters * 39;
        let skip = (word | 1).leading_zeros() / 4;
        let text = (u64::from(digits) << 32 | 0x3a00_0000) << (8 * skip);
        self.put(text.to_be_bytes(), 5 - skip as usize);
    }

    /// A prefix with its length, what is `between` them, and `end`.
    #[inline]
    pub(super) fn prefix(&mut self, prefix: &Prefix, between: u8, end: u8) {
        match *prefix {
            Prefix::V4(address, bits) => self.ipv4_prefix(address, bits, [between, end]),
            Prefix::V6(address, bits) => {
                self.ipv6(address);
                self.octet(between);
                self.decimal_dot(bits);
                self.end_with(end);
            }
        }
    }

    /// The same of IPv4.
    #[inline(always)]
    pub(super) fn ipv4_prefix(&mut self, address: [u8; 4], bits: u8, [between, end]: [u8; 2]) {
        self.dotted(address);
        self.end_with(between);
        self.decimal_dot(bits);
        self.end_with(end);
    }
}

/// The eight digits of a number below 10^8, the first in the lowest octet: all are found side by
/// side, by multiplying with 1/100 and 1/10 in fixed point.
#[inline(always)]
fn eight_digits(n: u32) -> u64 {
    let high = (u64::from(n) * 3_518_437_209) >> 45; // n / 10^4
    digits_of_fours((u64::from(n) << 32) - high * ((10_000 << 32) - 1))
}

/// The digits of two numbers below 10^4, the second one 32 bits up.
#[inline(always)]
fn digits_of_fours(fours: u64) -> u64 {
    let hundreds = (fours * 10_486) >> 20 & 0x0000_007f_0000_007f;
    let pairs = (fours << 16) - hundreds * ((100 << 16) - 1);
    let tens = (pairs * 103) >> 10 & 0x000f_000f_000f_000f;
    (pairs << 8) - tens * ((10 << 8) - 1)
}

/// A number below 10^8 as eight digits.
#[inline(always)]
pub(super) fn padded(n: u32) -> [u8; 8] {
    (eight_digits(n) | 0x3030_3030_3030_3030).to_le_bytes()
}

/// A number below 10^7 in decimal and an octet behind it; how many octets that are.
#[inline(always)]
pub(super) fn short_number_and(n: u32, end: u8) -> ([u8; 8], usize) {
    let digits = eight_digits(n) >> 8 | u64::from(end) << 56;
    let skip = (digits | 1 << 48).trailing_zeros() & !7;
    let text = (digits | 0x0030_3030_3030_3030) >> skip;
    (text.to_le_bytes(), 8 - (skip / 8) as usize)
}

/// A number in decimal and an octet behind it; how many octets that are.
#[inline(always)]
fn word_and(n: u16, end: u8) -> ([u8; 8], usize) {
    // As in `two_numbers_and`.
    let first = ((u64::from(n) >> 4) * 839) >> 19;
    let digits = first | digits_of_fours(u64::from(n) - first * 10_000) << 8 | u64::from(end) << 40;
    let skip = (digits | 1 << 32).trailing_zeros() & !7;
    let text = (digits | 0x30_3030_3030) >> skip;
    (text.to_le_bytes(), 6 - (skip / 8) as usize)
}

/// The four digits of a number below 10^4.
#[inline(always)]
pub(super) fn four_digits(n: u32) -> [u8; 4] {
    let digits = digits_of_fours(u64::from(n)) as u32 | 0x3030_3030;
    digits.to_le_bytes()
}

/// The decimal digits of an octet, a dot and zeros; the length without those is in [`OCTET_LEN`].
static OCTETS: [[u8; 4]; 256] = octets();
static OCTET_LEN: [u8; 256] = octet_lengths();
/// Where the first longest run of zero words of an address begins and how long it is, by the set of
/// its zero words.
static ZERO_RUNS: [[u8; 2]; 256] = zero_runs();

const fn octets() -> [[u8; 4]; 256] {
    let mut table = [[0; 4]; 256];
    let mut n = 0;
    while n < 256 {
        let digits = [b'0' + (n / 100) as u8, b'0' + (n / 10 % 10) as u8, b'0' + (n % 10) as u8];
        let len = digits_of(n);
        let mut i = 0;
        while i < len {
            table[n][i] = digits[3 - len + i];
            i += 1;
        }
        table[n][len] = b'.';
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

const fn zero_runs() -> [[u8; 2]; 256] {
    let mut table = [[0; 2]; 256];
    let mut set = 0;
    while set < 256 {
        let (mut i, mut run) = (0, 0);
        while i < 8 {
            run = if set >> i & 1 == 1 { run + 1 } else { 0 };
            if run > table[set][1] {
                table[set] = [i + 1 - run, run];
            }
            i += 1;
        }
        set += 1;
    }
    table
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use std::net::{Ipv4Addr, Ipv6Addr};

    fn written(write: impl FnOnce(&mut Pen<'_, PrefixRoom>)) -> String {
        let mut room = [0; 96];
        let mut pen = Pen::new(&mut room);
        write(&mut pen);
        let len = pen.len();
        String::from_utf8(room[..len].to_vec()).unwrap()
    }

    #[test]
    fn numbers_of_every_length() {
        let mut n = 0_u32;
        let mut numbers = vec![0, 9, 10, 99_999_999, 100_000_000, u32::MAX, 4_200_000_001];
        while n < u32::MAX - 7_654_321 {
            numbers.push(n);
            n = n.wrapping_add(1 + n / 37);
        }
        numbers.extend(0..20_000);
        for n in numbers {
            assert_eq!(written(|p| p.number(n)), n.to_string());
            assert_eq!(written(|p| p.number_and(n, b' ')), format!("{n} "));
        }
        let mut kept = Kept::default();
        for n in 0..=u16::MAX {
            assert_eq!(written(|p| p.word_and(n, b' ')), format!("{n} "));
            assert_eq!(
                written(|p| p.kept_number_and(n / 2, b':', &mut kept)),
                format!("{}:", n / 2)
            );
            let other = n.wrapping_mul(40_503);
            let text = written(|p| p.two_numbers_and([n, other], *b":."));
            assert_eq!(text, format!("{n}:{other}."));
            let text = written(|p| p.two_numbers_and([other, n], *b": "));
            assert_eq!(text, format!("{other}:{n} "));
        }
    }

    #[test]
    fn octets_and_addresses() {
        for o in 0..=255 {
            assert_eq!(
                written(|p| p.ipv4([o, 0, 255, o])),
                Ipv4Addr::new(o, 0, 255, o).to_string()
            );
        }
        for word in 0..=u16::MAX {
            assert_eq!(written(|p| p.hex_colon(word)), format!("{word:x}:"));
        }
    }

    #[test]
    fn every_set_of_zero_words() {
        for set in 0..256_u32 {
            let words =
                std::array::from_fn(|i| if set >> i & 1 == 1 { 0 } else { 0xa0b + i as u16 });
            let address = Ipv6Addr::from(words);
            let text = written(|p| p.ipv6(address.octets()));
            assert_eq!(text.parse::<Ipv6Addr>().unwrap(), address, "{text}");
            // glibc writes an IPv4 part behind six zero words; the standard library does not.
            if set & 0x7f != 0x3f {
                assert_eq!(text, address.to_string());
            }
        }
        assert_eq!(written(|p| p.ipv6([0; 16])), "::");
        let mapped = Ipv4Addr::new(192, 0, 2, 1).to_ipv6_mapped();
        assert_eq!(written(|p| p.ipv6(mapped.octets())), "::ffff:192.0.2.1");
        assert_eq!(
            written(|p| p.ipv6(Ipv6Addr::from([0, 0, 0, 0, 0, 0, 0xc000, 0x201]).octets())),
            "::192.0.2.1"
        );
    }

    struct Many(u32);

    impl Text for Many {
        fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
            for n in 0..self.0 {
                pen.number(n * n);
                pen.copy(b", ");
            }
        }
    }

    #[test]
    fn what_is_more_than_a_sheet_is_whole() {
        for n in (0..3).chain(500..700).chain([3000]) {
            let (mut out, mut sheet) = (b"> ".to_vec(), [0; 4096 + SLACK]);
            append(&mut out, &mut sheet, &mut Many(n));
            let want: String = (0..n).map(|n| format!("{}, ", n * n)).collect();
            assert_eq!(String::from_utf8(out).unwrap(), format!("> {want}"));
        }
    }

    #[test]
    fn a_page_keeps_texts_of_any_length() {
        let (mut page, room) = (Page::default(), size_of::<Sheet>() - SLACK);
        for n in [3, 700, 2_000, 0, 819, 820, 5] {
            page.write(&mut Many(n));
            let (mut want, mut sheet) = (Vec::new(), [0; size_of::<Sheet>()]);
            append(&mut want, &mut sheet, &mut Many(n));
            assert_eq!(page.text(), want, "{n}");
            assert_eq!(
                page.text_and(*b"0123456789abcdef"),
                [&want, &b"0123456789abcdef"[..]].concat()
            );
            assert_eq!(page.is_long, want.len() > room);
            if n > 1 {
                page.text_mut()[0] = b'#';
                page.replace(1..3, b"longer than that");
                want.splice(1..3, *b"longer than that");
                want[0] = b'#';
                assert_eq!(page.text(), want, "{n}");
            }
        }
    }

    #[test]
    fn pieces_and_what_was_written_before() {
        let mut pieces = Pieces::default();
        for len in [0, 1, 31, 32, 33, 64, 10] {
            let text: Vec<u8> = (0..len).map(|i| b'a' + i % 26).collect();
            let (a, b) = text.split_at(text.len() / 3);
            pieces.set(&[a, b]);
            if let Some(octet) = pieces.octets_mut().first_mut() {
                *octet = b'#';
            }
            let shown = |pen: &mut Pen<'_, Sheet>| {
                pen.pieces(&pieces);
                pen.octet(b'.');
                pen.again(0, usize::from(len.min(16)));
            };
            let mut sheet = [0; size_of::<Sheet>()];
            let mut pen = Pen::new(&mut sheet);
            shown(&mut pen);
            let end = pen.len();
            let mut want = text;
            want.iter_mut().take(1).for_each(|octet| *octet = b'#');
            want.push(b'.');
            want.extend_from_within(..usize::from(len.min(16)));
            assert_eq!(sheet[..end], want);
        }
        let mut long = Vec::new();
        let mut pen = Pen::new(&mut long);
        pen.text(b"12345");
        pen.again(1, 3);
        pen.small_number(9);
        pen.small_number(10);
        assert_eq!(long[..11], *b"12345234910");
    }
}
