//! BGP-LS Attribute: TLVs of type(2) · length(2) · value that say more about the node, link, prefix
//! or SR policy which the BGP-LS NLRI names (RFC 9552 §5.3).
//!
//! A TLV is one row of the table in [`tlv`]: its type, the registry's name and the layout of its
//! value. Layouts stand in a file for each area. Whether the attribute is malformed is decided by
//! framing alone: its TLVs fill it, and their sub-TLVs fill them. What stands in sub-TLVs is not
//! looked at for that, so that no octet is read but twice however deep they are: sub-TLVs that do
//! not fill a sub-TLV leave it [`Tlv::Unknown`]. So does a value whose length is not one that its
//! type has, which is a matter for who uses it (RFC 9552 §8.2.2).

pub mod descriptor;
mod field;
pub mod link;
pub mod node;
pub mod policy;
pub mod prefix;
pub mod segment;
pub mod srv6;
#[cfg(test)]
mod tests;
pub mod tlv;

pub use descriptor::ProtocolId;
pub use field::{Metric, MplsLabel, Sid, SubTlvs, SystemId};
pub use tlv::{Tlv, TlvType};

use super::Value;
use crate::bgp::AsWidth;
pub use crate::wire::{Bandwidth, Reserved, Text, U24};
use crate::wire::{Fields, List, Reader, WireError};

/// The TLVs of the attribute, in the order of the message.
///
/// ```
/// use ribcage::bgp::AsWidth;
/// use ribcage::bgp::attr::Value as _;
/// use ribcage::bgp::attr::bgp_ls::{BgpLsAttribute, Metric, Text, Tlv};
/// use ribcage::wire::{Items, Reader};
///
/// let tlvs = Items::of([Tlv::NodeName(Text(b"r1")), Tlv::IgpMetric(Metric::new(3, 10))]);
/// let mut octets = Vec::new();
/// BgpLsAttribute(tlvs.list()?).encode(AsWidth::Four, &mut octets);
///
/// let read = BgpLsAttribute::parse(Reader::new(&octets), AsWidth::Four)?;
/// assert!(read.0.iter().any(|tlv| matches!(tlv, Tlv::IgpMetric(metric) if metric.get() == 10)));
/// # Ok::<(), ribcage::wire::WireError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BgpLsAttribute<'a>(pub List<'a, Tlv<'a>>);

impl<'a> BgpLsAttribute<'a> {
    /// The first TLV of this type, if there is one.
    #[must_use]
    pub fn find(&self, kind: TlvType) -> Option<Tlv<'a>> {
        self.0.iter().find(|tlv| tlv.kind() == kind)
    }
}

impl<'a> Value<'a> for BgpLsAttribute<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::parse(value).map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}
