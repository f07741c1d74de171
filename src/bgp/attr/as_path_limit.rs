//! AS_PATHLIMIT: upper bound(1) · AS number(4) (draft-ietf-idr-as-pathlimit §5; deprecated).

use super::Value;
use super::scalar::exact;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Reader, WireError};

/// How far a route may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AsPathLimit {
    /// The most AS numbers that an AS_PATH of the route may have.
    pub upper_bound: u8,
    /// The AS that set it.
    pub asn: u32,
}

impl Value<'_> for AsPathLimit {
    fn parse(value: Reader<'_>, _: AsWidth) -> Result<Self, WireError> {
        let [upper_bound, asn @ ..] = exact::<5>(value, "AS_PATHLIMIT")?;
        Ok(Self { upper_bound, asn: u32::from_be_bytes(asn) })
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        out.push(self.upper_bound);
        out.extend_from_slice(&self.asn.to_be_bytes());
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            fields.number("upper_bound", self.upper_bound.into());
            fields.number("asn", self.asn.into());
        });
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::AsPathLimit;

    #[test]
    fn the_bound_and_who_set_it() {
        sound(CODE, "05 0000fde9", "as_pathlimit={upper_bound=5 asn=65001}");
        malformed(CODE, "05 0000fd", "AS_PATHLIMIT", 0);
        malformed(CODE, "05 0000fde900", "AS_PATHLIMIT", 5);
    }
}
