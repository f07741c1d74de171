//! A family that no registry knows: route type(1) · octets that follow(1) · a body by its type.
//! Stations, type 1: route distinguisher(8) · MAC address(6) · slot(3) · prefix length(1) · IPv6
//! prefix(0–16).

use super::Nlri;
use super::prefix::{example_prefix, prefix, write_prefix};
use super::vpn::example_rd;
use crate::wire::{Fields, Mac, Part, Prefix, Reader, RouteDistinguisher, U24, WireError};

/// The one type of route.
const STATION: u8 = 1;

/// A made-up route. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MadeUp<'a>(Body<'a>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Body<'a> {
    Station { rd: RouteDistinguisher, mac: Mac, slot: U24, prefix: Prefix },
    Other(u8, &'a [u8]),
}

fn station<'a>(r: &mut Reader<'a>) -> Result<Body<'a>, WireError> {
    let rd = RouteDistinguisher::read(r, "route distinguisher")?;
    let (mac, slot) = (Mac::read(r, "MAC address")?, U24::read(r, "slot")?);
    let at = r.offset();
    let bits = r.u8("prefix length")?;
    Ok(Body::Station { rd, mac, slot, prefix: prefix::<true>(r, bits, at)? })
}

impl<'a> Nlri<'a> for MadeUp<'a> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let kind = r.u8("route type")?;
        let len = r.u8("route length")?;
        let mut value = r.sub("route", len.into())?;
        let body = match kind {
            STATION => station(&mut value)?,
            other => Body::Other(other, value.rest()),
        };
        value.finish("station")?;
        Ok(Self(body))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let mut value = Vec::new();
        let kind = match &self.0 {
            Body::Station { rd, mac, slot, prefix } => {
                rd.write(&mut value);
                mac.write(&mut value);
                slot.write(&mut value);
                value.push(prefix.bits());
                write_prefix(prefix, &mut value);
                STATION
            }
            Body::Other(kind, octets) => {
                value.extend_from_slice(octets);
                *kind
            }
        };
        out.extend_from_slice(&[kind, value.len() as u8]);
        out.extend_from_slice(&value);
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        match self.0 {
            Body::Station { rd, .. } => Some(rd),
            Body::Other(..) => None,
        }
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match &self.0 {
            Body::Station { mac, slot, prefix, .. } => {
                fields.text("route_type", &"station");
                mac.describe_as("mac_address", fields);
                slot.describe_as("slot", fields);
                fields.text("prefix", prefix);
            }
            Body::Other(kind, octets) => {
                fields.number("route_type", (*kind).into());
                fields.octets("value", octets);
            }
        }
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (rd, slot) = (example_rd(index), U24::new(index));
        let (mac, prefix) = (Mac([2, 0, 0, 0, 0, 1]), example_prefix::<true>(index));
        Self(Body::Station { rd, mac, slot, prefix }).encode(out);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound};
    use crate::wire::Family;

    const MADE_UP: Family = Family::new(16999, 242);

    #[test]
    fn stations_are_told_and_other_types_are_kept() {
        let station = "0116 0000fde900000005 020000000001 000007 20 20010db8";
        let said = "rd=0:65001:5 route_type=station mac_address=02:00:00:00:00:01 slot=7 \
                    prefix=2001:db8::/32";
        sound(MADE_UP, station, said);
        sound(MADE_UP, "07 03 aabbcc", "route_type=7 value=aabbcc");
        let short = "0115 0000fde900000005 020000000001 000007 20 20010d";
        malformed(MADE_UP, short, "prefix", 20);
        let long = "0117 0000fde900000005 020000000001 000007 20 20010db8 00";
        malformed(MADE_UP, long, "station", 24);
    }
}
