//! Classful transport: the octets of a VPN route, whose distinguisher tells routes of different
//! transport classes apart (RFC 9832 §6).

use super::vpn::Vpn;
use super::{Nlri, Visit};
use crate::bgp::attr::extended_communities::ExtendedCommunity;
use crate::bgp::encode::extended_communities;
use crate::wire::{Fields, Reader, RouteDistinguisher, WireError};

/// A classful transport route. 12 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClassfulTransport<'a, const V6: bool>(pub Vpn<'a, V6>);

/// IPv4 (1/76).
pub(super) type Ipv4<'a> = ClassfulTransport<'a, false>;
/// IPv6 (2/76).
pub(super) type Ipv6<'a> = ClassfulTransport<'a, true>;

impl<'a, const V6: bool> Nlri<'a> for ClassfulTransport<'a, V6> {
    fn parse(r: &mut Reader<'a>, announced: bool) -> Result<Self, WireError> {
        Vpn::parse(r, announced).map(Self)
    }

    fn encode(&self, out: &mut Vec<u8>) {
        self.0.encode(out);
    }

    fn distinguisher(&self) -> Option<RouteDistinguisher> {
        self.0.distinguisher()
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.0.describe(fields);
    }

    fn visit<V: Visit + ?Sized>(&self, v: &mut V) {
        self.0.visit(v);
    }

    fn is_doubtful(&self) -> bool {
        self.0.is_doubtful()
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        Vpn::<V6>::example(index, out);
    }

    /// The transport class as a route target.
    fn example_attributes(index: u32, out: &mut Vec<u8>) {
        let class = 100 + 100 * (index % 8);
        extended_communities(out, &[ExtendedCommunity::transport_class(class).0]);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    #[test]
    fn classful_transport_routes_are_those_of_vpns() {
        let (v4, v6) = (Family::new(1, 76), Family::new(2, 76));
        sound(
            v4,
            "78 000141 0001c000020700c8 0a010203",
            "rd=1:192.0.2.7:200 labels=[20] prefix=10.1.2.3/32",
        );
        withdrawn(v6, "58 800000 0000fde900000005", "rd=0:65001:5 labels=[524288] prefix=::/0");
        malformed(v4, "57 000141 0000fde900000005", "prefix length with distinguisher", 0);
    }
}
