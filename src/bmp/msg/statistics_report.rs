//! Statistics Report: per-peer header · count(4) · TLVs of type(2) · length(2) · value
//! (RFC 7854 §4.8, RFC 8671 §6.2, RFC 9972).

use crate::bgp::encode::counted16;
use crate::bmp::{MessageType, PeerHeader, encode};
use crate::wire::{Family, Fields, Item, Items, Reader, WireError, open_enum};

open_enum! {
    /// Statistics types (RFC 7854 §4.8, RFC 8671 §6.2, RFC 9972 §3). 24 and 25 are not assigned,
    /// 65531–65534 are for experiments. All others are kept with their octets.
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
        AdjRibInPre = 18 => "Number of routes currently in pre-policy Adj-RIB-In",
        AdjRibInPrePerFamily = 19 => "Number of routes currently in per-AFI/SAFI pre-policy Adj-RIB-In",
        AdjRibInPost = 20 => "Number of routes currently in post-policy Adj-RIB-In",
        AdjRibInPostPerFamily = 21 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In",
        RejectedPerFamily = 22 => "Number of routes currently in per-AFI/SAFI pre-policy Adj-RIB-In rejected by inbound policy",
        AcceptedPerFamily = 23 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In accepted by inbound policy",
        DampedPerFamily = 26 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In or Loc-RIB suppressed by configured route damping policy",
        StalePerFamily = 27 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In or Loc-RIB marked as stale by GR events",
        LongLivedStalePerFamily = 28 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In or Loc-RIB marked as stale by LLGR",
        BeforeThreshold = 29 => "Number of routes currently in post-policy Adj-RIB-In left before exceeding the received route threshold",
        BeforeThresholdPerFamily = 30 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In left before exceeding the received route threshold",
        BeforeLicense = 31 => "Number of routes currently in post-policy Adj-RIB-In or Loc-RIB left before exceeding a license-customized route threshold",
        BeforeLicensePerFamily = 32 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In or Loc-RIB left before exceeding a license-customized route threshold",
        AsPathTooLong = 33 => "Number of routes currently in pre-policy Adj-RIB-In rejected due to exceeding the locally configured maximum AS_PATH length",
        AsPathTooLongPerFamily = 34 => "Number of routes currently in per-AFI/SAFI pre-policy Adj-RIB-In rejected due to exceeding the locally configured maximum AS_PATH length",
        RpkiInvalidPerFamily = 35 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In invalidated after verifying route origin AS number through the ROA of RPKI",
        RpkiValidPerFamily = 36 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In validated after verifying route origin AS number through the ROA of RPKI",
        RpkiNotFoundPerFamily = 37 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-In whose RPKI route origin validation state is NotFound",
        OutRejectedPerFamily = 38 => "Number of routes currently in per-AFI/SAFI pre-policy Adj-RIB-Out rejected by outbound policy",
        OutAsPathTooLong = 39 => "Number of routes currently in pre-policy Adj-RIB-Out filtered due to AS_PATH length exceeding the locally configured maximum",
        OutAsPathTooLongPerFamily = 40 => "Number of routes currently in per-AFI/SAFI pre-policy Adj-RIB-Out filtered due to AS_PATH length exceeding the locally configured maximum",
        OutRpkiInvalidPerFamily = 41 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-Out invalidated after verifying route origin AS number through the ROA of RPKI",
        OutRpkiValidPerFamily = 42 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-Out validated after verifying route origin AS number through the ROA of RPKI",
        OutRpkiNotFoundPerFamily = 43 => "Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-Out whose RPKI route origin validation state is NotFound",
    }
}

/// The form that the registry gives a statistic's value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatisticForm {
    /// A 32-bit counter.
    Counter,
    /// A 64-bit gauge.
    Gauge,
    /// A 64-bit gauge of one family.
    FamilyGauge,
}

