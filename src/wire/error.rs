//! One small error for every reader: what was read, where, and what is wrong with it.

use std::fmt;

/// What is wrong at [`WireError::offset`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WireFault {
    /// The field needs `need` octets, but only `have` are left.
    Short {
        /// Octets that the field needs.
        need: usize,
        /// Octets that are left.
        have: usize,
    },
    /// The field holds a value that the standard forbids.
    Invalid {
        /// The value as read.
        value: u64,
    },
    /// `left` octets remain after the last field.
    Trailing {
        /// Octets that remain.
        left: usize,
    },
}

/// A decode error: names the field and gives its offset in octets from where the reader began.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WireError {
    /// The field, in the words of its standard.
    pub what: &'static str,
    /// Octets from the start of the outermost reader.
    pub offset: usize,
    /// What is wrong with it.
    pub fault: WireFault,
}

impl WireError {
    /// The field is cut short.
    #[cold]
    #[must_use]
    pub fn short(what: &'static str, offset: usize, need: usize, have: usize) -> Self {
        Self { what, offset, fault: WireFault::Short { need, have } }
    }

    /// The field's value is not allowed.
    #[cold]
    #[must_use]
    pub fn invalid(what: &'static str, offset: usize, value: u64) -> Self {
        Self { what, offset, fault: WireFault::Invalid { value } }
    }

    /// Octets are left over after the last field.
    #[cold]
    #[must_use]
    pub fn trailing(what: &'static str, offset: usize, left: usize) -> Self {
        Self { what, offset, fault: WireFault::Trailing { left } }
    }
}

impl fmt::Display for WireError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, offset, fault } = self;
        match fault {
            WireFault::Short { need, have } => {
                write!(f, "{what} at octet {offset} needs {need} octets, but {have} are left")
            }
            WireFault::Invalid { value } => {
                write!(f, "{what} at octet {offset} has the invalid value {value}")
            }
            WireFault::Trailing { left } => {
                write!(f, "{left} octets are left over after {what} at octet {offset}")
            }
        }
    }
}

impl std::error::Error for WireError {}
