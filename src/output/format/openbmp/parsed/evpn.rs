//! `evpn`: EVPN routes of types 1 to 5. The object has no field for the type: it is told by the
//! fields that are filled. Those of type 5, which the original garbles, have an address of some
//! length and no MAC address; there is no field for their gateway.

use std::net::IpAddr;

use super::super::ids::{self, Id};
use super::context::Context;
use super::envelope::Object;
use super::fields::Field::{self, All, Own};
use super::fields::{Shared::*, columns};
use super::route::Route;
use super::values;
use crate::bgp::nlri::evpn::{EthernetSegmentIdentifier, Evpn as Nlri, MacAddress, Route as Of};
use crate::output::format::text;
use crate::wire::{Prefix, RouteDistinguisher};

/// A route.
#[derive(Debug, Clone, Copy)]
pub(super) struct Evpn {
    path_id: Option<u32>,
    distinguisher: RouteDistinguisher,
    originator: Option<IpAddr>,
    ethernet_tag: Option<u32>,
    segment: Option<EthernetSegmentIdentifier>,
    mac: Option<MacAddress>,
    ip: Option<IpAddr>,
    /// Bits of `ip`.
    ip_len: u8,
    /// The whole of the two fields, 24 bits each.
    labels: [u32; 2],
}

impl Evpn {
    /// The route, unless the object has no fields for its type.
    pub(super) fn of(path_id: Option<u32>, route: &Nlri<'_>) -> Option<Self> {
        let Nlri::Route(route) = route else { return None };
        let mut this = Self {
            path_id,
            distinguisher: route.distinguisher()?,
            originator: None,
            ethernet_tag: None,
            segment: None,
            mac: None,
            ip: None,
            ip_len: 0,
            labels: [0; 2],
        };
        match route {
            Of::EthernetAutoDiscovery(_, r) => {
                this.segment = Some(r.ethernet_segment_identifier);
                this.ethernet_tag = Some(r.ethernet_tag_id);
                this.labels[0] = r.mpls_label1.vni();
            }
            Of::MacIpAdvertisement(_, r) => {
                this.segment = Some(r.ethernet_segment_identifier);
                this.ethernet_tag = Some(r.ethernet_tag_id);
                this.mac = Some(r.mac_address);
                this.ip = r.ip_address.0;
                this.ip_len = bits(this.ip);
                this.labels = [r.mpls_label1.vni(), r.mpls_label2.map_or(0, |label| label.vni())];
            }
            Of::InclusiveMulticastEthernetTag(_, r) => {
                this.ethernet_tag = Some(r.ethernet_tag_id);
                this.originator = Some(r.originating_router_ip_address.0);
            }
            Of::EthernetSegment(_, r) => {
                this.segment = Some(r.ethernet_segment_identifier);
                this.originator = Some(r.originating_router_ip_address.0);
            }
            Of::IpPrefix(_, r) => {
                this.segment = Some(r.ethernet_segment_identifier);
                this.ethernet_tag = Some(r.ethernet_tag_id);
                let (address, len) = match r.prefix {
                    Prefix::V4(octets, len) => (octets.into(), len),
                    Prefix::V6(octets, len) => (octets.into(), len),
                };
                (this.ip, this.ip_len) = (Some(address), len);
                this.labels[0] = r.mpls_label1.vni();
            }
            _ => return None,
        }
        Some(this)
    }
}

/// What a row says of the route alone.
#[derive(Debug, Clone, Copy)]
pub(super) enum Part {
    PathId,
    Rd,
    RdType,
    OriginatorLen,
    Originator,
    EthernetTag,
    Segment,
    MacLen,
    Mac,
    IpLen,
    Ip,
    Label1,
    Label2,
}

impl Route for Evpn {
    type Part = Part;
    const OBJECT: Object = Object::Evpn;
    const FIELDS: &'static [Field<Part>] = &FIELDS;

