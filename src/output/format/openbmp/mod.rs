//! `openbmp`: the parsed messages of OpenBMP's message bus (API 1.7), and what all formats of
//! that bus share: hash ids, options, what is known of each router, and the way in which raw
//! messages are written.

pub(super) mod groups;
pub(super) mod ids;
mod parsed;
pub(super) mod raw;
pub(super) mod routers;
pub(super) mod settings;
pub(super) mod topics;

use super::Entry;
use crate::output::frames::Layout;

pub(super) static ENTRY: Entry = Entry {
    name: "openbmp",
    about: "parsed messages of OpenBMP's message bus (API 1.7), each with its envelope",
    options: parsed::OPTIONS,
    per_session: false,
    layout: Layout::Read,
    has_topics: true,
    reads_updates: true,
    build: parsed::build,
};
