//! MP_UNREACH_NLRI: AFI(2) · SAFI(1) · withdrawn NLRI (RFC 4760 §4).

use crate::wire::{Family, Reader, WireError};

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
        let at = v.offset();
        Ok(Self { family: Family::new(afi, safi), nlri: Reader::at(v.rest(), at) })
    }
}
