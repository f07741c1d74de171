//! The octets of a record around its message.

use std::net::IpAddr;

use super::stream::{Head, State};
use crate::bgp::encode::AS_TRANS;

/// Types (RFC 6396 §4).
const BGP4MP: u16 = 16;
const BGP4MP_ET: u16 = 17;

const BGP4MP_STATE_CHANGE_AS4: u16 = 5;

/// Octets of a record's header, and where in it the length stands, which counts what follows.
pub(super) const HEADER_LEN: usize = 12;
const LENGTH_AT: usize = 8;

/// How a message is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Subtype {
    /// AS numbers have 4 octets.
    pub(super) as4: bool,
    /// The router sends it to the peer, and not the other way round.
    pub(super) is_out: bool,
    /// NLRI begin with path identifiers.
    pub(super) add_path: bool,
}

impl Subtype {
    /// The code (RFC 6396 §4.4, RFC 8050 §3).
    fn code(self) -> u16 {
        match (self.add_path, self.is_out, self.as4) {
            (false, false, false) => 1, // BGP4MP_MESSAGE
            (false, false, true) => 4,  // BGP4MP_MESSAGE_AS4
            (false, true, false) => 6,  // BGP4MP_MESSAGE_LOCAL
            (false, true, true) => 7,   // BGP4MP_MESSAGE_AS4_LOCAL
            (true, false, false) => 8,  // BGP4MP_MESSAGE_ADDPATH
            (true, false, true) => 9,   // BGP4MP_MESSAGE_AS4_ADDPATH
            (true, true, false) => 10,  // BGP4MP_MESSAGE_LOCAL_ADDPATH
            (true, true, true) => 11,   // BGP4MP_MESSAGE_AS4_LOCAL_ADDPATH
        }
    }
}

/// Octets of a record, by its header; of a type that is written here.
pub(super) fn record_len(header: &[u8]) -> Option<u64> {
    let [_, _, _, _, a, b, _, _, c, d, e, f] = *header.first_chunk::<HEADER_LEN>()?;
    let is_own = matches!(u16::from_be_bytes([a, b]), BGP4MP | BGP4MP_ET);
    is_own.then(|| HEADER_LEN as u64 + u64::from(u32::from_be_bytes([c, d, e, f])))
}

/// Appends the header of a record and who it is about: a message, or else a change of state.
/// Returns where it begins, for [`end`].
pub(super) fn begin(out: &mut Vec<u8>, head: &Head, message: Option<Subtype>, et: bool) -> usize {
    let at = out.len();
    // Of the seconds the lower 4 octets: they reach until 2106.
    out.extend_from_slice(&(head.at.secs as u32).to_be_bytes());
    let kind = if et { BGP4MP_ET } else { BGP4MP };
    let subtype = message.map_or(BGP4MP_STATE_CHANGE_AS4, Subtype::code);
    out.extend_from_slice(&kind.to_be_bytes());
    out.extend_from_slice(&subtype.to_be_bytes());
    out.extend_from_slice(&[0; HEADER_LEN - LENGTH_AT]);
    if et {
        out.extend_from_slice(&head.at.micros.to_be_bytes());
    }
    let as4 = message.is_none_or(|message| message.as4);
    for asn in [head.peer_asn, head.local_asn] {
        match as4 {
            true => out.extend_from_slice(&asn.to_be_bytes()),
            false => {
                let asn = u16::try_from(asn).unwrap_or(AS_TRANS);
                out.extend_from_slice(&asn.to_be_bytes());
            }
        }
    }
    // The interface index, of which a router says nothing.
    out.extend_from_slice(&[0, 0]);
    addresses(out, head.peer, head.local);
    at
}

/// Appends an AFI and two addresses of that family: where the second is none, zero.
fn addresses(out: &mut Vec<u8>, peer: IpAddr, local: IpAddr) {
    match (peer, local) {
        (IpAddr::V4(peer), local) => {
            let local = if let IpAddr::V4(local) = local { local.octets() } else { [0; 4] };
            out.extend_from_slice(&[0, 1]);
            out.extend_from_slice(&peer.octets());
            out.extend_from_slice(&local);
        }
        (IpAddr::V6(peer), local) => {
            let local = if let IpAddr::V6(local) = local { local.octets() } else { [0; 16] };
            out.extend_from_slice(&[0, 2]);
            out.extend_from_slice(&peer.octets());
            out.extend_from_slice(&local);
        }
    }
}

/// Appends what a change of state holds.
pub(super) fn put_state(out: &mut Vec<u8>, old: State, new: State) {
    out.extend_from_slice(&(old as u16).to_be_bytes());
    out.extend_from_slice(&(new as u16).to_be_bytes());
}

/// Ends the record that begins at `at`: nothing is after it.
pub(super) fn end(out: &mut [u8], at: usize) {
    // A BMP message is shorter than 4 GiB, and what is made of it grows by less than that.
    let len = out.len().saturating_sub(at + HEADER_LEN) as u32;
    if let Some(field) = out.get_mut(at + LENGTH_AT..at + HEADER_LEN) {
        field.copy_from_slice(&len.to_be_bytes());
    }
}
