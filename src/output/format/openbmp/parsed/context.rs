//! What the rows about the routes of an UPDATE say besides the routes.

use std::net::IpAddr;

use super::super::ids::{Hash, Hex, Id};
use super::attributes::{Column, Path};
use super::envelope::To;
use super::fields::Shared;
use super::session::Known;
use super::values::{self, Clock, flag};
use crate::bmp::{PeerHeader, PeerType};
use crate::output::format::text;
use crate::record::Update;
use crate::wire::Reader;

/// What an UPDATE's rows share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) to: To,
    pub(super) hash: Hash,
    pub(super) peer: Id,
    /// The digits of the peer's id, by which its messages go.
    pub(super) key: Hex,
    is_pre_policy: bool,
    is_adj_in: bool,
    pub(super) path: Path,
    router: Router,
    shown: Peer,
}

/// The text of a router.
#[derive(Debug, Default)]
struct Router {
    /// What it was made for.
    of: Option<Id>,
    ip: String,
    /// `router_hash` and `router_ip`.
    text: Vec<u8>,
}

/// The text of a peer.
#[derive(Debug, Default)]
struct Peer {
    /// What it was made for.
    of: Option<(Id, IpAddr, u32)>,
    /// `peer_hash` to `timestamp`.
    text: Vec<u8>,
    time_at: usize,
    clock: Clock,
}

/// What the rows of one of its lists share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// The id of the attributes with the list's next hop; nothing of withdrawn routes.
    pub(super) announced: Option<Id>,
    /// What a withdrawn route's number says.
    pub(super) no_number: &'static [u8],
}

impl Listed {
    /// What happened to the routes.
    pub(super) fn action(&self) -> &'static [u8; 3] {
        if self.announced.is_some() { b"add" } else { b"del" }
    }
}

impl Context {
    /// Without anything.
    pub(super) fn new(hash: Hash) -> Self {
        Self {
            hash,
            to: To::default(),
            peer: Id([0; 16]),
            key: [b'0'; 32],
            is_pre_policy: false,
            is_adj_in: false,
            path: Path::default(),
            router: Router::default(),
            shown: Peer::default(),
        }
    }

    /// Takes a router's id and its address, which is empty before the router's Initiation.
    pub(super) fn set_router(&mut self, id: Id, ip: &str) {
        let Router { of, ip: of_ip, text } = &mut self.router;
        if *of == Some(id) && of_ip == ip {
            return;
        }
        *of = Some(id);
        of_ip.clear();
        text.clear();
        of_ip.push_str(ip);
        text.extend_from_slice(&id.hex());
        text.push(b'\t');
        text.extend_from_slice(ip.as_bytes());
    }

    /// Takes the peer of a message and the time.
    pub(super) fn set_peer(&mut self, known: &Known, header: &PeerHeader) {
        let (id, ip, asn, at) = (known.id, known.address, header.asn, known.at);
        (self.to, self.peer) = (known.to, id);
        let is_loc_rib = header.kind == PeerType::LocRib;
        self.is_pre_policy = !is_loc_rib && !header.is_post_policy();
        self.is_adj_in = !is_loc_rib && !header.is_adj_rib_out();
        let Peer { of, text, time_at, clock } = &mut self.shown;
        if *of != Some((id, ip, asn)) {
            *of = Some((id, ip, asn));
            text.clear();
            self.key = id.hex();
            text.extend_from_slice(&self.key);
            text.push(b'\t');
            values::ip(text, ip);
            text.push(b'\t');
            text::number(text, asn);
            text.push(b'\t');
            *time_at = text.len();
        }
        text.truncate(*time_at);
        text.extend_from_slice(clock.text(at));
    }

    /// Takes the path attributes of an UPDATE, if it announces anything.
    pub(super) fn read(&mut self, update: &Update, octets: &[u8]) {
        if let Some(section) = update.sections().find(|section| section.kind.announces()) {
            let span = update.attributes;
            let attributes = Reader::at(span.of(octets), span.start as usize);
            self.path.read(attributes, update.as_width, section.kind);
        }
    }

    /// The id of the attributes with this next hop, which they show from now on; made in `input`.
    pub(super) fn base_attribute(&mut self, next_hop: Option<IpAddr>, input: &mut Vec<u8>) -> Id {
        self.path.show(next_hop);
        input.clear();
        self.path.id(self.hash, self.peer, input)
    }

    /// The octet that tells the views of a peer apart in ids; nothing of its Adj-RIB-In before the
    /// policy. The original's holds chance bits, too; without one of them a route of Adj-RIB-Out
    /// would have the id of the same with labels, for which there is an octet of 1.
    pub(super) fn policy(&self) -> Option<u8> {
        let octet = u8::from(!self.is_adj_in) | u8::from(!self.is_pre_policy) << 1;
        (octet != 0).then_some(octet | 0x60)
    }

    /// Appends what is shared.
    // For each object apart, whose fields are constants.
    #[inline(always)]
    pub(super) fn write(&self, field: Shared, listed: &Listed, out: &mut Vec<u8>) {
        match (field, listed.announced) {
            (Shared::Router, _) => out.extend_from_slice(&self.router.text),
            (Shared::Peer, _) => out.extend_from_slice(&self.shown.text),
            (Shared::NoPath, _) => out.extend_from_slice(b"0\t"),
            (Shared::View, _) => {
                flag(out, self.is_pre_policy);
                out.push(b'\t');
                flag(out, self.is_adj_in);
            }
            // Without a next hop no row tells of the attributes: the database has none without.
            (Shared::BaseAttrHash, Some(_)) if !self.path.has_next_hop() => {}
            (Shared::BaseAttrHash, Some(id)) => out.extend_from_slice(&id.hex()),
            (Shared::Attributes, Some(_)) => out.extend_from_slice(self.path.attributes()),
            (Shared::LargeCommunities, Some(_)) => {
                out.extend_from_slice(self.path.column(Column::LargeCommunities));
            }
            (Shared::Path, announced) => self.write_path(announced.is_some(), listed, out),
            (Shared::Attributes, None) => out.extend_from_slice(&[b'\t'; 13]),
            (Shared::BaseAttrHash | Shared::LargeCommunities, None) => {}
        }
    }

    fn write_path(&self, announced: bool, listed: &Listed, out: &mut Vec<u8>) {
        let columns = [Column::AsPath, Column::LocalPref, Column::Med, Column::NextHop];
        for (i, column) in columns.into_iter().enumerate() {
            if i > 0 {
                out.push(b'\t');
            }
            match column {
                _ if announced => out.extend_from_slice(self.path.column(column)),
                Column::LocalPref | Column::Med => out.extend_from_slice(listed.no_number),
                _ => {}
            }
        }
    }
}
