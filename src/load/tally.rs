//! What happened besides messages that were sent.

use std::ops::AddAssign;

use serde::Serialize;

/// Events of scenarios.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Connections that were dropped on purpose and made again.
    pub reconnects: u64,
    /// Peers that went down and up again.
    pub flaps: u64,
    /// Malformed messages, which are among the messages sent but announce nothing.
    pub malformed: u64,
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.reconnects += other.reconnects;
        self.flaps += other.flaps;
        self.malformed += other.malformed;
    }
}
