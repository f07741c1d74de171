//! Peer Down of version 4: per-peer header · reason(1) · data of the reason · TLVs
//! (draft-ietf-grow-bmp-tlv-20 §5.3).

use super::{Tlv, message};
use crate::bgp::Header;
use crate::bmp::msg::peer_down::{PeerDown as OfVersion3, PeerDownReason};
use crate::bmp::{MessageType, PER_PEER_HEADER_LEN, PeerHeader};
use crate::wire::{Fields, List, Reader, WireError};

/// The parts of a Peer Down Notification. Data that is missing or cut short is never an error.
#[derive(Debug, Clone, Copy)]
pub struct PeerDown<'a> {
    /// Per-peer header, for [`PeerHeader::of`].
    pub peer: &'a [u8; PER_PEER_HEADER_LEN],
    /// Reason.
    pub reason: PeerDownReason,
    /// The reason's own data: the NOTIFICATION of reasons 1 and 3, the FSM event code of reason 2;
    /// all that follows the reason, where that is no whole data.
    pub data: Reader<'a>,
    /// The whole TLVs, in order.
    pub tlvs: List<'a, Tlv<'a>>,
    /// What follows the last whole TLV; none when the router keeps to the standard.
    pub rest: Reader<'a>,
}

impl<'a> PeerDown<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or the reason is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = body.chunk("per-peer header")?;
        let reason = PeerDownReason(body.u8("Peer Down reason")?);
        let len = match reason {
            PeerDownReason::LocalNotification | PeerDownReason::RemoteNotification => {
                let mut pdu = body;
                Header::parse(&mut pdu).map(|header| header.len).ok()
            }
            PeerDownReason::LocalNoNotification => Some(2),
            _ => Some(0),
        };
        let mut after = body;
        let data = len.and_then(|len| after.sub("Peer Down data", len).ok());
        let Some(data) = data else {
            return Ok(Self { peer, reason, data: body, tlvs: List::EMPTY, rest: Reader::EMPTY });
        };
        let (tlvs, rest) = List::split(after);
        Ok(Self { peer, reason, data, tlvs, rest })
    }

    /// What is wrong with the TLV that follows the last whole one, if there is such. What stands
    /// before it is as good as ever.
    #[must_use]
    pub fn cut(&self) -> Option<WireError> {
        Tlv::wrong(self.rest)
    }

    /// Appends the body.
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.peer);
        out.push(self.reason.0);
        out.extend_from_slice(self.data.peek());
        self.tlvs.encode(out);
        out.extend_from_slice(self.rest.peek());
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::PeerDown.0, |out| self.encode_body(out));
    }

    /// The message as if it were one of version 3, without its TLVs.
    #[must_use]
    pub fn as_version_3(&self) -> OfVersion3<'a> {
        OfVersion3::of(PeerHeader::of(self.peer), self.reason, self.data)
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        PeerHeader::of(self.peer).describe(fields);
        fields.text("reason", &self.reason);
        fields.octets("data", self.data.peek());
        self.tlvs.describe("tlvs", fields);
        if !self.rest.is_empty() {
            fields.octets("extra", self.rest.peek());
        }
    }
}
