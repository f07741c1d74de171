//! BIER: TLVs of type(2) · length(2) · value (RFC 9793 §3).

use std::net::IpAddr;

use super::Value;
use crate::bgp::AsWidth;
use crate::wire::layout::{STRICT, Type16Length16, layout, tlvs};
use crate::wire::{Fields, List, Part, Reader, Reserved, WireError};

tlvs! {
    /// Types of TLVs and sub-TLVs, which share a registry (RFC 9793 §7).
    pub struct BierTlvType(u16) in Type16Length16;

    /// One TLV.
    pub enum BierTlv ["BIER TLV"; 3] {
        /// A sub-domain, and the BFR's place in it.
        1 "BIER TLV" => Bier(Bier<'a>), STRICT;
    }
}

tlvs! {
    /// Types of sub-TLVs.
    pub struct BierSubTlvType(u16) in Type16Length16;

    /// One sub-TLV of a BIER TLV.
    pub enum BierSubTlv ["BIER sub-TLV"; 3] {
        /// The labels of an MPLS encapsulation.
        2 "MPLS Encapsulation" => MplsEncapsulation(BierEncapsulation<'a>);
        /// The BIFT-ids of an encapsulation without MPLS.
        3 "Non-MPLS Encapsulation" => NonMplsEncapsulation(BierEncapsulation<'a>);
        /// The BFR's address.
        4 "BIER Nexthop" => Nexthop(BierNexthop) "nexthop";
    }
}

tlvs! {
    /// Types of an encapsulation's sub-TLVs.
    pub struct BierEncapsulationSubTlvType(u16) in Type16Length16;

    /// One sub-TLV of an encapsulation.
    pub enum BierEncapsulationSubTlv ["BIER sub-TLV"; 3] {
        /// The BFR's address for this encapsulation.
        4 "BIER Nexthop" => Nexthop(BierNexthop) "nexthop";
    }
}

layout! {
    /// BIER TLV: 4 octets, and its sub-TLVs (RFC 9793 §3).
    pub struct Bier<'a> "BIER TLV" {
        /// The sub-domain.
        sub_domain: u8,
        /// The BFR-id in the sub-domain; 0 when there is none.
        bfr_id: u16,
        /// Reserved.
        reserved: Reserved<1>,
        /// Its sub-TLVs.
        sub_tlvs: List<'a, BierSubTlv<'a>>,
    }

    /// An encapsulation: 4 octets, and its sub-TLVs.
    pub struct BierEncapsulation<'a> "BIER Encapsulation" {
        /// The labels or BIFT-ids.
        range: BierRange,
        /// Its sub-TLVs.
        sub_tlvs: List<'a, BierEncapsulationSubTlv<'a>>,
    }
}

/// A range of labels or BIFT-ids, one for each set identifier: Max SI(1) · BitString length(4
/// bits) · first label or BIFT-id(20 bits).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BierRange(pub u32);

impl BierRange {
    /// A range; of `bit_string_length` the low 4 bits count, of `first` the low 20.
    #[must_use]
    pub fn new(max_si: u8, bit_string_length: u8, first: u32) -> Self {
        let length = u32::from(bit_string_length & 15) << 20;
        Self(u32::from(max_si) << 24 | length | first & 0xf_ffff)
    }

    /// The largest set identifier.
    #[must_use]
    pub fn max_si(self) -> u8 {
        (self.0 >> 24) as u8
    }

    /// The code of the BitString's length: 1 is 64 bits, 2 is 128, … 7 is 4096 (RFC 8296 §2.1.2).
    #[must_use]
    pub fn bit_string_length(self) -> u8 {
        (self.0 >> 20) as u8 & 15
    }

    /// The first label or BIFT-id, 20 bits.
    #[must_use]
    pub fn first(self) -> u32 {
        self.0 & 0xf_ffff
    }
}

/// Described as its three fields.
impl Part<'_> for BierRange {
    const SIZE: usize = 4;

    fn read(r: &mut Reader<'_>, what: &'static str) -> Result<Self, WireError> {
        r.u32(what).map(Self)
    }
    fn write(&self, out: &mut Vec<u8>) {
        self.0.write(out);
    }
    fn describe_as(&self, _: &'static str, fields: &mut dyn Fields) {
        fields.number("max_si", self.max_si().into());
        fields.number("bit_string_length", self.bit_string_length().into());
        fields.number("first", self.first().into());
    }
}

