//! LARGE_COMMUNITY: a set of 12-octet values: global administrator and two numbers (RFC 8092).

use crate::wire::{Reader, WireError};

/// The large communities in the order of the message; an incomplete last one is left out.
pub fn iter(value: &[u8]) -> impl Iterator<Item = [u8; 12]> + '_ {
    value.as_chunks::<12>().0.iter().copied()
}

/// RFC 8092 §5: the length is a non-zero multiple of 12.
///
/// # Errors
/// It is not.
pub fn check(v: Reader<'_>) -> Result<(), WireError> {
    super::check_items(v, "LARGE_COMMUNITY length", 12)
}
