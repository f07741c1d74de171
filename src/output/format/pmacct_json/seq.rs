//! The sequence number, kept as the text that begins a line.

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

    /// The end of [`Seq::line_start`].
    #[inline]
    pub(super) fn last(&self) -> Last {
        Last(u64::from_be_bytes(self.text[..self.len].last_chunk().copied().unwrap_or_default()))
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

/// The last 8 octets of a line's start, the last digit the lowest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Last(u64);

/// Octets of a [`Last`]: a line's start has more.
pub(super) const LAST: usize = size_of::<Last>();

impl Last {
    /// The octets.
    #[inline]
    pub(super) fn octets(self) -> [u8; LAST] {
        self.0.to_be_bytes()
    }

    /// Those of the next line; `None` when there are too few digits for it, or when the carry goes
    /// beyond these.
    #[inline]
    pub(super) fn next(self) -> Option<Self> {
        const NINES: u64 = u64::from_be_bytes([b'9'; LAST]);
        const ZEROS: u64 = u64::from_be_bytes([b'0'; LAST]);
        let nines = (self.0 ^ NINES).trailing_zeros() & !7; // in bits
        let low = 1_u64.checked_shl(nines)?;
        let counts = matches!((self.0 >> nines) as u8, b'0'..=b'8');
        counts.then(|| Self((self.0 + low) & !(low - 1) | ZEROS & (low - 1)))
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
    fn the_last_octets_count_as_the_number_does() {
        let mut lines = 0;
        for begin in [0_u64, 995, 99_999_990, 1_234_567_890_123, 99_999_999_999_990] {
            let mut seq = Seq::default();
            seq.advance(begin);
            let mut last = seq.last();
            for n in begin..begin + 25 {
                assert_eq!(seq.last().octets(), last.octets(), "{n}");
                seq.count();
                match last.next() {
                    Some(next) => last = next,
                    None => {
                        lines += 1;
                        assert!((n + 1).to_string().ends_with(['0']), "{n}");
                        last = seq.last();
                    }
                }
            }
        }
        assert_eq!(lines, 4, "at 9, at 999, and twice where 8 digits run out");
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
