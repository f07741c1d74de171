//! AIGP: TLVs of type(1) · length(2, with header) · value; type 1 holds the metric (RFC 7311 §3).

use crate::wire::{Reader, WireError};

/// The accumulated metric of the first AIGP TLV (type 1), if there is one.
///
/// # Errors
/// A TLV with a length below 3 or past the end, or a type 1 TLV of another length than 11.
pub fn parse(mut v: Reader<'_>) -> Result<Option<u64>, WireError> {
    let mut metric = None;
    while !v.is_empty() {
        let at = v.offset();
        let kind = v.u8("AIGP TLV type")?;
        let len = usize::from(v.u16("AIGP TLV length")?);
        let Some(value_len) = len.checked_sub(3) else {
            return Err(WireError::invalid("AIGP TLV length", at + 1, len as u64));
        };
        let mut value = v.sub("AIGP TLV", value_len)?;
        if kind == 1 {
            let m = value.u64("AIGP metric")?;
            value.finish("AIGP metric")?;
            metric = metric.or(Some(m));
        }
    }
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metric_is_found_and_lengths_are_checked() {
        assert_eq!(parse(Reader::new(&[1, 0, 11, 0, 0, 0, 0, 0, 0, 0, 77])), Ok(Some(77)));
        assert_eq!(parse(Reader::new(&[9, 0, 3])), Ok(None));
        assert!(parse(Reader::new(&[1, 0, 2])).is_err());
        assert!(parse(Reader::new(&[1, 0, 12, 0, 0, 0, 0, 0, 0, 0, 0, 7])).is_err());
    }
}
