//! SFP attribute: how a Service Function Path runs, in TLVs of type(1) · length(2) · value
//! (RFC 9015 §3.2.1). A TLV that does not have the form of its type is kept as it is.

use super::Value;
use super::connector::distinguisher;
use crate::bgp::AsWidth;
use crate::bgp::encode::counted16;
use crate::wire::{Fields, Item, List, Reader, RouteDistinguisher, WireError, open_enum};

const ASSOCIATION: u8 = 1;
const HOP: u8 = 2;
const SFT: u8 = 3;
const SWAPPING_STACKING: u8 = 4;
const LABEL_STACK_TRAVERSAL: u8 = 5;

open_enum! {
    /// How two paths belong together.
    pub struct AssociationType(u8) {
        BidirectionalSfp = 1 => "Bidirectional SFP",
    }
}

/// A Service Path Identifier: 24 bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Spi(pub [u8; 3]);

impl Spi {
    /// As a number.
    #[must_use]
    pub fn number(self) -> u32 {
        let [a, b, c] = self.0;
        u32::from_be_bytes([0, a, b, c])
    }
}

/// A TLV of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SfpTlv<'a> {
    /// Type 1: another path that belongs to this one (RFC 9015 §3.2.1.1).
    Association {
        /// How it does.
        association_type: AssociationType,
        /// Route distinguisher of the other path's route.
        sfpr_rd: RouteDistinguisher,
        /// The other path.
        spi: Spi,
    },
    /// Type 2: a hop of the path (RFC 9015 §3.2.1.2).
    Hop {
        /// Service Index: counts down from hop to hop.
        service_index: u8,
        /// Which functions may serve there.
        details: List<'a, HopTlv<'a>>,
    },
    /// Type 5, of no octets: the path is run with a label stack (RFC 9015 §3.2.1.5).
    LabelStackTraversal,
    /// Any other type, or another form, and its value.
    Unknown(u8, &'a [u8]),
}

/// A TLV within a Hop TLV.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HopTlv<'a> {
    /// Type 3: instances of a service function (RFC 9015 §3.2.1.3).
    ServiceFunction {
        /// Service Function Type.
        function_type: u16,
        /// Route distinguishers of the instances' routes.
        sfir_rds: List<'a, SfirRd>,
    },
    /// Type 4, of no octets: labels are swapped or stacked (RFC 9015 §3.2.1.4).
    SwappingStacking,
    /// Any other type, or another form, and its value.
    Unknown(u8, &'a [u8]),
}

/// Route distinguisher of a Service Function Instance Route.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SfirRd(pub RouteDistinguisher);

impl Item<'_> for SfirRd {
    const SIZE: usize = 8;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        r.array("SFIR-RD").map(|octets| Self(RouteDistinguisher(octets)))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.0);
    }
    fn describe(&self, fields: &mut dyn Fields) {
        distinguisher("", self.0, fields);
    }
}

impl<'a> SfpTlv<'a> {
    fn of_form(kind: u8, mut value: Reader<'a>) -> Result<Self, WireError> {
        let tlv = match kind {
            ASSOCIATION => Self::Association {
                association_type: AssociationType(value.u8("Association Type")?),
                sfpr_rd: RouteDistinguisher(value.array("Associated SFPR-RD")?),
                spi: Spi(value.array("Associated SPI")?),
            },
            HOP => {
                let service_index = value.u8("Service Index")?;
                return Ok(Self::Hop { service_index, details: List::parse(value)? });
            }
            LABEL_STACK_TRAVERSAL => Self::LabelStackTraversal,
            _ => Self::Unknown(kind, value.rest()),
        };
        value.finish("SFP TLV").map(|()| tlv)
    }
}

impl<'a> Item<'a> for SfpTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (kind, value) = tlv(r, ["SFP TLV type", "SFP TLV length", "SFP TLV"])?;
        Ok(Self::of_form(kind, value).unwrap_or(Self::Unknown(kind, value.peek())))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Association { association_type, sfpr_rd, spi } => {
                put_tlv(out, ASSOCIATION, |out| {
                    out.push(association_type.0);
                    out.extend_from_slice(&sfpr_rd.0);
                    out.extend_from_slice(&spi.0);
                });
            }
            Self::Hop { service_index, details } => put_tlv(out, HOP, |out| {
                out.push(service_index);
                details.encode(out);
            }),
            Self::LabelStackTraversal => put_tlv(out, LABEL_STACK_TRAVERSAL, |_| ()),
            Self::Unknown(kind, value) => put_tlv(out, kind, |out| out.extend_from_slice(value)),
        }
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match *self {
            Self::Association { association_type, sfpr_rd, spi } => {
                fields.text("association_type", &association_type);
                distinguisher("associated_sfpr_rd", sfpr_rd, fields);
                fields.number("associated_spi", spi.number().into());
            }
            Self::Hop { service_index, details } => {
                fields.number("service_index", service_index.into());
                details.describe("hop_details", fields);
            }
            Self::LabelStackTraversal => fields.flag("mpls_label_stack_traversal", true),
            Self::Unknown(kind, value) => unknown(kind, value, fields),
        });
    }
}

