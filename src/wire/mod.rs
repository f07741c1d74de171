//! Words that every room shares: cursor, errors with offsets, open enums, layouts of fields and
//! TLVs, time, prefixes.
//!
//! Contract: everything here is total over untrusted bytes. Nothing panics, nothing that reads
//! allocates, and nothing knows a socket, a file or a clock. Standard library only.

mod codes;
mod cursor;
mod error;
mod fields;
pub(crate) mod layout;
mod list;
mod prefix;
mod time;

pub(crate) use codes::open_enum;
pub use cursor::Reader;
pub use error::{WireError, WireFault};
pub use fields::{Fields, Outline};
pub use layout::{
    Bandwidth, LabelField, LabelStackEntry, Mac, Part, Reserved, Text, U24, counted8, counted16,
};
pub use list::{Item, Items, List};
pub use prefix::{Family, Prefix, RouteDistinguisher};
pub use time::Timestamp;
