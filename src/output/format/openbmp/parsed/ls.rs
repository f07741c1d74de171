//! What the objects of BGP-LS have in common.

use std::fmt::Display;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::super::ids::{Hash, Id};
use super::ls_attribute::Attribute;
use super::values::{self, Cleaner, hex_number};
use crate::bgp::attr::bgp_ls::descriptor::{IgpRouterId, IpReachability, OspfRouteType};
use crate::bgp::attr::bgp_ls::{ProtocolId, Sid, SubTlvs, Tlv};
use crate::bgp::nlri::bgp_ls::{BgpLs, NlriType, Object as Named};
use crate::output::format::text;
use crate::wire::Prefix;

/// A node as descriptors name it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Node {
    pub(super) igp_router_id: Option<IgpRouterId>,
    pub(super) bgp_router_id: Option<Ipv4Addr>,
    pub(super) ls_id: u32,
    pub(super) asn: u32,
    area: Option<Ipv4Addr>,
}

impl Node {
    fn of(descriptors: SubTlvs<'_>) -> Self {
        let mut this = Self::default();
        for tlv in descriptors.iter() {
            match tlv {
                Tlv::AutonomousSystem(asn) => this.asn = asn,
                Tlv::BgpLsIdentifier(id) => this.ls_id = id,
                Tlv::OspfAreaId(area) => this.area = Some(area),
                Tlv::IgpRouterId(id) => this.igp_router_id = Some(id),
                Tlv::BgpRouterId(id) => this.bgp_router_id = Some(id),
                _ => {}
            }
        }
        this
    }

    /// The node's id. The original's does not tell apart nodes that have a BGP Router-ID alone.
    pub(super) fn id(&self, hash: Hash) -> Id {
        let mut router_id = [0; 16];
        let mut len = 8;
        match self.igp_router_id {
            None => {}
            Some(IgpRouterId::Ospf(id)) => router_id[..4].copy_from_slice(&id.octets()),
            Some(IgpRouterId::OspfPseudonode(id, interface)) => {
                router_id[..4].copy_from_slice(&id.octets());
                router_id[4..8].copy_from_slice(&interface.to_be_bytes());
            }
            Some(IgpRouterId::Isis(id)) => router_id[..6].copy_from_slice(&id.0),
            Some(IgpRouterId::IsisPseudonode(id, number)) => {
                router_id[..6].copy_from_slice(&id.0);
                router_id[6] = number;
            }
            Some(IgpRouterId::Ipv6(id)) => (router_id, len) = (id.octets(), 16),
        }
        let (ls_id, asn) = (self.ls_id.to_le_bytes(), self.asn.to_le_bytes());
        let area = self.area.map_or([0; 4], |area| area.octets());
        let bgp = self.bgp_router_id.filter(|_| hash == Hash::Xxh3).map(|id| id.octets());
        let bgp = bgp.as_ref().map_or(&[][..], |id| id);
        hash.of(&[&router_id[..len], &ls_id, &asn, &area, bgp])
    }

    /// Appends `1921.6800.0001.0000`, `10.0.0.1` or `10.0.0.2[10.10.0.2]`.
    pub(super) fn write_igp_router_id(&self, out: &mut Vec<u8>) {
        let isis = |out: &mut Vec<u8>, [a, b, c, d, e, f]: [u8; 6], number: u8| {
            for (i, pair) in [[a, b], [c, d], [e, f], [number, 0]].into_iter().enumerate() {
                let dot = if i > 0 { "." } else { "" };
                out.extend_from_slice(format!("{dot}{:02X}{:02X}", pair[0], pair[1]).as_bytes());
            }
        };
        match self.igp_router_id {
            None => {}
            Some(IgpRouterId::Ospf(id)) => values::dotted(out, id),
            Some(IgpRouterId::OspfPseudonode(id, interface)) => {
                values::dotted(out, id);
                out.push(b'[');
                values::dotted(out, Ipv4Addr::from(interface));
                out.push(b']');
            }
            Some(IgpRouterId::Isis(id)) => isis(out, id.0, 0),
            Some(IgpRouterId::IsisPseudonode(id, number)) => isis(out, id.0, number),
            Some(IgpRouterId::Ipv6(id)) => values::ip(out, id.into()),
        }
    }
}

