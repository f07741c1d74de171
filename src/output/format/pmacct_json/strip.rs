//! Text that the lines of an UPDATE share, written where it is copied from.

use super::super::pen::{Pen, SLACK, Sheet, Text};

/// A text in memory that is made once and only written over.
#[derive(Debug)]
pub(super) struct Strip {
    /// At least a sheet; what lies behind `len` means nothing.
    octets: Vec<u8>,
    len: usize,
    /// What comes from somewhere that appends to vectors.
    more: Vec<u8>,
}

impl Default for Strip {
    fn default() -> Self {
        Self { octets: vec![0; size_of::<Sheet>()], len: 0, more: Vec::new() }
    }
}

impl Strip {
    /// Octets of the text.
    #[inline]
    pub(super) fn len(&self) -> usize {
        self.len
    }

    /// The text from `begin` on.
    #[inline]
    pub(super) fn from(&self, begin: usize) -> &[u8] {
        self.octets.get(begin..self.len).unwrap_or_default()
    }

    /// The text from `begin` to `end`.
    #[inline]
    pub(super) fn part(&self, begin: usize, end: usize) -> &[u8] {
        self.from(begin).get(..end - begin).unwrap_or_default()
    }

    /// Forgets what lies behind the first `len` octets.
    #[inline]
    pub(super) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    /// Writes another text.
    #[inline]
    pub(super) fn write(&mut self, text: &mut impl Text) {
        let Some(sheet) = self.octets.first_chunk_mut::<{ size_of::<Sheet>() }>() else { return };
        let mut pen = Pen::new(sheet);
        text.write(&mut pen);
        self.len = pen.len();
        if self.len > size_of::<Sheet>() - SLACK {
            self.write_long(text);
        }
    }

    #[inline(never)]
    fn write_long(&mut self, text: &mut impl Text) {
        let mut pen = Pen::new(&mut self.octets);
        text.write(&mut pen);
        self.len = pen.len();
    }

    /// Appends to the text.
    #[inline]
    pub(super) fn push(&mut self, more: &[u8]) {
        let end = self.len + more.len();
        if self.octets.len() < end {
            self.octets.resize(2 * end, 0);
        }
        self.octets[self.len..end].copy_from_slice(more);
        self.len = end;
    }

    /// Appends what `write` appends.
    #[inline(never)]
    pub(super) fn push_with<T>(&mut self, write: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        let mut more = std::mem::take(&mut self.more);
        more.clear();
        let result = write(&mut more);
        self.push(&more);
        self.more = more;
        result
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::format::pen::Room;

    struct Stars(usize);

    impl Text for Stars {
        fn write<R: Room>(&mut self, pen: &mut Pen<'_, R>) {
            (0..self.0).for_each(|_| pen.octet(b'*'));
        }
    }

    #[test]
    fn texts_of_any_length_and_what_comes_behind_them() {
        let mut strip = Strip::default();
        for len in [0, 5, 4095, 4096, 4097, 4128, 9000, 3] {
            let mut want = vec![b'*'; len];
            strip.write(&mut Stars(len));
            assert!(strip.from(0) == want, "{len}");
            for more in [&b"abc"[..], &[b'-'; 5000], b""] {
                strip.push(more);
                want.extend_from_slice(more);
                strip.push_with(|out| out.extend_from_slice(more));
                want.extend_from_slice(more);
            }
            assert!(strip.from(0) == want, "{len}");
            assert_eq!((strip.part(len, len + 3), strip.len()), (&b"abc"[..], want.len()));
            strip.truncate(2);
            strip.truncate(9);
            assert!(strip.from(0) == &want[..2.min(want.len())], "{len}");
        }
    }
}
