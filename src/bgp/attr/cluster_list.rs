//! CLUSTER_LIST: the CLUSTER_IDs of the route reflectors that a route has passed (RFC 4456 §8).

use std::net::Ipv4Addr;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// A CLUSTER_ID: 4 octets, usually the BGP Identifier of a route reflector (RFC 4456 §7).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClusterId(pub Ipv4Addr);

impl Item<'_> for ClusterId {
    const SIZE: usize = 4;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array::<4>("CLUSTER_ID").map(|octets| Self(octets.into()))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.octets());
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.text("", &self.0);
    }
}

/// The clusters, the last one that was passed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClusterList<'a>(pub List<'a, ClusterId>);

impl<'a> Value<'a> for ClusterList<'a> {
    /// RFC 7606 §7.10: the length is a non-zero multiple of 4.
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        super::check_items(value, "CLUSTER_LIST length", 4)?;
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::ClusterList;

    #[test]
    fn clusters_are_listed_as_received() {
        sound(CODE, "03030303 c0a8c901", "cluster_list=[3.3.3.3, 192.168.201.1]");
        malformed(CODE, "", "CLUSTER_LIST length", 0);
        malformed(CODE, "0303030300", "CLUSTER_LIST length", 0);
    }
}
