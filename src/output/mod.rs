//! Outputs: format × transport with a name.

pub mod format;
pub mod frames;
pub mod selection;
pub mod sink;
pub mod transport;
pub mod url;

pub use selection::{Selection, stream_of};
pub use sink::{Output, open_outputs};
pub use transport::{OpenError, reader_gone};
pub use url::{OutputSpec, UsageError};
