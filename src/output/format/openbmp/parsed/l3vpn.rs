//! `l3vpn`: VPN routes of IPv4 and IPv6.

use super::super::ids::Id;
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Hash, Own, Seq};
use super::fields::Shared::*;
use super::route::{Route, prefix_address};
use super::unicast_prefix::{self, UnicastPrefix};
use super::values;
use crate::output::format::text;
use crate::wire::RouteDistinguisher;

/// A route.
#[derive(Debug, Clone, Copy)]
pub(super) struct L3vpn<'a> {
    pub(super) distinguisher: RouteDistinguisher,
    /// All else.
    pub(super) route: UnicastPrefix<'a>,
}

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Of(unicast_prefix::Part),
    Rd,
    RdType,
}

impl Route for L3vpn<'_> {
    type Part = Part;
    const OBJECT: Object = Object::L3vpn;
    const FIELDS: &'static [Field<Part>] = &FIELDS;

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        prefix_address(input, &self.route.prefix);
        input.push(self.route.prefix.bits());
        values::rd_administrator(input, self.distinguisher);
        values::rd_number(input, self.distinguisher);
        input.extend_from_slice(&context.peer.hex());
        self.route.identify_rest(context, input);
        context.hash.of(&[input])
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        match part {
            Part::Of(part) => self.route.write(part, out),
            Part::Rd => values::rd(out, self.distinguisher),
            Part::RdType => text::number(out, self.distinguisher.kind()),
        }
    }
}

/// The fields of a row.
const FIELDS: [Field<Part>; 34] = [
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
    Own(Part::Of(unicast_prefix::Part::Prefix)),
    Own(Part::Of(unicast_prefix::Part::PrefixLen)),
    Own(Part::Of(unicast_prefix::Part::IsIpv4)),
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
    Own(Part::Of(unicast_prefix::Part::PathId)),
    Own(Part::Of(unicast_prefix::Part::Labels)),
    All(IsPrePolicy),
    All(IsAdjIn),
    Own(Part::Rd),
    Own(Part::RdType),
    All(LargeCommunities),
];
