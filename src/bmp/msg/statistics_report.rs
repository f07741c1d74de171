//! Statistics Report: per-peer header · count(4) · TLVs of type(2) · length(2) · value
//! (RFC 7854 §4.8, RFC 8671 §6.2).

use crate::bmp::PeerHeader;
use crate::wire::{Family, Reader, WireError, open_enum};

open_enum! {
    /// Statistics types (RFC 7854 §4.8, RFC 8671 §6.2). All others are kept with their octets.
    pub struct StatisticType(u16) {
        RejectedPrefixes = 0 => "Number of prefixes rejected by inbound policy",
        DuplicateAdvertisements = 1 => "Number of (known) duplicate prefix advertisements",
        DuplicateWithdraws = 2 => "Number of (known) duplicate withdraws",
        ClusterListLoop = 3 => "Number of updates invalidated due to CLUSTER_LIST loop",
        AsPathLoop = 4 => "Number of updates invalidated due to AS_PATH loop",
        OriginatorId = 5 => "Number of updates invalidated due to ORIGINATOR_ID",
        AsConfedLoop = 6 => "Number of updates invalidated due to AS_CONFED loop",
        AdjRibIn = 7 => "Number of routes in Adj-RIBs-In",
        LocRib = 8 => "Number of routes in Loc-RIB",
        AdjRibInPerFamily = 9 => "Number of routes in per-AFI/SAFI Adj-RIB-In",
        LocRibPerFamily = 10 => "Number of routes in per-AFI/SAFI Loc-RIB",
        TreatAsWithdrawUpdates = 11 => "Number of updates subjected to treat-as-withdraw",
        TreatAsWithdrawPrefixes = 12 => "Number of prefixes subjected to treat-as-withdraw",
        DuplicateUpdates = 13 => "Number of duplicate update messages received",
        AdjRibOutPre = 14 => "Number of routes in Adj-RIBs-Out Pre-Policy",
        AdjRibOutPost = 15 => "Number of routes in Adj-RIBs-Out Post-Policy",
        AdjRibOutPrePerFamily = 16 => "Number of routes in per-AFI/SAFI Adj-RIB-Out Pre-Policy",
        AdjRibOutPostPerFamily = 17 => "Number of routes in per-AFI/SAFI Adj-RIB-Out Post-Policy",
    }
}

/// One counter or gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistic<'a> {
    /// Type.
    pub kind: StatisticType,
    /// The family, where the type has one and the length is right.
    pub family: Option<Family>,
    /// The number, where the type is known and the length is right.
    pub number: Option<u64>,
    /// The value as received.
    pub value: &'a [u8],
}

/// The parts of a Statistics Report.
#[derive(Debug, Clone, Copy)]
pub struct StatisticsReport<'a> {
    /// Per-peer header.
    pub peer: PeerHeader,
    /// How many statistics the message claims to hold.
    pub count: u32,
    left: Reader<'a>,
}

impl<'a> StatisticsReport<'a> {
    /// Reads the body of the message.
    ///
    /// # Errors
    /// The per-peer header or the count is cut short.
    pub fn parse(mut body: Reader<'a>) -> Result<Self, WireError> {
        let peer = PeerHeader::parse(&mut body)?;
        Self::of(peer, body)
    }

    /// Reads what follows the per-peer header.
    ///
    /// # Errors
    /// The count is cut short.
    pub fn of(peer: PeerHeader, mut stats: Reader<'a>) -> Result<Self, WireError> {
        let count = stats.u32("Stats Count")?;
        Ok(Self { peer, count, left: stats })
    }

    /// The next statistic at or after `offset` octets of the list, and the offset of the one after
    /// it. `None` at the end: when the claimed count is reached, or what is left is no whole
    /// statistic.
    ///
    /// A length that is wrong for its type is skipped by that length and its number is `None`.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<(Statistic<'a>, usize)> {
        let mut r = Reader::at(self.left.peek().get(offset..)?, offset);
        let kind = StatisticType(r.u16("Stat Type").ok()?);
        let len = r.u16("Stat Len").ok()?;
        let value = r.take("Stat Data", len.into()).ok()?;
        let (family, number) = interpret(kind, value);
        Some((Statistic { kind, family, number, value }, r.offset()))
    }

    /// What is wrong when the list holds fewer whole statistics than the message claims. Those that
    /// it holds are sound.
    #[must_use]
    pub fn cut(&self) -> Option<WireError> {
        let mut offset = 0;
        for _ in 0..self.count {
            match self.at(offset) {
                Some((_, next)) => offset = next,
                None => {
                    let left = self.left.len() - offset;
                    let at = self.left.offset() + offset;
                    return Some(WireError::short("Stat TLV", at, left + 1, left));
                }
            }
        }
        None
    }
}

/// Family and number of a known statistic of the right length.
fn interpret(kind: StatisticType, value: &[u8]) -> (Option<Family>, Option<u64>) {
    match (kind.0, value) {
        (0..=6 | 11..=13, &[a, b, c, d]) => (None, Some(u32::from_be_bytes([a, b, c, d]).into())),
        (7 | 8 | 14 | 15, v) => (None, v.try_into().ok().map(u64::from_be_bytes)),
        (9 | 10 | 16 | 17, &[a, b, safi, ref number @ ..]) => {
            let number: Option<[u8; 8]> = number.try_into().ok();
            let family = Family::new(u16::from_be_bytes([a, b]), safi);
            (number.map(|_| family), number.map(u64::from_be_bytes))
        }
        _ => (None, None),
    }
}

pub(super) fn check(body: Reader<'_>) -> Result<(), WireError> {
    StatisticsReport::parse(body).map(drop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn lengths_decide_what_a_value_means_and_where_the_next_begins() {
        let mut b = vec![0; 42];
        b.extend([0, 0, 0, 9]);
        b.extend([0, 0, 0, 4, 0, 0, 0, 12]);
        b.extend([0, 7, 0, 3, 1, 2, 3]); // wrong length: skipped by it
        b.extend([0, 9, 0, 11, 0, 2, 128, 0, 0, 0, 0, 0, 0, 0, 5]);
        b.extend([255, 251, 0, 0]);
        b.extend([0, 1, 0, 4, 0]); // cut short
        let s = StatisticsReport::parse(Reader::new(&b)).unwrap();
        let mut at = 0;
        let mut seen = vec![];
        assert_eq!(s.cut().map(|e| (e.what, e.offset)), Some(("Stat TLV", 46 + 8 + 7 + 15 + 4)));
        while let Some((stat, next)) = s.at(at) {
            seen.push((stat.kind.0, stat.family, stat.number));
            at = next;
        }
        assert_eq!(
            seen,
            [
                (0, None, Some(12)),
                (7, None, None),
                (9, Some(Family::IPV6_VPN), Some(5)),
                (65531, None, None)
            ]
        );
    }
}
