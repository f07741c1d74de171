//! What the rows about the routes of an UPDATE say besides the routes.

use std::net::IpAddr;

use super::super::ids::{Hash, Hex, Id};
use super::attributes::{Column, Path};
use super::base_attribute::Front;
use super::envelope::To;
use super::fields::Shared;
use super::session::Known;
use super::values::{self, Clock, TimeText};
use crate::bmp::{PeerHeader, PeerType};
use crate::output::format::pen::Pieces;
use crate::output::format::text;
use crate::record::{SectionKind, SessionId, Update};
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

/// Whom a text is about: the session, and whether it shows its router's address; the router's id,
/// the peer's, its address and its AS number.
type Of = (SessionId, bool, Id, Id, IpAddr, u32);

/// The text of router and peer.
#[derive(Debug, Default)]
struct Whose {
    /// What it was made for.
    of: Option<Of>,
    /// `router_hash`, `router_ip`, `base_attr_hash`, then `peer_hash` to `timestamp`, each behind a
    /// tabulator.
    text: Vec<u8>,
    base_at: usize,
    peer_at: usize,
    time_at: usize,
    /// The same without `base_attr_hash`, and a tabulator.
    front: Pieces,
}

impl Whose {
    /// Makes the text anew, up to the time.
    #[inline(never)]
    fn make(&mut self, router_ip: &str, of: Of) {
        let (_, _, router, peer, address, asn) = of;
        self.of = Some(of);
        let text = &mut self.text;
        text.clear();
        text.push(b'\t');
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
        text.extend_from_slice(&values::TIME);
        self.front.set(&[&text[..self.base_at], &text[self.peer_at..], b"\t"]);
    }

    /// Sets the time.
    #[inline]
    fn set_time(&mut self, time: &TimeText) {
        let Self { text, front, base_at, peer_at, time_at, .. } = self;
        let front = front.octets_mut().get_mut(*time_at + *base_at - *peer_at..);
        for place in [text.get_mut(*time_at..), front].into_iter().flatten() {
            if let Some(place) = place.first_chunk_mut() {
                *place = *time;
            }
        }
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
        let is_shown = !router.1.is_empty();
        let of = (known.to.session, is_shown, router.0, known.id, known.address, header.asn);
        if self.whose.of != Some(of) {
            self.whose.make(router.1, of);
            self.key = known.id.hex();
        }
        self.whose.set_time(self.clock.text(known.at));
        (self.to, self.peer) = (known.to, known.id);
        let is_loc_rib = header.kind == PeerType::LocRib;
        let is_pre_policy = !is_loc_rib && !header.is_post_policy();
        let is_adj_in = !is_loc_rib && !header.is_adj_rib_out();
        self.view = [b'0' + u8::from(is_pre_policy), b'\t', b'0' + u8::from(is_adj_in)];
        let policy = u8::from(!is_adj_in) | u8::from(!is_pre_policy) << 1;
        self.policy = if policy == 0 { 0 } else { policy | 0x60 };
    }

    /// Takes the path attributes of an UPDATE, if it announces anything. The first row about them
    /// has the number `seq`.
    pub(super) fn read(&mut self, update: &Update, octets: &[u8], seq: u64) {
        let announcing = [SectionKind::Nlri, SectionKind::MpReach];
        let first = announcing.into_iter().find_map(|kind| update.sections[kind as usize].as_ref());
        if let Some(section) = first {
            let span = update.attributes;
            let attributes = Reader::at(span.of(octets), span.start as usize);
            let front = Front { seq, whose: &self.whose.front };
            self.path.read(attributes, update.as_width, section.kind, front);
        }
    }

    /// Shows the attributes with this next hop, and their id with it; made in `input`. Nothing is
    /// done if they are shown so already.
    #[inline]
    pub(super) fn show(&mut self, next_hop: Option<IpAddr>, input: &mut Vec<u8>) {
        if self.path.show(next_hop) {
            self.identify(input);
        }
    }

    /// Makes the id of the attributes.
    #[inline(never)]
    fn identify(&mut self, input: &mut Vec<u8>) {
        input.clear();
        let id = self.path.id(self.hash, self.peer, input).hex();
        self.path.set_id(&id);
        if let Some(base) = self.whose.base() {
            *base = id;
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

    /// Appends what is shared, each field behind a tabulator.
    // For each object apart, whose fields are constants.
    #[inline(always)]
    pub(super) fn write(&self, field: Shared, listed: &Listed, out: &mut Vec<u8>) {
        let Whose { text, base_at, peer_at, .. } = &self.whose;
        let [pre, _, adj] = self.view;
        // Without a next hop no row tells of the attributes: the database has none without.
        let has_base = listed.announced && self.path.has_next_hop();
        match field {
            Shared::Whose if has_base => out.extend_from_slice(text),
            Shared::Whose => {
                out.extend_from_slice(&text[..*base_at]);
                out.extend_from_slice(&text[*peer_at - 1..]);
            }
            Shared::Router => out.extend_from_slice(&text[..*base_at - 1]),
            Shared::Peer => out.extend_from_slice(&text[*peer_at - 1..]),
            Shared::BaseAttrHash if has_base => {
                out.extend_from_slice(&text[*base_at - 1..*peer_at - 1]);
            }
            Shared::BaseAttrHash => out.push(b'\t'),
            Shared::View => out.extend_from_slice(&[b'\t', pre, b'\t', adj]),
            Shared::NoPathView => {
                out.extend_from_slice(&[b'\t', b'0', b'\t', b'\t', pre, b'\t', adj]);
            }
            Shared::Attributes if listed.announced => {
                out.extend_from_slice(self.path.attributes());
            }
            Shared::Attributes => out.extend_from_slice(&[b'\t'; 14]),
            Shared::LargeCommunities => {
                out.push(b'\t');
                let text = self.path.column(Column::LargeCommunities);
                if listed.announced && !text.is_empty() {
                    out.extend_from_slice(text);
                }
            }
            Shared::Path => self.write_path(listed.announced, listed, out),
        }
    }

    fn write_path(&self, announced: bool, listed: &Listed, out: &mut Vec<u8>) {
        let columns = [Column::AsPath, Column::LocalPref, Column::Med, Column::NextHop];
        for column in columns {
            out.push(b'\t');
            match column {
                _ if announced => out.extend_from_slice(self.path.column(column)),
                Column::LocalPref | Column::Med => out.extend_from_slice(listed.no_number),
                _ => {}
            }
        }
    }
}
