//! Operators with their operands (RFC 8955 §4.2.1): the bits of an operator are end of list, AND,
//! length of the operand (2 bits), and four that numbers and bitmasks use each in their own way.

use crate::wire::{Reader, WireError};

/// An operator and its operand. 2, 3, 5 or 9 octets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operator {
    /// Its bits, as received.
    pub bits: u8,
    /// The number or bitmask, of as many octets as the bits say.
    pub operand: u64,
}

impl Operator {
    /// It is the last one of its component.
    pub const END: u8 = 0x80;
    /// It is joined to the one before it by AND.
    pub const AND: u8 = 0x40;
    /// Numbers below the operand match.
    pub const LT: u8 = 0x04;
    /// Numbers above the operand match.
    pub const GT: u8 = 0x02;
    /// A number equal to the operand matches.
    pub const EQ: u8 = 0x01;
    /// What a bitmask operator says, inverted.
    pub const NOT: u8 = 0x02;
    /// All bits of a bitmask must be set; without it one is enough.
    pub const MATCH: u8 = 0x01;

    /// One with an operand of `len` octets, taken up to 1, 2, 4 or 8.
    #[must_use]
    pub fn new(bits: u8, operand: u64, len: usize) -> Self {
        let exponent = len.max(1).next_power_of_two().trailing_zeros().min(3) as u8;
        Self { bits: bits & !0x30 | exponent << 4, operand }
    }

    fn read(r: &mut Reader<'_>) -> Result<Self, WireError> {
        let bits = r.u8("operator")?;
        let octets = r.take("operator value", Self { bits, operand: 0 }.len())?;
        let operand = octets.iter().fold(0, |number, octet| number << 8 | u64::from(*octet));
        Ok(Self { bits, operand })
    }

    /// Octets of the operand.
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // there is always one
    pub fn len(&self) -> usize {
        1 << (self.bits >> 4 & 3)
    }

    /// Whether it is joined to the one before it by AND, and not by OR. The first has none.
    #[must_use]
    pub fn is_and(&self) -> bool {
        self.has(Self::AND)
    }

    /// Whether all of `bits` are set.
    #[must_use]
    pub fn has(&self, bits: u8) -> bool {
        self.bits & bits == bits
    }

    /// Appends its octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        out.push(self.bits);
        out.extend_from_slice(&self.operand.to_be_bytes()[8 - self.len()..]);
    }
}

/// Operators up to one that is the last. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Operators<'a>(&'a [u8]);

impl<'a> Operators<'a> {
    /// Reads operators off the front, up to the one that says that it is the last.
    ///
    /// # Errors
    /// There is none that says so.
    pub fn read(r: &mut Reader<'a>) -> Result<Self, WireError> {
        let all = r.peek();
        while !Operator::read(r)?.has(Operator::END) {}
        Ok(Self(&all[..all.len() - r.len()]))
    }

    /// The octets of some operators; the last of them is told to be that.
    #[must_use]
    pub fn octets_of(operators: &[Operator]) -> Vec<u8> {
        let mut out = Vec::new();
        for (at, operator) in operators.iter().enumerate() {
            let end = if at + 1 == operators.len() { Operator::END } else { 0 };
            Operator { bits: operator.bits & !Operator::END | end, ..*operator }.encode(&mut out);
        }
        out
    }

    /// The operators in order.
    pub fn iter(&self) -> impl Iterator<Item = Operator> + use<'a> {
        let mut left = Reader::new(self.0);
        std::iter::from_fn(move || Operator::read(&mut left).ok())
    }

    /// Appends their octets.
    pub fn encode(&self, out: &mut Vec<u8>) {
        self.iter().for_each(|operator| operator.encode(out));
    }
}
