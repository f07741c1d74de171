//! Flow specification: length(1 or 2) · route distinguisher(8) in VPN families · components, each
//! type first (RFC 8955 §4, RFC 8956 §3, draft-ietf-idr-flowspec-l2vpn).
//!
//! ```text
//! length            │ RD (8)  │ components, one of each type in ascending order
//! ──────────────────┼─────────┼────────────────────────────────────────────────────
//! 00 to ef          │ in VPNs │ type(1) · length in bits(1) · prefix
//! f0nn to ffnn,     │         │ type(1) · (operator(1) · operand(1, 2, 4 or 8))+
//! 12 bits of length │         │ type(1) · length(1) · MAC address
//! ```

mod component;
mod example;
mod operator;
mod rule;
#[cfg(test)]
mod tests;
mod text;

pub use component::{Component, Pattern, Value};
pub use operator::{Operator, Operators};
pub use rule::{Kind, Rule};

use super::Nlri;
use crate::wire::{Fields, Reader, RouteDistinguisher, WireError};

/// First octet of a length of two octets; its low 4 bits belong to the length.
const TWO_OCTETS: u8 = 0xf0;

/// A flow specification of an AFI: which packets an action is for. 3 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FlowSpec<'a, const AFI: u16, const VPN: bool> {
    /// Whether its length takes two octets, as one of 240 and more must.
    pub two_octet_length: bool,
    /// Its route distinguisher, in a VPN family.
    pub distinguisher: Option<RouteDistinguisher>,
    /// What packets it is for.
    pub rule: Rule<'a>,
}

/// IPv4 (1/133).
pub(super) type Ipv4<'a> = FlowSpec<'a, 1, false>;
/// IPv4 VPN (1/134).
pub(super) type Ipv4Vpn<'a> = FlowSpec<'a, 1, true>;
/// IPv6 (2/133).
pub(super) type Ipv6<'a> = FlowSpec<'a, 2, false>;
/// IPv6 VPN (2/134).
pub(super) type Ipv6Vpn<'a> = FlowSpec<'a, 2, true>;
/// Layer 2 (25/133).
pub(super) type L2<'a> = FlowSpec<'a, 25, false>;
/// Layer 2 of a VPN (25/134).
pub(super) type L2Vpn<'a> = FlowSpec<'a, 25, true>;

/// Appends an NLRI; a length of 240 octets or more takes two octets whatever is asked for.
fn write(two_octets: bool, rd: Option<RouteDistinguisher>, rule: &[u8], out: &mut Vec<u8>) {
    let rd = rd.as_ref().map_or(&[][..], |rd| &rd.0);
    let len = rd.len() + rule.len();
    debug_assert!(len <= 0xfff, "{len} octets in a 12-bit length");
    match u8::try_from(len) {
        Ok(len) if len < TWO_OCTETS && !two_octets => out.push(len),
        _ => out.extend_from_slice(&(0xf000 | len.min(0xfff) as u16).to_be_bytes()),
    }
    out.extend_from_slice(rd);
    out.extend_from_slice(rule);
}

impl<'a, const AFI: u16, const VPN: bool> Nlri<'a> for FlowSpec<'a, AFI, VPN> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let first = r.u8("NLRI length")?;
        let two_octet_length = first >= TWO_OCTETS;
        let len = match two_octet_length {
            true => usize::from(first & !TWO_OCTETS) << 8 | usize::from(r.u8("NLRI length")?),
            false => usize::from(first),
        };
        let mut value = r.sub("flow specification", len)?;
        let distinguisher = match VPN {
            true => Some(RouteDistinguisher(value.array("route distinguisher")?)),
            false => None,
        };
        let rule = Rule::parse(value, Kind::of(AFI))?;
        Ok(Self { two_octet_length, distinguisher, rule })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let mut rule = Vec::new();
        self.rule.encode(&mut rule);
        write(self.two_octet_length, self.distinguisher, &rule, out);
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        self.distinguisher
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("rule", &self.rule);
        self.rule.describe("components", fields);
        let rd = if VPN { 8 } else { 0 };
        if self.two_octet_length && rd + self.rule.len() < usize::from(TWO_OCTETS) {
            fields.number("length_octets", 2);
        }
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let rd = VPN.then(|| super::vpn::example_rd(index));
        write(false, rd, &example::rule(Kind::of(AFI), index), out);
    }

    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        example::actions(Kind::of(AFI), VPN, index, out);
    }

    fn is_doubtful(&self) -> bool {
        !self.rule.unknown().is_empty()
            || self.rule.components().any(|component| component.has_host_bits())
    }
}
