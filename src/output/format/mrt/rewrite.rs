//! UPDATEs with some of their parts, and with AS numbers of 4 octets where they have 2.

use crate::bgp::attr::aggregator::Aggregator;
use crate::bgp::attr::as4::{AsInformation, Received};
use crate::bgp::attr::{Attribute, AttributeCode, Attributes, FLAG_EXTENDED_LENGTH, Value};
use crate::bgp::{AsWidth, HEADER_LEN, LEN_MAX, update as bgp_update};
use crate::record::{Section, SectionKind, Update};
use crate::wire::Reader;

/// Where the length of a BGP message stands in its header.
const LENGTH_AT: usize = 16;

/// Which lists of NLRI are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Parts {
    withdrawn: bool,
    nlri: bool,
    reach: bool,
    unreach: bool,
    /// Whether they have path identifiers.
    pub(super) add_path: bool,
}

impl Parts {
    /// All.
    pub(super) fn all(add_path: bool) -> Self {
        Self { withdrawn: true, nlri: true, reach: true, unreach: true, add_path }
    }

    /// Those with path identifiers, or those without.
    pub(super) fn with(update: &Update, add_path: bool) -> Self {
        let has = |kind: SectionKind| {
            let mut of_kind = update.sections().filter(|s: &&Section| s.kind == kind);
            of_kind.any(|s| s.add_path == add_path)
        };
        Self {
            withdrawn: has(SectionKind::Withdrawn),
            nlri: has(SectionKind::Nlri),
            reach: has(SectionKind::MpReach),
            unreach: has(SectionKind::MpUnreach),
            add_path,
        }
    }

    fn has(self, code: AttributeCode) -> bool {
        match code {
            AttributeCode::MpReachNlri => self.reach,
            AttributeCode::MpUnreachNlri => self.unreach,
            _ => true,
        }
    }
}

/// An UPDATE that is written anew.
pub(super) struct Rewrite<'a> {
    /// As it came, with its header.
    pub(super) pdu: &'a [u8],
    pub(super) parts: Parts,
    /// Whether its AS numbers have 2 octets and get 4.
    pub(super) widened: bool,
    /// Room for the value of an attribute.
    pub(super) scratch: &'a mut Vec<u8>,
}

impl Rewrite<'_> {
    /// Appends the message. `None` when it cannot be, with octets of it left behind: its path is
    /// malformed, or it would be longer than a BGP message may be.
    pub(super) fn write(mut self, out: &mut Vec<u8>) -> Option<()> {
        let at = out.len();
        let (header, body) = self.pdu.split_at_checked(HEADER_LEN)?;
        let update = bgp_update::split(Reader::new(body)).ok()?;
        out.extend_from_slice(header);
        let withdrawn = if self.parts.withdrawn { update.withdrawn.peek() } else { &[] };
        out.extend_from_slice(&u16::try_from(withdrawn.len()).ok()?.to_be_bytes());
        out.extend_from_slice(withdrawn);
        let length_at = out.len();
        out.extend_from_slice(&[0; 2]);
        self.attributes(update.attributes, out)?;
        let len = out.len() - length_at - 2;
        patch(out, length_at, len)?;
        if self.parts.nlri {
            out.extend_from_slice(update.nlri.peek());
        }
        let len = out.len() - at;
        if len > LEN_MAX {
            return None;
        }
        patch(out, at + LENGTH_AT, len)
    }

    fn attributes(&mut self, octets: Reader<'_>, out: &mut Vec<u8>) -> Option<()> {
        let mut wide = self.widened.then(|| Wide::of(octets));
        let (mut left, mut used) = (Attributes::new(octets), 0);
        while let Some(attribute) = left.next_whole() {
            let value = attribute.reader();
            let end = (value.offset() + value.len()).checked_sub(octets.offset())?;
            let raw = octets.peek().get(used..end)?;
            used = end;
            match &mut wide {
                _ if !self.parts.has(attribute.code) => {}
                Some(wide) => wide.write(&attribute, raw, self.scratch, out)?,
                None => out.extend_from_slice(raw),
            }
        }
        // What is cut short is passed on as it is.
        out.extend_from_slice(octets.peek().get(used..)?);
        Some(())
    }
}

