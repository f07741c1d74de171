//! The attributes that are one number or address: ORIGIN, NEXT_HOP, MULTI_EXIT_DISC, LOCAL_PREF
//! (RFC 4271 §5.1) and Only to Customer (RFC 9234 §5).

use std::net::Ipv4Addr;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Reader, WireError, open_enum};

open_enum! {
    /// Values of ORIGIN (RFC 4271 §5.1.1).
    pub struct Origin(u8) {
        Igp = 0 => "IGP",
        Egp = 1 => "EGP",
        Incomplete = 2 => "INCOMPLETE",
    }
}

/// NEXT_HOP: an IPv4 address (RFC 4271 §5.1.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextHop(pub Ipv4Addr);

/// MULTI_EXIT_DISC (RFC 4271 §5.1.4).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MultiExitDisc(pub u32);

/// LOCAL_PREF (RFC 4271 §5.1.5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalPref(pub u32);

/// Only to Customer: the AS number that set it (RFC 9234 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyToCustomer(pub u32);

impl Value<'_> for Origin {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        exact::<1>(value, "ORIGIN").map(|[code]| Self(code))
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

impl Value<'_> for NextHop {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        exact::<4>(value, "NEXT_HOP").map(|octets| Self(octets.into()))
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.octets());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, &self.0);
    }
}

/// The attributes that are one number of 4 octets.
macro_rules! numbers {
    ($($ty:ident $name:literal)+) => {$(
        impl Value<'_> for $ty {
            fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
                exact(value, $name).map(|octets| Self(u32::from_be_bytes(octets)))
            }
            fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.to_be_bytes());
            }
            fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.number(name, self.0.into());
            }
        }
    )+};
}

numbers! {
    MultiExitDisc "MULTI_EXIT_DISC"
    LocalPref "LOCAL_PREF"
    OnlyToCustomer "Only to Customer"
}

fn exact<const N: usize>(mut v: Reader<'_>, what: &'static str) -> Result<[u8; N], WireError> {
    let value = v.array(what)?;
    v.finish(what)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<'a, T: Value<'a>>(octets: &'a [u8]) -> Result<T, WireError> {
        T::parse(Reader::new(octets), AsWidth::Four)
    }

    #[test]
    fn lengths_must_be_exact() {
        assert_eq!(read(&[2]), Ok(Origin::Incomplete));
        assert!(read::<Origin>(&[]).is_err());
        assert!(read::<Origin>(&[0, 0]).is_err());
        assert_eq!(read(&[0, 0, 1, 0]), Ok(MultiExitDisc(256)));
        assert!(read::<LocalPref>(&[0; 5]).is_err());
        assert_eq!(read(&[10, 0, 0, 1]), Ok(NextHop([10, 0, 0, 1].into())));
        assert_eq!(read(&[0, 0, 253, 233]), Ok(OnlyToCustomer(65001)));
    }
}