/// A route of BGP-LS with the attribute that says more of it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ls<'a> {
    pub(super) kind: NlriType,
    protocol: ProtocolId,
    pub(super) routing_id: u64,
    pub(super) local: Node,
    pub(super) remote: Node,
    pub(super) mt_id: u16,
    pub(super) link_ids: (u32, u32),
    pub(super) interface: Option<IpAddr>,
    pub(super) neighbor: Option<IpAddr>,
    pub(super) route_type: Option<OspfRouteType>,
    reachability: Option<IpReachability<'a>>,
    /// Without any TLV where the route is withdrawn.
    pub(super) attribute: Attribute<'a>,
    pub(super) cleaner: Cleaner,
}

/// The largest number for which the database's reader has room.
const NUMBER_MAX: u64 = i64::MAX as u64;
/// The width of a column.
const ISIS_AREA: usize = 46;
/// The topology's number in a Multi-Topology Identifier.
const MT_ID: u16 = 0x0fff;

impl<'a> Ls<'a> {
    /// A route of one of these types; no other.
    pub(super) fn of(
        route: &BgpLs<'a, 71>,
        kinds: &[NlriType],
        attribute: Attribute<'a>,
        cleaner: Cleaner,
    ) -> Option<Self> {
        let kind = route.nlri_type;
        let Named::Known { protocol, identifier, descriptors } = route.object else { return None };
        if !kinds.contains(&kind) {
            return None;
        }
        let mut this = Self {
            kind,
            protocol,
            routing_id: identifier,
            local: Node::default(),
            remote: Node::default(),
            mt_id: 0,
            link_ids: (0, 0),
            interface: None,
            neighbor: None,
            route_type: None,
            reachability: None,
            attribute,
            cleaner,
        };
        for tlv in descriptors.iter() {
            match tlv {
                Tlv::LocalNodeDescriptors(node) => this.local = Node::of(node),
                Tlv::RemoteNodeDescriptors(node) => this.remote = Node::of(node),
                Tlv::MultiTopologyId(ids) => {
                    this.mt_id = ids.iter().next().map_or(0, |id| id.0 & MT_ID);
                }
                Tlv::LinkLocalRemoteIdentifiers(ids) => this.link_ids = (ids.local, ids.remote),
                Tlv::Ipv4InterfaceAddress(a) => this.interface = Some(a.into()),
                Tlv::Ipv4NeighborAddress(a) => this.neighbor = Some(a.into()),
                Tlv::Ipv6InterfaceAddress(a) => this.interface = this.interface.or(Some(a.into())),
                Tlv::Ipv6NeighborAddress(a) => this.neighbor = this.neighbor.or(Some(a.into())),
                Tlv::OspfRouteType(kind) => this.route_type = Some(kind),
                Tlv::IpReachabilityInformation(prefix) => this.reachability = Some(prefix),
                _ => {}
            }
        }
        Some(this)
    }

    fn is_ospf(&self) -> bool {
        matches!(self.protocol, ProtocolId::Ospfv2 | ProtocolId::Ospfv3)
    }

    /// The prefix of a route that names one.
    pub(super) fn prefix(&self) -> Option<Prefix> {
        self.reachability.and_then(|r| r.prefix(self.kind == NlriType::Ipv6Prefix))
    }

    /// No address, of the family of the route.
    fn no_address(&self) -> IpAddr {
        match self.kind {
            NlriType::Ipv6Prefix => Ipv6Addr::UNSPECIFIED.into(),
            _ => Ipv4Addr::UNSPECIFIED.into(),
        }
    }

    /// Appends a node's router ID: the attribute's, else that of BGP.
    fn write_router_id(&self, node: &Node, found: Option<IpAddr>, out: &mut Vec<u8>) {
        let id = found.or(node.bgp_router_id.map(IpAddr::V4));
        values::ip(out, id.unwrap_or_else(|| self.no_address()));
    }

