//! Output specifications as typed: `FORMAT[=URL][?OPTIONS]`.

use std::fmt;

/// An option that is not understood: says what is wrong and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OptionError(pub String);

impl fmt::Display for OptionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for OptionError {}

/// What a full output does to the routers that feed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum WhenFull {
    /// Hold them back: TCP pushes back on the router, nothing is lost.
    #[default]
    Block,
    /// Drop what does not fit, count it and log it; no other output notices.
    Drop,
}

/// A parsed output URL: `scheme:target?key=value&…`. Options are percent-free and taken literally.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputUrl {
    /// `file`, `tcp`, …
    pub scheme: String,
    /// What follows `scheme:` (for `tcp` and `udp`: after `//`), up to the `?`.
    pub target: String,
    /// Every option, in the order typed: the transport's, the format's and the common ones.
    pub options: Vec<(String, String)>,
}

impl OutputUrl {
    /// The value of an option, if it was given (the last one wins).
    #[must_use]
    pub fn option(&self, key: &str) -> Option<&str> {
        self.options.iter().rev().find(|(k, _)| k == key).map(|(_, v)| v.as_str())
    }
}
