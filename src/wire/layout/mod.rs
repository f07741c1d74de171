//! What values of fixed fields and TLVs are written with: `layout!` declares the fields of a value
//! in the order of the wire, `bits!` its flags, `words!` its numbers, and `tlvs!` the TLVs of one
//! registry.

mod part;
#[cfg(test)]
mod tests;
mod tlv;
mod values;

pub use part::Part;
pub(crate) use part::{bits, fixed, layout, whole, words, wraps};
pub(crate) use tlv::{
    Framing, STRICT, Type8Length8, Type8Length16, Type8LengthByType, Type16Length16, key, tlvs,
};
pub use tlv::{counted8, counted16};
pub use values::{Bandwidth, LabelField, LabelStackEntry, Mac, Reserved, Text, U24};
