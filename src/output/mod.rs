//! Outputs: format × transport with a name.

pub mod format;
pub mod frames;
// pub mod transport;
pub mod url;