impl StatisticType {
    /// The form of its values, if the type is assigned.
    #[must_use]
    pub fn form(self) -> Option<StatisticForm> {
        match self.0 {
            0..=6 | 11..=13 => Some(StatisticForm::Counter),
            7 | 8 | 14 | 15 | 18 | 20 | 29 | 31 | 33 | 39 => Some(StatisticForm::Gauge),
            9 | 10 | 16 | 17 | 19 | 21..=23 | 26..=28 | 30 | 32 | 34..=38 | 40..=43 => {
                Some(StatisticForm::FamilyGauge)
            }
            _ => None,
        }
    }
}

/// A statistic's value, read by its length.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatisticValue<'a> {
    /// 4 octets: a counter.
    Counter(u32),
    /// 8 octets: a gauge.
    Gauge(u64),
    /// 11 octets: AFI(2) · SAFI(1) · gauge(8).
    FamilyGauge(Family, u64),
    /// Any other length.
    Octets(&'a [u8]),
}

impl<'a> StatisticValue<'a> {
    /// The longest value that is no [`StatisticValue::Octets`].
    const LEN_MAX: usize = 11;

    /// The value in these octets.
    #[must_use]
    pub fn of(octets: &'a [u8]) -> Self {
        if let Ok(number) = octets.try_into() {
            return Self::Counter(u32::from_be_bytes(number));
        }
        if let Ok(number) = octets.try_into() {
            return Self::Gauge(u64::from_be_bytes(number));
        }
        if let &[a, b, safi, ref number @ ..] = octets
            && let Ok(number) = number.try_into()
        {
            let family = Family::new(u16::from_be_bytes([a, b]), safi);
            return Self::FamilyGauge(family, u64::from_be_bytes(number));
        }
        Self::Octets(octets)
    }

    /// Calls `with` with the octets of the value.
    pub fn with_octets<T>(&self, with: impl FnOnce(&[u8]) -> T) -> T {
        match *self {
            Self::Counter(number) => with(&number.to_be_bytes()),
            Self::Gauge(number) => with(&number.to_be_bytes()),
            Self::FamilyGauge(family, number) => {
                let [a, b] = family.afi.to_be_bytes();
                let mut octets = [0; Self::LEN_MAX];
                octets[..3].copy_from_slice(&[a, b, family.safi]);
                octets[3..].copy_from_slice(&number.to_be_bytes());
                with(&octets)
            }
            Self::Octets(octets) => with(octets),
        }
    }

    fn form(&self) -> Option<StatisticForm> {
        match self {
            Self::Counter(_) => Some(StatisticForm::Counter),
            Self::Gauge(_) => Some(StatisticForm::Gauge),
            Self::FamilyGauge(..) => Some(StatisticForm::FamilyGauge),
            Self::Octets(_) => None,
        }
    }
}

/// One counter or gauge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statistic<'a> {
    /// Type.
    pub kind: StatisticType,
    /// Value.
    pub value: StatisticValue<'a>,
}

impl<'a> Statistic<'a> {
    /// A statistic of any type and value.
    #[must_use]
    pub const fn new(kind: StatisticType, value: StatisticValue<'a>) -> Self {
        Self { kind, value }
    }

    /// Whether the value has the length that the type asks for. That of a type which is not
    /// assigned has any.
    #[must_use]
    pub fn is_well_formed(&self) -> bool {
        self.kind.form().is_none() || self.kind.form() == self.value.form()
    }

    /// The family, where the value has one and the right length.
    #[must_use]
    pub fn family(&self) -> Option<Family> {
        match self.value {
            StatisticValue::FamilyGauge(family, _) if self.is_well_formed() => Some(family),
            _ => None,
        }
    }

    /// The number, where the value has the right length.
    #[must_use]
    pub fn number(&self) -> Option<u64> {
        match self.value {
            _ if !self.is_well_formed() => None,
            StatisticValue::Counter(number) => Some(number.into()),
            StatisticValue::Gauge(n) | StatisticValue::FamilyGauge(_, n) => Some(n),
            StatisticValue::Octets(_) => None,
        }
    }
}