    fn id(&self, context: &Context, input: &mut Vec<u8>) -> Id {
        input.extend_from_slice(&context.peer.hex());
        self.write(Part::Mac, input);
        self.write(Part::Ip, input);
        input.push(self.ip_len);
        self.write(Part::Segment, input);
        values::rd_administrator(input, self.distinguisher);
        values::rd_number(input, self.distinguisher);
        if let Some(id) = self.path_id.filter(|id| *id > 0) {
            input.extend_from_slice(&id.to_le_bytes());
        }
        input.extend(context.policy());
        if context.hash == ids::Hash::Xxh3 {
            // An id for each route: the original's is the same for several.
            for part in [Part::EthernetTag, Part::Originator] {
                input.push(b'\t');
                self.write(part, input);
            }
        }
        context.hash.of(&[input])
    }

    fn write(&self, part: Part, out: &mut Vec<u8>) {
        let address = |out: &mut Vec<u8>, address: Option<IpAddr>| {
            if let Some(address) = address {
                values::ip(out, address);
            }
        };
        match part {
            Part::PathId => text::number(out, self.path_id.unwrap_or(0)),
            Part::Rd => values::rd(out, self.distinguisher),
            Part::RdType => text::number(out, self.distinguisher.kind()),
            Part::OriginatorLen => text::number(out, bits(self.originator)),
            Part::Originator => address(out, self.originator),
            Part::EthernetTag => {
                if let Some(tag) = self.ethernet_tag {
                    text::hex(out, &tag.to_be_bytes());
                }
            }
            Part::Segment => {
                if let Some(segment) = &self.segment {
                    write_segment(out, segment);
                }
            }
            Part::MacLen => text::number(out, self.mac.map_or(0, |mac| mac.bits)),
            Part::Mac => {
                if let Some(mac) = &self.mac {
                    values::mac(out, &mac.address.0);
                }
            }
            Part::IpLen => text::number(out, self.ip_len),
            Part::Ip => address(out, self.ip),
            Part::Label1 => text::number(out, self.labels[0]),
            Part::Label2 => text::number(out, self.labels[1]),
        }
    }
}

/// The length of an address in bits; 0 where there is none.
fn bits(address: Option<IpAddr>) -> u8 {
    match address {
        None => 0,
        Some(IpAddr::V4(_)) => 32,
        Some(IpAddr::V6(_)) => 128,
    }
}

/// Appends a segment: its type and what that says of the value. The original's numbers have signs.
fn write_segment(out: &mut Vec<u8>, segment: &EthernetSegmentIdentifier) {
    let [kind, a, b, c, d, e, f, g, h, i] = segment.0;
    text::number(out, kind);
    out.push(b' ');
    let local = u32::from_be_bytes([e, f, g, h]);
    match kind {
        1..=3 => {
            values::mac(out, &[a, b, c, d, e, f]);
            out.push(b' ');
            match kind {
                3 => text::number(out, u32::from_be_bytes([0, g, h, i])),
                _ => text::number(out, u16::from_be_bytes([g, h])),
            }
        }
        4 | 5 => {
            text::number(out, u32::from_be_bytes([a, b, c, d]));
            out.push(b' ');
            text::number(out, local);
        }
        _ => text::hex(out, &[a, b, c, d, e, f, g, h, i]),
    }
}

/// The fields of a row.
const FIELDS: [Field<Part>; 16] = [
    All(Whose),
    All(Attributes),
    Own(Part::PathId),
    All(View),
    Own(Part::Rd),
    Own(Part::RdType),
    Own(Part::OriginatorLen),
    Own(Part::Originator),
    Own(Part::EthernetTag),
    Own(Part::Segment),
    Own(Part::MacLen),
    Own(Part::Mac),
    Own(Part::IpLen),
    Own(Part::Ip),
    Own(Part::Label1),
    Own(Part::Label2),
];
const _: () = assert!(columns(&FIELDS) == 39);
