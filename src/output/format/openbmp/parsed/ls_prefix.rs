//! `ls_prefix`: prefixes of BGP-LS.

use super::super::ids::Id;
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Own};
use super::fields::{Shared::*, columns};
use super::ls::{self, Ls};
use super::route::{Route, prefix_address};
use crate::bgp::attr::bgp_ls::Tlv;
use crate::bgp::attr::bgp_ls::descriptor::OspfRouteType;
use crate::output::format::text;
use crate::wire::Prefix;

/// A prefix.
#[derive(Debug, Clone, Copy)]
pub(super) struct LsPrefix<'a> {
    pub(super) ls: Ls<'a>,
    pub(super) prefix: Prefix,
    /// The id of its node.
    pub(super) local: Id,
}

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Of(ls::Part),
    LocalNodeHash,
    RouteType,
    /// Flags of the IGP: empty in the original, too.
    Empty,
    RouteTag,
    /// The extended tag: never told by the original either.
    Zero,
    Metric,
    Prefix,
    PrefixLen,
    PrefixSid,
}

/// The width of the column.
const PREFIX_SID: usize = 255;
/// Octets of a route's type in what its id is made of.
const ROUTE_TYPE: usize = 32;

/// The letters of the flags of a prefix SID, from the highest bit on (RFC 8667 §2.1.1,
/// RFC 8665 §5).
const ISIS: [&str; 8] = ["R", "N", "P", "E", "V", "L", "", ""];
const OSPF: [&str; 8] = ["", "NP", "M", "E", "V", "L", "", ""];

impl Route for LsPrefix<'_> {
    type Part = Part;
    const OBJECT: Object = Object::LsPrefix;
    const FIELDS: &'static [Field<Part>] = &FIELDS;
    const NO_NUMBER: &'static [u8] = b"0";

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        input.extend_from_slice(&ls::padded(Some(match self.prefix {
            Prefix::V4(octets, _) => octets.into(),
            Prefix::V6(octets, _) => octets.into(),
        })));
        input.push(self.prefix.bits());
        input.extend_from_slice(&self.ls.routing_id.to_le_bytes());
        input.extend_from_slice(&self.local.0);
        let end = input.len() + ROUTE_TYPE;
        input.extend_from_slice(self.route_type().as_bytes());
        input.resize(end, 0);
        input.extend_from_slice(&u32::from(self.ls.mt_id).to_le_bytes());
        context.hash.of(&[input])
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        match part {
            Part::Of(part) => self.ls.write(part, out),
            Part::LocalNodeHash => out.extend_from_slice(&self.local.hex()),
            Part::RouteType => out.extend_from_slice(self.route_type().as_bytes()),
            Part::Empty => {}
            Part::Zero => out.push(b'0'),
            Part::RouteTag | Part::Metric => {
                let number = self.ls.attribute.once().find_map(|tlv| match (part, tlv) {
                    (Part::RouteTag, Tlv::IgpRouteTag(tags)) => tags.iter().next().map(|t| t.0),
                    (Part::Metric, Tlv::PrefixMetric(metric)) => Some(metric.get()),
                    _ => None,
                });
                text::number(out, number.unwrap_or(0));
            }
            Part::Prefix => prefix_address(out, &self.prefix),
            Part::PrefixLen => text::number(out, self.prefix.bits()),
            Part::PrefixSid => {
                let begin = out.len();
                for tlv in self.ls.attribute.many() {
                    if self.ls.cleaner.is_full(out, begin, PREFIX_SID) {
                        break;
                    }
                    let Tlv::PrefixSid(sid) = tlv else { continue };
                    let flags = self.ls.letters(sid.flags, ISIS, OSPF);
                    let algorithm: &dyn std::fmt::Display = match sid.algorithm {
                        0 => &"SPF",
                        1 => &"strict-SPF",
                        _ => &sid.algorithm,
                    };
                    ls::write_sid(begin, &flags, algorithm, sid.sid, out);
                }
                self.ls.cleaner.cut(out, begin, PREFIX_SID, b", ");
            }
        }
    }
}

impl LsPrefix<'_> {
    fn route_type(&self) -> &'static str {
        match self.ls.route_type {
            Some(OspfRouteType::IntraArea) => "Intra",
            Some(OspfRouteType::InterArea) => "Inter",
            Some(OspfRouteType::External1) => "Ext-1",
            Some(OspfRouteType::External2) => "Ext-2",
            Some(OspfRouteType::Nssa1) => "NSSA-1",
            Some(OspfRouteType::Nssa2) => "NSSA-2",
            _ => "",
        }
    }
}

/// The fields of a row.
const FIELDS: [Field<Part>; 23] = [
    All(BaseAttrHash),
    All(Router),
    All(Peer),
    Own(Part::Of(ls::Part::IgpRouterId)),
    Own(Part::Of(ls::Part::RouterId)),
    Own(Part::Of(ls::Part::RoutingId)),
    Own(Part::Of(ls::Part::LsId)),
    Own(Part::Of(ls::Part::OspfArea)),
    Own(Part::Of(ls::Part::IsisArea)),
    Own(Part::Of(ls::Part::Protocol)),
    All(Path),
    Own(Part::LocalNodeHash),
    Own(Part::Of(ls::Part::MtId)),
    Own(Part::RouteType),
    Own(Part::Empty),
    Own(Part::RouteTag),
    Own(Part::Zero),
    Own(Part::Of(ls::Part::NoAddress)),
    Own(Part::Metric),
    Own(Part::Prefix),
    Own(Part::PrefixLen),
    All(View),
    Own(Part::PrefixSid),
];
const _: () = assert!(columns(&FIELDS) == 34);
