//! BGP Prefix-SID: TLVs of type(1) · length(2) · value (RFC 8669 §3), among them the SRv6 Service
//! TLVs (RFC 9252 §2).
//!
//! A TLV that overruns, or whose length does not fit its type, makes the attribute malformed
//! (RFC 8669 §6, RFC 9252 §7).

use std::net::Ipv6Addr;

use super::{ErrorAction, Value};
use crate::bgp::AsWidth;
use crate::wire::layout::{Framing as _, STRICT, Type8Length16, layout, tlvs};
use crate::wire::{Fields, List, Reader, Reserved, U24, WireError, open_enum};

/// Type of the Label-Index TLV: reserved(1) · flags(2) · index(4).
pub const LABEL_INDEX: u8 = PrefixSidTlvType::LabelIndex.0;

tlvs! {
    /// Types of TLVs (RFC 8669 §7, RFC 9252 §8.1).
    pub struct PrefixSidTlvType(u8) in Type8Length16;

    /// One TLV.
    pub enum PrefixSidTlv ["Prefix-SID TLV"; 3] {
        /// The index of the prefix into the SRGB (RFC 8669 §3.1).
        1 "Label-Index" => LabelIndex(LabelIndex), STRICT;
        /// The SRGB of the prefix's originator (RFC 8669 §3.2).
        3 "Originator SRGB" => OriginatorSrgb(OriginatorSrgb<'a>), STRICT;
        /// SIDs of layer 3 services (RFC 9252 §2).
        5 "SRv6 L3 Service" => Srv6L3Service(Srv6Service<'a>), STRICT;
        /// SIDs of layer 2 services (RFC 9252 §2).
        6 "SRv6 L2 Service" => Srv6L2Service(Srv6Service<'a>), STRICT;
    }
    2 "IPv6 SID (deprecated)" => DeprecatedIpv6Sid;
    4 "SRv6-VPN SID (deprecated)" => DeprecatedSrv6VpnSid;
}

tlvs! {
    /// Types of SRv6 Service Sub-TLVs (RFC 9252 §8.2).
    pub struct Srv6ServiceSubTlvType(u8) in Type8Length16;

    /// One SRv6 Service Sub-TLV.
    pub enum Srv6ServiceSubTlv ["SRv6 Service Sub-TLV"; 3] {
        /// A SID and what it does (RFC 9252 §3.1).
        1 "SRv6 SID Information" => SidInformation(Srv6SidInformation<'a>), STRICT;
    }
}

tlvs! {
    /// Types of SRv6 Service Data Sub-Sub-TLVs (RFC 9252 §8.3).
    pub struct Srv6ServiceDataType(u8) in Type8Length16;

    /// One SRv6 Service Data Sub-Sub-TLV.
    pub enum Srv6ServiceData ["SRv6 Service Data Sub-Sub-TLV"; 3] {
        /// How the SID is put together (RFC 9252 §3.2.1).
        1 "SRv6 SID Structure" => SidStructure(Srv6SidStructure);
    }
}

layout! {
    /// Label-Index: 7 octets (RFC 8669 §3.1).
    pub struct LabelIndex "Label-Index" {
        /// Reserved.
        reserved: Reserved<1>,
        /// Flags; none is defined.
        flags: u16,
        /// The index.
        label_index: u32,
    }

    /// Originator SRGB: 2 octets, and 6 for each range (RFC 8669 §3.2).
    pub struct OriginatorSrgb<'a> "Originator SRGB" {
        /// Flags; none is defined.
        flags: u16,
        /// The ranges of labels that make up the SRGB, in order.
        srgb: List<'a, SrgbRange>,
    }

    /// A range of labels.
    pub struct SrgbRange "SRGB range" {
        /// The first label.
        first: U24,
        /// How many there are.
        size: U24,
    }

    /// The SIDs of a service (RFC 9252 §2).
    pub struct Srv6Service<'a> "SRv6 Service TLV" {
        /// Reserved.
        reserved: Reserved<1>,
        /// Its Sub-TLVs.
        sub_tlvs: List<'a, Srv6ServiceSubTlv<'a>>,
    }

    /// SRv6 SID Information: at least 21 octets (RFC 9252 §3.1).
    pub struct Srv6SidInformation<'a> "SRv6 SID Information" {
        /// Reserved.
        reserved1: Reserved<1>,
        /// The SID.
        sid: Ipv6Addr,
        /// SRv6 Service SID Flags; none is defined.
        flags: u8,
        /// What the endpoint does with a packet to the SID.
        endpoint_behavior: EndpointBehavior,
        /// Reserved.
        reserved2: Reserved<1>,
        /// Its Sub-Sub-TLVs.
        sub_sub_tlvs: List<'a, Srv6ServiceData<'a>>,
    }

    /// SRv6 SID Structure: lengths in bits, 6 octets (RFC 9252 §3.2.1).
    pub struct Srv6SidStructure "SRv6 SID Structure" {
        /// Of the locator's block.
        locator_block_length: u8,
        /// Of the locator's node.
        locator_node_length: u8,
        /// Of the function.
        function_length: u8,
        /// Of the argument.
        argument_length: u8,
        /// Of the part that is carried in a label of the NLRI.
        transposition_length: u8,
        /// Where in the SID that part belongs.
        transposition_offset: u8,
    }
}

open_enum! {
    /// SRv6 Endpoint Behaviors (RFC 8986 §10.2, RFC 9433, RFC 9800).
    pub struct EndpointBehavior(u16) {
        End = 1 => "End",
        EndPsp = 2 => "End with PSP",
        EndUsp = 3 => "End with USP",
        EndPspUsp = 4 => "End with PSP & USP",
        EndX = 5 => "End.X",
        EndXPsp = 6 => "End.X with PSP",
        EndXUsp = 7 => "End.X with USP",
        EndXPspUsp = 8 => "End.X with PSP & USP",
        EndT = 9 => "End.T",
        EndTPsp = 10 => "End.T with PSP",
        EndTUsp = 11 => "End.T with USP",
        EndTPspUsp = 12 => "End.T with PSP & USP",
        EndB6Insert = 13 => "End.B6.Insert",
        EndB6Encaps = 14 => "End.B6.Encaps",
        EndBm = 15 => "End.BM",
        EndDx6 = 16 => "End.DX6",
        EndDx4 = 17 => "End.DX4",
        EndDt6 = 18 => "End.DT6",
        EndDt4 = 19 => "End.DT4",
        EndDt46 = 20 => "End.DT46",
        EndDx2 = 21 => "End.DX2",
        EndDx2v = 22 => "End.DX2V",
        EndDt2u = 23 => "End.DT2U",
        EndDt2m = 24 => "End.DT2M",
        EndB6InsertRed = 26 => "End.B6.Insert.Red",
        EndB6EncapsRed = 27 => "End.B6.Encaps.Red",
        EndUsd = 28 => "End with USD",
        EndPspUsd = 29 => "End with PSP & USD",
        EndUspUsd = 30 => "End with USP & USD",
        EndPspUspUsd = 31 => "End with PSP, USP & USD",
        EndXUsd = 32 => "End.X with USD",
        EndXPspUsd = 33 => "End.X with PSP & USD",
        EndXUspUsd = 34 => "End.X with USP & USD",
        EndXPspUspUsd = 35 => "End.X with PSP, USP & USD",
        EndTUsd = 36 => "End.T with USD",
        EndTPspUsd = 37 => "End.T with PSP & USD",
        EndTUspUsd = 38 => "End.T with USP & USD",
        EndTPspUspUsd = 39 => "End.T with PSP, USP & USD",
        EndMap = 40 => "End.MAP",
        EndLimit = 41 => "End.Limit",
        EndNextOnlyCsid = 42 => "End with NEXT-ONLY-CSID",
        EndNextCsid = 43 => "End with NEXT-CSID",
        EndNextCsidPsp = 44 => "End with NEXT-CSID & PSP",
        EndNextCsidUsp = 45 => "End with NEXT-CSID & USP",
        EndNextCsidPspUsp = 46 => "End with NEXT-CSID, PSP & USP",
        EndNextCsidUsd = 47 => "End with NEXT-CSID & USD",
        EndNextCsidPspUsd = 48 => "End with NEXT-CSID, PSP & USD",
        EndNextCsidUspUsd = 49 => "End with NEXT-CSID, USP & USD",
        EndNextCsidPspUspUsd = 50 => "End with NEXT-CSID, PSP, USP & USD",
        EndXNextOnlyCsid = 51 => "End.X with NEXT-ONLY-CSID",
        EndXNextCsid = 52 => "End.X with NEXT-CSID",
        EndXNextCsidPsp = 53 => "End.X with NEXT-CSID & PSP",
        EndXNextCsidUsp = 54 => "End.X with NEXT-CSID & USP",
        EndXNextCsidPspUsp = 55 => "End.X with NEXT-CSID, PSP & USP",
        EndXNextCsidUsd = 56 => "End.X with NEXT-CSID & USD",
        EndXNextCsidPspUsd = 57 => "End.X with NEXT-CSID, PSP & USD",
        EndXNextCsidUspUsd = 58 => "End.X with NEXT-CSID, USP & USD",
        EndXNextCsidPspUspUsd = 59 => "End.X with NEXT-CSID, PSP, USP & USD",
        EndDx6NextCsid = 60 => "End.DX6 with NEXT-CSID",
        EndDx4NextCsid = 61 => "End.DX4 with NEXT-CSID",
        EndDt6NextCsid = 62 => "End.DT6 with NEXT-CSID",
        EndDt4NextCsid = 63 => "End.DT4 with NEXT-CSID",
        EndDt46NextCsid = 64 => "End.DT46 with NEXT-CSID",
        EndDx2NextCsid = 65 => "End.DX2 with NEXT-CSID",
        EndDx2vNextCsid = 66 => "End.DX2V with NEXT-CSID",
        EndDt2uNextCsid = 67 => "End.DT2U with NEXT-CSID",
        EndDt2mNextCsid = 68 => "End.DT2M with NEXT-CSID",
        EndMGtp6D = 69 => "End.M.GTP6.D",
        EndMGtp6Di = 70 => "End.M.GTP6.Di",
        EndMGtp6E = 71 => "End.M.GTP6.E",
        EndMGtp4E = 72 => "End.M.GTP4.E",
        Opaque = 65535 => "Opaque",
    }
}

/// The TLVs of the attribute.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PrefixSid<'a>(pub List<'a, PrefixSidTlv<'a>>);

impl PrefixSid<'_> {
    /// The label index of the first Label-Index TLV, wherever it stands, if there is one.
    #[must_use]
    pub fn label_index(&self) -> Option<u32> {
        self.0.iter().find_map(|tlv| match tlv {
            PrefixSidTlv::LabelIndex(value) => Some(value.label_index),
            _ => None,
        })
    }
}

