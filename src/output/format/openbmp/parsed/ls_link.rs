//! `ls_link`: links of BGP-LS.

use super::super::ids::Id;
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Own};
use super::fields::{Shared::*, columns};
use super::ls::{self, Ls};
use super::route::Route;
use super::values;
use crate::bgp::attr::bgp_ls::Tlv;
use crate::output::format::text;
use crate::wire::Bandwidth;

/// A link.
#[derive(Debug, Clone, Copy)]
pub(super) struct LsLink<'a> {
    pub(super) ls: Ls<'a>,
    /// The ids of its nodes.
    pub(super) local: Id,
    pub(super) remote: Id,
}

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    Of(ls::Part),
    LocalLinkId,
    RemoteLinkId,
    Interface,
    Neighbor,
    IgpMetric,
    AdminGroup,
    MaxLinkBandwidth,
    MaxReservableBandwidth,
    UnreservedBandwidth,
    TeDefaultMetric,
    /// Protection, MPLS protocols and shared risk groups: empty in the original, too.
    Empty,
    LinkName,
    RemoteNodeHash,
    LocalNodeHash,
    RemoteIgpRouterId,
    LocalAsn,
    RemoteAsn,
    PeerNodeSid,
    AdjacencySids,
}

/// Widths of columns.
const NAME: usize = 255;
const BANDWIDTHS: usize = 128;
const PEER_NODE_SID: usize = 128;
const ADJACENCY_SIDS: usize = 255;

/// The letters of the flags of an adjacency SID, from the highest bit on (RFC 8667 §2.2.1,
/// RFC 8665 §6.1), and of a BGP peer SID (RFC 9086 §5).
const ISIS: [&str; 8] = ["F", "B", "V", "L", "S", "P", "", ""];
const OSPF: [&str; 8] = ["B", "V", "L", "G", "P", "", "", ""];
const PEER: [&str; 8] = ["V", "L", "B", "P", "", "", "", ""];

impl Route for LsLink<'_> {
    type Part = Part;
    const OBJECT: Object = Object::LsLink;
    const FIELDS: &'static [Field<Part>] = &FIELDS;
    const NO_NUMBER: &'static [u8] = b"0";

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        let Ls { interface, neighbor, routing_id, link_ids, mt_id, .. } = self.ls;
        input.extend_from_slice(&ls::padded(interface));
        input.extend_from_slice(&ls::padded(neighbor));
        input.extend_from_slice(&routing_id.to_le_bytes());
        input.extend_from_slice(&self.local.0);
        input.extend_from_slice(&self.remote.0);
        input.extend_from_slice(&link_ids.0.to_le_bytes());
        input.extend_from_slice(&link_ids.1.to_le_bytes());
        input.extend_from_slice(&context.peer.hex());
        input.extend_from_slice(&u32::from(mt_id).to_le_bytes());
        context.hash.of(&[input])
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        let Ls { local, remote, link_ids, interface, neighbor, cleaner, .. } = self.ls;
        match part {
            Part::Of(part) => self.ls.write(part, out),
            Part::LocalLinkId => text::number(out, link_ids.0),
            Part::RemoteLinkId => text::number(out, link_ids.1),
            Part::Interface => address(out, interface),
            Part::Neighbor => address(out, neighbor),
            Part::Empty => {}
            Part::RemoteNodeHash => out.extend_from_slice(&self.remote.hex()),
            Part::LocalNodeHash => out.extend_from_slice(&self.local.hex()),
            Part::RemoteIgpRouterId => remote.write_igp_router_id(out),
            Part::LocalAsn => text::number(out, local.asn),
            Part::RemoteAsn => text::number(out, remote.asn),
            Part::LinkName => {
                let name = self.find(|tlv| match tlv {
                    Tlv::LinkName(name) => Some(name.0),
                    _ => None,
                });
                cleaner.text(out, name.unwrap_or_default(), NAME);
            }
            Part::PeerNodeSid | Part::AdjacencySids => self.write_sids(part, out),
            _ => self.write_number(part, out),
        }
    }
}

