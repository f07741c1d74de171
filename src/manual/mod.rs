//! The manual: what the README has no room for.
//!
//! * [`design`](crate::manual::design): why things are as they are.
//! * [`formats`](crate::manual::formats): what is written, key by key, and where it differs from pmacct.
//! * [`events`](crate::manual::events): the words of the log.
//! * [`counters`](crate::manual::counters): what is counted.
//! * [`changes`](crate::manual::changes): what each version brought.

pub mod changes;
pub mod counters;
pub mod design;
pub mod events;
pub mod formats;
