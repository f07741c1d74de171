//! COMMUNITIES: a set of 32-bit values (RFC 1997).

use crate::wire::{Reader, WireError};

/// The communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = u32> + '_ {
    value.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]]))
}

/// RFC 7606 §7.8: the length is a non-zero multiple of 4.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "COMMUNITIES length", 4)
}
