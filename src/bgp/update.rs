//! UPDATE: withdrawn routes · path attributes · NLRI (RFC 4271 §4.3).

use crate::wire::{Reader, WireError};

/// The three parts of an UPDATE, each with true offsets.
#[derive(Debug, Clone, Copy)]
pub struct Parts<'a> {
    /// Withdrawn Routes.
    pub withdrawn: Reader<'a>,
    /// Path Attributes; read them with [`super::attr::Attributes`].
    pub attributes: Reader<'a>,
    /// Network Layer Reachability Information.
    pub nlri: Reader<'a>,
}

/// Splits the body of an UPDATE.
///
/// # Errors
/// A length runs past the message.
pub fn split(mut body: Reader<'_>) -> Result<Parts<'_>, WireError> {
    let len = body.u16("Withdrawn Routes Length")?;
    let withdrawn = body.sub("Withdrawn Routes", len.into())?;
    let len = body.u16("Total Path Attribute Length")?;
    let attributes = body.sub("Path Attributes", len.into())?;
    let at = body.offset();
    Ok(Parts { withdrawn, attributes, nlri: Reader::at(body.rest(), at) })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_three_parts_keep_their_offsets() {
        let p = split(Reader::at(&[0, 1, 0, 0, 2, 9, 9, 8, 10], 23)).unwrap();
        assert_eq!((p.withdrawn.offset(), p.withdrawn.len()), (25, 1));
        assert_eq!((p.attributes.offset(), p.attributes.len()), (28, 2));
        assert_eq!((p.nlri.offset(), p.nlri.peek()), (30, &[8, 10][..]));
        assert_eq!(split(Reader::new(&[0, 9, 1])).unwrap_err().what, "Withdrawn Routes");
        assert_eq!(split(Reader::new(&[0, 0, 0, 9, 1])).unwrap_err().what, "Path Attributes");
    }
}
