//! Route Monitoring of version 4: per-peer header · indexed TLVs, one of which holds the BGP
//! message (draft-ietf-grow-bmp-tlv-20 §5.2).

use super::{Index, IndexedTlv, Owner, Profile, RmTlv, RmValue, StatelessParsing, message};
use crate::bgp::Header;
use crate::bmp::msg::route_monitoring::RouteMonitoring as OfVersion3;
use crate::bmp::{MessageType, PER_PEER_HEADER_LEN, PeerHeader};
use crate::wire::{Fields, Item, List, Reader, WireError};

/// The parts of a Route Monitoring message.
#[derive(Debug, Clone, Copy)]
pub struct RouteMonitoring<'a> {
    /// Per-peer header, for [`PeerHeader::of`](crate::bmp::PeerHeader::of).
    pub peer: &'a [u8; PER_PEER_HEADER_LEN],
    /// The TLVs, in order.
    pub tlvs: List<'a, IndexedTlv<'a>>,
    /// Offset of the first TLV.
    pub tlvs_offset: usize,
}

impl<'a> RouteMonitoring<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or a TLV is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = body.chunk("per-peer header")?;
        Ok(Self { peer, tlvs: List::parse(body)?, tlvs_offset: body.offset() })
    }

    /// Appends the body.
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.peer);
        self.tlvs.encode(out);
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::RouteMonitoring.0, |out| self.encode_body(out));
    }

    /// The TLVs with the offset of each one's first octet.
    pub fn tlvs_at(&self) -> impl Iterator<Item = (usize, IndexedTlv<'a>)> + use<'a> {
        let mut left = Reader::at(self.tlvs.octets(), self.tlvs_offset);
        std::iter::from_fn(move || {
            let at = left.offset();
            match left.is_empty() {
                true => None,
                false => IndexedTlv::parse(&mut left).ok().map(|tlv| (at, tlv)),
            }
        })
    }

    /// The value of the TLV with the BGP message.
    ///
    /// # Errors
    /// There is none, or more than one.
    pub fn bgp_message(&self, profile: Profile) -> Result<Reader<'a>, WireError> {
        let number = profile.number(RmTlv::BgpMessage);
        let is_it =
            |tlv: &IndexedTlv<'_>| tlv.tlv.owner == Owner::Iana && Some(tlv.tlv.kind) == number;
        let mut found = self.tlvs_at().filter(|(_, tlv)| is_it(tlv));
        match (found.next(), found.next()) {
            // Type, length and index stand before a value of IANA's.
            (Some((at, tlv)), None) => Ok(Reader::at(tlv.tlv.value, at + 6)),
            (Some(_), Some((at, tlv))) => {
                Err(WireError::invalid("second BGP Message TLV", at, tlv.tlv.kind.into()))
            }
            (None, _) => Err(self.without_bgp_message()),
        }
    }

    /// There is no TLV with a BGP message, or not one that can be told.
    pub(super) fn without_bgp_message(&self) -> WireError {
        WireError::short("BGP Message TLV", self.tlvs_offset + self.tlvs.octets().len(), 1, 0)
    }

    /// The message as if it were one of version 3: its per-peer header and the BGP message.
    ///
    /// # Errors
    /// There is not exactly one TLV with a BGP message, or its header makes no sense.
    pub fn as_version_3(&self, profile: Profile) -> Result<OfVersion3<'a>, WireError> {
        let mut pdu = self.bgp_message(profile)?;
        let pdu_offset = pdu.offset();
        let bgp = Header::parse(&mut pdu)?;
        Ok(OfVersion3 { peer: self.peer, bgp, pdu_offset, extra: pdu })
    }

    /// The capabilities with which the BGP message is to be read: of the TLVs with index 0, for a
    /// message is read as a whole.
    pub fn stateless_parsing(
        &self,
        profile: Profile,
    ) -> impl Iterator<Item = StatelessParsing<'a>> + use<'a> {
        let of_all = self.tlvs.iter().filter(|tlv| tlv.index == Index::ALL);
        of_all.filter_map(move |tlv| match tlv.value(profile) {
            RmValue::StatelessParsing(capability) => Some(capability),
            _ => None,
        })
    }

    /// The sequence number, if one is told.
    #[must_use]
    pub fn sequence(&self, profile: Profile) -> Option<u64> {
        profile.number(RmTlv::Sequence)?;
        self.tlvs.iter().find_map(|tlv| match tlv.value(profile) {
            RmValue::Sequence(number) => Some(number),
            _ => None,
        })
    }

    /// Describes the TLVs, by the numbers of `profile`.
    pub fn describe(&self, profile: Profile, fields: &mut dyn Fields) {
        PeerHeader::of(self.peer).describe(fields);
        fields.list("tlvs", &mut |fields| {
            self.tlvs.iter().for_each(|tlv| tlv.describe_by(profile, fields));
        });
    }
}
