//! Route Event Logging: per-peer header · [event type(1)] · indexed TLVs
//! (draft-ietf-grow-bmp-rel-05). No message type is assigned to it yet; drafts before -05 have no
//! event type.

use crate::bmp::v4::{Index, IndexedTlv, Owner, message};
use crate::bmp::{MessageType, PER_PEER_HEADER_LEN};
use crate::wire::{Fields, List, Reader, WireError, open_enum};

open_enum! {
    /// Event types.
    pub struct RelEventType(u8) {
        Routing = 1 => "routing",
        Health = 2 => "health",
    }
}

open_enum! {
    /// Route Event Logging TLV types.
    pub struct RelTlvType(u16) {
        StatelessParsing = 1 => "Stateless Parsing",
        Group = 2 => "Group",
        BgpMessage = 4 => "BGP Message",
        EventReason = 5 => "Event Reason",
        LogAction = 6 => "Log Action",
        PolicyDiscard = 7 => "Policy Discard",
        ValidationFail = 8 => "Validation Fail",
        MalformedPacket = 9 => "Malformed Packet",
    }
}

open_enum! {
    /// Codes of the Event Reason TLV.
    pub struct RelEventReason(u32) {
        Unknown = 0 => "Unknown",
        LogAction = 1 => "Log Action",
        PolicyDiscard = 2 => "Policy Discard",
        ValidationFail = 4 => "Validation Fail",
        MalformedPacket = 8 => "Malformed Packet",
    }
}

/// What a TLV holds. One that does not have the form of its type is [`RelValue::Unknown`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RelValue<'a> {
    /// The BGP message whose NLRIs the event is about.
    BgpMessage(&'a [u8]),
    /// NLRI indexes of a group.
    Group(List<'a, Index>),
    /// What happened.
    EventReason(RelEventReason),
    /// A text: what discarded the routes, most often a policy and its statement.
    PolicyDiscard(&'a str),
    /// Any other; the drafts differ in the values of most.
    Unknown(&'a [u8]),
}

impl<'a> RelValue<'a> {
    /// The value of a TLV of Route Event Logging.
    #[must_use]
    pub fn of(tlv: &IndexedTlv<'a>) -> Self {
        let value = tlv.tlv.value;
        let known = match (tlv.tlv.owner, RelTlvType(tlv.tlv.kind)) {
            (Owner::Iana, RelTlvType::BgpMessage) => Some(Self::BgpMessage(value)),
            (Owner::Iana, RelTlvType::Group) if value.len() >= 4 => {
                List::parse(Reader::new(value)).ok().map(Self::Group)
            }
            (Owner::Iana, RelTlvType::EventReason) => value
                .try_into()
                .ok()
                .map(|code| Self::EventReason(RelEventReason(u32::from_be_bytes(code)))),
            (Owner::Iana, RelTlvType::PolicyDiscard) => {
                std::str::from_utf8(value).ok().map(Self::PolicyDiscard)
            }
            _ => None,
        };
        known.unwrap_or(Self::Unknown(value))
    }

    fn describe(&self, fields: &mut dyn Fields) {
        match self {
            Self::BgpMessage(octets) => fields.octets("bgp_message", octets),
            Self::Group(members) => members.describe("group", fields),
            Self::EventReason(reason) => fields.text("event_reason", reason),
            Self::PolicyDiscard(text) => fields.text("policy_discard", text),
            Self::Unknown(octets) => fields.octets("value", octets),
        }
    }
}

/// The parts of a Route Event Logging message.
#[derive(Debug, Clone, Copy)]
pub struct RouteEventLog<'a> {
    /// Per-peer header, for [`PeerHeader::of`](crate::bmp::PeerHeader::of). Of its flags only V and
    /// A have a meaning.
    pub peer: &'a [u8; PER_PEER_HEADER_LEN],
    /// Event type; `None` where TLVs follow the per-peer header at once.
    pub event_type: Option<RelEventType>,
    /// The TLVs, in order.
    pub tlvs: List<'a, IndexedTlv<'a>>,
}

impl<'a> RouteEventLog<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or a TLV is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = body.chunk("per-peer header")?;
        let mut rest = body;
        let event_type = rest.u8("Event Type").map(RelEventType);
        let sound = List::parse(rest);
        // Which of the two it is, the lengths of the TLVs say.
        match (event_type, sound, List::parse(body)) {
            (Ok(event_type), Ok(tlvs), _) => Ok(Self { peer, event_type: Some(event_type), tlvs }),
            (_, _, Ok(tlvs)) => Ok(Self { peer, event_type: None, tlvs }),
            (_, Err(error), Err(_)) | (Err(error), _, Err(_)) => Err(error),
        }
    }

    /// Appends the body.
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.peer);
        out.extend(self.event_type.map(|kind| kind.0));
        self.tlvs.encode(out);
    }

    /// Appends the whole message, with its common header: of version 4, and of the type that the
    /// router uses for it, for none is assigned yet.
    pub fn encode(&self, kind: MessageType, out: &mut Vec<u8>) {
        message(out, kind.0, |out| self.encode_body(out));
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        fields.octets("per_peer_header", self.peer);
        if let Some(event_type) = self.event_type {
            fields.text("event_type", &event_type);
        }
        fields.list("tlvs", &mut |fields| {
            for tlv in self.tlvs.iter() {
                fields.group("", &mut |fields| {
                    if tlv.tlv.owner == Owner::Iana {
                        fields.text("type", &RelTlvType(tlv.tlv.kind));
                    } else {
                        tlv.tlv.describe_type(fields);
                    }
                    tlv.index.describe_as("index", fields);
                    RelValue::of(&tlv).describe(fields);
                });
            }
        });
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic)]
mod tests {
    use super::*;
    use crate::bmp::v4::Tlv;
    use crate::wire::{Items, Outline};

