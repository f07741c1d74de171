//! What the rows about the routes of an UPDATE say besides the routes.

use std::net::IpAddr;

use super::super::ids::{Hash, Id};
use super::attributes::Path;
use super::envelope::To;
use super::fields::Shared;
use super::values::{self, flag};
use crate::output::format::text;
use crate::wire::Timestamp;

/// What an UPDATE's rows share.
#[derive(Debug)]
pub(super) struct Context {
    pub(super) to: To,
    pub(super) hash: Hash,
    pub(super) router: Id,
    /// Empty before the router's Initiation.
    pub(super) router_ip: Vec<u8>,
    pub(super) peer: Id,
    pub(super) peer_ip: IpAddr,
    pub(super) peer_asn: u32,
    pub(super) at: Timestamp,
    pub(super) is_pre_policy: bool,
    pub(super) is_adj_in: bool,
    pub(super) path: Path,
}

/// What the rows of one of its lists share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Listed {
    /// The next hop, and the id of the attributes; nothing of withdrawn routes.
    pub(super) announced: Option<(Option<IpAddr>, Id)>,
    /// What a withdrawn route's number says.
    pub(super) no_number: &'static [u8],
}

impl Context {
    /// Without anything.
    pub(super) fn new(hash: Hash) -> Self {
        Self {
            hash,
            to: To::default(),
            router: Id([0; 16]),
            router_ip: Vec::new(),
            peer: Id([0; 16]),
            peer_ip: IpAddr::from([0; 4]),
            peer_asn: 0,
            at: Timestamp::default(),
            is_pre_policy: false,
            is_adj_in: false,
            path: Path::default(),
        }
    }

    /// The id of the attributes with this next hop, made in `input`.
    pub(super) fn base_attribute(&self, next_hop: Option<IpAddr>, input: &mut Vec<u8>) -> Id {
        input.clear();
        self.path.identify(next_hop, self.hash, &self.peer.hex(), input);
        self.hash.of(&[input])
    }

    /// The octet that tells the views of a peer apart in ids; nothing of its Adj-RIB-In before the
    /// policy. The original's holds chance bits, too.
    pub(super) fn policy(&self) -> Option<u8> {
        let octet = u8::from(!self.is_adj_in) | u8::from(!self.is_pre_policy) << 1;
        (octet != 0).then_some(octet)
    }

    /// Appends a field that is shared.
    pub(super) fn write(&self, field: Shared, listed: &Listed, out: &mut Vec<u8>) {
        match (field, listed.announced) {
            (Shared::Action, Some(_)) => out.extend_from_slice(b"add"),
            (Shared::Action, None) => out.extend_from_slice(b"del"),
            (Shared::RouterHash, _) => out.extend_from_slice(&self.router.hex()),
            (Shared::RouterIp, _) => out.extend_from_slice(&self.router_ip),
            (Shared::PeerHash, _) => out.extend_from_slice(&self.peer.hex()),
            (Shared::PeerIp, _) => values::ip(out, self.peer_ip),
            (Shared::PeerAsn, _) => text::number(out, self.peer_asn),
            (Shared::Timestamp, _) => values::time(out, self.at),
            (Shared::IsPrePolicy, _) => flag(out, self.is_pre_policy),
            (Shared::IsAdjIn, _) => flag(out, self.is_adj_in),
            (Shared::BaseAttrHash, Some((_, id))) => out.extend_from_slice(&id.hex()),
            (_, Some((next_hop, _))) => self.path.write(field, next_hop, out),
            (Shared::LocalPref | Shared::Med, None) => out.extend_from_slice(listed.no_number),
            _ => {}
        }
    }
}
