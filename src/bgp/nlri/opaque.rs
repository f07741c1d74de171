//! Opaque: key length(2) · key · a value to the end of the list, which holds one route. GoBGP sends
//! such pairs under code points of private use.

use super::Nlri;
use crate::wire::{Fields, Part, Reader, Text, WireError};

/// An opaque route. 2 octets and more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opaque<'a> {
    /// What it is found by.
    pub key: Text<'a>,
    /// What it says; routes that are withdrawn need none.
    pub value: Text<'a>,
}

impl<'a> Nlri<'a> for Opaque<'a> {
    fn parse(r: &mut Reader<'a>, _announced: bool) -> Result<Self, WireError> {
        let len = r.u16("key length")?;
        let key = Text(r.take("key", len.into())?);
        Ok(Self { key, value: Text(r.rest()) })
    }

    fn encode(&self, out: &mut Vec<u8>) {
        (self.key.0.len() as u16).write(out);
        self.key.write(out);
        self.value.write(out);
    }

    fn describe(&self, fields: &mut dyn Fields) {
        self.key.describe_as("key", fields);
        if !self.value.0.is_empty() {
            self.value.describe_as("data", fields);
        }
    }

    fn is_doubtful(&self) -> bool {
        self.key.0.is_empty()
    }

    fn example(index: u32, out: &mut Vec<u8>) {
        let (key, value) = (format!("key-{index}"), format!("{}", index % 10));
        Opaque { key: Text(key.as_bytes()), value: Text(value.as_bytes()) }.encode(out);
    }
}

#[cfg(test)]
mod tests {
    use crate::bgp::nlri::testing::{malformed, sound, withdrawn};
    use crate::wire::Family;

    const OPAQUE: Family = Family::new(16397, 241);

    #[test]
    fn the_value_ends_with_the_list() {
        sound(OPAQUE, "0002 6b31 776f726c64", "key=k1 data=world");
        sound(OPAQUE, "0000 ff", "key= data=ff");
        withdrawn(OPAQUE, "0002 6b31", "key=k1");
        malformed(OPAQUE, "0003 6b31", "key", 2);
        malformed(OPAQUE, "00", "key length", 0);
    }
}
