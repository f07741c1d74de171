//! BGP4MP and BGP4MP_ET (RFC 6396 §4.4, RFC 8050 §3): messages and state changes of peers.

use std::net::Ipv4Addr;

use super::{Outcome, Recording, address, asn, is_ipv6};
use crate::bgp::attr::{AttributeCode, Attributes};
use crate::bgp::encode::HEADER_LEN;
use crate::bgp::open::Open;
use crate::bgp::{Header, MessageType, update};
use crate::bmp::encode::PeerDown;
use crate::input::router::{How, Who};
use crate::wire::{Family, Reader, Timestamp, WireError};

/// Subtypes (RFC 6396 §4.4; 2 is from before the RFC).
const STATE_CHANGE: u16 = 0;
const ENTRY: u16 = 2;
const STATE_CHANGE_AS4: u16 = 5;

/// How the messages of a subtype are written: 1 MESSAGE, 4 _AS4, 6 _LOCAL, 7 _AS4_LOCAL (RFC 6396
/// §4.4), 8 to 11 the same with _ADDPATH (RFC 8050 §3).
fn how(subtype: u16) -> How {
    How {
        as4: matches!(subtype, 4 | 5 | 7 | 9 | 11),
        add_path: matches!(subtype, 8..=11),
        is_out: matches!(subtype, 6 | 7 | 10 | 11),
    }
}

/// The state of a BGP session in which UPDATEs flow (RFC 6396 §4.4.1).
const ESTABLISHED: u16 = 6;

impl Recording<'_> {
    pub(super) fn bgp4mp(
        &mut self,
        subtype: u16,
        mut body: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        match subtype {
            STATE_CHANGE | STATE_CHANGE_AS4 => self.state_change(how(subtype), body, at),
            ENTRY => {
                let who = who(&mut body, false)?;
                self.entry(&who, body, at)
            }
            1 | 4 | 6..=11 => self.message(how(subtype), body, at),
            _ => Ok(Outcome::Other),
        }
    }

    fn state_change(
        &mut self,
        how: How,
        mut body: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        let who = who(&mut body, how.as4)?;
        let (before, after) = (body.u16("old state")?, body.u16("new state")?);
        self.router.end_dump(at);
        let slot = self.slot(&who, &body)?;
        if before == after {
            return Ok(Outcome::Other);
        }
        if before == ESTABLISHED || (after == ESTABLISHED && self.router.is_up(slot)) {
            self.router.left_established(slot, at);
        }
        if after == ESTABLISHED {
            self.router.up(slot, how.as4, at);
        }
        Ok(Outcome::Used)
    }

    fn message(
        &mut self,
        how: How,
        mut body: Reader<'_>,
        at: Timestamp,
    ) -> Result<Outcome, WireError> {
        let who = who(&mut body, how.as4)?;
        let mut pdu = body;
        let octets = body.peek();
        body.take("BGP header", HEADER_LEN)?;
        if octets.len() > usize::from(u16::MAX) {
            let len = octets.len() as u64;
            return Err(WireError::invalid("length of the BGP message", pdu.offset(), len));
        }
        self.router.end_dump(at);
        let slot = self.slot(&who, &body)?;
        match MessageType(octets[HEADER_LEN - 1]) {
            MessageType::Update => {
                let families = match how.add_path || self.router.has_add_path(slot) {
                    true => families(pdu),
                    false => Vec::new(),
                };
                self.router.update(slot, how, &families, at, octets);
            }
            MessageType::Notification if self.router.is_up(slot) => {
                let reason = match how.is_out {
                    true => PeerDown::LocalNotification(octets),
                    false => PeerDown::RemoteNotification(octets),
                };
                self.router.down(slot, &reason, at);
            }
            MessageType::Open if !how.is_out => {
                let open = Open::parse(&mut pdu)?;
                self.router.identify(slot, Ipv4Addr::from(open.bgp_id));
            }
            _ => return Ok(Outcome::Other),
        }
        Ok(Outcome::Used)
    }

    /// The place of a peer; an error when there are too many.
    pub(super) fn slot(&mut self, who: &Who, r: &Reader<'_>) -> Result<usize, WireError> {
        let too_many = || WireError::invalid("peer beyond the 65536 kept", r.offset(), 0);
        self.router.slot(who).ok_or_else(too_many)
    }
}

/// Peer AS · local AS · interface(2) · AFI(2) · peer address · local address.
fn who(r: &mut Reader<'_>, as4: bool) -> Result<Who, WireError> {
    let (peer_asn, local_asn) = (asn(r, as4)?, asn(r, as4)?);
    r.u16("interface index")?;
    let is_ipv6 = is_ipv6(r)?;
    let (peer, local_address) = (address(r, is_ipv6)?, address(r, is_ipv6)?);
    Ok(Who { local_address, local_asn, ..Who::new(peer, peer_asn) })
}

/// The families that an UPDATE has NLRI of, as far as it can be read.
fn families(mut pdu: Reader<'_>) -> Vec<Family> {
    let mut found = Vec::new();
    let Ok(header) = Header::parse(&mut pdu) else { return found };
    let Ok(parts) = update::split(header.body) else { return found };
    if !parts.withdrawn.is_empty() || !parts.nlri.is_empty() {
        found.push(Family::IPV4_UNICAST);
    }
    for attribute in Attributes::new(parts.attributes).flatten() {
        let is_mp =
            matches!(attribute.code, AttributeCode::MpReachNlri | AttributeCode::MpUnreachNlri);
        if let (true, &[a, b, safi, ..]) = (is_mp, attribute.value()) {
            found.push(Family::new(u16::from_be_bytes([a, b]), safi));
        }
    }
    found
}
