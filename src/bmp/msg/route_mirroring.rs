//! Route Mirroring: per-peer header · TLVs (RFC 7854 §4.7). Mirrored BGP messages may be malformed
//! by design, so they are kept as octets.

use crate::bmp::{MessageType, PeerHeader, Tlv, Tlvs, encode};
use crate::wire::{Fields, Reader, WireError, open_enum};

open_enum! {
    /// Route Mirroring TLV types (RFC 7854 §4.7).
    pub struct MirroringTlv(u16) {
        BgpMessage = 0 => "BGP Message",
        Information = 1 => "Information",
    }
}

open_enum! {
    /// Codes of the Information TLV.
    pub struct MirroringInformation(u16) {
        ErroredPdu = 0 => "Errored PDU",
        MessagesLost = 1 => "Messages Lost",
    }
}

impl MirroringTlv {
    /// A TLV of this type.
    #[must_use]
    pub const fn tlv(self, value: &[u8]) -> Tlv<'_> {
        Tlv::new(self.0, value)
    }
}

/// The parts of a Route Mirroring message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RouteMirroring<'a> {
    /// Per-peer header.
    pub peer: PeerHeader,
    /// The TLVs, in order.
    pub tlvs: Tlvs<'a>,
}

impl<'a> RouteMirroring<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or a TLV is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        Ok(Self { peer, tlvs: Tlvs::parse(body)? })
    }

    /// The mirrored BGP messages as octets, in order.
    pub fn bgp_messages(&self) -> impl Iterator<Item = &'a [u8]> + use<'a> {
        self.tlvs.of(MirroringTlv::BgpMessage.0)
    }

    /// The codes of its Information TLVs that have 2 octets, in order.
    pub fn information(&self) -> impl Iterator<Item = MirroringInformation> + use<'a> {
        let code = |value: &[u8]| value.try_into().ok().map(u16::from_be_bytes);
        self.tlvs.of(MirroringTlv::Information.0).filter_map(code).map(MirroringInformation)
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::RouteMirroring.0, |out| {
            self.peer.encode(out);
            self.tlvs.encode(out);
        });
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.peer.describe(fields);
        self.tlvs.describe(fields, |kind, value, fields| {
            let kind = MirroringTlv(kind);
            fields.text("type", &kind);
            match (kind, value) {
                (MirroringTlv::BgpMessage, pdu) => fields.octets("bgp_message", pdu),
                (MirroringTlv::Information, &[a, b]) => {
                    fields.text("information", &MirroringInformation(u16::from_be_bytes([a, b])));
                }
                _ => fields.octets("value", value),
            }
        });
    }
}
