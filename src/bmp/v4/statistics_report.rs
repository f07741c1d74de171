//! Statistics Report of version 4: per-peer header · TLVs, the first of which holds the count and
//! the statistics (draft-ietf-grow-bmp-tlv-20 §5.4). Before -20 the body was that of version 3.

use super::{Tlv, message};
use crate::bmp::msg::statistics_report::StatisticsReport as OfVersion3;
use crate::bmp::{MessageType, PER_PEER_HEADER_LEN, PeerHeader};
use crate::wire::{Fields, Item, List, Reader, WireError};

/// The type of the TLV that holds the statistics.
pub const STATS_TLV: u16 = 1;

/// The parts of a Statistics Report.
#[derive(Debug, Clone, Copy)]
pub struct StatisticsReport<'a> {
    /// Per-peer header, for [`PeerHeader::of`].
    pub peer: &'a [u8; PER_PEER_HEADER_LEN],
    /// Count and statistics: the value of the Stats TLV, or the whole body where there is none.
    pub stats: Reader<'a>,
    /// The TLVs that follow the Stats TLV, in order; `None` for a body like that of version 3.
    pub tlvs: Option<List<'a, Tlv<'a>>>,
    /// What follows the last whole TLV; none when the router keeps to the standard.
    pub rest: Reader<'a>,
}

impl<'a> StatisticsReport<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or the Stats TLV is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = body.chunk("per-peer header")?;
        // As a count, the type of the Stats TLV would be that of 65,536 statistics or more.
        let mut after = body;
        match after.array("Stats TLV") {
            Ok([a, b, c, d]) if u16::from_be_bytes([a, b]) == STATS_TLV => {
                let stats = after.sub("Stats TLV", u16::from_be_bytes([c, d]).into())?;
                let (tlvs, rest) = List::split(after);
                Ok(Self { peer, stats, tlvs: Some(tlvs), rest })
            }
            _ => Ok(Self { peer, stats: body, tlvs: None, rest: Reader::EMPTY }),
        }
    }

    /// What is wrong with the TLV that follows the last whole one, if there is such. The statistics
    /// are as good as ever.
    #[must_use]
    pub fn cut(&self) -> Option<WireError> {
        Tlv::wrong(self.rest)
    }

    /// Appends the body.
    pub fn encode_body(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.peer);
        match self.tlvs {
            None => out.extend_from_slice(self.stats.peek()),
            Some(tlvs) => {
                Tlv::new(STATS_TLV, self.stats.peek()).encode(out);
                tlvs.encode(out);
                out.extend_from_slice(self.rest.peek());
            }
        }
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        message(out, MessageType::StatisticsReport.0, |out| self.encode_body(out));
    }

    /// The message as if it were one of version 3, without its TLVs.
    ///
    /// # Errors
    /// The count is cut short.
    pub fn as_version_3(&self) -> Result<OfVersion3<'a>, WireError> {
        OfVersion3::of(PeerHeader::of(self.peer), self.stats)
    }

    /// Says what it holds.
    pub fn describe(&self, fields: &mut dyn Fields) {
        PeerHeader::of(self.peer).describe(fields);
        fields.octets("stats", self.stats.peek());
        if let Some(tlvs) = self.tlvs {
            tlvs.describe("tlvs", fields);
        }
        if !self.rest.is_empty() {
            fields.octets("extra", self.rest.peek());
        }
    }
}
