//! What the formats of OpenBMP's message bus (API 1.7) share: hash ids, options, what is known of
//! each router, and the way in which raw messages are written.

pub(super) mod ids;
pub(super) mod raw;
pub(super) mod routers;
pub(super) mod settings;
