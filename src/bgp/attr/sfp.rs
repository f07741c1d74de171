//! SFP attribute: how a Service Function Path runs, in TLVs of type(1) · length(2) · value
//! (RFC 9015 §3.2.1). A TLV that does not have the form of its type is kept as it is, but for hops:
//! there is one at least, and each has a TLV in it.

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::{Framing, Type8Length16, words};
use crate::wire::{Fields, Item, List, Part, Reader, RouteDistinguisher, WireError, open_enum};

/// A Service Path Identifier: 24 bits.
pub use crate::wire::U24 as Spi;

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

words! {
    /// Route distinguisher of a Service Function Instance Route.
    pub struct SfirRd(RouteDistinguisher);
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
                let details = List::one_or_more(value, "Hop sub-TLV")?;
                return Ok(Self::Hop { service_index, details });
            }
            LABEL_STACK_TRAVERSAL => Self::LabelStackTraversal,
            _ => Self::Unknown(kind, value.rest()),
        };
        value.finish("SFP TLV").map(|()| tlv)
    }
}

impl<'a> Item<'a> for SfpTlv<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let words = ["SFP TLV type", "SFP TLV length", "SFP TLV"];
        let (kind, value) = Type8Length16::parse(r, words)?;
        match Self::of_form(kind, value) {
            Err(_) if kind != HOP => Ok(Self::Unknown(kind, value.peek())),
            read => read,
        }
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::Association { association_type, sfpr_rd, spi } => {
                Type8Length16::encode(ASSOCIATION, out, |out| {
                    association_type.write(out);
                    sfpr_rd.write(out);
                    spi.write(out);
                });
            }
            Self::Hop { service_index, details } => Type8Length16::encode(HOP, out, |out| {
                service_index.write(out);
                details.encode(out);
            }),
            Self::LabelStackTraversal => Type8Length16::encode(LABEL_STACK_TRAVERSAL, out, |_| ()),
            Self::Unknown(kind, value) => {
                Type8Length16::encode(kind, out, |out| out.extend_from_slice(value))
            }
        }
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| match *self {
            Self::Association { association_type, sfpr_rd, spi } => {
                fields.text("association_type", &association_type);
                sfpr_rd.describe_as("associated_sfpr_rd", fields);
                fields.number("associated_spi", spi.get().into());
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
        let words = ["Hop sub-TLV type", "Hop sub-TLV length", "Hop sub-TLV"];
        let (kind, value) = Type8Length16::parse(r, words)?;
        Ok(Self::of_form(kind, value).unwrap_or(Self::Unknown(kind, value.peek())))
    }
    fn encode(&self, out: &mut Vec<u8>) {
        match *self {
            Self::ServiceFunction { function_type, sfir_rds } => {
                Type8Length16::encode(SFT, out, |out| {
                    function_type.write(out);
                    sfir_rds.encode(out);
                })
            }
            Self::SwappingStacking => Type8Length16::encode(SWAPPING_STACKING, out, |_| ()),
            Self::Unknown(kind, value) => {
                Type8Length16::encode(kind, out, |out| out.extend_from_slice(value))
            }
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
    /// There is at least one hop (RFC 9015 §3.2.1).
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let tlvs: List<'a, SfpTlv<'a>> = List::parse(value)?;
        match tlvs.iter().any(|tlv| matches!(tlv, SfpTlv::Hop { .. })) {
            true => Ok(Self(tlvs)),
            false => Err(WireError::short("Hop TLV", value.offset() + value.len(), 4, 0)),
        }
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
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
            "010001 01 050001 00 02000a ff 040001 07 030002 0029",
            "sfp=[{type=1 value=01}, {type=5 value=00}, {service_index=255 hop_details=[{type=4 value=07}, \
             {service_function_type=41 sfir_rds=[]}]}]",
        );
        sound(
            CODE,
            "020006 01 030002 0029 020009 01 030005 0029 000000",
            "sfp=[{service_index=1 hop_details=[{service_function_type=41 sfir_rds=[]}]}, \
             {service_index=1 hop_details=[{type=3 value=0029000000}]}]",
        );
    }

    #[test]
    fn a_path_has_hops_and_each_says_who_serves() {
        malformed(CODE, "", "Hop TLV", 0);
        malformed(CODE, "01000c 01 0000fde900000001 00000f 050000", "Hop TLV", 18);
        malformed(CODE, "020001 ff", "Hop sub-TLV", 4);
        malformed(CODE, "020000", "Service Index", 3);
        malformed(CODE, "020004 ff 030001", "Hop sub-TLV", 7);
    }

    #[test]
    fn a_tlv_that_overruns_is_malformed() {
        malformed(CODE, "01", "SFP TLV length", 1);
        malformed(CODE, "050000 020002 ff", "SFP TLV", 6);
    }
}
