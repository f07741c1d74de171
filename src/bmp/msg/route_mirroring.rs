//! Route Mirroring: per-peer header · TLVs (RFC 7854 §4.7). Mirrored BGP messages may be malformed
//! by design, so they are kept as octets.

use crate::bmp::{PeerHeader, Tlvs};
use crate::wire::{Reader, WireError, open_enum};

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

/// The parts of a Route Mirroring message.
#[derive(Debug, Clone, Copy)]
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
    /// The per-peer header is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        Ok(Self { peer, tlvs: Tlvs::new(body) })
    }
}

pub(super) fn check(body: Reader<'_>) -> Result<(), WireError> {
    RouteMirroring::parse(body)?.tlvs.check()
}
