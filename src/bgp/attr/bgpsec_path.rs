//! BGPsec_Path: a Secure_Path and one or two Signature_Blocks (RFC 8205 §3).
//!
//! ```text
//! length(2) · { pCount(1) · flags(1) · AS number(4) }…
//! { length(2) · algorithm suite(1) · { SKI(20) · length(2) · signature }… } once or twice
//! ```
//!
//! Both lengths count themselves.

use super::Value;
use crate::bgp::AsWidth;
use crate::bgp::encode::counted16;
use crate::wire::{Fields, Item, List, Reader, WireError};

/// Octets of a length, which it counts.
const LENGTH_LEN: usize = 2;

/// One AS on the way (RFC 8205 §3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SecurePathSegment {
    /// How many times the AS counts in the path's length.
    pub p_count: u8,
    /// Flags; see [`SecurePathSegment::is_confed`].
    pub flags: u8,
    /// The AS number.
    pub asn: u32,
}

impl SecurePathSegment {
    /// The Confed_Segment flag: the AS is a member of the sender's confederation.
    #[must_use]
    pub fn is_confed(&self) -> bool {
        self.flags & 0x80 != 0
    }
}

impl Item<'_> for SecurePathSegment {
    const SIZE: usize = 6;

    fn parse(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let p_count = r.u8("Secure_Path pCount")?;
        let flags = r.u8("Secure_Path flags")?;
        Ok(Self { p_count, flags, asn: r.u32("Secure_Path AS number")? })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&[self.p_count, self.flags]);
        out.extend_from_slice(&self.asn.to_be_bytes());
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.number("p_count", self.p_count.into());
            fields.number("flags", self.flags.into());
            fields.number("asn", self.asn.into());
        });
    }
}

/// What one AS signed (RFC 8205 §3.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignatureSegment<'a> {
    /// Subject Key Identifier of the key.
    pub ski: [u8; 20],
    /// The signature.
    pub signature: &'a [u8],
}

impl<'a> Item<'a> for SignatureSegment<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let ski = r.array("Subject Key Identifier")?;
        let len = r.u16("signature length")?;
        Ok(Self { ski, signature: r.take("signature", len.into())? })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.ski);
        counted16(out, |out| out.extend_from_slice(self.signature));
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.octets("ski", &self.ski);
            fields.octets("signature", self.signature);
        });
    }
}

/// The signatures that were made by one algorithm suite (RFC 8205 §3.2).
#[derive(Debug, Clone, Copy)]
pub struct SignatureBlock<'a> {
    /// Algorithm suite.
    pub algorithm_suite: u8,
    /// The signature segments' octets: of two blocks one may be ill-formed.
    pub octets: Reader<'a>,
}

impl<'a> SignatureBlock<'a> {
    /// The signatures, one for each segment of the Secure_Path, in the same order.
    ///
    /// # Errors
    /// One of them is cut short.
    pub fn signatures(&self) -> Result<List<'a, SignatureSegment<'a>>, WireError> {
        List::parse(self.octets)
    }

    /// Whether it has a signature for each of `segments`.
    ///
    /// # Errors
    /// It has not.
    fn fits(&self, segments: usize) -> Result<(), WireError> {
        match self.signatures()?.iter().count() {
            count if count == segments => Ok(()),
            count => {
                let what = "number of signature segments";
                Err(WireError::invalid(what, self.octets.offset(), count as u64))
            }
        }
    }
}

impl<'a> Item<'a> for SignatureBlock<'a> {
    fn parse(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let mut block = with_length(r, "Signature_Block length", "Signature_Block")?;
        Ok(Self { algorithm_suite: block.u8("algorithm suite")?, octets: block })
    }
    fn encode(&self, out: &mut Vec<u8>) {
        put_with_length(out, 1 + self.octets.len());
        out.push(self.algorithm_suite);
        out.extend_from_slice(self.octets.peek());
    }
    fn describe(&self, fields: &mut dyn Fields) {
        fields.group("", &mut |fields| {
            fields.number("algorithm_suite", self.algorithm_suite.into());
            match self.signatures() {
                Ok(signatures) => signatures.describe("signatures", fields),
                Err(_) => fields.octets("malformed_signatures", self.octets.peek()),
            }
        });
    }
}

impl PartialEq for SignatureBlock<'_> {
    fn eq(&self, other: &Self) -> bool {
        (self.algorithm_suite, self.octets.peek()) == (other.algorithm_suite, other.octets.peek())
    }
}

impl Eq for SignatureBlock<'_> {}

/// A signed path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BgpsecPath<'a> {
    /// The ASes that a route has passed, the last one first; at least one.
    pub secure_path: List<'a, SecurePathSegment>,
    /// One block, or two while algorithm suites change.
    pub signature_blocks: List<'a, SignatureBlock<'a>>,
}

impl BgpsecPath<'_> {
    /// What it counts for in route selection (RFC 8205 §4.4): the sum of the pCounts.
    #[must_use]
    pub fn path_length(&self) -> usize {
        self.secure_path.iter().map(|segment| usize::from(segment.p_count)).sum()
    }
}

