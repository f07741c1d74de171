//! AIGP: TLVs of type(1) · length(2, with header) · value; type 1 holds the metric (RFC 7311 §3).

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// Octets of a TLV's type and length, which its length counts.
const HEADER_LEN: usize = 3;

/// One TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AigpTlv<'a> {
    /// Type 1: the accumulated metric.
    Metric(u64),
    /// Any other type, and its value.
    Unknown(u8, &'a [u8]),
}

impl<'a> Item<'a> for AigpTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let at = r.offset();
        let kind = r.u8("AIGP TLV type")?;
        let len = usize::from(r.u16("AIGP TLV length")?);
        let Some(value_len) = len.checked_sub(HEADER_LEN) else {
            return Err(WireError::invalid("AIGP TLV length", at + 1, len as u64));
        };
        let mut value = r.sub("AIGP TLV", value_len)?;
        if kind != 1 {
            return Ok(Self::Unknown(kind, value.rest()));
        }
        let metric = value.u64("AIGP metric")?;
        value.finish("AIGP metric")?;
        Ok(Self::Metric(metric))
    }

    fn encode(&self, out: &mut Vec<u8>) {
        let metric;
        let (kind, value) = match *self {
            Self::Metric(number) => {
                metric = number.to_be_bytes();
                (1, &metric[..])
            }
            Self::Unknown(kind, value) => (kind, value),
        };
        let len = u16::try_from(value.len() + HEADER_LEN).unwrap_or(u16::MAX);
        out.push(kind);
        out.extend_from_slice(&len.to_be_bytes());
        out.extend_from_slice(value);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match *self {
            Self::Metric(metric) => fields.number("metric", metric),
            Self::Unknown(kind, value) => {
                fields.number("type", kind.into());
                fields.octets("value", value);
            }
        });
    }
}

/// The TLVs of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Aigp<'a>(pub List<'a, AigpTlv<'a>>);

impl Aigp<'_> {
    /// The accumulated metric: that of the first AIGP TLV, if there is one.
    #[must_use]
    pub fn metric(&self) -> Option<u64> {
        self.0.iter().find_map(|tlv| match tlv {
            AigpTlv::Metric(metric) => Some(metric),
            AigpTlv::Unknown(..) => None,
        })
    }
}

impl<'a> Value<'a> for Aigp<'a> {
    /// There is at least one TLV. That RFC 7311 §3 advises against a first metric of 2⁶⁴ - 1 does
    /// not count: other collectors report it.
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::one_or_more(value, "AIGP TLV").map(Self)
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
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, octets, sound};

    #[test]
    fn the_first_metric_counts_and_other_tlvs_are_kept() {
        let tlvs = "090004 01 01000b 000000000000004d 01000b 0000000000000001";
        let said = "aigp=[{type=9 value=01}, {metric=77}, {metric=1}]";
        sound(AttributeCode::Aigp, tlvs, said);
        let value = octets(tlvs);
        let aigp = Aigp::parse(Reader::new(&value), AsWidth::Four);
        assert_eq!(aigp.map(|aigp| aigp.metric()), Ok(Some(77)));
        let tlvs = "01000b ffffffffffffffff";
        sound(AttributeCode::Aigp, tlvs, "aigp=[{metric=18446744073709551615}]");
    }

    #[test]
    fn lengths_are_checked() {
        malformed(AttributeCode::Aigp, "", "AIGP TLV", 0);
        malformed(AttributeCode::Aigp, "010002", "AIGP TLV length", 1);
        malformed(AttributeCode::Aigp, "070004", "AIGP TLV", 3);
        malformed(AttributeCode::Aigp, "01000a 00000000000000", "AIGP metric", 3);
        malformed(AttributeCode::Aigp, "01000c 0000000000000000 07", "AIGP metric", 11);
    }
}
