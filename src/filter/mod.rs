//! Filters: which records and routes an output shows, as `--filter` and `filter=` say it. The
//! manual has the grammar and what each term asks: [`crate::manual::filters`].
//!
//! # One logic of three values
//!
//! A term answers yes, no, or nothing ([`Truth`]): `None` says that it cannot be asked. So it is
//! with attributes and withdrawals, which have none, and with routes and messages that tell of
//! none, such as a Peer Up. `and`, `or` and `not` are those of Kleene's logic: `None` stands for
//! either answer, and the whole is `None` where both would make a difference. **What is not
//! answered with no passes**: a filter never leaves a consumer without the withdrawal of a route
//! that it may have, nor without a Peer Up.
//!
//! The same `None` saves work: an UPDATE is judged before anything is known of its routes, and only
//! where that settles nothing is each route looked at.

mod attributes;
mod expr;
mod facts;
mod judge;
mod live;
mod parse;
mod terms;
mod values;

pub use expr::Filter;
pub use judge::{Judge, Told};
pub use live::LiveFilter;
pub use parse::FilterError;
pub use terms::{Op, TERMS, Term, help_text};
pub use values::is_like;

/// An answer: yes, no, or `None` where the question does not apply or cannot be answered.
pub type Truth = Option<bool>;
