//! MP_UNREACH_NLRI: AFI(2) · SAFI(1) · withdrawn NLRI (RFC 4760 §4).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Family, Fields, Reader, WireError};

/// The parts of MP_UNREACH_NLRI.
#[derive(Debug, Clone, Copy)]
pub struct MpUnreach<'a> {
    /// Address family of the NLRI.
    pub family: Family,
    /// The withdrawn NLRI; none in an End-of-RIB marker (RFC 4724 §2).
    pub nlri: Reader<'a>,
}

impl<'a> MpUnreach<'a> {
    /// Reads the value of the attribute.
    ///
    /// # Errors
    /// Fewer than 3 octets.
    pub fn parse(mut v: Reader<'a>) -> Result<Self, WireError> {
        let afi = v.u16("MP_UNREACH_NLRI AFI")?;
        let safi = v.u8("MP_UNREACH_NLRI SAFI")?;
        Ok(Self { family: Family::new(afi, safi), nlri: v })
    }
}

impl<'a> Value<'a> for MpUnreach<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        MpUnreach::parse(value)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.family.encode(out);
        out.extend_from_slice(self.nlri.peek());
    }
    /// All but the NLRI: see [`Update::describe`](crate::bgp::Update::describe).
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("afi", self.family.afi.into());
            fields.number("safi", self.family.safi.into());
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    #[test]
    fn the_family_is_there_at_least() {
        let code = AttributeCode::MpUnreachNlri;
        sound(code, "0002 01 20 20010db8", "mp_unreach_nlri={afi=2 safi=1}");
        sound(code, "0019 46", "mp_unreach_nlri={afi=25 safi=70}");
        malformed(code, "0002", "MP_UNREACH_NLRI SAFI", 2);
        malformed(code, "00", "MP_UNREACH_NLRI AFI", 0);
    }
}