impl<'a> LsLink<'a> {
    /// What the attribute says first that `which` takes.
    fn find<T>(&self, which: impl Fn(Tlv<'a>) -> Option<T>) -> Option<T> {
        self.ls.attribute.once().find_map(which)
    }

    /// A bit mask as a number; the database's column is one of 32 bits with a sign.
    fn mask(&self, group: u32) -> i64 {
        match self.ls.cleaner.sql_safe {
            true => group.cast_signed().into(),
            false => group.into(),
        }
    }

    fn write_number(&self, part: Part, out: &mut Vec<u8>) {
        let number = self.find(|tlv| match (part, tlv) {
            (Part::IgpMetric, Tlv::IgpMetric(metric)) => Some(metric.get().into()),
            (Part::TeDefaultMetric, Tlv::TeDefaultMetric(metric)) => Some(metric.get().into()),
            (Part::AdminGroup, Tlv::AdministrativeGroup(group)) => Some(self.mask(group)),
            (Part::MaxLinkBandwidth, Tlv::MaximumLinkBandwidth(rate)) => Some(kilobits(rate)),
            (Part::MaxReservableBandwidth, Tlv::MaximumReservableBandwidth(rate)) => {
                Some(kilobits(rate))
            }
            _ => None,
        });
        if !matches!(part, Part::UnreservedBandwidth) {
            return text::number(out, number.unwrap_or(0));
        }
        let rates = self.find(|tlv| match tlv {
            Tlv::UnreservedBandwidth(rates) => Some(rates.0),
            _ => None,
        });
        let begin = out.len();
        for rate in rates.iter().flatten() {
            if out.len() > begin {
                out.extend_from_slice(b", ");
            }
            text::number(out, kilobits(*rate));
        }
        self.ls.cleaner.cut(out, begin, BANDWIDTHS, b", ");
    }

    /// Appends `VL 5 24001, BVL 6 24002`: flags, weight and SID of each.
    fn write_sids(&self, part: Part, out: &mut Vec<u8>) {
        let begin = out.len();
        let width = match part {
            Part::PeerNodeSid => PEER_NODE_SID,
            _ => ADJACENCY_SIDS,
        };
        for tlv in self.ls.attribute.many() {
            if self.ls.cleaner.is_full(out, begin, width) {
                break;
            }
            let (flags, weight, sid) = match (part, tlv) {
                (Part::PeerNodeSid, Tlv::PeerNodeSid(peer)) => {
                    (self.ls.letters(peer.flags.0, PEER, PEER), peer.weight, peer.sid)
                }
                (Part::AdjacencySids, Tlv::AdjacencySid(adjacency)) => {
                    let letters = self.ls.letters(adjacency.flags, ISIS, OSPF);
                    (letters, adjacency.weight, adjacency.sid)
                }
                _ => continue,
            };
            ls::write_sid(begin, &flags, &weight, sid, out);
        }
        self.ls.cleaner.cut(out, begin, width, b", ");
    }
}

/// A rate in kbit/s; 0 of what is no rate.
fn kilobits(rate: Bandwidth) -> i64 {
    (f64::from(rate.octets_per_second()) * 8.0 / 1000.0).max(0.0) as i64
}

/// Appends an address; where there is none `::`, of which the database's reader makes NULL, and
/// broken SQL of nothing.
fn address(out: &mut Vec<u8>, address: Option<std::net::IpAddr>) {
    values::ip(out, address.unwrap_or(std::net::Ipv6Addr::UNSPECIFIED.into()));
}

/// The fields of a row.
const FIELDS: [Field<Part>; 35] = [
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
    Own(Part::Of(ls::Part::MtId)),
    Own(Part::LocalLinkId),
    Own(Part::RemoteLinkId),
    Own(Part::Interface),
    Own(Part::Neighbor),
    Own(Part::IgpMetric),
    Own(Part::AdminGroup),
    Own(Part::MaxLinkBandwidth),
    Own(Part::MaxReservableBandwidth),
    Own(Part::UnreservedBandwidth),
    Own(Part::TeDefaultMetric),
    Own(Part::Empty),
    Own(Part::Empty),
    Own(Part::Empty),
    Own(Part::LinkName),
    Own(Part::RemoteNodeHash),
    Own(Part::LocalNodeHash),
    Own(Part::RemoteIgpRouterId),
    Own(Part::Of(ls::Part::RemoteRouterId)),
    Own(Part::LocalAsn),
    Own(Part::RemoteAsn),
    Own(Part::PeerNodeSid),
    All(View),
    Own(Part::AdjacencySids),
];
const _: () = assert!(columns(&FIELDS) == 46);
