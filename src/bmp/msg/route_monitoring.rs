//! Route Monitoring: per-peer header · one BGP message (RFC 7854 §4.6).

use crate::bgp::{AsWidth, HEADER_LEN, Header, MARKER, MessageType as BgpType, Update, attr};
use crate::bmp::{MessageType, PER_PEER_HEADER_LEN, PeerHeader, encode};
use crate::wire::{Fields, Reader, WireError};

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

    /// A message of `pdu`, a BGP message with its header, from the peer that
    /// [`PeerHeader::octets`] says.
    ///
    /// # Errors
    /// The header of the BGP message is cut short or makes no sense.
    pub fn new(peer: &'a [u8; PER_PEER_HEADER_LEN], pdu: &'a [u8]) -> Result<Self, WireError> {
        let pdu_offset = encode::COMMON_HEADER_LEN + PER_PEER_HEADER_LEN;
        let mut extra = Reader::at(pdu, pdu_offset);
        let bgp = Header::parse(&mut extra)?;
        Ok(Self { peer, bgp, pdu_offset, extra })
    }

    /// The per-peer header.
    #[must_use]
    pub fn peer_header(&self) -> PeerHeader {
        PeerHeader::of(self.peer)
    }

    /// The UPDATE.
    ///
    /// # Errors
    /// The BGP message is none, or its parts cannot be told apart.
    pub fn update(&self) -> Result<Update<'a>, WireError> {
        if self.bgp.kind != BgpType::Update {
            let at = self.pdu_offset + HEADER_LEN - 1;
            return Err(WireError::invalid("BGP type", at, self.bgp.kind.0.into()));
        }
        Update::parse_body(self.bgp.body)
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::RouteMonitoring.0, |out| {
            out.extend_from_slice(self.peer);
            out.extend_from_slice(&MARKER);
            out.extend_from_slice(&(self.bgp.len as u16).to_be_bytes());
            out.push(self.bgp.kind.0);
            out.extend_from_slice(self.bgp.body.peek());
            out.extend_from_slice(self.extra.peek());
        });
    }

    /// Describes the message. AS_PATHs are as wide as the A flag says; whether NLRI have path
    /// identifiers is not said here, so that they are octets: see [`Update::describe`].
    pub fn describe(&self, fields: &mut dyn Fields) {
        let peer = self.peer_header();
        peer.describe(fields);
        let as_width = if peer.legacy_as_path() { AsWidth::Two } else { AsWidth::Four };
        fields.group("bgp_message", &mut |fields| {
            fields.text("type", &self.bgp.kind);
            match self.update() {
                Ok(update) => {
                    fields.octets("withdrawn_routes", update.withdrawn.peek());
                    fields.group("path_attributes", &mut |fields| {
                        attr::describe_all(update.attributes, as_width, fields);
                    });
                    fields.octets("nlri", update.nlri.peek());
                }
                Err(_) => fields.octets("body", self.bgp.body.peek()),
            }
        });
        if !self.extra.is_empty() {
            fields.octets("extra", self.extra.peek());
        }
    }
}
