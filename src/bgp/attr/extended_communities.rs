//! EXTENDED COMMUNITIES: a set of 8-octet values, type first (RFC 4360).

use crate::wire::{Reader, WireError};

/// The extended communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = [u8; 8]> + '_ {
    value.as_chunks::<8>().0.iter().copied()
}

/// RFC 7606 §7.14: the length is a non-zero multiple of 8.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "EXTENDED COMMUNITIES length", 8)
}