impl<'a> HopTlv<'a> {
    fn of_form(kind: u8, mut value: Reader<'a>) -> Result<Self, WireError> {
        match kind {
            SFT => {
                let function_type = value.u16("Service Function Type")?;
                Ok(Self::ServiceFunction { function_type, sfir_rds: List::parse(value)? })
            }
            SWAPPING_STACKING => value.finish("SFP TLV").map(|()| Self::SwappingStacking),
            _ => Ok(Self::Unknown(kind, value.rest())),
        }
    }
}

impl<'a> Item<'a> for HopTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let (kind, value) = tlv(r, ["Hop sub-TLV type", "Hop sub-TLV length", "Hop sub-TLV"])?;
        Ok(Self::of_form(kind, value).unwrap_or(Self::Unknown(kind, value.peek())))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::ServiceFunction { function_type, sfir_rds } => put_tlv(out, SFT, |out| {
                out.extend_from_slice(&function_type.to_be_bytes());
                sfir_rds.encode(out);
            }),
            Self::SwappingStacking => put_tlv(out, SWAPPING_STACKING, |_| ()),
            Self::Unknown(kind, value) => put_tlv(out, kind, |out| out.extend_from_slice(value)),
        }
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match *self {
            Self::ServiceFunction { function_type, sfir_rds } => {
                fields.number("service_function_type", function_type.into());
                sfir_rds.describe("sfir_rds", fields);
            }
            Self::SwappingStacking => fields.flag("mpls_swapping_stacking", true),
            Self::Unknown(kind, value) => unknown(kind, value, fields),
        });
    }
}

/// How a Service Function Path runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sfp<'a>(pub List<'a, SfpTlv<'a>>);

impl<'a> Value<'a> for Sfp<'a> {
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

fn tlv<'a>(
    r: &mut Reader<'a>,
    [kind, length, what]: [&'static str; 3],
) -> Result<(u8, Reader<'a>), WireError> {
    let kind = r.u8(kind)?;
    let len = r.u16(length)?;
    Ok((kind, r.sub(what, len.into())?))
}

fn put_tlv(out: &mut Vec<u8>, kind: u8, value: impl FnOnce(&mut Vec<u8>)) {
    out.push(kind);
    counted16(out, value);
}

fn unknown(kind: u8, value: &[u8], fields: &mut dyn Fields) {
    fields.number("type", kind.into());
    fields.octets("value", value);
}

#[cfg(test)]
mod tests {
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};

    const CODE: AttributeCode = AttributeCode::Sfp;

    #[test]
    fn hops_list_the_functions_that_may_serve() {
        sound(
            CODE,
            "01000c 01 0000fde900000001 00000f \
             020019 ff 030012 0029 0001c00002010002 0000fde900000003 040000 090000 050000",
            "sfp=[{association_type=Bidirectional SFP associated_sfpr_rd=0:65001:1 \
             associated_spi=15}, {service_index=255 hop_details=[{service_function_type=41 \
             sfir_rds=[1:192.0.2.1:2, 0:65001:3]}, {mpls_swapping_stacking=true}]}, \
             {type=9 value=}, {mpls_label_stack_traversal=true}]",
        );
    }

    #[test]
    fn tlvs_of_another_form_are_kept() {
        sound(
            CODE,
            "010001 01 020004 ff 030001 020000 050001 00 02000a ff 040001 07 030002 0029",
            "sfp=[{type=1 value=01}, {type=2 value=ff030001}, {type=2 value=}, \
             {type=5 value=00}, {service_index=255 hop_details=[{type=4 value=07}, \
             {service_function_type=41 sfir_rds=[]}]}]",
        );
        sound(
            CODE,
            "020006 01 030002 0029 020009 01 030005 0029 000000",
            "sfp=[{service_index=1 hop_details=[{service_function_type=41 sfir_rds=[]}]}, \
             {service_index=1 hop_details=[{type=3 value=0029000000}]}]",
        );
        sound(CODE, "", "sfp=[]");
    }

    #[test]
    fn a_tlv_that_overruns_is_malformed() {
        malformed(CODE, "01", "SFP TLV length", 1);
        malformed(CODE, "050000 020002 ff", "SFP TLV", 6);
    }
}
