//! Route Monitoring: per-peer header · one BGP message (RFC 7854 §4.6).

use crate::bgp::Header;
use crate::bmp::PER_PEER_HEADER_LEN;
#[cfg(doc)]
use crate::bmp::PeerHeader;
use crate::wire::{Reader, WireError};

/// The parts of a Route Monitoring message.
#[derive(Debug, Clone, Copy)]
pub struct RouteMonitoring<'a> {
    /// Per-peer header, for [`PeerHeader::of`]: that of the message before is nearly always the
    /// same but for its timestamp.
    pub peer: &'a [u8; PER_PEER_HEADER_LEN],
    /// The BGP message; an UPDATE when the router keeps to the standard.
    pub bgp: Header<'a>,
    /// Offset of the BGP message's first octet.
    pub pdu_offset: usize,
    /// Octets after the first BGP message; none when the router keeps to the standard.
    pub extra: Reader<'a>,
}

impl<'a> RouteMonitoring<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// Either header is cut short or makes no sense.
    #[inline]
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = body.chunk("per-peer header")?;
        let pdu_offset = body.offset();
        let bgp = Header::parse(&mut body)?;
        Ok(Self { peer, bgp, pdu_offset, extra: body })
    }
}

pub(super) fn check(body: Reader<'_>) -> Result<(), WireError> {
    RouteMonitoring::parse(body).map(drop)
}
