//! The sequence number, kept as the text that begins a line.

use std::ops::Range;

pub(super) use super::super::text::count_up;

/// What stands before the number.
const BEFORE: &[u8; 8] = b"{\"seq\": ";

/// Octets of [`BEFORE`] and of the most digits, 19, rounded up.
const TEXT_MAX: usize = 32;

/// A number that counts from 0 to 2^63-1 and begins again.
#[derive(Debug)]
pub(super) struct Seq {
    n: u64,
    text: [u8; TEXT_MAX],
    /// Octets of `text` that count.
    len: usize,
}

impl Default for Seq {
    fn default() -> Self {
        let mut text = [b'0'; TEXT_MAX];
        text[..BEFORE.len()].copy_from_slice(BEFORE);
        Self { n: 0, text, len: BEFORE.len() + 1 }
    }
}

impl Seq {
    /// `{"seq": N` and what lies behind it, with the length of the former.
    #[inline]
    pub(super) fn line_start(&self) -> (&[u8; TEXT_MAX], usize) {
        (&self.text, self.len)
    }

    /// The number.
    #[inline]
    pub(super) fn digits(&self) -> &[u8] {
        self.text.get(BEFORE.len()..self.len).unwrap_or_default()
    }

    /// Where the digits lie in [`Seq::line_start`].
    #[inline]
    pub(super) fn digits_at(&self) -> Range<usize> {
        BEFORE.len()..self.len
    }

    /// Goes on to the next number.
    #[inline]
    pub(super) fn count(&mut self) {
        self.advance(1);
    }

    /// Goes on by `lines` numbers.
    #[inline]
    pub(super) fn advance(&mut self, lines: u64) {
        if lines == 0 {
            return;
        }
        self.n = self.n.wrapping_add(lines) & i64::MAX as u64;
        if !add(&mut self.text[BEFORE.len()..self.len], lines) || self.n < lines {
            let mut buffer = itoa::Buffer::new();
            let digits = buffer.format(self.n).as_bytes();
            self.len = BEFORE.len() + digits.len();
            self.text[BEFORE.len()..self.len].copy_from_slice(digits);
        }
    }

    /// Whether counting the digits up, line by line, gives the next `lines` numbers.
    #[inline]
    pub(super) fn counts_up(&self, lines: u64) -> bool {
        self.n < i64::MAX as u64 - lines
    }
}

/// Adds to digits in place; `false` when there are too few of them for the sum.
fn add(digits: &mut [u8], n: u64) -> bool {
    let mut carry = n;
    for digit in digits.iter_mut().rev() {
        let sum = carry + u64::from(*digit - b'0');
        *digit = b'0' + (sum % 10) as u8;
        carry = sum / 10;
        if carry == 0 {
            return true;
        }
    }
    carry == 0
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn shown(seq: &Seq) -> String {
        let (text, len) = seq.line_start();
        let line = std::str::from_utf8(&text[..len]).unwrap().to_owned();
        assert_eq!(line.as_bytes()[BEFORE.len()..], *seq.digits());
        line
    }

    #[test]
    fn the_text_counts_as_the_number_does() {
        let mut seq = Seq::default();
        for n in 0..100_123 {
            assert_eq!(shown(&seq), format!("{{\"seq\": {n}"));
            seq.count();
        }
    }

    #[test]
    fn several_lines_at_once_are_as_many_one_by_one() {
        let mut seq = Seq::default();
        let mut n = 0;
        for lines in (0..2_000).chain([99_999, 1, 12_345_678, 9]) {
            seq.advance(lines);
            n += lines;
            assert_eq!(shown(&seq), format!("{{\"seq\": {n}"));
        }
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
    fn after_the_largest_number_comes_zero() {
        let mut seq = Seq::default();
        seq.advance(i64::MAX as u64 - 1);
        assert!(!seq.counts_up(1));
        seq.count();
        assert_eq!(shown(&seq), format!("{{\"seq\": {}", i64::MAX));
        seq.count();
        assert_eq!(shown(&seq), "{\"seq\": 0");
        seq.advance(12);
        assert_eq!(shown(&seq), "{\"seq\": 12");
    }
}
