//! Flaps: peers go down and come up again, and announce their table once more.

use std::time::Duration;

use super::{Key, Row};

pub(super) static ROW: Row = Row {
    name: "flap",
    about: "after the dump: peers go down, come up again and announce their table again",
    keys: &[
        Key { name: "every", default: Some("5s"), about: "time from one flap to the next" },
        Key { name: "peers", default: Some("1"), about: "peers of each router that flap at once" },
        Key { name: "times", default: None, about: "how often, 1 unless for= is given" },
        Key { name: "for", default: None, about: "how long, instead of times=" },
    ],
    add: |values, program| {
        let every = values.duration("every")?.unwrap_or_default();
        let times = values.number("times", 1, 1_000_000_000)?;
        let times = match (times, values.duration("for")?) {
            (0, None) => 1,
            (0, Some(length)) => (length.as_nanos() / every.as_nanos().max(1)) as u64,
            (times, None) => times,
            _ => return Err(values.error("for", "give times or for, not both")),
        };
        if times == 0 {
            return Err(values.error("for", "that is less than every=: nothing would flap"));
        }
        let peers = values.number("peers", 1, 65_536)? as u32;
        program.flap = Some(Flap { every, peers, times });
        Ok(())
    },
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Flap {
    every: Duration,
    /// Peers of each router at once.
    pub(in crate::load) peers: u32,
    pub(in crate::load) times: u64,
}

impl Flap {
    /// When the `n`-th flap from 0 is due, since the schedule's begin.
    pub(in crate::load) fn at(&self, n: u64) -> Option<Duration> {
        (n < self.times).then(|| super::nth(self.every, n))
    }
}