    fn tlv(kind: u16, value: &[u8]) -> IndexedTlv<'_> {
        IndexedTlv { index: Index::ALL, tlv: Tlv::new(kind, value) }
    }

    fn written(body: &[u8]) -> Option<(Vec<u8>, Option<u8>, usize)> {
        let log = RouteEventLog::parse(Reader::new(body)).ok()?;
        let mut out = Vec::new();
        log.encode_body(&mut out);
        Some((out, log.event_type.map(|kind| kind.0), log.tlvs.iter().count()))
    }

    #[test]
    fn the_event_type_may_be_missing() {
        let items = Items::of([tlv(5, &[0, 0, 0, 2]), tlv(7, b"POL,10"), tlv(99, &[7])]);
        let old = [&[0; 42][..], items.octets()].concat();
        let new = [&[0; 42][..], &[1], items.octets()].concat();
        assert_eq!(written(&old), Some((old.clone(), None, 3)));
        assert_eq!(written(&new), Some((new.clone(), Some(1), 3)));
        let log = RouteEventLog::parse(Reader::new(&new)).unwrap();
        let said = Outline::of(|fields| log.describe(fields));
        assert!(
            said.ends_with(
                "event_type=routing tlvs=[{type=Event Reason index=0 event_reason=Policy Discard}, \
                 {type=Policy Discard index=0 policy_discard=POL,10}, {type=99 index=0 value=07}]"
            ),
            "{said}"
        );
    }

    #[test]
    fn what_is_read_is_written_back() {
        let items = Items::of([tlv(5, &[0, 0, 0, 8]), tlv(2, &[0, 1, 0, 2]), tlv(4, &[1])]);
        let message = [&[0; 42][..], &[2], items.octets()].concat();
        for at in 0..message.len() {
            for octet in [0, 1, 2, 0x80, 0xff] {
                let mut like = message.clone();
                like[at] = octet;
                for body in [&like[..], &like[..at]] {
                    if let Some((out, ..)) = written(body) {
                        assert_eq!(out, body);
                    }
                }
            }
        }
    }
}
