//! Attributes that have a code and a name, but whose octets nobody here interprets: deprecated
//! ones, and one whose draft still moves.

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Reader, WireError};

/// The octets of an attribute with the type code `CODE`; never malformed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Raw<'a, const CODE: u8>(pub &'a [u8]);

impl<'a, const CODE: u8> Value<'a> for Raw<'a, CODE> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        Ok(Self(value.peek()))
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.extend_from_slice(self.0);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.octets(name, self.0);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::sound;

    #[test]
    fn named_attributes_keep_their_octets() {
        for (code, said) in [
            (AttributeCode::Dpa, "dpa"),
            (AttributeCode::Advertiser, "advertiser"),
            (AttributeCode::RcidPath, "rcid_path"),
            (AttributeCode::SafiSpecificAttribute, "safi_specific_attribute"),
            (AttributeCode::EntropyLabelCapability, "entropy_label_capability"),
            (AttributeCode::Deprecated30, "deprecated_30"),
            (AttributeCode::Deprecated31, "deprecated_31"),
            (AttributeCode::EdgeMetadataPath, "edge_metadata_path"),
            (AttributeCode::Deprecated129, "deprecated_129"),
            (AttributeCode::Deprecated241, "deprecated_241"),
            (AttributeCode::Deprecated242, "deprecated_242"),
            (AttributeCode::Deprecated243, "deprecated_243"),
        ] {
            sound(code, "0001ff", &format!("{said}=0001ff"));
            sound(code, "", &format!("{said}="));
        }
    }
}
