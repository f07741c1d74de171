//! `bmp_stat`: the statistics of types 0 to 8; there are no fields for others.

use super::fields::{fields, row};
use super::peer::{About, Peer};
use super::values;
use crate::bmp::msg::statistics_report::StatisticsReport;
use crate::output::format::text;

fields! {
    enum Field[17] {
        Action, Seq, RouterHash, RouterIp, PeerHash, PeerIp, PeerAsn, Timestamp, RejectedPrefixes,
        KnownDupPrefixes, KnownDupWithdraws, InvalidClusterList, InvalidAsPath,
        InvalidOriginatorId, InvalidAsConfed, PrefixesPrePolicy, PrefixesPostPolicy,
    }
}

/// Appends a row.
pub(super) fn write(
    rows: &mut Vec<u8>,
    report: &StatisticsReport<'_>,
    seq: u64,
    peer: &Peer,
    about: About<'_>,
) {
    let mut counters = [0_u64; 9];
    for statistic in report.iter() {
        let counter = counters.get_mut(usize::from(statistic.kind.0));
        if let (Some(counter), Some(number)) = (counter, statistic.number()) {
            *counter = number;
        }
    }
    let first = Field::RejectedPrefixes as usize;
    row(rows, &Field::ALL, |field, out| match field {
        Field::Action => out.extend_from_slice(b"add"),
        Field::Seq => text::number(out, seq),
        Field::RouterHash => out.extend_from_slice(&about.router.hex()),
        Field::RouterIp => out.extend_from_slice(about.router_ip.as_bytes()),
        Field::PeerHash => out.extend_from_slice(&peer.id.hex()),
        Field::PeerIp => values::ip(out, peer.address),
        Field::PeerAsn => text::number(out, report.peer.asn),
        Field::Timestamp => values::time(out, about.at),
        _ => {
            let counter = counters.get((field as usize).wrapping_sub(first)).copied();
            let max = if about.cleaner.sql_safe { i64::MAX as u64 } else { u64::MAX };
            text::number(out, counter.unwrap_or_default().min(max));
        }
    });
}
