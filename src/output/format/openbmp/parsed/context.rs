//! What the rows about the routes of an UPDATE say besides the routes.

use std::net::IpAddr;

use super::super::ids::{Hash, Hex, Id};
use super::attributes::{Column, Path};
use super::envelope::To;
use super::fields::Shared;
use super::session::Known;
use super::values::{self, Clock};
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
    /// `is_pre_policy` and `is_adj_in`, a tabulator between them.
    view: [u8; 3],
    /// See [`Context::policy`]; zero for none.
    policy: u8,
    pub(super) path: Path,
    whose: Whose,
    clock: Clock,
}

/// The text of router and peer.
#[derive(Debug, Default)]
struct Whose {
    /// What it was made for: the router's id, the peer's, its address and its AS number.
    of: Option<(Id, Id, IpAddr, u32)>,
    router_ip: String,
    /// `router_hash`, `router_ip`, `base_attr_hash`, then `peer_hash` to `timestamp`.
    text: Vec<u8>,
    base_at: usize,
    peer_at: usize,
    time_at: usize,
}

impl Whose {
    /// Makes the text anew, up to the time.
    #[inline(never)]
    fn make(&mut self, router_ip: &str, of: (Id, Id, IpAddr, u32)) {
        let (router, peer, address, asn) = of;
        self.of = Some(of);
        self.router_ip.clear();
        self.router_ip.push_str(router_ip);
        let text = &mut self.text;
        text.clear();
        text.extend_from_slice(&router.hex());
        text.push(b'\t');
        text.extend_from_slice(router_ip.as_bytes());
        text.push(b'\t');
        self.base_at = text.len();
        text.extend_from_slice(&[b'0'; size_of::<Hex>()]);
        text.push(b'\t');
        self.peer_at = text.len();
        text.extend_from_slice(&peer.hex());
        text.push(b'\t');
        values::ip(text, address);
        text.push(b'\t');
        text::number(text, asn);
        text.push(b'\t');
        self.time_at = text.len();
    }

    /// The digits of the id of the path attributes.
    #[inline]
    fn base(&mut self) -> Option<&mut Hex> {
        self.text.get_mut(self.base_at..)?.first_chunk_mut()
    }
}

/// What the rows of one of its lists share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// The routes are announced: they have path attributes.
    pub(super) announced: bool,
    /// What a withdrawn route's number says.
    pub(super) no_number: &'static [u8],
}

impl Listed {
    /// What happened to the routes.
    pub(super) fn action(&self) -> &'static [u8; 3] {
        if self.announced { b"add" } else { b"del" }
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
            view: *b"0\t0",
            policy: 0,
            path: Path::default(),
            whose: Whose::default(),
            clock: Clock::default(),
        }
    }

    /// Takes a router's id and its address, which is empty before the router's Initiation; the peer
    /// of a message and the time.
    pub(super) fn set(&mut self, router: (Id, &str), known: &Known, header: &PeerHeader) {
        let of = (router.0, known.id, known.address, header.asn);
        if self.whose.of != Some(of) || self.whose.router_ip != router.1 {
            self.whose.make(router.1, of);
            self.key = known.id.hex();
        }
        self.whose.text.truncate(self.whose.time_at);
        self.whose.text.extend_from_slice(self.clock.text(known.at));
        (self.to, self.peer) = (known.to, known.id);
        let is_loc_rib = header.kind == PeerType::LocRib;
        let is_pre_policy = !is_loc_rib && !header.is_post_policy();
        let is_adj_in = !is_loc_rib && !header.is_adj_rib_out();
        self.view = [b'0' + u8::from(is_pre_policy), b'\t', b'0' + u8::from(is_adj_in)];
        let policy = u8::from(!is_adj_in) | u8::from(!is_pre_policy) << 1;
        self.policy = if policy == 0 { 0 } else { policy | 0x60 };
    }

    /// Takes the path attributes of an UPDATE, if it announces anything.
    pub(super) fn read(&mut self, update: &Update, octets: &[u8]) {
        if let Some(section) = update.sections().find(|section| section.kind.announces()) {
            let span = update.attributes;
            let attributes = Reader::at(span.of(octets), span.start as usize);
            self.path.read(attributes, update.as_width, section.kind);
        }
    }

    /// Shows the attributes with this next hop, and their id with it; made in `input`. Nothing is
    /// done if they are shown so already.
    pub(super) fn show(&mut self, next_hop: Option<IpAddr>, input: &mut Vec<u8>) {
        if !self.path.show(next_hop) {
            return;
        }
        input.clear();
        let id = self.path.id(self.hash, self.peer, input);
        if let Some(base) = self.whose.base() {
            id.hex_into(base);
        }
    }

    /// The octet that tells the views of a peer apart in ids; nothing of its Adj-RIB-In before the
    /// policy. The original's holds chance bits, too; without one of them a route of Adj-RIB-Out
    /// would have the id of the same with labels, for which there is an octet of 1.
    pub(super) fn policy(&self) -> Option<u8> {
        (self.policy != 0).then_some(self.policy)
    }

    /// The same, and zero for nothing.
    pub(super) fn policy_or_zero(&self) -> u8 {
        self.policy
    }

    /// The digits of the id of the attributes that are shown.
    pub(super) fn base(&self) -> &[u8] {
        self.whose.text.get(self.whose.base_at..self.whose.peer_at - 1).unwrap_or_default()
    }

    /// Appends what is shared.
    // For each object apart, whose fields are constants.
    #[inline(always)]
    pub(super) fn write(&self, field: Shared, listed: &Listed, out: &mut Vec<u8>) {
        let Whose { text, base_at, peer_at, .. } = &self.whose;
        // Without a next hop no row tells of the attributes: the database has none without.
        let has_base = listed.announced && self.path.has_next_hop();
        match field {
            Shared::Whose if has_base => out.extend_from_slice(text),
            Shared::Whose => {
                out.extend_from_slice(&text[..*base_at]);
                out.extend_from_slice(&text[*peer_at - 1..]);
            }
            Shared::Router => out.extend_from_slice(&text[..*base_at - 1]),
            Shared::Peer => out.extend_from_slice(&text[*peer_at..]),
            Shared::BaseAttrHash if has_base => out.extend_from_slice(self.base()),
            Shared::BaseAttrHash => {}
            Shared::View => out.extend_from_slice(&self.view),
            Shared::NoPathView => {
                let [pre, _, adj] = self.view;
                out.extend_from_slice(&[b'0', b'\t', b'\t', pre, b'\t', adj]);
            }
            Shared::Attributes if listed.announced => {
                out.extend_from_slice(self.path.attributes());
            }
            Shared::Attributes => out.extend_from_slice(&[b'\t'; 13]),
            Shared::LargeCommunities if listed.announced => {
                out.extend_from_slice(self.path.column(Column::LargeCommunities));
            }
            Shared::LargeCommunities => {}
            Shared::Path => self.write_path(listed.announced, listed, out),
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
