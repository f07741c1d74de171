//! Outputs: format × transport with a name.

pub mod format;
pub mod frames;
pub mod sink;
pub mod transport;
pub mod url;

pub use sink::{Output, open_outputs, stream_of};
pub use transport::{OpenError, reader_gone};
pub use url::{OutputSpec, UsageError};
