//! How a receiver on a connection tells where a record ends.

use super::OpenError;
use crate::output::url::OutputUrl;

/// The option and its line of help.
pub(super) const FRAMING: (&str, &str) = (
    "framing",
    "newline: a record is a line (of formats whose records are); length: before each record its octets, as a number of 4 octets, highest first (default: records as the format writes them)",
);

/// See the module.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Framing {
    /// Records as the format writes them: lines end with a newline, all others hold their length.
    #[default]
    Own,
    /// The length of each record before it.
    Length,
}

impl Framing {
    /// What the URL asks for.
    pub(super) fn of(url: &OutputUrl) -> Result<Self, OpenError> {
        match url.option(FRAMING.0) {
            None | Some("newline") => Ok(Self::Own),
            Some("length") => Ok(Self::Length),
            Some(other) => Err(OpenError(format!("framing={other}: expected newline or length"))),
        }
    }

    /// What stands before a record of `len` octets: the first octets of the array, as many as the
    /// number says. Nothing stands before a record that has none.
    pub(super) fn head(self, len: usize) -> ([u8; 4], usize) {
        match (self, u32::try_from(len)) {
            (Self::Length, Ok(len @ 1..)) => (len.to_be_bytes(), 4),
            _ => ([0; 4], 0),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_before_a_record_is_its_length() {
        assert_eq!(Framing::Length.head(0x0102), ([0, 0, 1, 2], 4));
        assert_eq!(Framing::Length.head(0).1, 0);
        assert_eq!(Framing::Own.head(7).1, 0);
    }
}