/// What a speaker does about a malformed `value`: if an SRv6 Service TLV is, the routes are taken
/// as withdrawn (RFC 9252 §7), else the attribute is left out (RFC 8669 §6).
#[must_use]
pub fn error_action(mut value: Reader<'_>) -> ErrorAction {
    while let Some(&kind) = value.peek().first() {
        let kind = PrefixSidTlvType(kind);
        let framed = Type8Length16::parse(&mut value, PrefixSidTlv::WORDS);
        let is_sound = framed.is_ok_and(|(_, tlv)| PrefixSidTlv::of(kind, tlv).is_ok());
        match kind {
            PrefixSidTlvType::Srv6L3Service | PrefixSidTlvType::Srv6L2Service if !is_sound => {
                return ErrorAction::TreatAsWithdraw;
            }
            _ if framed.is_err() => break,
            _ => {}
        }
    }
    ErrorAction::AttributeDiscard
}

impl<'a> Value<'a> for PrefixSid<'a> {
    fn parse(value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        List::one_or_more(value, "Prefix-SID TLV").map(Self)
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
    use crate::bgp::attr::testing::{malformed, octets, sound};
    use crate::wire::Items;

    const CODE: AttributeCode = AttributeCode::PrefixSid;

    fn label_index(octets: &[u8]) -> Result<Option<u32>, WireError> {
        PrefixSid::parse(Reader::new(octets), AsWidth::Four).map(|sid| sid.label_index())
    }

    #[test]
    fn the_label_index_is_found_behind_other_tlvs() {
        let v = [3, 0, 2, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 33];
        assert_eq!(label_index(&v), Ok(Some(33)));
        assert_eq!(label_index(&v[..5]), Ok(None));
        assert!(label_index(&[1, 0, 3, 0, 0, 0]).is_err());
    }

    #[test]
    fn srgbs_are_ranges() {
        sound(
            CODE,
            "010007 00 0000 0000012c  03000e 0000 0c3500 001000 0f4240 001388",
            "prefix_sid=[{type=Label-Index flags=0 label_index=300}, {type=Originator SRGB flags=0 \
             srgb=[{first=800000 size=4096}, {first=1000000 size=5000}]}]",
        );
        sound(
            CODE,
            "030008 0000 003e80 001f40",
            "prefix_sid=[{type=Originator SRGB flags=0 srgb=[{first=16000 size=8000}]}]",
        );
        malformed(CODE, "030007 0000 003e80 001f", "SRGB range", 8);
    }

    #[test]
    fn srv6_services_are_decoded() {
        sound(
            CODE,
            "050022 00 01001e 00 20010db8009100000000000000000000 00 003e 00 010006 201010001030",
            "prefix_sid=[{type=SRv6 L3 Service sub_tlvs=[{type=SRv6 SID Information \
             sid=2001:db8:91:: flags=0 endpoint_behavior=End.DT6 with NEXT-CSID \
             sub_sub_tlvs=[{type=SRv6 SID Structure locator_block_length=32 \
             locator_node_length=16 function_length=16 argument_length=0 \
             transposition_length=16 transposition_offset=48}]}]}]",
        );
        sound(
            CODE,
            "060022 00 01001e 00 fcbabe00300200000000000000000000 00 0041 00 010006 201010001030",
            "prefix_sid=[{type=SRv6 L2 Service sub_tlvs=[{type=SRv6 SID Information \
             sid=fcba:be00:3002:: flags=0 endpoint_behavior=End.DX2 with NEXT-CSID \
             sub_sub_tlvs=[{type=SRv6 SID Structure locator_block_length=32 \
             locator_node_length=16 function_length=16 argument_length=0 \
             transposition_length=16 transposition_offset=48}]}]}]",
        );
    }

    #[test]
    fn what_is_odd_but_framed_is_kept() {
        sound(CODE, "02000100", "prefix_sid=[{type=IPv6 SID (deprecated) value=00}]");
        sound(CODE, "050001 07", "prefix_sid=[{type=SRv6 L3 Service reserved=07 sub_tlvs=[]}]");
        // A SID structure of the wrong length, and a type that nobody has heard of.
        sound(
            CODE,
            "050022 00 01001a 01 20010db8009100000000000000000000 02 fffe 03 010002 2010 090001 ff",
            "prefix_sid=[{type=SRv6 L3 Service sub_tlvs=[{type=SRv6 SID Information reserved1=01 \
             sid=2001:db8:91:: flags=2 endpoint_behavior=65534 reserved2=03 \
             sub_sub_tlvs=[{type=SRv6 SID Structure value=2010}]}, {type=9 value=ff}]}]",
        );
    }

    #[test]
    fn wrong_lengths_are_malformed_and_services_take_their_routes_along() {
        malformed(CODE, "01000100", "Label-Index", 4);
        malformed(CODE, "050000", "SRv6 Service TLV", 3);
        malformed(CODE, "050003 00 01ff", "SRv6 Service Sub-TLV", 5);
        malformed(CODE, "050008 00 010004 00200110", "SRv6 SID Information", 8);
        let action = |hex| error_action(Reader::new(&octets(hex)));
        assert_eq!(action("01000100"), ErrorAction::AttributeDiscard);
        assert_eq!(action("010007 00 0000 00000021 050000"), ErrorAction::TreatAsWithdraw);
        assert_eq!(action("0100ff"), ErrorAction::AttributeDiscard);
        assert_eq!(action("01"), ErrorAction::AttributeDiscard);
        assert_eq!(action("05"), ErrorAction::TreatAsWithdraw);
        assert_eq!(action("01000100 050000"), ErrorAction::TreatAsWithdraw);
        assert_eq!(action("050001 00 01000100"), ErrorAction::AttributeDiscard);
        assert_eq!(action("050001 00 0100ff"), ErrorAction::AttributeDiscard);
        malformed(CODE, "", "Prefix-SID TLV", 0);
    }

    proptest::proptest! {
        #[test]
        fn what_is_written_is_read(
            sid: u128, flags: u8, behavior: u16, lengths: [u8; 6], index: u32,
            srgb: Vec<(u32, u32)>,
        ) {
            let [a, b, c, d, e, f] = lengths;
            let structure = Srv6SidStructure {
                locator_block_length: a,
                locator_node_length: b,
                function_length: c,
                argument_length: d,
                transposition_length: e,
                transposition_offset: f,
            };
            let data = Items::of([Srv6ServiceData::SidStructure(structure)]);
            let information = Srv6SidInformation {
                reserved1: Reserved([0]),
                sid: sid.into(),
                flags,
                endpoint_behavior: EndpointBehavior(behavior),
                reserved2: Reserved([0]),
                sub_sub_tlvs: data.list().unwrap(),
            };
            let sub_tlvs = Items::of([Srv6ServiceSubTlv::SidInformation(information)]);
            let sub_tlvs = sub_tlvs.list().unwrap();
            let service = Srv6Service { reserved: Reserved([0]), sub_tlvs };
            let range = |&(a, b)| SrgbRange { first: U24::new(a), size: U24::new(b) };
            let ranges = Items::of(srgb.iter().map(range));
            let srgb = OriginatorSrgb { flags: 0, srgb: ranges.list().unwrap() };
            let label_index = LabelIndex { reserved: Reserved([0]), flags: 0, label_index: index };
            let tlvs = [
                PrefixSidTlv::LabelIndex(label_index),
                PrefixSidTlv::OriginatorSrgb(srgb),
                PrefixSidTlv::Srv6L3Service(service),
                PrefixSidTlv::Srv6L2Service(service),
            ];
            let written = Items::of(tlvs);
            let read = PrefixSid::parse(Reader::new(written.octets()), AsWidth::Four).unwrap();
            proptest::prop_assert_eq!(read.0.iter().collect::<Vec<_>>(), tlvs);
        }
    }
}
