//! The attributes that are one number or address, or nothing at all: ORIGIN, NEXT_HOP,
//! MULTI_EXIT_DISC, LOCAL_PREF, ATOMIC_AGGREGATE (RFC 4271 §5.1), ORIGINATOR_ID (RFC 4456 §8) and
//! Only to Customer (RFC 9234 §5).

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

/// ATOMIC_AGGREGATE: it is there, and empty (RFC 4271 §5.1.6).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AtomicAggregate;

/// ORIGINATOR_ID: the BGP Identifier of the route's originator in the AS (RFC 4456 §8).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OriginatorId(pub Ipv4Addr);

/// Only to Customer: the AS number that set it (RFC 9234 §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OnlyToCustomer(pub u32);

impl Value<'_> for Origin {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        let [code] = exact(value, "ORIGIN")?;
        match Self(code).name() {
            Some(_) => Ok(Self(code)),
            // RFC 7606 §7.1: a value that is not defined is malformed, as a wrong length is.
            None => Err(WireError::invalid("ORIGIN", value.offset(), code.into())),
        }
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.push(self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.text(name, self);
    }
}

impl Value<'_> for AtomicAggregate {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        value.finish("ATOMIC_AGGREGATE").map(|()| Self)
    }
    fn encode(&self, _: AsWidth, _: &mut Vec<u8>) {}
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.flag(name, true);
    }
}

/// The attributes that are one IPv4 address, or number in that form.
macro_rules! addresses {
    ($($ty:ident $name:literal)+) => {$(
        impl Value<'_> for $ty {
            fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
                exact::<4>(value, $name).map(|octets| Self(octets.into()))
            }
            fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
                out.extend_from_slice(&self.0.octets());
            }
            fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
                fields.text(name, &self.0);
            }
        }
    )+};
}

addresses! {
    NextHop "NEXT_HOP"
    OriginatorId "ORIGINATOR_ID"
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

/// The octets of a value that has `N`.
pub(super) fn exact<const N: usize>(
    mut v: Reader<'_>,
    what: &'static str,
) -> Result<[u8; N], WireError> {
    let value = v.array(what)?;
    v.finish(what)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode as Code;
    use crate::bgp::attr::testing::{malformed, sound};

    #[test]
    fn each_says_its_number_or_address() {
        sound(Code::Origin, "00", "origin=IGP");
        sound(Code::Origin, "01", "origin=EGP");
        sound(Code::NextHop, "0a000001", "next_hop=10.0.0.1");
        sound(Code::MultiExitDisc, "00000100", "multi_exit_disc=256");
        sound(Code::LocalPref, "ffffffff", "local_pref=4294967295");
        sound(Code::AtomicAggregate, "", "atomic_aggregate=true");
        sound(Code::OriginatorId, "0c0c0c0c", "originator_id=12.12.12.12");
        sound(Code::OnlyToCustomer, "0000fde9", "only_to_customer=65001");
    }

    #[test]
    fn lengths_are_exact_and_an_origin_has_a_defined_value() {
        malformed(Code::Origin, "", "ORIGIN", 0);
        malformed(Code::Origin, "0000", "ORIGIN", 1);
        malformed(Code::Origin, "03", "ORIGIN", 0);
        malformed(Code::AtomicAggregate, "00", "ATOMIC_AGGREGATE", 0);
        for (code, what) in [
            (Code::NextHop, "NEXT_HOP"),
            (Code::MultiExitDisc, "MULTI_EXIT_DISC"),
            (Code::LocalPref, "LOCAL_PREF"),
            (Code::OriginatorId, "ORIGINATOR_ID"),
            (Code::OnlyToCustomer, "Only to Customer"),
        ] {
            malformed(code, "000000", what, 0);
            malformed(code, "0000000000", what, 4);
        }
    }
}
