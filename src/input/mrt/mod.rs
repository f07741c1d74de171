//! MRT recordings (RFC 6396, RFC 8050): timestamp(4) · type(2) · subtype(2) · length(4) · message.
//!
//! Each peer of a recording becomes a BMP peer of one router session. A record whose content makes
//! no sense is counted and skipped; only a header that makes none ends the reading.

mod bgp4mp;
mod table;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use super::emitter::Emitter;
use super::router::Router;
use super::window::Window;
use super::{InputError, InputFormat, InputOptions, StreamEnd, Summary};
use crate::wire::{Reader, Timestamp, WireError};
use table::PeerTable;

/// Octets of a record's header.
pub(super) const HEADER_BYTES: usize = 12;

/// The longest record that is believed: a route of a table dump with an entry of 250 octets for
/// each of 65 535 peers.
const RECORD_BYTES_MAX: u32 = 16 << 20;

/// Types of records that hold BGP (RFC 6396 §4).
const TABLE_DUMP: u16 = 12;
const TABLE_DUMP_V2: u16 = 13;
const BGP4MP: u16 = 16;
const BGP4MP_ET: u16 = 17;

/// Whether a file that begins with these octets is MRT.
pub(super) fn told_by(first: &[u8]) -> bool {
    let Some(header) = Header::parse(first) else { return false };
    // The subtypes in use: what is neither is told apart by chance less than once in 10⁸ files.
    let known = match header.kind {
        TABLE_DUMP => 1..=4,
        TABLE_DUMP_V2 => 1..=12,
        BGP4MP | BGP4MP_ET => 0..=11,
        _ => return false,
    };
    known.contains(&header.subtype) && header.len <= RECORD_BYTES_MAX
}

/// Whether a named MRT file may begin like this: with any type that was ever assigned.
fn is_assigned(first: &[u8]) -> bool {
    let assigned = |kind: u16| matches!(kind, 0..=13 | 16 | 17 | 32 | 33 | 48 | 49);
    Header::parse(first).is_some_and(|h| assigned(h.kind) && h.len <= RECORD_BYTES_MAX)
}

#[derive(Debug, Clone, Copy)]
struct Header {
    secs: u32,
    kind: u16,
    subtype: u16,
    len: u32,
}

impl Header {
    fn parse(octets: &[u8]) -> Option<Self> {
        let [a, b, c, d, e, f, g, h, i, j, k, l] = *octets.first_chunk()?;
        Some(Self {
            secs: u32::from_be_bytes([a, b, c, d]),
            kind: u16::from_be_bytes([e, f]),
            subtype: u16::from_be_bytes([g, h]),
            len: u32::from_be_bytes([i, j, k, l]),
        })
    }
}

/// What became of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Used,
    /// It holds nothing that BMP has a place for.
    Other,
}

/// Reads a recording to its end.
pub(super) fn recorded(mut window: Window, options: &InputOptions, out: Emitter<'_>) -> Summary {
    let name = window.name().to_owned();
    let router = Router::new(options.router_or_none(), name.as_bytes(), "made from MRT");
    let mut recording =
        Recording { router, table: PeerTable::default(), scratch: Vec::new(), out, last: NEVER };
    let fault = recording.walk(&mut window).err();
    let end = if fault.is_some() { StreamEnd::Fault } else { StreamEnd::EndOfInput };
    let Recording { router, mut out, .. } = recording;
    router.close(&mut out, end);
    Summary { format: InputFormat::Mrt, octets: window.octets(), fault, ..out.summary }
}

const NEVER: Timestamp = Timestamp::new(0, 0);

/// A recording on its way.
struct Recording<'e> {
    router: Router,
    table: PeerTable,
    /// Path attributes of a route that are being put together.
    scratch: Vec<u8>,
    out: Emitter<'e>,
    last: Timestamp,
}

impl Recording<'_> {
    fn walk(&mut self, window: &mut Window) -> Result<(), InputError> {
        let first = window.next(HEADER_BYTES)?;
        if !first.is_empty() && !is_assigned(first) {
            return Err(InputError::NotMrt { first: first.to_vec() });
        }
        while !self.out.summary.stopped {
            let offset = window.offset();
            let head = window.next(HEADER_BYTES)?;
            let cut =
                |need, have| InputError::CaptureCut { offset, part: "MRT record", need, have };
            let Some(header) = Header::parse(head) else {
                return match head.len() {
                    0 => Ok(()),
                    have => Err(cut(HEADER_BYTES as u64, have as u64)),
                };
            };
            if header.len > RECORD_BYTES_MAX {
                return Err(InputError::MrtLength { offset, len: header.len });
            }
            let need = HEADER_BYTES + header.len as usize;
            let whole = window.next(need)?;
            if whole.len() < need {
                return Err(cut(need as u64, whole.len() as u64));
            }
            let body = Reader::at(&whole[HEADER_BYTES..], HEADER_BYTES);
            let outcome = self.record(header, body);
            self.router.flush(&mut self.out, self.last);
            self.out.summary.count_record(outcome.map(|o| o == Outcome::Used), || {
                format!("record at octet {offset}")
            });
            window.consume(need);
        }
        Ok(())
    }

    fn record(&mut self, header: Header, mut body: Reader<'_>) -> Result<Outcome, WireError> {
        let mut micros = 0;
        if header.kind == BGP4MP_ET {
            micros = body.u32("microseconds")?;
        }
        let at = Timestamp::from_micros(u64::from(header.secs) * 1_000_000 + u64::from(micros));
        self.last = at;
        match header.kind {
            BGP4MP | BGP4MP_ET => self.bgp4mp(header.subtype, body, at),
            TABLE_DUMP => self.table_dump(header.subtype, body, at),
            TABLE_DUMP_V2 => self.table_dump_v2(header.subtype, body, at),
            _ => Ok(Outcome::Other),
        }
    }
}

/// Reads an AS number of 2 or 4 octets.
fn asn(r: &mut Reader<'_>, as4: bool) -> Result<u32, WireError> {
    if as4 { r.u32("AS number") } else { r.u16("AS number").map(u32::from) }
}

/// Reads an address of the family 1 (IPv4) or 2 (IPv6).
fn address(r: &mut Reader<'_>, is_ipv6: bool) -> Result<IpAddr, WireError> {
    match is_ipv6 {
        true => r.array::<16>("IPv6 address").map(IpAddr::from),
        false => r.array::<4>("IPv4 address").map(IpAddr::from),
    }
}

/// Reads an AFI of addresses: whether it is that of IPv6.
fn is_ipv6(r: &mut Reader<'_>) -> Result<bool, WireError> {
    let at = r.offset();
    match r.u16("address family")? {
        1 => Ok(false),
        2 => Ok(true),
        other => Err(WireError::invalid("address family", at, other.into())),
    }
}
