//! The cursor over untrusted bytes: every read is bounded and names what it reads.

use super::WireError;

/// Reads big-endian fields off the front of a slice.
///
/// A failed read consumes nothing. Offsets in errors count from `base`, so that a reader over a
/// part of a message reports positions in the whole.
#[derive(Debug, Clone, Copy)]
pub struct Reader<'a> {
    left: &'a [u8],
    offset: usize,
}

impl<'a> Reader<'a> {
    /// A reader of nothing.
    pub const EMPTY: Self = Self { left: &[], offset: 0 };

    /// A reader whose offsets count from the start of `bytes`.
    #[must_use]
    pub fn new(bytes: &'a [u8]) -> Self {
        Self { left: bytes, offset: 0 }
    }

    /// A reader whose first octet has the offset `base`.
    #[must_use]
    pub fn at(bytes: &'a [u8], base: usize) -> Self {
        Self { left: bytes, offset: base }
    }

    /// The offset of the next octet.
    #[must_use]
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// Octets that are left.
    #[must_use]
    pub fn len(&self) -> usize {
        self.left.len()
    }

    /// Whether nothing is left.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// What is left, without consuming it.
    #[must_use]
    pub fn peek(&self) -> &'a [u8] {
        self.left
    }

    /// Consumes `n` octets.
    ///
    /// # Errors
    /// [`WireError`] when fewer are left.
    #[inline]
    pub fn take(&mut self, what: &'static str, n: usize) -> Result<&'a [u8], WireError> {
        match self.left.split_at_checked(n) {
            Some((head, tail)) => {
                self.left = tail;
                self.offset += n;
                Ok(head)
            }
            None => Err(WireError::short(what, self.offset, n, self.left.len())),
        }
    }

    /// Consumes `N` octets as an array.
    ///
    /// # Errors
    /// [`WireError`] when fewer are left.
    #[inline]
    pub fn array<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], WireError> {
        self.chunk(what).copied()
    }

    /// Consumes `N` octets and gives them where they lie.
    ///
    /// # Errors
    /// [`WireError`] when fewer are left.
    #[inline]
    pub fn chunk<const N: usize>(&mut self, what: &'static str) -> Result<&'a [u8; N], WireError> {
        match self.left.split_first_chunk::<N>() {
            Some((head, tail)) => {
                self.left = tail;
                self.offset += N;
                Ok(head)
            }
            None => Err(WireError::short(what, self.offset, N, self.left.len())),
        }
    }

    /// Consumes one octet.
    ///
    /// # Errors
    /// [`WireError`] when none is left.
    #[inline]
    pub fn u8(&mut self, what: &'static str) -> Result<u8, WireError> {
        self.array::<1>(what).map(|[b]| b)
    }

    /// Consumes a big-endian 16-bit integer.
    ///
    /// # Errors
    /// [`WireError`] when fewer than 2 octets are left.
    #[inline]
    pub fn u16(&mut self, what: &'static str) -> Result<u16, WireError> {
        self.array(what).map(u16::from_be_bytes)
    }

    /// Consumes a big-endian 32-bit integer.
    ///
    /// # Errors
    /// [`WireError`] when fewer than 4 octets are left.
    #[inline]
    pub fn u32(&mut self, what: &'static str) -> Result<u32, WireError> {
        self.array(what).map(u32::from_be_bytes)
    }

    /// Consumes a big-endian 64-bit integer.
    ///
    /// # Errors
    /// [`WireError`] when fewer than 8 octets are left.
    #[inline]
    pub fn u64(&mut self, what: &'static str) -> Result<u64, WireError> {
        self.array(what).map(u64::from_be_bytes)
    }

    /// Consumes `n` octets as a reader of their own, with offsets that stay true.
    ///
    /// # Errors
    /// [`WireError`] when fewer are left.
    #[inline]
    pub fn sub(&mut self, what: &'static str, n: usize) -> Result<Reader<'a>, WireError> {
        let offset = self.offset;
        self.take(what, n).map(|left| Reader { left, offset })
    }

    /// Consumes a header of `head` octets and the `len` octets after it as a reader of their own;
    /// `None` when fewer are left, which consumes nothing.
    #[inline]
    pub fn framed(&mut self, head: usize, len: usize) -> Option<Reader<'a>> {
        let (this, rest) = self.left.split_at_checked(head + len)?;
        let value = Reader { left: this.get(head..)?, offset: self.offset + head };
        self.left = rest;
        self.offset += head + len;
        Some(value)
    }

    /// Passes over `n` octets; `None` when fewer are left, which consumes nothing.
    #[inline]
    pub fn skip(&mut self, n: usize) -> Option<()> {
        self.left = self.left.get(n..)?;
        self.offset += n;
        Some(())
    }

    /// Consumes everything that is left.
    #[must_use]
    pub fn rest(&mut self) -> &'a [u8] {
        let all = self.left;
        self.left = &[];
        self.offset += all.len();
        all
    }

    /// Ends a structure that must be used up.
    ///
    /// # Errors
    /// [`WireError`] when octets are left.
    pub fn finish(&self, what: &'static str) -> Result<(), WireError> {
        match self.left.len() {
            0 => Ok(()),
            left => Err(WireError::trailing(what, self.offset, left)),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::wire::WireFault;

    #[test]
    fn a_failed_read_consumes_nothing_and_says_where() {
        let mut r = Reader::at(&[1, 2, 3], 10);
        assert_eq!(r.u16("length"), Ok(0x0102));
        let err = r.u32("sequence").unwrap_err();
        assert_eq!((err.what, err.offset), ("sequence", 12));
        assert_eq!(err.fault, WireFault::Short { need: 4, have: 1 });
        assert_eq!(r.u8("tail"), Ok(3));
        assert!(r.finish("message").is_ok());
    }

    #[test]
    fn a_sub_reader_keeps_offsets_of_the_whole() {
        let mut r = Reader::new(&[0, 0, 9, 9, 7]);
        r.take("skip", 2).unwrap();
        let mut s = r.sub("part", 2).unwrap();
        assert_eq!((s.offset(), s.len(), r.offset()), (2, 2, 4));
        assert_eq!(s.rest(), &[9, 9]);
        assert_eq!(r.finish("end").unwrap_err().fault, WireFault::Trailing { left: 1 });
    }
}