impl<'a> Item<'a> for Statistic<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let kind = StatisticType(r.u16("Stat Type")?);
        let len = r.u16("Stat Len")?;
        let value = r.take("Stat Data", len.into())?;
        Ok(Self { kind, value: StatisticValue::of(value) })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.kind.0.to_be_bytes());
        self.value.with_octets(|octets| counted16(out, |out| out.extend_from_slice(octets)));
    }

    /// A number of the length that an assigned type asks for stands alone; else the octets stand
    /// beside it.
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("statistic", &mut |fields| {
            fields.text("type", &self.kind);
            if let Some(family) = self.family() {
                fields.number("afi", family.afi.into());
                fields.number("safi", family.safi.into());
            }
            if let Some(number) = self.number() {
                fields.number("number", number);
            }
            if self.number().is_none() || self.kind.form().is_none() {
                self.value.with_octets(|octets| fields.octets("value", octets));
            }
        });
    }
}

/// The parts of a Statistics Report.
#[derive(Debug, Clone, Copy)]
pub struct StatisticsReport<'a> {
    /// Per-peer header.
    pub peer: PeerHeader,
    /// How many statistics the message claims to hold.
    pub count: u32,
    /// The octets after the count: statistics, the last of which may be cut short, or more than
    /// the message claims.
    pub statistics: Reader<'a>,
}

impl<'a> StatisticsReport<'a> {
    /// A report of the statistics that were put together as items.
    #[must_use]
    pub fn new(peer: PeerHeader, statistics: &'a Items) -> Self {
        let all = Self { peer, count: u32::MAX, statistics: Reader::new(statistics.octets()) };
        let count = u32::try_from(all.iter().count()).unwrap_or(u32::MAX);
        Self { count, ..all }
    }

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
    pub fn of(peer: PeerHeader, mut after: Reader<'a>) -> Result<Self, WireError> {
        let count = after.u32("Stats Count")?;
        Ok(Self { peer, count, statistics: after })
    }

    /// The next statistic at or after `offset` octets of the list, and the offset of the one after
    /// it. `None` at the end: when what is left is no whole statistic.
    ///
    /// A length that is wrong for its type is skipped by that length and its number is `None`.
    #[must_use]
    pub fn at(&self, offset: usize) -> Option<(Statistic<'a>, usize)> {
        let mut r = Reader::at(self.statistics.peek().get(offset..)?, offset);
        let statistic = Statistic::parse(&mut r).ok()?;
        Some((statistic, r.offset()))
    }

    /// The whole statistics, in order, up to the claimed count.
    pub fn iter(&self) -> impl Iterator<Item = Statistic<'a>> + use<'a> {
        let (report, mut offset, mut seen) = (*self, 0, 0);
        std::iter::from_fn(move || {
            let (statistic, next) = report.at(offset).filter(|_| seen < report.count)?;
            (offset, seen) = (next, seen + 1);
            Some(statistic)
        })
    }

    /// What is wrong when the list holds fewer whole statistics than the message claims. Those that
    /// it holds are sound.
    #[must_use]
    pub fn cut(&self) -> Option<WireError> {
        let (seen, offset) = self.walk();
        let left = self.statistics.len() - offset;
        let at = self.statistics.offset() + offset;
        (seen < self.count).then(|| WireError::short("Stat TLV", at, left + 1, left))
    }

    /// How many statistics of those claimed are whole, and the offset after them.
    fn walk(&self) -> (u32, usize) {
        let (mut seen, mut offset) = (0, 0);
        while seen < self.count
            && let Some((_, next)) = self.at(offset)
        {
            (seen, offset) = (seen + 1, next);
        }
        (seen, offset)
    }

    /// Appends the whole message, with its common header.
    pub fn encode(&self, out: &mut Vec<u8>) {
        encode::message(out, MessageType::StatisticsReport.0, |out| {
            self.peer.encode(out);
            out.extend_from_slice(&self.count.to_be_bytes());
            out.extend_from_slice(self.statistics.peek());
        });
    }