    /// Appends a field that two of the objects have or all three.
    pub(super) fn write(&self, part: Part, out: &mut Vec<u8>) {
        match part {
            Part::IgpRouterId => self.local.write_igp_router_id(out),
            Part::RouterId => {
                let mut ids = (None, None);
                for tlv in self.attribute.once() {
                    match tlv {
                        Tlv::Ipv4RouterIdLocal(id) => ids.0 = Some(IpAddr::V4(id)),
                        Tlv::Ipv6RouterIdLocal(id) => ids.1 = Some(IpAddr::V6(id)),
                        _ => {}
                    }
                }
                self.write_router_id(&self.local, ids.0.or(ids.1), out);
            }
            Part::RemoteRouterId => {
                let mut ids = (None, None);
                for tlv in self.attribute.once() {
                    match tlv {
                        Tlv::Ipv4RouterIdRemote(id) => ids.0 = Some(IpAddr::V4(id)),
                        Tlv::Ipv6RouterIdRemote(id) => ids.1 = Some(IpAddr::V6(id)),
                        _ => {}
                    }
                }
                self.write_router_id(&self.remote, ids.0.or(ids.1), out);
            }
            Part::RoutingId => self.write_number(self.routing_id, out),
            Part::LsId => hex_number(out, self.local.ls_id.into()),
            Part::OspfArea if self.is_ospf() => {
                values::dotted(out, self.local.area.unwrap_or(Ipv4Addr::UNSPECIFIED));
            }
            Part::OspfArea => {}
            Part::IsisArea => self.write_isis_area(out),
            Part::Protocol => out.extend_from_slice(match self.protocol {
                ProtocolId::IsisLevel1 => b"IS-IS_L1",
                ProtocolId::IsisLevel2 => b"IS-IS_L2",
                ProtocolId::Ospfv2 => b"OSPFv2",
                ProtocolId::Direct => b"Direct",
                ProtocolId::Static => b"Static",
                ProtocolId::Ospfv3 => b"OSPFv3",
                // The database's reader knows no such protocol, and fails.
                ProtocolId::Bgp if !self.cleaner.sql_safe => b"EPE",
                _ => b"",
            }),
            Part::MtId => self.write_number(self.mt_id.into(), out),
            Part::NoAddress => values::ip(out, self.no_address()),
        }
    }

    /// Appends a number that the original writes in hexadecimal and the database's reader reads as
    /// a decimal one of 63 bits: a letter in it loses all fields that follow.
    fn write_number(&self, number: u64, out: &mut Vec<u8>) {
        match self.cleaner.sql_safe {
            true => text::number(out, number.min(NUMBER_MAX)),
            false => hex_number(out, number),
        }
    }

    /// Appends `49.0001`: the first area.
    fn write_isis_area(&self, out: &mut Vec<u8>) {
        let begin = out.len();
        let area = self.attribute.once().find_map(|tlv| match tlv {
            Tlv::IsisAreaIdentifier([first, rest @ ..]) => Some((*first, rest)),
            _ => None,
        });
        if let Some((first, rest)) = area {
            text::hex(out, &[first]);
            out.push(b'.');
            self.cleaner.hex(out, rest, ISIS_AREA);
            self.cleaner.cut(out, begin, ISIS_AREA, b" ");
        }
    }

    /// The letters of flags, by the IGP: those of IS-IS or those of OSPF.
    pub(super) fn letters(&self, flags: u8, isis: [&str; 8], ospf: [&str; 8]) -> String {
        let letters = if self.is_ospf() { ospf } else { isis };
        let set = letters.into_iter().enumerate().filter(|(bit, _)| flags << bit & 0x80 != 0);
        set.map(|(_, letter)| letter).collect()
    }
}

/// What several objects say of a route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    IgpRouterId,
    RouterId,
    RemoteRouterId,
    RoutingId,
    LsId,
    OspfArea,
    IsisArea,
    Protocol,
    MtId,
    /// What is not told.
    NoAddress,
}

/// Appends `flags weight sid` and what separates it from the one before, if there is one behind
/// `begin`.
pub(super) fn write_sid(
    begin: usize,
    flags: &str,
    middle: &dyn Display,
    sid: Sid,
    out: &mut Vec<u8>,
) {
    let comma = if out.len() > begin { ", " } else { "" };
    out.extend_from_slice(format!("{comma}{flags} {middle} {}", sid_number(sid)).as_bytes());
}

/// The label or the index.
pub(super) fn sid_number(sid: Sid) -> u32 {
    match sid {
        Sid::Label(label) => label.get(),
        Sid::Index(index) => index,
    }
}

/// 16 octets: those of an address, and zeros.
pub(super) fn padded(address: Option<IpAddr>) -> [u8; 16] {
    match address {
        None => [0; 16],
        Some(IpAddr::V4(a)) => {
            let mut octets = [0; 16];
            octets[..4].copy_from_slice(&a.octets());
            octets
        }
        Some(IpAddr::V6(a)) => a.octets(),
    }
}
