//! `base_attribute`: the path attributes that the routes of an UPDATE share.

use super::fields::Field::{All, Hash, Seq};
use super::fields::{Field, Shared::*};

/// Of no route's own.
#[derive(Debug, Clone, Copy)]
pub(super) enum Nothing {}

/// The fields of a row.
pub(super) const FIELDS: [Field<Nothing>; 24] = [
    All(Action),
    Seq,
    Hash,
    All(RouterHash),
    All(RouterIp),
    All(PeerHash),
    All(PeerIp),
    All(PeerAsn),
    All(Timestamp),
    All(Origin),
    All(AsPath),
    All(AsPathCount),
    All(OriginAs),
    All(NextHop),
    All(Med),
    All(LocalPref),
    All(Aggregator),
    All(Communities),
    All(ExtCommunities),
    All(ClusterList),
    All(IsAtomicAgg),
    All(IsNextHopIpv4),
    All(OriginatorId),
    All(LargeCommunities),
];