    /// Describes the message.
    pub fn describe(&self, fields: &mut dyn Fields) {
        self.peer.describe(fields);
        fields.number("count", self.count.into());
        fields.list("statistics", &mut |fields| {
            self.iter().for_each(|statistic| statistic.describe(fields));
        });
        let (_, end) = self.walk();
        match self.statistics.peek().get(end..) {
            Some(extra) if !extra.is_empty() => fields.octets("extra", extra),
            _ => {}
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::wire::Outline;

    /// The octets of a report that claims `count` statistics.
    fn octets(count: u8, statistics: &[&[u8]]) -> Vec<u8> {
        [&[0; 42], &[0, 0, 0, count][..], &statistics.concat()].concat()
    }

    #[test]
    fn lengths_decide_what_a_value_means_and_where_the_next_begins() {
        let b = octets(
            9,
            &[
                &[0, 0, 0, 4, 0, 0, 0, 12],
                &[0, 7, 0, 3, 1, 2, 3], // wrong length: skipped by it
                &[0, 9, 0, 11, 0, 2, 128, 0, 0, 0, 0, 0, 0, 0, 5],
                &[0, 43, 0, 11, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0],
                &[0, 7, 0, 4, 0, 0, 0, 1], // a counter where a gauge should be
                &[255, 251, 0, 8, 0, 0, 0, 0, 0, 0, 0, 6],
                &[255, 251, 0, 0],
                &[0, 1, 0, 4, 0], // cut short
            ],
        );
        let s = StatisticsReport::parse(Reader::new(&b)).unwrap();
        let want_at = b.len() - 5;
        assert_eq!(s.cut().map(|e| (e.what, e.offset)), Some(("Stat TLV", want_at)));
        let seen: Vec<_> = s.iter().map(|s| (s.kind.0, s.family(), s.number())).collect();
        assert_eq!(
            seen,
            [
                (0, None, Some(12)),
                (7, None, None),
                (9, Some(Family::IPV6_VPN), Some(5)),
                (43, Some(Family::IPV4_UNICAST), Some(256)),
                (7, None, None),
                (65531, None, Some(6)),
                (65531, None, None),
            ]
        );
        let said = Outline::of(|fields| s.describe(fields));
        let (_, said) = said.split_once("} ").unwrap();
        assert_eq!(
            said,
            "count=9 statistics=[\
             {type=Number of prefixes rejected by inbound policy number=12}, \
             {type=Number of routes in Adj-RIBs-In value=010203}, \
             {type=Number of routes in per-AFI/SAFI Adj-RIB-In afi=2 safi=128 number=5}, \
             {type=Number of routes currently in per-AFI/SAFI post-policy Adj-RIB-Out whose RPKI \
             route origin validation state is NotFound afi=1 safi=1 number=256}, \
             {type=Number of routes in Adj-RIBs-In value=00000001}, \
             {type=65531 number=6 value=0000000000000006}, {type=65531 value=}] extra=0001000400"
        );
        let mut out = Vec::new();
        s.encode(&mut out);
        assert_eq!(out[6..], b);
    }

    #[test]
    fn every_type_with_a_name_has_a_form_and_no_other_has() {
        for kind in 0..=u16::MAX {
            let kind = StatisticType(kind);
            assert_eq!(kind.form().is_some(), kind.name().is_some(), "{kind:?}");
            let per_family = kind.name().is_some_and(|name| name.contains("per-AFI/SAFI"));
            assert_eq!(kind.form() == Some(StatisticForm::FamilyGauge), per_family, "{kind:?}");
        }
    }

    #[test]
    fn more_statistics_than_claimed_are_kept_and_not_counted() {
        let b = octets(1, &[&[0, 0, 0, 4, 0, 0, 0, 1], &[0, 1, 0, 4, 0, 0, 0, 2]]);
        let s = StatisticsReport::parse(Reader::new(&b)).unwrap();
        assert_eq!((s.iter().count(), s.cut()), (1, None));
        assert!(Outline::of(|fields| s.describe(fields)).ends_with(" extra=0001000400000002"));
    }
}
