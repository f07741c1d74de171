//! The manual: what the README has no room for.
//!
//! * [`design`]: why things are as they are.
//! * [`formats`]: what is written, key by key, and where it differs from pmacct.
//! * [`mrt`]: MRT and bgpdump's lines as outputs, and what is read back from them.
//! * [`families`]: the address families, and the keys of their routes.
//! * [`filters`]: which records and routes an output shows.
//! * [`configuration`]: the file of `collect`, and reading it again.
//! * [`files`]: names of files, rotation, compression, what is kept.
//! * [`inputs`]: which recordings are read, and what is made of them.
//! * [`library`]: the decoder and encoder as a library, with examples.
//! * [`events`]: the words of the log.
//! * [`counters`]: what is counted.
//! * [`placement`]: which CPU does what, and what `plan --check` looks at.
//! * [`tuning`]: what to set on a machine, in the order of what it does.
//! * [`failures`]: what happens when something fails.
//! * [`measuring`]: latency, completeness, and the JSON of `load` and `bench`.
//! * [`changes`]: what each version brought.

pub mod changes;
pub mod configuration;
pub mod counters;
pub mod design;
pub mod events;
pub mod failures;
pub mod families;
pub mod files;
pub mod filters;
pub mod formats;
pub mod inputs;
pub mod library;
pub mod measuring;
pub mod mrt;
pub mod placement;
pub mod tuning;
