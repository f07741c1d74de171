//! The attributes that are one number or address: ORIGIN, NEXT_HOP, MULTI_EXIT_DISC, LOCAL_PREF
//! (RFC 4271 §5.1) and Only to Customer (RFC 9234 §5).

use crate::wire::{Reader, WireError};

/// ORIGIN: 0 IGP, 1 EGP, 2 INCOMPLETE (RFC 4271 §5.1.1); other values are given as received.
///
/// # Errors
/// Not exactly 1 octet.
pub fn origin(v: Reader<'_>) -> Result<u8, WireError> {
    exact::<1>(v, "ORIGIN").map(|[o]| o)
}

/// NEXT_HOP: an IPv4 address (RFC 4271 §5.1.3).
///
/// # Errors
/// Not exactly 4 octets.
pub fn next_hop(v: Reader<'_>) -> Result<[u8; 4], WireError> {
    exact(v, "NEXT_HOP")
}

/// MULTI_EXIT_DISC (RFC 4271 §5.1.4).
///
/// # Errors
/// Not exactly 4 octets.
pub fn med(v: Reader<'_>) -> Result<u32, WireError> {
    exact(v, "MULTI_EXIT_DISC").map(u32::from_be_bytes)
}

/// LOCAL_PREF (RFC 4271 §5.1.5).
///
/// # Errors
/// Not exactly 4 octets.
pub fn local_pref(v: Reader<'_>) -> Result<u32, WireError> {
    exact(v, "LOCAL_PREF").map(u32::from_be_bytes)
}

/// Only to Customer: the AS number that set it (RFC 9234 §5).
///
/// # Errors
/// Not exactly 4 octets.
pub fn only_to_customer(v: Reader<'_>) -> Result<u32, WireError> {
    exact(v, "Only to Customer").map(u32::from_be_bytes)
}

fn exact<const N: usize>(mut v: Reader<'_>, what: &'static str) -> Result<[u8; N], WireError> {
    let value = v.array(what)?;
    v.finish(what)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_must_be_exact() {
        assert_eq!(origin(Reader::new(&[2])), Ok(2));
        assert!(origin(Reader::new(&[])).is_err());
        assert!(origin(Reader::new(&[0, 0])).is_err());
        assert_eq!(med(Reader::new(&[0, 0, 1, 0])), Ok(256));
        assert!(local_pref(Reader::new(&[0; 5])).is_err());
        assert_eq!(next_hop(Reader::new(&[10, 0, 0, 1])), Ok([10, 0, 0, 1]));
        assert_eq!(only_to_customer(Reader::new(&[0, 0, 253, 233])), Ok(65001));
    }
}