/// The address of a BFR: 4 or 16 octets.
pub type BierNexthop = IpAddr;

/// The TLVs of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BierAttribute<'a>(pub List<'a, BierTlv<'a>>);

impl<'a> Value<'a> for BierAttribute<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::one_or_more(value, "BIER TLV").map(Self)
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        self.0.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        self.0.describe(name, fields);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, sound};
    use crate::wire::Items;

    const CODE: AttributeCode = AttributeCode::Bier;

    #[test]
    fn sub_domains_are_decoded() {
        sound(
            CODE,
            "0001001c 07 0102 00 00020004 03304e20 00030004 01100001 00040004 c0000201",
            "bier=[{type=BIER TLV sub_domain=7 bfr_id=258 sub_tlvs=[\
             {type=MPLS Encapsulation max_si=3 bit_string_length=3 first=20000 sub_tlvs=[]}, \
             {type=Non-MPLS Encapsulation max_si=1 bit_string_length=1 first=1 sub_tlvs=[]}, \
             {type=BIER Nexthop nexthop=192.0.2.1}]}]",
        );
        sound(
            CODE,
            "00010018 00 0000 01 00040010 20010db8000000000000000000000001 12340002dead",
            "bier=[{type=BIER TLV sub_domain=0 bfr_id=0 reserved=01 \
             sub_tlvs=[{type=BIER Nexthop nexthop=2001:db8::1}]}, {type=4660 value=dead}]",
        );
        sound(
            CODE,
            "00010018 07 0102 00 00030010 01100001 00040004 c0000201 0009 0000",
            "bier=[{type=BIER TLV sub_domain=7 bfr_id=258 sub_tlvs=[{type=Non-MPLS Encapsulation \
             max_si=1 bit_string_length=1 first=1 sub_tlvs=[{type=BIER Nexthop \
             nexthop=192.0.2.1}, {type=9 value=}]}]}]",
        );
        // A sub-TLV of the wrong length is kept.
        sound(
            CODE,
            "00010009 00 0001 00 00020001 ff",
            "bier=[{type=BIER TLV sub_domain=0 bfr_id=1 \
             sub_tlvs=[{type=MPLS Encapsulation value=ff}]}]",
        );
    }

    #[test]
    fn cut_tlvs_are_malformed() {
        malformed(CODE, "0001000301 0203", "BIER TLV", 7);
        malformed(CODE, "00010005 01 0203 00", "BIER TLV", 4);
        malformed(CODE, "", "BIER TLV", 0);
        malformed(CODE, "00010010 01 0203 00 00020008 03304e20 00040004", "BIER sub-TLV", 20);
        malformed(CODE, "00010006 01 0203 00 0002", "BIER sub-TLV", 10);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            sub_domain: u8, bfr_id: u16, a: (u8, u8, u32), v4: u32, v6: u128, other: Vec<u8>,
        ) {
            let range = BierRange::new(a.0, a.1, a.2);
            proptest::prop_assert_eq!(
                (range.max_si(), range.bit_string_length(), range.first()),
                (a.0, a.1 & 15, a.2 & 0xf_ffff),
            );
            let next = Items::of([BierEncapsulationSubTlv::Nexthop(BierNexthop::V4(v4.into()))]);
            let sub_tlvs = next.list().unwrap();
            let range = BierEncapsulation { range, sub_tlvs };
            let sub_tlvs = [
                BierSubTlv::MplsEncapsulation(range),
                BierSubTlv::NonMplsEncapsulation(range),
                BierSubTlv::Nexthop(BierNexthop::V4(v4.into())),
                BierSubTlv::Nexthop(BierNexthop::V6(v6.into())),
                BierSubTlv::Unknown(BierSubTlvType(99), &other),
            ];
            let held = Items::of(sub_tlvs);
            let (reserved, sub_tlvs) = (Reserved([0]), held.list().unwrap());
            let bier = Bier { sub_domain, bfr_id, reserved, sub_tlvs };
            let tlvs = [BierTlv::Bier(bier), BierTlv::Unknown(BierTlvType(2), &other)];
            let written = Items::of(tlvs);
            let read: Vec<BierTlv<'_>> = written.list().unwrap().iter().collect();
            proptest::prop_assert_eq!(read, tlvs);
        }
    }
}
