//! The sequence number, kept as the text that begins a line: counting changes a digit or two of it.

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
        let mut seq = Self { n: 0, text: [b'0'; TEXT_MAX], len: 0 };
        seq.restart();
        seq
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

    /// Goes on to the next number.
    #[inline]
    pub(super) fn count(&mut self) {
        if self.n == i64::MAX as u64 {
            return self.restart();
        }
        self.n += 1;
        for digit in self.text[BEFORE.len()..self.len].iter_mut().rev() {
            if *digit != b'9' {
                *digit += 1;
                return;
            }
            *digit = b'0';
        }
        self.text[BEFORE.len()] = b'1';
        self.text[self.len] = b'0';
        self.len += 1;
    }

    #[cold]
    fn restart(&mut self) {
        self.n = 0;
        self.text = [b'0'; TEXT_MAX];
        self.text[..BEFORE.len()].copy_from_slice(BEFORE);
        self.len = BEFORE.len() + 1;
    }
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
    fn after_the_largest_number_comes_zero() {
        let mut seq = Seq { n: i64::MAX as u64 - 1, ..Seq::default() };
        let text = format!("{{\"seq\": {}", seq.n);
        seq.text[..text.len()].copy_from_slice(text.as_bytes());
        seq.len = text.len();
        seq.count();
        assert_eq!(shown(&seq), format!("{{\"seq\": {}", i64::MAX));
        seq.count();
        assert_eq!(shown(&seq), "{\"seq\": 0");
        seq.count();
        assert_eq!(shown(&seq), "{\"seq\": 1");
    }
}