impl<'a> Value<'a> for BgpsecPath<'a> {
    /// RFC 8205 §5.2: at least one block has a signature for each segment of the path; a second one
    /// that has not is passed over there, and kept here.
    fn parse(mut value: Reader<'a>, _: AsWidth) -> Result<Self, WireError> {
        let at = value.offset();
        let segments = with_length(&mut value, "Secure_Path length", "Secure_Path")?;
        let count = segments.len() / SecurePathSegment::SIZE;
        if count == 0 {
            return Err(WireError::invalid("Secure_Path length", at, segments.len() as u64));
        }
        let secure_path = List::parse(segments)?;
        let at = value.offset();
        let signature_blocks: List<'_, SignatureBlock<'_>> = List::parse(value)?;
        let mut blocks = signature_blocks.iter();
        match (blocks.next(), blocks.next(), blocks.next()) {
            (Some(one), None, None) => one.fits(count)?,
            (Some(one), Some(other), None) => one.fits(count).or_else(|_| other.fits(count))?,
            (one, ..) => {
                let many = if one.is_some() { 3 } else { 0 };
                return Err(WireError::invalid("number of Signature_Blocks", at, many));
            }
        }
        Ok(Self { secure_path, signature_blocks })
    }
    fn encode(&self, _: AsWidth, out: &mut Vec<u8>) {
        put_with_length(out, self.secure_path.octets().len());
        self.secure_path.encode(out);
        self.signature_blocks.encode(out);
    }
    fn describe(&self, name: &'static str, fields: &mut dyn Fields) {
        fields.group(name, &mut |fields| {
            self.secure_path.describe("secure_path", fields);
            self.signature_blocks.describe("signature_blocks", fields);
        });
    }
}

/// What stands behind a length that counts itself.
fn with_length<'a>(
    r: &mut Reader<'a>,
    length: &'static str,
    what: &'static str,
) -> Result<Reader<'a>, WireError> {
    let at = r.offset();
    let len = usize::from(r.u16(length)?);
    match len.checked_sub(LENGTH_LEN) {
        Some(len) => r.sub(what, len),
        None => Err(WireError::invalid(length, at, len as u64)),
    }
}

fn put_with_length(out: &mut Vec<u8>, len: usize) {
    let len = u16::try_from(len + LENGTH_LEN).unwrap_or(u16::MAX);
    out.extend_from_slice(&len.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::bgp::attr::AttributeCode;
    use crate::bgp::attr::testing::{malformed, octets, sound};

    const CODE: AttributeCode = AttributeCode::BgpsecPath;

    const SKI: &str = "ab4d910f55cae71a215ef3cafe3acc45b5eec154";
    const SAID: &str = "{ski=ab4d910f55cae71a215ef3cafe3acc45b5eec154 signature=0102}";

    #[test]
    fn a_path_and_its_signatures_are_read() {
        let path = "0008 01 00 0000fbf0";
        sound(
            CODE,
            &format!("{path} 001b 01 {SKI} 0002 0102"),
            &format!(
                "bgpsec_path={{secure_path=[{{p_count=1 flags=0 asn=64496}}] \
                 signature_blocks=[{{algorithm_suite=1 signatures=[{SAID}]}}]}}"
            ),
        );
        let signature = format!("{SKI} 0002 0102");
        let two = format!("000e 0280 0000fbf0 0100 00000007 0033 01 {signature} {signature}");
        let value = octets(&two);
        let read = BgpsecPath::parse(Reader::new(&value), AsWidth::Four);
        let seen = read.map(|path| (path.path_length(), path.secure_path.iter().next()));
        let first = SecurePathSegment { p_count: 2, flags: 0x80, asn: 64496 };
        assert_eq!(seen, Ok((3, Some(first))));
        assert!(first.is_confed());
    }

    #[test]
    fn a_path_of_one_as_has_one_signature_of_72_octets() {
        let signature = "3046022100e7b70baf000de1ce8bb211afd48fc37659543ea5805ca2a2063ac92e12fac067\
                         022100a58c0f370ee977aed411bd3f0f47bb1f38cfde0949d597cd2e41a48a941b7ebf";
        sound(
            CODE,
            &format!("0008 01 00 0000fbf0 0061 01 {SKI} 0048 {signature}"),
            &format!(
                "bgpsec_path={{secure_path=[{{p_count=1 flags=0 asn=64496}}] signature_blocks=[\
                 {{algorithm_suite=1 signatures=[{{ski={SKI} signature={signature}}}]}}]}}"
            ),
        );
    }

    #[test]
    fn of_two_blocks_one_may_be_ill_formed() {
        let path = "0008 01 00 0000fbf0";
        let good = format!("001b 01 {SKI} 0002 0102");
        let said = |blocks: String| {
            format!(
                "bgpsec_path={{secure_path=[{{p_count=1 flags=0 asn=64496}}] \
                 signature_blocks=[{blocks}]}}"
            )
        };
        let block = format!("{{algorithm_suite=1 signatures=[{SAID}]}}");
        let bad = "{algorithm_suite=2 malformed_signatures=ff}";
        sound(CODE, &format!("{path} {good} 0004 02 ff"), &said(format!("{block}, {bad}")));
        sound(CODE, &format!("{path} 0004 02 ff {good}"), &said(format!("{bad}, {block}")));
        malformed(CODE, &format!("{path} 0004 02 ff"), "Subject Key Identifier", 11);
        malformed(CODE, &format!("{path} 0003 02"), "number of signature segments", 11);
        let three = format!("{path} {good} {good} {good}");
        malformed(CODE, &three, "number of Signature_Blocks", 8);
        malformed(CODE, path, "number of Signature_Blocks", 8);
    }

    #[test]
    fn lengths_are_checked() {
        malformed(CODE, "0001", "Secure_Path length", 0);
        malformed(CODE, "0002 0003 01", "Secure_Path length", 0);
        malformed(CODE, "0009 01 00 0000fbf0 00", "Secure_Path flags", 9);
        malformed(CODE, "0008 01 00 0000fbf0 0001", "Signature_Block length", 8);
        malformed(CODE, "0008 01 00 0000fbf0 0002", "algorithm suite", 10);
        malformed(CODE, "0008 01 00 0000fbf0 0004 01", "Signature_Block", 10);
    }
}