/// What attributes with 2-octet AS numbers say in 4 octets.
struct Wide<'a> {
    received: Received<'a>,
    merged: AsInformation<'a>,
    /// There is an AGGREGATOR, even if it is malformed.
    has_aggregator: bool,
    /// Which of the attributes that hold AS numbers have come already.
    come: [bool; 4],
}

impl<'a> Wide<'a> {
    fn of(attributes: Reader<'a>) -> Self {
        let received = Received::find(attributes, AsWidth::Two);
        let mut all = Attributes::new(attributes).flatten();
        Self {
            received,
            merged: received.merge(AsWidth::Two),
            has_aggregator: all.any(|attribute| attribute.code == AttributeCode::Aggregator),
            come: [false; 4],
        }
    }

    /// Appends an attribute. AS4_PATH and AS4_AGGREGATOR have no place beside 4-octet AS numbers
    /// (RFC 6793 §4.1): what they say stands in AS_PATH and AGGREGATOR. Without those, an AS4_PATH
    /// stays, for there is no path that it could be joined to, and an AS4_AGGREGATOR becomes the
    /// AGGREGATOR. What is malformed stays, too, unless a sound one takes its place.
    fn write(
        &mut self,
        attribute: &Attribute<'_>,
        raw: &[u8],
        scratch: &mut Vec<u8>,
        out: &mut Vec<u8>,
    ) -> Option<()> {
        let Received { as_path, as4_path, as4_aggregator, .. } = self.received;
        match attribute.code {
            // Of a repeated one the first counts (RFC 7606 §3 g).
            code if self.is_repeated(code) => return Some(()),
            AttributeCode::AsPath => {
                scratch.clear();
                self.merged.as_path?.encode(AsWidth::Four, scratch);
                return put(attribute.flags, AttributeCode::AsPath, scratch, out);
            }
            AttributeCode::As4Path if as_path.is_some() && as4_path.is_some() => {}
            AttributeCode::As4Aggregator if self.has_aggregator && as4_aggregator.is_some() => {}
            AttributeCode::As4Aggregator if as4_aggregator.is_none() => out.extend_from_slice(raw),
            AttributeCode::Aggregator | AttributeCode::As4Aggregator => {
                match self.merged.aggregator {
                    Some(aggregator) => return put_aggregator(attribute.flags, aggregator, out),
                    None => out.extend_from_slice(raw),
                }
            }
            _ => out.extend_from_slice(raw),
        }
        Some(())
    }

    /// Whether an attribute that holds AS numbers has come before.
    fn is_repeated(&mut self, code: AttributeCode) -> bool {
        let place = match code {
            AttributeCode::AsPath => 0,
            AttributeCode::As4Path => 1,
            AttributeCode::Aggregator => 2,
            AttributeCode::As4Aggregator => 3,
            _ => return false,
        };
        std::mem::replace(&mut self.come[place], true)
    }
}

fn put_aggregator(flags: u8, aggregator: Aggregator, out: &mut Vec<u8>) -> Option<()> {
    let Aggregator { asn, address, .. } = aggregator;
    let [[a, b, c, d], [e, f, g, h]] = [asn.to_be_bytes(), address.octets()];
    put(flags, AttributeCode::Aggregator, &[a, b, c, d, e, f, g, h], out)
}

/// Appends an attribute; `None` when its value is too long.
fn put(flags: u8, code: AttributeCode, value: &[u8], out: &mut Vec<u8>) -> Option<()> {
    match u8::try_from(value.len()) {
        Ok(len) => out.extend_from_slice(&[flags & !FLAG_EXTENDED_LENGTH, code.0, len]),
        Err(_) => {
            let [a, b] = u16::try_from(value.len()).ok()?.to_be_bytes();
            out.extend_from_slice(&[flags | FLAG_EXTENDED_LENGTH, code.0, a, b]);
        }
    }
    out.extend_from_slice(value);
    Some(())
}

/// Writes a length.
fn patch(out: &mut [u8], at: usize, len: usize) -> Option<()> {
    let len = u16::try_from(len).ok()?;
    out.get_mut(at..at + 2)?.copy_from_slice(&len.to_be_bytes());
    Some(())
}
