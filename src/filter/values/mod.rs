//! What terms are compared with: sets, in order and without repeats, that are asked by binary
//! search.

mod communities;
mod distinguishers;
mod families;
mod names;
mod narrow;
mod nets;
mod numbers;
mod texts;

pub(super) use communities::Communities;
pub(super) use distinguishers::Distinguishers;
pub(super) use families::Families;
pub(super) use names::{MessageSet, Messages, ViewSet, Views};
pub(super) use narrow::{Identifiers, Lengths, PeerDistinguishers, Routers};
pub(super) use nets::{Net, Nets};
pub(super) use numbers::Numbers;
pub(super) use texts::Texts;
pub use texts::is_like;

use super::parse::{FilterError, Word};

/// The values of one term.
pub(super) trait Values: Sized {
    /// What one looks like.
    const SYNTAX: &'static str;

    /// Reads one value and more.
    ///
    /// # Errors
    /// The first that is none, and what would be right.
    fn parse(words: &[Word<'_>]) -> Result<Self, FilterError>;

    /// Each as it is parsed again, in canonical order.
    fn texts(&self) -> Vec<String>;
}

/// Reads each word as an item of a set.
fn set<T: Ord>(
    words: &[Word<'_>],
    item: impl Fn(&str) -> Result<T, String>,
) -> Result<Box<[T]>, FilterError> {
    let items: Result<Vec<_>, _> =
        words.iter().map(|word| item(&word.text).map_err(|what| word.wrong(what))).collect();
    Ok(in_order(items?))
}

/// Items in order, each once.
fn in_order<T: Ord>(mut items: Vec<T>) -> Box<[T]> {
    items.sort_unstable();
    items.dedup();
    items.into()
}
