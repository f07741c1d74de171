//! BGP Prefix-SID: TLVs of type(1) · length(2) · value; type 1 is the Label-Index (RFC 8669 §3).

use crate::wire::{Reader, WireError};

/// Type of the Label-Index TLV: reserved(1) · flags(2) · index(4).
pub const LABEL_INDEX: u8 = 1;

/// The label index of the first Label-Index TLV, wherever it stands, if there is one.
///
/// # Errors
/// A TLV past the end, or a Label-Index TLV of another length than 7.
pub fn label_index(mut v: Reader<'_>) -> Result<Option<u32>, WireError> {
    let mut index = None;
    while !v.is_empty() {
        let kind = v.u8("Prefix-SID TLV type")?;
        let len = usize::from(v.u16("Prefix-SID TLV length")?);
        let mut value = v.sub("Prefix-SID TLV", len)?;
        if kind == LABEL_INDEX {
            value.take("Label-Index flags", 3)?;
            let i = value.u32("Label-Index")?;
            value.finish("Label-Index")?;
            index = index.or(Some(i));
        }
    }
    Ok(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_label_index_is_found_behind_other_tlvs() {
        let v = [3, 0, 2, 0, 0, 1, 0, 7, 0, 0, 0, 0, 0, 0, 33];
        assert_eq!(label_index(Reader::new(&v)), Ok(Some(33)));
        assert_eq!(label_index(Reader::new(&v[..5])), Ok(None));
        assert!(label_index(Reader::new(&[1, 0, 3, 0, 0, 0])).is_err());
    }
}
