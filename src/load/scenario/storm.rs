//! Storms: all routers lose their connection at once, connect again and dump everything again.

use std::time::Duration;

use super::{Key, Row};

pub(super) static ROW: Row = Row {
    name: "storm",
    about: "after the dump: all routers drop their connection at once, reconnect and dump again",
    keys: &[
        Key { name: "times", default: Some("1"), about: "how often" },
        Key { name: "every", default: Some("5s"), about: "time from one storm to the next" },
    ],
    add: |values, program| {
        program.storm = Some(Storm {
            times: values.number("times", 1, 1_000_000)?,
            every: values.duration("every")?.unwrap_or_default(),
        });
        Ok(())
    },
};

/// What was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::load) struct Storm {
    pub(in crate::load) times: u64,
    every: Duration,
}

impl Storm {
    /// When the `n`-th storm from 0 is due, since the schedule's begin.
    pub(in crate::load) fn at(&self, n: u64) -> Option<Duration> {
        (n < self.times).then(|| super::nth(self.every, n))
    }
}
