//! `unicast_prefix`: IPv4 and IPv6 unicast routes, with labels and without.

use super::super::ids::Id;
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Hash, Own, Seq};
use super::fields::Shared::*;
use super::route::{Route, prefix_address};
use super::values::{Cleaner, flag};
use crate::bgp::nlri::LabelStack;
use crate::output::format::text;
use crate::wire::Prefix;

/// A route.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnicastPrefix<'a> {
    pub(super) path_id: Option<u32>,
    pub(super) labels: Option<LabelStack<'a>>,
    pub(super) prefix: Prefix,
    pub(super) cleaner: Cleaner,
}

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Prefix,
    PrefixLen,
    IsIpv4,
    PathId,
    Labels,
}

/// The width of the column.
const LABELS: usize = 255;

impl Route for UnicastPrefix<'_> {
    type Part = Part;
    const OBJECT: Object = Object::UnicastPrefix;
    const FIELDS: &'static [Field<Part>] = &FIELDS;

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        prefix_address(input, &self.prefix);
        input.push(self.prefix.bits());
        input.extend_from_slice(&context.peer.hex());
        self.identify_rest(context, input);
        context.hash.of(&[input])
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        match part {
            Part::Prefix => prefix_address(out, &self.prefix),
            Part::PrefixLen => text::number(out, self.prefix.bits()),
            Part::IsIpv4 => flag(out, matches!(self.prefix, Prefix::V4(..))),
            Part::PathId => text::number(out, self.path_id.unwrap_or(0)),
            Part::Labels => {
                let begin = out.len();
                for label in self.labels.iter().flat_map(LabelStack::labels) {
                    if out.len() > begin {
                        out.push(b',');
                    }
                    text::number(out, label);
                }
                self.cleaner.cut(out, begin, LABELS, b",");
            }
        }
    }
}

impl UnicastPrefix<'_> {
    /// Appends what stands behind the peer's id in what a route's id is made of.
    pub(super) fn identify_rest(&self, context: &Context, input: &mut Vec<u8>) {
        if let Some(id) = self.path_id.filter(|id| *id > 0) {
            input.extend_from_slice(&id.to_le_bytes());
        }
        if self.labels.is_some() {
            input.push(1);
        }
        input.extend(context.policy());
    }
}

/// The fields of a row.
const FIELDS: [Field<Part>; 32] = [
    All(Action),
    Seq,
    Hash,
    All(RouterHash),
    All(RouterIp),
    All(BaseAttrHash),
    All(PeerHash),
    All(PeerIp),
    All(PeerAsn),
    All(Timestamp),
    Own(Part::Prefix),
    Own(Part::PrefixLen),
    Own(Part::IsIpv4),
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
    Own(Part::PathId),
    Own(Part::Labels),
    All(IsPrePolicy),
    All(IsAdjIn),
    All(LargeCommunities),
];
