//! BMP messages.

pub mod encode;
